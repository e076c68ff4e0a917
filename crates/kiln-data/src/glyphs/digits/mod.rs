//! How the ten digits are drawn: strokes through points, in the styles people use.
//!
//! A digit is about 1 high, y down from its top, and as wide as it is written. What varies within a
//! style is drawn here; what goes wrong in writing it down is the business of [`super::hand`].

mod eight;
mod five;
mod four;
mod nine;
mod one;
mod seven;
mod six;
mod three;
mod two;
mod zero;

use super::dice::Dice;
use super::spline::Point;

/// Line that the pen draws without being lifted: smooth runs, joined at corners. Each run after the
/// first begins at the point where the one before it ends, which is not repeated.
pub(super) type Stroke = Vec<Vec<Point>>;

/// A digit as it is meant.
pub(super) struct Sketch {
    pub strokes: Vec<Stroke>,
    /// How far the top is right of the foot on the average, as a fraction of the height.
    pub lean: f32,
    /// The radius of the broadest pen that does not clog its loops, in pixels.
    pub boldest: f32,
}

/// A sketch of `digit` in one of its styles.
///
/// # Panics
/// When `digit` is not below ten.
pub(super) fn sketch(digit: u8, dice: &mut Dice) -> Sketch {
    let (strokes, lean, boldest) = match digit {
        0 => (zero::zero(dice), 0.24, 2.3),
        1 => (one::one(dice), 0.24, 2.4),
        2 => (two::two(dice), 0.10, 2.1),
        3 => (three::three(dice), 0.11, 2.0),
        4 => (four::four(dice), 0.28, 1.8),
        5 => (five::five(dice), 0.18, 2.1),
        6 => (six::six(dice), 0.03, 1.8),
        7 => (seven::seven(dice), -0.02, 2.3),
        8 => (eight::eight(dice), 0.20, 1.65),
        9 => (nine::nine(dice), 0.16, 1.7),
        _ => panic!("{digit} is not a digit"),
    };
    Sketch { strokes, lean, boldest }
}

/// A stroke without corners.
fn smooth(points: &[Point]) -> Stroke {
    vec![points.to_vec()]
}

/// A stroke with a corner after each run but the last.
fn cornered(runs: &[&[Point]]) -> Stroke {
    runs.iter().map(|run| run.to_vec()).collect()
}

/// Part of an ellipse, anticlockwise as most digits are drawn.
struct Oval {
    centre: Point,
    radius: Point,
    /// Where it begins and ends, in turns from the top.
    turns: [f32; 2],
    /// How large it is at the beginning and end, as a factor: a spiral where they differ.
    growth: [f32; 2],
}

impl Oval {
    fn points(&self) -> Vec<Point> {
        let count = ((self.turns[1] - self.turns[0]).abs() * 8.0).ceil().max(2.0) as usize;
        (0..=count)
            .map(|at| {
                let t = at as f32 / count as f32;
                let [turn, size] = [self.turns, self.growth].map(|[from, to]| from + (to - from) * t);
                let (sin, cos) = (std::f32::consts::TAU * turn).sin_cos();
                [self.centre[0] - self.radius[0] * size * sin, self.centre[1] - self.radius[1] * size * cos]
            })
            .collect()
    }
}
