//! White shapes on black whose factors are known: a data set for what a code tells apart, which needs no download.
//!
//! Every combination of 3 shapes, 6 scales, 40 rotations, 32 columns and 32 rows is one image of 64×64, 737,280 in all, as in
//! dSprites (Matthey et al., 2017), whose shapes and sizes are others: figures of the two can't be compared. An
//! image is drawn when it is needed.

use std::f64::consts::TAU;
use std::sync::Arc;

use crate::dataset::Factors;
use crate::pixels::{PixelSource, Pixels};
use crate::{DataError, DataKind, Dataset, Parts};

/// `builtin:sprites`.
pub const KIND: DataKind = DataKind {
    name: "builtin:sprites",
    argument: "",
    about: "procedural shapes of known factors, 64×64, labelled: 3 shapes, 6 scales, 40 rotations, 32×32 places",
    accepts: str::is_empty,
    open: |_, options| parts().converted(options),
};

/// Height and width of a sprite in pixels.
pub const SIDE: usize = 64;

/// Names of the factors.
pub const FACTORS: [&str; 5] = ["shape", "scale", "rotation", "column", "row"];

/// Number of values of each factor.
pub const SIZES: [usize; 5] = [3, 6, 40, 32, 32];

/// Names of the shapes.
pub const SHAPES: [&str; 3] = ["square", "ellipse", "heart"];

/// Number of sprites held out.
pub const TEST: usize = 10_000;

/// Each pixel is looked at in so many places along each side.
const LOOKS: usize = 4;

/// Half the side of the largest shapes' frame, in pixels: no shape reaches beyond it, however it is turned.
const REACH: f64 = 13.0;

/// Number of sprites.
pub fn count() -> usize {
    SIZES.iter().product()
}

/// The value of each factor of a sprite: the last changes fastest.
///
/// # Panics
/// When there is no such sprite.
#[track_caller]
pub fn factors(index: usize) -> [usize; 5] {
    assert!(index < count(), "factors: sprite {index} of {}", count());
    let mut rest = index;
    let mut values = [0; 5];
    for (value, size) in values.iter_mut().zip(SIZES).rev() {
        *value = rest % size;
        rest /= size;
    }
    values
}

/// The pixels of a sprite of these factors, in rows from the top: 0 outside of the shape and 255 inside, and at its edge as much
/// as of the pixel is inside.
///
/// # Panics
/// When a factor is not below its number of values.
#[track_caller]
pub fn sprite(factors: [usize; 5]) -> Vec<u8> {
    assert!(
        factors.iter().zip(SIZES).all(|(value, size)| *value < size),
        "sprite: the factors {factors:?} are not below {SIZES:?}"
    );
    let [shape, scale, rotation, column, row] = factors;
    // From half of the largest size to it, and from edge to edge.
    let size = REACH * (0.5 + 0.5 * scale as f64 / (SIZES[1] - 1) as f64);
    let (sin, cos) = (TAU * rotation as f64 / SIZES[2] as f64).sin_cos();
    let place = |value: usize, values: usize| {
        REACH + (SIDE as f64 - 2.0 * REACH) * value as f64 / (values - 1) as f64
    };
    let (x0, y0) = (place(column, SIZES[3]), place(row, SIZES[4]));
    let mut pixels = vec![0; SIDE * SIDE];
    let near = |middle: f64| {
        let ends = [(middle - size).floor().max(0.0), (middle + size).ceil().min(SIDE as f64)];
        ends[0] as usize..ends[1] as usize
    };
    for y in near(y0) {
        for x in near(x0) {
            let looks = (0..LOOKS * LOOKS).filter(|look| {
                let at = |pixel: usize, look: usize| pixel as f64 + (look as f64 + 0.5) / LOOKS as f64;
                let (dx, dy) = (at(x, look % LOOKS) - x0, at(y, look / LOOKS) - y0);
                let turned = [(cos * dx + sin * dy) / size, (cos * dy - sin * dx) / size];
                is_inside(shape, turned)
            });
            pixels[y * SIDE + x] = (looks.count() * 255 / (LOOKS * LOOKS)) as u8;
        }
    }
    pixels
}

/// Whether a place is inside of an upright shape that fits a circle of radius 1; `y` points down.
fn is_inside(shape: usize, [x, y]: [f64; 2]) -> bool {
    match shape {
        0 => x.abs().max(y.abs()) < std::f64::consts::FRAC_1_SQRT_2,
        1 => x * x + y * y * 4.0 < 1.0,
        // (u² + v² − 1)³ < u²v³, with v upwards.
        _ => {
            let (u, v) = (x * 1.35, -y * 1.35 + 0.1);
            let ring = u * u + v * v - 1.0;
            ring * ring * ring < u * u * v * v * v
        }
    }
}

