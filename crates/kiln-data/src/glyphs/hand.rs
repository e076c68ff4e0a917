//! One attempt at a sketch: what a moving hand and a real pen make of it.

use std::f32::consts::TAU;

use super::SIDE;
use super::dice::Dice;
use super::digits::{Sketch, Stroke};
use super::raster::Inked;
use super::spline::{Point, add, catmull_rom, length, resample, scale, smooth, sub, trace};

/// Distance of the points a stroke is inked through, in pixels.
const SPACING: f32 = 0.6;

/// Writes a sketch: strokes in pixels, inside the field, the longer side of their ink some 20
/// pixels.
pub(super) fn write(sketch: &Sketch, dice: &mut Dice) -> Vec<Inked> {
    // Some write neatly and some don't: one factor for all that goes astray.
    let care = dice.range(0.45, 1.5);
    let mut lines: Vec<Vec<Point>> =
        sketch.strokes.iter().map(|stroke| attempt(stroke, care, dice)).collect();
    distort(&mut lines, sketch.lean, care, dice);

    let pen = Pen {
        radius: dice.normal(0.21, 0.27).exp().clamp(0.72, sketch.boldest),
        nib: dice.range(0.0, 0.16),
        angle: dice.range(0.0, TAU),
    };
    fit(&mut lines, dice.range(19.2, 20.4) - 2.0 * pen.radius);
    let rounding = dice.range(0.0, 8.0) as usize;
    let inked = |line: &Vec<Point>| {
        let mut line = resample(line, SPACING);
        smooth(&mut line, rounding);
        overrun(&mut line, care, dice);
        tremble(&mut line, care, dice);
        let radius = pen.press(&line, dice);
        Inked { line, radius }
    };
    lines.iter().map(inked).collect()
}

/// The line of one stroke, its points displaced by an error that changes slowly along it.
fn attempt(stroke: &Stroke, care: f32, dice: &mut Dice) -> Vec<Point> {
    let deviation = 0.021 * care;
    let mut error = [dice.normal(0.0, deviation), dice.normal(0.0, deviation)];
    let mut line = Vec::new();
    let mut corner = None;
    for run in stroke {
        let mut points: Vec<Point> = Vec::with_capacity(run.len() + 1);
        points.extend(corner);
        for &point in run {
            error = error.map(|error| 0.55 * error + dice.normal(0.0, deviation));
            points.push(add(point, error));
        }
        trace(&points, 8, &mut line);
        corner = points.pop();
    }
    line
}

/// Warps the plane gently, then leans, turns and stretches it.
fn distort(lines: &mut [Vec<Point>], lean: f32, care: f32, dice: &mut Dice) {
    // Two waves, each longer than the digit, so that shapes bend but don't ripple.
    let waves = [(); 2].map(|()| {
        let frequency = [dice.normal(0.0, 2.6), dice.normal(0.0, 2.6)];
        let amplitude = [dice.normal(0.0, 0.028 * care), dice.normal(0.0, 0.028 * care)];
        (frequency, amplitude, dice.range(0.0, TAU))
    });
    // The middle moves up or down: one bowl grows at the cost of the other.
    let waist = dice.normal(0.0, 0.035);
    let lean = dice.normal(lean, 0.23);
    let (sin, cos) = dice.normal(0.0, 0.07).sin_cos();
    let stretch = dice.normal(0.08, 0.14).exp();
    for point in lines.iter_mut().flatten() {
        let [x, y] = *point;
        let mut moved = [x, y + waist * (std::f32::consts::PI * y).sin()];
        for (frequency, amplitude, phase) in waves {
            moved = add(moved, scale(amplitude, (frequency[0] * x + frequency[1] * y + phase).sin()));
        }
        let [x, y] = [stretch * moved[0] - lean * (moved[1] - 0.5), moved[1]];
        *point = [cos * x - sin * y, sin * x + cos * y];
    }
}

