//! Points: the smallest data there is to learn the distribution of.
//!
//! [`RING`] and [`GRID`] are mixtures of Gaussians whose modes a good model finds all of, as in Unrolled GAN (Metz et
//! al., 2016, <https://arxiv.org/abs/1611.02163>) and VEEGAN (Srivastava et al., 2017); [`ROLL`] is a curve rolled up.
//! [`mod@file`] reads one's own.

pub mod file;

use kiln_tensor::random::{Key, Stream};

pub use file::PointsError;

use crate::{DataKind, Dataset, Modes, Parts};

/// `builtin:ring`.
pub const RING: DataKind = DataKind {
    name: "builtin:ring",
    argument: "",
    about: "points: 8 Gaussians of deviation 0.01 on a ring of radius 1",
    accepts: str::is_empty,
    open: |_, options| Ok(mixture("ring", options.seed, &ring_centres(), RING_DEVIATION)),
};

/// `builtin:grid`.
pub const GRID: DataKind = DataKind {
    name: "builtin:grid",
    argument: "",
    about: "points: 25 Gaussians of deviation 0.05 on a grid from −4 to 4",
    accepts: str::is_empty,
    open: |_, options| Ok(mixture("grid", options.seed, &grid_centres(), GRID_DEVIATION)),
};

/// `builtin:roll`.
pub const ROLL: DataKind = DataKind {
    name: "builtin:roll",
    argument: "",
    about: "points: a Swiss roll in the plane, from radius 0.33 to 1",
    accepts: str::is_empty,
    open: |_, options| Ok(roll(options.seed)),
};

/// `points:FILE`.
pub const FILE: DataKind = DataKind {
    name: "points",
    argument: "FILE",
    about: "points from a table of numbers, such as a CSV file, one a line",
    accepts: |file| !file.is_empty(),
    open: |path, _| file::open(path.as_ref()),
};

/// Points in the training part of the procedural sets.
pub const TRAIN: usize = 20_000;

/// Points in the part held out.
pub const TEST: usize = 2_000;

/// Standard deviation of each Gaussian of the ring.
pub const RING_DEVIATION: f64 = 0.01;

/// Standard deviation of each Gaussian of the grid.
pub const GRID_DEVIATION: f64 = 0.05;

/// Standard deviation of the noise across the roll.
pub const ROLL_DEVIATION: f64 = 0.02;

/// The middles of the Gaussians of the ring: 8, of radius 1.
pub fn ring_centres() -> Vec<[f64; 2]> {
    let angle = |mode: i32| f64::from(mode) * std::f64::consts::TAU / 8.0;
    (0..8).map(angle).map(|angle| [angle.cos(), angle.sin()]).collect()
}

/// The middles of the Gaussians of the grid: 25, from −4 to 4 in steps of 2.
pub fn grid_centres() -> Vec<[f64; 2]> {
    let side = || (-2..=2).map(|step| 2.0 * f64::from(step));
    side().flat_map(|y| side().map(move |x| [x, y])).collect()
}

/// Points of Gaussians of one deviation, as many of each. The label of a point is the number of its Gaussian.
fn mixture(name: &str, seed: u64, centres: &[[f64; 2]], deviation: f64) -> Parts {
    let Parts { train, test, notes, .. } = parts(name, seed, |index, stream| {
        let mode = index as usize % centres.len();
        (centres[mode].map(|centre| centre + deviation * stream.normal()), Some(mode as u32))
    });
    let middles: Vec<Vec<f64>> = centres.iter().map(|centre| centre.to_vec()).collect();
    let told = |set: Dataset| set.with_modes(Modes::Mixture { middles: middles.clone(), deviation });
    Parts { notes, ..Parts::new(told(train), test.map(told)) }
}

