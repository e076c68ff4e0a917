//! Moving pixels: mirroring, cropping, and affine maps.

use kiln_tensor::random::{Key, unit};

use super::{Augment, Border, RandomAffine};

/// Where each pixel of one sample comes from: an affine map into a cropped image, whose rows and columns
/// are rows and columns of the original.
pub(super) struct Geometry {
    /// The row of the image that each row of the cropped one is.
    rows: Vec<usize>,
    /// The same for columns.
    columns: Vec<usize>,
    /// Map that follows the crop.
    map: Option<PixelMap>,
}

/// The places in an image that the pixels of another come from.
struct PixelMap {
    /// `[row, column]` for each pixel, in pixels, not rounded.
    places: Vec<[f32; 2]>,
    border: Border,
}

impl Geometry {
    /// The geometry of a sample of that `[height, width]`; `None` if none is asked for.
    pub fn draw(augment: &Augment, size: [usize; 2], key: Key, sample: u32) -> Option<Geometry> {
        let Augment { flip, crop, affine, .. } = augment;
        if *flip == 0.0 && *crop == 0 && affine.is_none() {
            return None;
        }
        let sample = u64::from(sample);
        let [height, width] = size;
        let [down, right, ..] = key.purpose("crop").block(sample).map(|word| {
            let choices = 2 * *crop as u64 + 1;
            ((u64::from(word) * choices) >> 32) as isize - *crop as isize
        });
        let mirrored = key.purpose("flip").uniform(sample) < *flip;
        let column = |at| {
            let column = reflect(at + right, width);
            if mirrored { width - 1 - column } else { column }
        };
        Some(Geometry {
            rows: (0..height as isize).map(|at| reflect(at + down, height)).collect(),
            columns: (0..width as isize).map(column).collect(),
            map: affine.map(|affine| PixelMap::draw(&affine, size, key.purpose("affine").block(sample))),
        })
    }

    /// Moves the pixels of an image, interpolating between them where an affine map asks for it.
    pub fn image(&self, pixels: &mut [f32]) {
        match &self.map {
            Some(map) => {
                let taps: Vec<Neighbours> = map.places.iter().map(|&place| self.taps(map, place)).collect();
                replace(pixels, &taps, |old, taps| {
                    let parts = taps.at.iter().zip(taps.weights);
                    parts.map(|(&at, weight)| weight * old[at]).sum()
                });
            }
            None => replace(pixels, &self.sources(), |old, &at| old[at]),
        }
    }

    /// Moves the classes of a mask, each pixel taking the nearest.
    pub fn mask(&self, mask: &mut [u8]) {
        match &self.map {
            Some(map) => {
                let nearest = |place: &[f32; 2]| {
                    let [row, column] = place.map(|at| (at + 0.5).floor() as isize);
                    self.tap(map, row, column)
                };
                let sources: Vec<Option<usize>> = map.places.iter().map(nearest).collect();
                replace(mask, &sources, |old, at| at.map_or(0, |at| old[at]));
            }
            None => replace(mask, &self.sources(), |old, &at| old[at]),
        }
    }

    /// The index of the image's pixel that each pixel of the cropped image is.
    fn sources(&self) -> Vec<usize> {
        let width = self.columns.len();
        self.rows.iter().flat_map(|row| self.columns.iter().map(move |column| row * width + column)).collect()
    }

    /// The four pixels around a place of the cropped image, as far as they are near it.
    fn taps(&self, map: &PixelMap, [row, column]: [f32; 2]) -> Neighbours {
        let (top, left) = (row.floor(), column.floor());
        let (down, right) = (row - top, column - left);
        let (top, left) = (top as isize, left as isize);
        let mut taps = Neighbours { at: [0; 4], weights: [0.0; 4] };
        let corners = [(0, 0), (0, 1), (1, 0), (1, 1)];
        for (tap, (below, beside)) in corners.into_iter().enumerate() {
            let weights =
                [if below == 0 { 1.0 - down } else { down }, if beside == 0 { 1.0 - right } else { right }];
            if let Some(at) = self.tap(map, top + below, left + beside) {
                taps.at[tap] = at;
                taps.weights[tap] = weights[0] * weights[1];
            }
        }
        taps
    }

    /// The index of the image's pixel at a place of the cropped image; `None` for black.
    fn tap(&self, map: &PixelMap, row: isize, column: isize) -> Option<usize> {
        let (height, width) = (self.rows.len(), self.columns.len());
        let (row, column) = match map.border {
            Border::Reflect => (reflect(row, height), reflect(column, width)),
            Border::Zero => (
                usize::try_from(row).ok().filter(|&row| row < height)?,
                usize::try_from(column).ok().filter(|&column| column < width)?,
            ),
        };
        Some(self.rows[row] * width + self.columns[column])
    }
}

impl PixelMap {
    /// A random map; the words decide angle, shift right, shift down, and scale.
    fn draw(affine: &RandomAffine, size: [usize; 2], words: [u32; 4]) -> PixelMap {
        let [angle, right, down, scale] = words.map(unit);
        let either = |unit: f32, most: f32| (2.0 * unit - 1.0) * most;
        let [low, high] = affine.scale;
        let [height, width] = size.map(|side| side as f32);
        let shift = [either(down, affine.translate * height), either(right, affine.translate * width)];
        let scale = low + (high - low) * scale;
        PixelMap::new(either(angle, affine.degrees), shift, scale, affine.border, size)
    }