/// Scales all lines alike so that their longer side is `size`, in the middle of the field.
fn fit(lines: &mut [Vec<Point>], size: f32) {
    let mut low = [f32::INFINITY; 2];
    let mut high = [f32::NEG_INFINITY; 2];
    for point in lines.iter().flatten() {
        for axis in 0..2 {
            low[axis] = low[axis].min(point[axis]);
            high[axis] = high[axis].max(point[axis]);
        }
    }
    let span = sub(high, low);
    let by = size / span[0].max(span[1]);
    let middle = scale(add(low, high), 0.5);
    for point in lines.iter_mut().flatten() {
        *point = add(scale(sub(*point, middle), by), [0.5 * SIDE as f32; 2]);
    }
}

/// Lets both ends of a line run on in its direction, or stop short.
fn overrun(line: &mut Vec<Point>, care: f32, dice: &mut Dice) {
    for _ in 0..2 {
        let steps = (dice.normal(0.2, 0.8) * care / SPACING).round();
        if steps < 0.0 && line.len() > 12 {
            line.truncate(line.len() - (-steps) as usize);
        } else if line.len() > 3 {
            let end = line[line.len() - 1];
            let step = scale(sub(end, line[line.len() - 4]), 1.0 / 3.0);
            line.extend((1..=steps as usize).map(|at| add(end, scale(step, at as f32))));
        }
        line.reverse();
    }
}

/// Adds the fine unsteadiness of a hand, a fraction of a pixel.
fn tremble(line: &mut [Point], care: f32, dice: &mut Dice) {
    let size = dice.range(0.05, 0.16) * care;
    let drift = [(); 2].map(|()| Drift::new(line.len() as f32 * SPACING / 3.5, size, dice));
    for (at, point) in line.iter_mut().enumerate() {
        let t = at as f32 * SPACING / 3.5;
        *point = [point[0] + drift[0].at(t), point[1] + drift[1].at(t)];
    }
}

/// Trace of a pen, in pixels.
struct Pen {
    /// Mean radius of the ink.
    radius: f32,
    /// How much the radius varies with direction, as a fraction: a nib is broader one way.
    nib: f32,
    /// The direction, doubled, in which the nib is broadest.
    angle: f32,
}

impl Pen {
    /// The radius at each point: pressure drifts, and fades or gathers towards the ends.
    fn press(&self, line: &[Point], dice: &mut Dice) -> Vec<f32> {
        let span = line.len() as f32 * SPACING;
        let pressure = Drift::new(span / 6.0, dice.range(0.03, 0.13), dice);
        let fade = [dice.normal(0.12, 0.14), dice.normal(0.18, 0.18)];
        let (sin, cos) = self.angle.sin_cos();
        (0..line.len())
            .map(|at| {
                let along = sub(line[(at + 1).min(line.len() - 1)], line[at.saturating_sub(1)]);
                let size = length(along).max(1e-6);
                let [x, y] = scale(along, 1.0 / size);
                // cos(2·direction − angle), the broad way of the nib.
                let broad = (x * x - y * y) * cos + 2.0 * x * y * sin;
                let s = at as f32 * SPACING;
                let ends = fade[0] * (-s / 2.0).exp() + fade[1] * ((s - span) / 2.5).exp();
                let press = 1.0 + pressure.at(s / 6.0) + self.nib * broad - ends;
                (self.radius * press).max(0.55)
            })
            .collect()
    }
}

/// A smooth random function: normal numbers at the integers, joined by a spline.
struct Drift(Vec<f32>);

impl Drift {
    /// A function on `[0, span]` of the given deviation at the integers.
    fn new(span: f32, deviation: f32, dice: &mut Dice) -> Self {
        Drift((0..span as usize + 5).map(|_| dice.normal(0.0, deviation)).collect())
    }

    fn at(&self, t: f32) -> f32 {
        let knot = (t as usize).min(self.0.len() - 4);
        catmull_rom([0, 1, 2, 3].map(|at| self.0[knot + at]), t - knot as f32)
    }
}