/// Points along a spiral of one and a half turns whose radius grows with the angle, with noise around it.
fn roll(seed: u64) -> Parts {
    parts("roll", seed, |_, stream| {
        use std::f64::consts::PI;
        // As in scikit-learn's make_swiss_roll: the angle is also the radius, here divided by its greatest.
        let angle = stream.range(1.5 * PI, 4.5 * PI);
        let radius = angle / (4.5 * PI);
        let point = [radius * angle.cos(), radius * angle.sin()];
        (point.map(|value| value + ROLL_DEVIATION * stream.normal()), None)
    })
}

/// Both parts of a set whose point number `index` is what `draw` makes of a stream of its own.
fn parts(name: &str, seed: u64, draw: impl Fn(u32, &mut Stream) -> ([f64; 2], Option<u32>)) -> Parts {
    let set = |name: String, len: usize| {
        let key = Key::new(seed).purpose(&name);
        let drawn = (0..len as u32).map(|index| draw(index, &mut key.step(index).stream()));
        let (points, labels): (Vec<[f64; 2]>, Vec<Option<u32>>) = drawn.unzip();
        let values = points.into_iter().flatten().map(|value| value as f32).collect();
        let set = Dataset::of_points(name, 2, values);
        match labels.into_iter().collect::<Option<Vec<u32>>>() {
            Some(labels) => {
                let classes = labels.iter().max().map_or(0, |label| *label as usize + 1);
                set.and_then(|set| set.with_labels(labels, classes))
            }
            None => set,
        }
        .expect("there are points, with labels below their number")
    };
    Parts::new(set(name.to_owned(), TRAIN), Some(set(format!("{name} test"), TEST)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LoadOptions;

    fn open(kind: &DataKind, seed: u64) -> Parts {
        (kind.open)("", &LoadOptions { seed, ..LoadOptions::default() }).unwrap()
    }

    #[test]
    fn mixtures_lie_around_their_centres() {
        for (kind, centres, deviation) in
            [(&RING, ring_centres(), RING_DEVIATION), (&GRID, grid_centres(), GRID_DEVIATION)]
        {
            let set = open(kind, 1).train;
            assert_eq!((set.len(), set.classes(), set.info().coordinates), (TRAIN, centres.len(), 2));
            let middles = centres.iter().map(|centre| centre.to_vec()).collect();
            assert_eq!(set.modes(), Some(&Modes::Mixture { middles, deviation }));
            let mut squares = 0.0;
            for (at, &label) in set.labels().unwrap().iter().enumerate() {
                let point = set.point(at).unwrap();
                let centre = centres[label as usize];
                squares += (0..2).map(|axis| (f64::from(point[axis]) - centre[axis]).powi(2)).sum::<f64>();
            }
            let found = (squares / (2 * TRAIN) as f64).sqrt();
            assert!((found / deviation - 1.0).abs() < 0.02, "{found} for {deviation}");
        }
        assert_eq!((ring_centres().len(), grid_centres().len()), (8, 25));
        assert_eq!((grid_centres()[0], grid_centres()[24]), ([-4.0, -4.0], [4.0, 4.0]));
    }

    #[test]
    fn the_roll_winds_outwards() {
        let set = open(&ROLL, 1).train;
        let radius = |at: usize| set.point(at).unwrap().iter().map(|value| value * value).sum::<f32>().sqrt();
        let radii: Vec<f32> = (0..set.len()).map(radius).collect();
        assert!(radii.iter().all(|radius| (0.2..1.12).contains(radius)));
        let mean = radii.iter().sum::<f32>() / radii.len() as f32;
        assert!((mean - 2.0 / 3.0).abs() < 0.01, "{mean}");
        assert!(set.labels().is_none());
    }

    #[test]
    fn parts_and_seeds_differ_and_repeat() {
        for kind in [&RING, &GRID, &ROLL] {
            let (a, b, c) = (open(kind, 1), open(kind, 1), open(kind, 2));
            assert_eq!(a.train.points(), b.train.points());
            assert_ne!(a.train.points(), c.train.points());
            assert_ne!(a.train.point(0), a.test.unwrap().point(0));
        }
    }
}