    /// The map that turns an image clockwise and scales it about its middle, then shifts it by
    /// `[down, right]` pixels.
    fn new(
        degrees: f32,
        shift: [f32; 2],
        scale: f32,
        border: Border,
        [height, width]: [usize; 2],
    ) -> PixelMap {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let middle = [height, width].map(|side| 0.5 * (side as f32 - 1.0));
        let mut places = Vec::with_capacity(height * width);
        for row in 0..height {
            for column in 0..width {
                // Backwards, from where a pixel goes to where it comes from.
                let y = (row as f32 - middle[0] - shift[0]) / scale;
                let x = (column as f32 - middle[1] - shift[1]) / scale;
                places.push([middle[0] + (cos * y - sin * x), middle[1] + (cos * x + sin * y)]);
            }
        }
        PixelMap { places, border }
    }
}

/// Pixels of an image and how much each contributes to another; a pixel that isn't there, nothing.
struct Neighbours {
    at: [usize; 4],
    weights: [f32; 4],
}

/// Replaces each channel; `read` says what the old one has at a point of the new.
fn replace<T: Copy, P>(pixels: &mut [T], points: &[P], read: impl Fn(&[T], &P) -> T) {
    let mut old = Vec::with_capacity(points.len());
    for plane in pixels.chunks_exact_mut(points.len()) {
        old.clear();
        old.extend_from_slice(plane);
        plane.iter_mut().zip(points).for_each(|(pixel, point)| *pixel = read(&old, point));
    }
}

/// The index in `0..len` that `at` stands for in a line mirrored at both its ends, again and again.
fn reflect(at: isize, len: usize) -> usize {
    let last = len as isize - 1;
    if (0..=last).contains(&at) {
        return at as usize;
    }
    if last == 0 {
        return 0;
    }
    let at = at.rem_euclid(2 * last);
    at.min(2 * last - at) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Image of one channel after an affine map.
    fn mapped(
        image: &[f32],
        size: [usize; 2],
        degrees: f32,
        shift: [f32; 2],
        scale: f32,
        border: Border,
    ) -> Vec<f32> {
        let map = Some(PixelMap::new(degrees, shift, scale, border, size));
        let geometry = Geometry { rows: (0..size[0]).collect(), columns: (0..size[1]).collect(), map };
        let mut pixels = image.to_vec();
        geometry.image(&mut pixels);
        pixels
    }

    const NINE: [f32; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

    #[test]
    fn reflection_does_not_repeat_the_edge() {
        let line: Vec<usize> = (-5..8).map(|at| reflect(at, 4)).collect();
        assert_eq!(line, [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1]);
        assert_eq!([-2, 0, 3].map(|at| reflect(at, 1)), [0; 3]);
    }

    #[test]
    fn whole_shifts_are_exact() {
        let down = mapped(&NINE, [3, 3], 0.0, [1.0, 0.0], 1.0, Border::Zero);
        assert_eq!(down, [0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let left = mapped(&NINE, [3, 3], 0.0, [0.0, -1.0], 1.0, Border::Reflect);
        assert_eq!(left, [2.0, 3.0, 2.0, 5.0, 6.0, 5.0, 8.0, 9.0, 8.0]);
        assert_eq!(mapped(&NINE, [3, 3], 0.0, [0.0; 2], 1.0, Border::Zero), NINE);
    }

    #[test]
    fn fractions_are_interpolated() {
        let half = mapped(&NINE, [3, 3], 0.0, [0.0, 0.5], 1.0, Border::Zero);
        assert_eq!(half, [0.5, 1.5, 2.5, 2.0, 4.5, 5.5, 3.5, 7.5, 8.5]);
        // Twice as large: the middle stays, the corners are halfway to it.
        let twice = mapped(&NINE, [3, 3], 0.0, [0.0; 2], 2.0, Border::Zero);
        assert_eq!(twice, [3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0]);
        // Half as large: every other pixel, black around.
        let smaller = mapped(&NINE, [3, 3], 0.0, [0.0; 2], 0.5, Border::Zero);
        assert_eq!(smaller, [0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_quarter_turn_is_clockwise() {
        let turned = mapped(&NINE, [3, 3], 90.0, [0.0; 2], 1.0, Border::Reflect);
        let expected = [7.0, 4.0, 1.0, 8.0, 5.0, 2.0, 9.0, 6.0, 3.0];
        assert!(turned.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{turned:?}");
    }

    /// A crop and then an affine map in one pass is the same as one after the other.
    #[test]
    fn one_pass_is_two() {
        let image: Vec<f32> = (0..6 * 5).map(|v| (v * 7 % 30) as f32).collect();
        let both = Augment { flip: 1.0, crop: 3, affine: Some(RandomAffine::default()), colour: None };
        for border in [Border::Reflect, Border::Zero] {
            let both = Augment { affine: Some(RandomAffine { border, ..RandomAffine::default() }), ..both };
            for sample in 0..20 {
                let apply = |augment: Augment, image: &mut Vec<f32>| {
                    augment.apply(image, [1, 6, 5], Key::new(1), sample);
                };
                let mut once = image.clone();
                apply(both, &mut once);
                let mut twice = image.clone();
                apply(Augment { affine: None, ..both }, &mut twice);
                apply(Augment { flip: 0.0, crop: 0, ..both }, &mut twice);
                assert_eq!(once, twice);
            }
        }
    }
}
