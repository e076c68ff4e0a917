//! From the description of a scene to its pixels.

use kiln_tensor::random::Key;

use super::{Scene, SceneBackground, SceneObject, Texture, shapes};

/// Red, green and blue, each from 0 to 255.
type Rgb = [f32; 3];

/// How far a cloudy background departs from its tone, in levels of 255.
const CLOUDS: f32 = 32.0;

/// The picture, 3×S×S bytes, and the mask, S×S: at a pixel which an object covers by more than half, the
/// class of its shape and 1, and elsewhere 0.
pub(super) fn paint(scene: &Scene, side: usize, key: Key) -> (Vec<u8>, Vec<u8>) {
    let mut canvas = background(scene.background, side, key);
    let mut mask = vec![0; side * side];
    let mut shades = key.purpose("shade").stream();
    for object in &scene.objects {
        // No two objects of a colour are of quite the same.
        let light = shades.range(-0.07, 0.07) as f32;
        let hue = [(); 3].map(|()| shades.range(-5.0, 5.0) as f32);
        let rgb = object.colour.rgb().map(f32::from);
        let rgb = [0, 1, 2].map(|c| (rgb[c] * (1.0 + light) + hue[c]).clamp(0.0, 255.0));
        cover(object, side, |at, coverage| {
            canvas[at] = [0, 1, 2].map(|c| canvas[at][c] + coverage * (rgb[c] - canvas[at][c]));
            if coverage > 0.5 {
                mask[at] = object.shape.class() as u8 + 1;
            }
        });
    }
    let byte = |value: f32| (value + 0.5) as u8;
    let pixels = (0..3).flat_map(|channel| canvas.iter().map(move |pixel| byte(pixel[channel]))).collect();
    (pixels, mask)
}

/// Calls `ink` with each pixel an object touches, and which part of it the object covers.
fn cover(object: &SceneObject, side: usize, mut ink: impl FnMut(usize, f32)) {
    let scale = side as f32;
    let [columns, rows] = object.centre.map(|centre| {
        let [low, high] = [centre - object.radius, centre + object.radius].map(|edge| scale * edge);
        (low - 1.0).max(0.0) as usize..((high + 1.0).ceil() as usize).min(side)
    });
    let (sin, cos) = object.angle.to_radians().sin_cos();
    for row in rows {
        for column in columns.clone() {
            let [x, y] = [(column, 0), (row, 1)]
                .map(|(at, axis)| ((at as f32 + 0.5) / scale - object.centre[axis]) / object.radius);
            let distance = shapes::distance(object.shape, [cos * x + sin * y, cos * y - sin * x]);
            let coverage = (0.5 - distance * object.radius * scale).clamp(0.0, 1.0);
            if coverage > 0.0 {
                ink(row * side + column, coverage);
            }
        }
    }
}

/// The tone, a little lighter or darker than usual, with clouds if there are any.
fn background(SceneBackground { tone, texture }: SceneBackground, side: usize, key: Key) -> Vec<Rgb> {
    let light = key.purpose("light").stream().range(-0.06, 0.06) as f32;
    let rgb = tone.rgb().map(|value| f32::from(value) * (1.0 + light));
    match texture {
        Texture::Plain => vec![rgb; side * side],
        Texture::Cloudy => {
            let broad = clouds(4, side, key.purpose("broad clouds"));
            let fine = clouds(7, side, key.purpose("fine clouds"));
            let departure = broad.iter().zip(&fine).map(|(broad, fine)| 0.65 * broad + 0.35 * fine);
            departure.map(|by| rgb.map(|value| (value + CLOUDS * by).clamp(0.0, 255.0))).collect()
        }
    }
}

/// Value noise between −1 and 1: random numbers at the corners of `cells`×`cells` cells, smoothly
/// interpolated between. The same function whatever the size it is seen at.
fn clouds(cells: usize, side: usize, key: Key) -> Vec<f32> {
    let corners: Vec<f32> =
        (0..(cells + 1) * (cells + 1)).map(|at| 2.0 * key.uniform(at as u64) - 1.0).collect();
    let along: Vec<(usize, f32)> = (0..side)
        .map(|at| {
            let position = (at as f32 + 0.5) * cells as f32 / side as f32;
            let t = position.fract();
            (position as usize, t * t * (3.0 - 2.0 * t))
        })
        .collect();
    let mut values = Vec::with_capacity(side * side);
    for &(row, down) in &along {
        for &(column, right) in &along {
            let at = row * (cells + 1) + column;
            let mix = |at: usize| corners[at] + right * (corners[at + 1] - corners[at]);
            let (upper, lower) = (mix(at), mix(at + cells + 1));
            values.push(upper + down * (lower - upper));
        }
    }
    values
}
