//! Ink on a grey field: distance to the strokes, softened into coverage.

use kiln_tensor::random::{Key, unit};

use super::spline::{Point, add, scale, sub};
use super::{PIXELS, SIDE};

/// A stroke as it is inked, in pixels: the line of the pen and its radius at each point.
pub(super) struct Inked {
    pub line: Vec<Point>,
    pub radius: Vec<f32>,
}

/// How ink meets paper, in pixels.
pub(super) struct Paper {
    /// Width of the grey edge of a stroke.
    pub softness: f32,
    /// How far the edge frays: the range of a random displacement, one a pixel.
    pub grain: f32,
}

/// Where the centres of pixels are, along either axis.
const CENTRES: [f32; SIDE] = {
    let mut centres = [0.5; SIDE];
    let mut at = 1;
    while at < SIDE {
        centres[at] = at as f32 + 0.5;
        at += 1;
    }
    centres
};

/// Renders strokes that lie inside the field, and shifts the result by whole pixels so that its
/// centre of mass is in the middle, as far as all ink stays inside.
pub(super) fn ink(strokes: &[Inked], paper: &Paper, grain: Key) -> [u8; PIXELS] {
    let mut depth = [f32::NEG_INFINITY; PIXELS];
    for stroke in strokes {
        for at in 1..stroke.line.len() {
            let ends = [stroke.line[at - 1], stroke.line[at]];
            // The margin covers the edge and its fraying.
            let margin = 0.5 * (paper.softness + paper.grain);
            segment(&mut depth, ends, [stroke.radius[at - 1], stroke.radius[at]], margin);
        }
    }
    let mut pixels = [0; PIXELS];
    for (four, (depths, pixels)) in depth.chunks_exact(4).zip(pixels.chunks_exact_mut(4)).enumerate() {
        if depths.iter().all(|&depth| depth == f32::NEG_INFINITY) {
            continue;
        }
        for ((depth, pixel), word) in depths.iter().zip(pixels).zip(grain.block(four as u64)) {
            let frayed = depth + paper.grain * (unit(word) - 0.5);
            let t = (frayed / paper.softness + 0.5).clamp(0.0, 1.0);
            *pixel = (t * t * (3.0 - 2.0 * t) * 255.0 + 0.5) as u8;
        }
    }
    centred(&pixels)
}

/// Raises `depth` to how far each pixel's centre lies inside a segment of the stroke, for pixels up
/// to `margin` outside.
fn segment(depth: &mut [f32; PIXELS], [from, to]: [Point; 2], radius: [f32; 2], margin: f32) {
    let reach = radius[0].max(radius[1]) + margin;
    let bounds = [0, 1].map(|axis| {
        let (low, high) = (from[axis].min(to[axis]) - reach - 0.5, from[axis].max(to[axis]) + reach + 0.5);
        let [low, high] = [low.floor(), high.ceil()].map(|at| (at.max(0.0) as usize).min(SIDE));
        low..high
    });
    let [columns, rows] = bounds;
    // Whole vectors; what is further out than the margin gets no ink.
    let columns = columns.start / 4 * 4..columns.end.next_multiple_of(4).min(SIDE);
    let along = sub(to, from);
    let inverse = 1.0 / (along[0] * along[0] + along[1] * along[1]).max(1e-12);
    for row in rows {
        // Slices without a check within, so that the compiler makes vectors of the loop.
        let depths = &mut depth[row * SIDE..][columns.clone()];
        for (here, &centre) in depths.iter_mut().zip(&CENTRES[columns.clone()]) {
            let pixel = [centre, CENTRES[row]];
            let offset = sub(pixel, from);
            let t = ((offset[0] * along[0] + offset[1] * along[1]) * inverse).clamp(0.0, 1.0);
            let away = sub(pixel, add(from, scale(along, t)));
            let inside =
                radius[0] + (radius[1] - radius[0]) * t - (away[0] * away[0] + away[1] * away[1]).sqrt();
            *here = if inside > *here { inside } else { *here };
        }
    }
}

/// The image with its centre of mass in the middle, to the whole pixel; rows and columns that hold
/// ink are never pushed out.
fn centred(pixels: &[u8; PIXELS]) -> [u8; PIXELS] {
    let mut mass = [[0u32; SIDE]; 2];
    for (at, &pixel) in pixels.iter().enumerate() {
        mass[0][at % SIDE] += u32::from(pixel);
        mass[1][at / SIDE] += u32::from(pixel);
    }
    let [right, down] = mass.map(|profile| {
        let total: u32 = profile.iter().sum();
        let moment: u32 = profile.iter().zip(0..).map(|(mass, at)| mass * (2 * at + 1)).sum();
        let centre = 0.5 * moment as f32 / total.max(1) as f32;
        let first = profile.iter().position(|&mass| mass > 0).unwrap_or(0);
        let after = profile.iter().rposition(|&mass| mass > 0).map_or(SIDE, |last| last + 1);
        let wanted = (0.5 * SIDE as f32 - centre).round() as isize;
        wanted.clamp(-(first as isize), (SIDE - after) as isize)
    });
    let mut shifted = [0; PIXELS];
    for row in 0..SIDE {
        for column in 0..SIDE {
            let (from_row, from_column) = (row as isize - down, column as isize - right);
            let inside = 0..SIDE as isize;
            if inside.contains(&from_row) && inside.contains(&from_column) {
                shifted[row * SIDE + column] = pixels[from_row as usize * SIDE + from_column as usize];
            }
        }
    }
    shifted
}
