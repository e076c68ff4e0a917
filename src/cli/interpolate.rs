//! `kiln interpolate`: a walk through latent space.

use super::args::Interpolate;
use super::failure::Failure;
use super::trained::Trained;
use super::{grid, output};
use kiln::grad::Tensor;
use kiln::nn::{Images, PixelRange, TensorOptions};
use kiln::report::gif::{self, Frame, Options};
use kiln::tensor::random::Key;
use kiln::train::{png, write_atomic};

/// The most images that are made at once, which bounds the memory it takes.
const AT_ONCE: usize = 1024;

/// Animates closed walks from one latent point to the next, some of them side by side.
pub fn interpolate(arguments: &Interpolate) -> Result<(), Failure> {
    let out = &arguments.out;
    grid::check_name(out, "gif")?;
    let mut trained = Trained::open(&arguments.which)?;
    let (options, [c, h, w]) = (trained.options.clone(), trained.shape);
    let step = trained.step;
    let generator = trained.generator()?;
    let walks = arguments.count as usize;
    let points = walk(arguments, generator.latent(), &options)?;
    let mut frames = Vec::new();
    for points in points.chunks((AT_ONCE / walks).max(1)) {
        let z: Vec<f32> = points.concat().into_iter().map(|z| z as f32).collect();
        let dims = [points.len() * walks, generator.latent()];
        let z = Tensor::from_slice(&z, dims, &options.device).to_dtype(options.dtype);
        let images = generator.generate(&z)?.unit().reshape([points.len(), walks, c, h, w]);
        for frame in 0..points.len() {
            let images = images.narrow(0, frame, 1).reshape([walks, c, h, w]);
            let picture = png(&Images::new(images, PixelRange::Unit), grid::columns(walks))?;
            frames.push(Frame::Png(picture));
        }
    }
    let ms_per_frame = 1000 / arguments.fps as u32;
    let options = Options { ms_per_frame, hold_last_ms: ms_per_frame, ..Options::default() };
    write_atomic(out, &gif::animate(&frames, &options)?)?;
    let count = frames.len();
    output::print(&format!("{count} frames of step {step} in {}\n", out.display()))
}

/// The latent points of all frames: for each frame those of all walks, one after the other.
fn walk(arguments: &Interpolate, latent: usize, options: &TensorOptions) -> Result<Vec<Vec<f64>>, Failure> {
    let (stops, frames) = (arguments.stops as usize, arguments.frames as usize);
    let key = Key::new(arguments.seed).purpose("interpolate");
    let stop = |stop: usize| -> Result<Vec<f64>, Failure> {
        let dims = [arguments.count as usize, latent];
        let noise = Tensor::normal(key.step(stop as u32), dims, options.dtype, &options.device);
        Ok(noise.to_f64_vec()?)
    };
    let stops: Vec<Vec<f64>> = (0..stops).map(stop).collect::<Result<_, _>>()?;
    let between = if arguments.path == "linear" { linear } else { spherical };
    let mut points = Vec::new();
    for (i, from) in stops.iter().enumerate() {
        let to = &stops[(i + 1) % stops.len()];
        for frame in 0..frames {
            let t = frame as f64 / frames as f64;
            let pairs = from.chunks(latent).zip(to.chunks(latent));
            points.push(pairs.flat_map(|(a, b)| between(a, b, t)).collect());
        }
    }
    Ok(points)
}

/// The point at `t` in `[0, 1]` of the straight way from `a` to `b`.
fn linear(a: &[f64], b: &[f64], t: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| (1.0 - t) * a + t * b).collect()
}

/// The point at `t` in `[0, 1]` of the way from `a` to `b` along a great circle (White, 2016). Normal noise of
/// many dimensions lies near a sphere, whose inside a straight way would cross.
fn spherical(a: &[f64], b: &[f64], t: f64) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    let angle = cosine.clamp(-1.0, 1.0).acos();
    let sine = angle.sin();
    // Points in one line with the centre have no great circle of their own.
    if sine < 1e-6 || !sine.is_finite() {
        return linear(a, b, t);
    }
    let (from, to) = (((1.0 - t) * angle).sin() / sine, (t * angle).sin() / sine);
    a.iter().zip(b).map(|(a, b)| from * a + to * b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_begin_and_end_where_they_should() {
        let (a, b) = ([3.0, 0.0], [0.0, 3.0]);
        for way in [linear, spherical] {
            assert_eq!(way(&a, &b, 0.0), a);
            assert!((way(&a, &b, 1.0)[1] - 3.0).abs() < 1e-12);
        }
        let half = spherical(&a, &b, 0.5);
        assert!((half[0] - 4.5f64.sqrt()).abs() < 1e-12 && (half[1] - 4.5f64.sqrt()).abs() < 1e-12);
        assert_eq!(linear(&a, &b, 0.5), [1.5, 1.5]);
        assert_eq!(spherical(&[1.0, 0.0], &[-1.0, 0.0], 0.5), [0.0, 0.0]);
        assert_eq!(spherical(&[0.0, 0.0], &[2.0, 0.0], 0.5), [1.0, 0.0]);
    }
}
