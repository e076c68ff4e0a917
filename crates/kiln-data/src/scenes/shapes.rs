//! Outlines as signed distances, in the manner of Inigo Quilez, "2D distance functions".

use super::Shape;

/// The distance from `p` to the outline of a shape of radius 1 around the origin, x to the right and y
/// down: negative inside. Every shape fits the square of side 2, also when it is turned by 12°.
pub(super) fn distance(shape: Shape, p: [f32; 2]) -> f32 {
    let [x, y] = p;
    match shape {
        Shape::Circle => length(x, y) - 0.94,
        Shape::Ring => (length(x, y) - 0.72).abs() - 0.24,
        Shape::Square => bar(p, [0.8, 0.8]),
        Shape::Cross => bar(p, [0.92, 0.3]).min(bar(p, [0.3, 0.92])),
        Shape::Diamond => polygon(&[[0.0, -0.98], [0.66, 0.0], [0.0, 0.98], [-0.66, 0.0]], p),
        Shape::Triangle => polygon(&[[0.0, -0.92], [0.84, 0.7], [-0.84, 0.7]], p),
        Shape::Star => polygon(&STAR, p),
        Shape::Heart => heart(p),
    }
}

/// A star's ten corners, from the upper point on: five at radius 1 and five at 0.46.
const STAR: [[f32; 2]; 10] = [
    [0.0, -1.0],
    [0.270_38, -0.372_15],
    [0.951_06, -0.309_02],
    [0.437_49, 0.142_15],
    [0.587_79, 0.809_02],
    [0.0, 0.46],
    [-0.587_79, 0.809_02],
    [-0.437_49, 0.142_15],
    [-0.951_06, -0.309_02],
    [-0.270_38, -0.372_15],
];

fn length(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}

/// A rectangle of that half width and half height.
fn bar([x, y]: [f32; 2], half: [f32; 2]) -> f32 {
    let (x, y) = (x.abs() - half[0], y.abs() - half[1]);
    length(x.max(0.0), y.max(0.0)) + x.max(y).min(0.0)
}

/// A polygon; which way around its corners go makes no difference.
fn polygon(corners: &[[f32; 2]], [x, y]: [f32; 2]) -> f32 {
    let mut nearest = f32::INFINITY;
    let mut inside = false;
    let mut from = corners[corners.len() - 1];
    for &to in corners {
        let along = [to[0] - from[0], to[1] - from[1]];
        let offset = [x - from[0], y - from[1]];
        let t = (offset[0] * along[0] + offset[1] * along[1]) / (along[0] * along[0] + along[1] * along[1]);
        let t = t.clamp(0.0, 1.0);
        nearest = nearest.min(length(offset[0] - t * along[0], offset[1] - t * along[1]));
        // The point is inside if a ray to the right crosses the outline an odd number of times.
        if (from[1] > y) != (to[1] > y) && offset[0] < along[0] * offset[1] / along[1] {
            inside = !inside;
        }
        from = to;
    }
    if inside { -nearest } else { nearest }
}

/// Two quarter turns around a square that stands on its corner.
fn heart([x, y]: [f32; 2]) -> f32 {
    const SCALE: f32 = 0.66;
    let (x, y) = (SCALE * x.abs(), 0.53 - SCALE * y);
    let distance = if x + y > 1.0 {
        length(x - 0.25, y - 0.75) - 0.25 * std::f32::consts::SQRT_2
    } else {
        let foot = 0.5 * (x + y).max(0.0);
        length(x, y - 1.0).min(length(x - foot, y - foot)) * (x - y).signum()
    };
    distance / SCALE
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shape's points, by sign, on a fine grid of the square of side 2.4.
    fn inside(shape: Shape) -> Vec<[f32; 2]> {
        let grid = (0..240 * 240).map(|at| [at % 240, at / 240].map(|v| (v as f32 + 0.5) / 100.0 - 1.2));
        grid.filter(|&p| distance(shape, p) < 0.0).collect()
    }

    #[test]
    fn shapes_fill_their_square_and_fit_it_turned() {
        for shape in Shape::ALL {
            let points = inside(shape);
            for degrees in [-12.0f32, 0.0, 12.0] {
                let (sin, cos) = degrees.to_radians().sin_cos();
                let reach = points.iter().flat_map(|&[x, y]| [cos * x - sin * y, sin * x + cos * y]);
                let reach = reach.fold(0.0, |most: f32, v| most.max(v.abs()));
                assert!((0.79..=1.0).contains(&reach), "{shape} by {degrees}° reaches {reach}");
            }
            let area = points.len() as f32 / 1e4;
            assert!((1.0..3.0).contains(&area), "{shape} covers {area}");
        }
    }

    /// Near its outline a distance changes by as much as the point moves, so that edges are equally soft.
    #[test]
    fn distances_are_distances() {
        let step = 1e-3;
        for shape in Shape::ALL {
            for at in 0..2_000 {
                let p = [at % 40, at / 40].map(|v| v as f32 * 0.05 - 1.0);
                let slope = [[step, 0.0], [0.0, step]].map(|d| {
                    let ahead = distance(shape, [p[0] + d[0], p[1] + d[1]]);
                    (ahead - distance(shape, [p[0] - d[0], p[1] - d[1]])) / (2.0 * step)
                });
                assert!(length(slope[0], slope[1]) < 1.01, "{shape} at {p:?}: {slope:?}");
            }
        }
    }
}
