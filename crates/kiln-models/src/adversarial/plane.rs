//! A picture of points in the plane.

/// Side of the picture, in pixels.
pub const SIDE: usize = 192;

/// Places of the field along a side.
const FIELD: usize = 48;

/// Share of the data's extent that is left free around it.
const MARGIN: f64 = 0.25;

/// Longest line, in pixels.
const LINE: f64 = 10.0;

/// Colours of the field, from its least to its largest value.
const GROUND: [[f64; 3]; 2] = [[0.55, 0.55, 0.62], [0.97, 0.96, 0.92]];

const DATA: [f64; 3] = [0.10, 0.25, 0.75];
const MADE: [f64; 3] = [0.85, 0.10, 0.10];
const WAY: [f64; 3] = [0.95, 0.55, 0.35];

/// The part of the plane that is shown: a square around points, by their first two coordinates.
pub struct Plane {
    left: f64,
    bottom: f64,
    extent: f64,
    coordinates: usize,
}

impl Plane {
    /// Around points of so many coordinates each.
    pub fn around(points: &[f64], coordinates: usize) -> Self {
        let bounds = |axis: usize| {
            let values = points.iter().skip(axis).step_by(coordinates.max(1));
            values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| [low.min(*v), high.max(*v)])
        };
        let [x, y] = [0, 1].map(|axis| bounds(axis.min(coordinates.saturating_sub(1))));
        let extent = (x[1] - x[0]).max(y[1] - y[0]).max(1e-9) * (1.0 + 2.0 * MARGIN);
        let start = |[low, high]: [f64; 2]| (low + high - extent) / 2.0;
        Plane { left: start(x), bottom: start(y), extent, coordinates }
    }

    /// The places of the field, from the top and the left: x and y of each.
    pub fn places(&self) -> Vec<f64> {
        let at = |i: usize| (i as f64 + 0.5) / FIELD as f64 * self.extent;
        let rows = (0..FIELD).rev();
        rows.flat_map(|row| {
            (0..FIELD).flat_map(move |column| [self.left + at(column), self.bottom + at(row)])
        })
        .collect()
    }

    /// The pixel of a point, if it is in the picture.
    fn pixel(&self, x: f64, y: f64) -> Option<[usize; 2]> {
        let scaled = |v: f64, start: f64| (v - start) / self.extent * SIDE as f64;
        let (x, y) = (scaled(x, self.left), SIDE as f64 - scaled(y, self.bottom));
        let inside = |v: f64| (0.0..SIDE as f64).contains(&v);
        (inside(x) && inside(y)).then_some([x as usize, y as usize])
    }

    /// Points by their first two coordinates; of one coordinate, both are it.
    fn pairs<'a>(&self, points: &'a [f64]) -> impl Iterator<Item = [f64; 2]> + 'a {
        points
            .chunks_exact(self.coordinates.max(1))
            .map(|point| [point[0], *point.get(1).unwrap_or(&point[0])])
    }

    /// The picture, `[3, SIDE, SIDE]` in `[0, 1]`: the field by its values at the [places](Plane::places), data, made
    /// points, and lines from these along their ways, the longest of ten pixels.
    pub fn paint(&self, field: Option<&[f64]>, data: &[f64], made: &[f64], ways: Option<&[f64]>) -> Vec<f64> {
        let mut pixels = vec![1.0; 3 * SIDE * SIDE];
        let mut dot = |[x, y]: [usize; 2], color: [f64; 3]| {
            for (channel, value) in color.into_iter().enumerate() {
                pixels[(channel * SIDE + y) * SIDE + x] = value;
            }
        };
        if let Some(field) = field {
            let bounds = |[low, high]: [f64; 2], v: &f64| [low.min(*v), high.max(*v)];
            let [low, high] = field.iter().fold([f64::INFINITY, f64::NEG_INFINITY], bounds);
            for y in 0..SIDE {
                for x in 0..SIDE {
                    let value = field[(y * FIELD / SIDE) * FIELD + x * FIELD / SIDE];
                    let share = if high > low { (value - low) / (high - low) } else { 0.5 };
                    dot([x, y], [0, 1, 2].map(|i| GROUND[0][i] + share * (GROUND[1][i] - GROUND[0][i])));
                }
            }
        }
        self.pairs(data).filter_map(|[x, y]| self.pixel(x, y)).for_each(|at| dot(at, DATA));
        if let Some(ways) = ways {
            let length = |[x, y]: [f64; 2]| x.hypot(y);
            let longest = self.pairs(ways).map(length).fold(1e-300, f64::max);
            let unit = self.extent / SIDE as f64;
            for ([x, y], way) in self.pairs(made).zip(self.pairs(ways)) {
                let steps = (length(way) / longest * LINE).round() as usize;
                for step in 1..=steps {
                    let far = step as f64 * unit / length(way);
                    if let Some(at) = self.pixel(x + way[0] * far, y + way[1] * far) {
                        dot(at, WAY);
                    }
                }
            }
        }
        self.pairs(made).filter_map(|[x, y]| self.pixel(x, y)).for_each(|at| dot(at, MADE));
        pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_where_they_belong() {
        let plane = Plane::around(&[-1.0, 0.0, 1.0, 0.0], 2);
        // The extent is 2 and half of it: from −1.5 to 1.5 on both axes.
        assert_eq!(plane.pixel(0.0, 0.0), Some([96, 96]));
        assert_eq!(plane.pixel(1.6, 0.0), None);
        let places = plane.places();
        assert!(places[0] < -1.4 && places[1] > 1.4, "the first place is at the left and the top");
        let field: Vec<f64> = places.chunks(2).map(|place| place[0]).collect();
        let pixels = plane.paint(Some(&field), &[0.5, 0.5], &[0.0, 0.0], Some(&[0.0, 2.0]));
        let at = |x: usize, y: usize| [0, 1, 2].map(|channel| pixels[(channel * SIDE + y) * SIDE + x]);
        assert_eq!(at(96, 96), MADE);
        assert_eq!((at(96, 90), at(96, 86), at(128, 64)), (WAY, WAY, DATA));
        // Up is a smaller row, and light is where the field is large.
        assert!(at(96, 84) != WAY && at(96, 100) != WAY && at(191, 10)[0] > at(0, 10)[0]);
    }
}