/// Sprites that are drawn when they are asked for.
#[derive(Clone, Copy, Debug)]
struct Sprites;

impl PixelSource for Sprites {
    fn rows(&self) -> usize {
        count()
    }

    fn with_row(&self, row: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), DataError> {
        take(&sprite(factors(row)));
        Ok(())
    }

    fn digest(&self, checksum: &mut crc32fast::Hasher) {
        checksum.update(b"sprites 1");
    }
}

/// All sprites but [`TEST`], and these, spread evenly over all.
pub fn parts() -> Parts {
    let pixels = Pixels::new(Arc::new(Sprites), [1, 1, SIDE, SIDE]);
    let labels = (0..count()).map(|index| factors(index)[0] as u32).collect();
    let all = Dataset::of_images("sprites", pixels)
        .and_then(|set| set.with_labels(labels, SHAPES.len()))
        .and_then(|set| set.with_class_names(SHAPES.map(str::to_owned).to_vec()))
        .map(|set| set.with_factors(Factors::new(FACTORS, SIZES, (0..count() as u32).collect())))
        .expect("there are sprites, with labels below the number of shapes");
    // A step that has no part in common with the sizes of the factors, so that every value is in both parts as often.
    let held: Vec<u32> = (0..TEST as u64).map(|i| (i * STRIDE % count() as u64) as u32).collect();
    let (train, test) = all.hold_out_these(&held);
    Parts::new(train, Some(test))
}

/// The step from one sprite held out to the next, coprime to the number of sprites.
const STRIDE: u64 = 455_657;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_is_a_sprite() {
        assert_eq!(count(), 737_280);
        assert_eq!((factors(0), factors(count() - 1)), ([0; 5], [2, 5, 39, 31, 31]));
        assert_eq!(factors(32 * 32 + 33), [0, 0, 1, 1, 1]);
        let parts = parts();
        let test = parts.test.unwrap();
        assert_eq!((parts.train.len(), test.len()), (count() - TEST, TEST));
        let all = test.factors().unwrap();
        for factor in 0..5 {
            let values = all.values(factor);
            for value in 0..SIZES[factor] {
                let share = values.iter().filter(|v| **v as usize == value).count() as f64 / TEST as f64;
                let want = 1.0 / SIZES[factor] as f64;
                assert!((share - want).abs() < 0.15 * want, "{}: {value} has {share}", FACTORS[factor]);
            }
        }
        // The factors of a sample are those of its picture.
        let at: Vec<usize> = (0..5).map(|factor| all.values(factor)[17] as usize).collect();
        assert_eq!(test.image(17).unwrap(), sprite(at.try_into().unwrap()));
    }

    /// The middle of the ink is where column and row say, and it grows with the scale.
    #[test]
    fn sprites_are_where_and_as_large_as_their_factors_say() {
        let ink = |factors| {
            let pixels = sprite(factors);
            let total: f64 = pixels.iter().map(|&p| f64::from(p)).sum();
            let middle = |of: fn(usize) -> usize| {
                pixels.iter().enumerate().map(|(at, &p)| f64::from(p) * (of(at) as f64 + 0.5)).sum::<f64>()
                    / total
            };
            (total / 255.0, middle(|at| at % SIDE), middle(|at| at / SIDE))
        };
        for shape in 0..3 {
            let mut last = 0.0;
            for scale in 0..6 {
                let (area, x, y) = ink([shape, scale, 7, 31, 0]);
                assert!(area > last, "{shape} at {scale}: {area}");
                assert!((x - 51.0).abs() < 2.0 && (y - 13.0).abs() < 2.0, "{shape}: {x}, {y}");
                last = area;
            }
            // No shape is cut off at the edge, and a turn changes the picture but hardly the ink.
            for rotation in [0, 5, 13, 29] {
                let (turned, ..) = ink([shape, 5, rotation, 0, 31]);
                let (middle, ..) = ink([shape, 5, 0, 16, 16]);
                assert!((turned / middle - 1.0).abs() < 0.05, "{shape}: {turned} and {middle}");
            }
        }
        assert_ne!(sprite([0, 5, 0, 16, 16]), sprite([0, 5, 5, 16, 16]));
        // A heart is no other after any turn but a whole one; an ellipse is itself after half a turn.
        assert_ne!(sprite([2, 5, 0, 16, 16]), sprite([2, 5, 20, 16, 16]));
    }
}
