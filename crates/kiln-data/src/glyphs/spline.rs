//! Curves through points, as polylines.

/// A point or vector of the plane, x to the right and y down.
pub(super) type Point = [f32; 2];

pub(super) fn add(a: Point, b: Point) -> Point {
    [a[0] + b[0], a[1] + b[1]]
}

pub(super) fn sub(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

pub(super) fn scale(a: Point, by: f32) -> Point {
    [a[0] * by, a[1] * by]
}

pub(super) fn length(a: Point) -> f32 {
    (a[0] * a[0] + a[1] * a[1]).sqrt()
}

/// The point at `t` in `[0, 1]` between `p[1]` and `p[2]` of a uniform Catmull-Rom spline.
pub(super) fn catmull_rom(p: [f32; 4], t: f32) -> f32 {
    let [a, b, c, d] = p;
    b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
}

/// Appends the spline through `points`, `steps` samples a span, to `line`. Where `line` already
/// ends at the first point, that point is not repeated.
pub(super) fn trace(points: &[Point], steps: usize, line: &mut Vec<Point>) {
    let last = points.len() - 1;
    if line.last() != Some(&points[0]) {
        line.push(points[0]);
    }
    for span in 0..last {
        let (b, c) = (points[span], points[span + 1]);
        // Beyond the ends, the neighbour is mirrored, which lets the curve run out straight.
        let a = if span > 0 { points[span - 1] } else { sub(scale(b, 2.0), c) };
        let d = if span + 2 <= last { points[span + 2] } else { sub(scale(c, 2.0), b) };
        for step in 1..=steps {
            let t = step as f32 / steps as f32;
            line.push([0, 1].map(|axis| catmull_rom([a[axis], b[axis], c[axis], d[axis]], t)));
        }
    }
}

/// The same line with points about `spacing` apart: at least two, the ends unchanged.
pub(super) fn resample(line: &[Point], spacing: f32) -> Vec<Point> {
    let total: f32 = line.windows(2).map(|pair| length(sub(pair[1], pair[0]))).sum();
    let count = ((total / spacing) as usize).max(1);
    let stride = total / count as f32;
    let mut points = Vec::with_capacity(count + 1);
    points.push(line[0]);
    let mut ahead = stride;
    for pair in line.windows(2) {
        let step = sub(pair[1], pair[0]);
        let size = length(step);
        while ahead <= size && points.len() < count {
            points.push(add(pair[0], scale(step, ahead / size)));
            ahead += stride;
        }
        ahead -= size;
    }
    points.push(line[line.len() - 1]);
    points
}

/// Rounds corners: `passes` times, each inner point moves to the (1, 2, 1)/4 mean of its
/// neighbourhood.
pub(super) fn smooth(line: &mut [Point], passes: usize) {
    for _ in 0..passes {
        let mut before = line[0];
        for at in 1..line.len() - 1 {
            let here = line[at];
            line[at] = [0, 1].map(|axis| 0.25 * (before[axis] + 2.0 * here[axis] + line[at + 1][axis]));
            before = here;
        }
    }
}
