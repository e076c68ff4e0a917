//! `kiln interpolate`: a walk through latent space.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::number::{MAX_SEED, whole};
use crate::cli::options::run::RunArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::trained::Trained;
use crate::cli::support::{extension, grid, output};
use clap::Args;
use kiln::grad::Tensor;
use kiln::nn::{Exhibit, Images, PixelRange, TensorOptions};
use kiln::report::gif::{self, GifFrame, GifOptions};
use kiln::tensor::random::Key;
use kiln::train::{png, write_output};
use std::path::PathBuf;
use std::process::ExitCode;

/// The most images that are made at once, which bounds the memory it takes.
const AT_ONCE: usize = 1024;

/// Animate walks through the latent space of a trained GAN or VAE
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("16 walks side by side, as an animation that repeats", "kiln interpolate runs/vae-1 --out walk.gif"),
    ("One slow walk between two images and back", "kiln interpolate runs/vae-1 --count 1 --stops 2 --frames 60 --out slow.gif"),
]))]
pub struct InterpolateArgs {
    #[command(flatten)]
    model: RunArgs,
    /// Path between two latent points: spherical, along the sphere that noise lies near, or linear
    #[arg(long, value_name = "HOW", default_value = "spherical", value_parser = ["spherical", "linear"],
        hide_possible_values = true, help_heading = "Walk")]
    path: String,
    /// Number of latent points that a walk visits, from 2 to 64; the last leads back to the first
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = whole::<2, 64>, help_heading = "Walk")]
    stops: u64,
    /// Number of frames from one point to the next, from 1 to 240
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = whole::<1, 240>, help_heading = "Walk")]
    frames: u64,
    /// Number of walks side by side, from 1 to 256
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = whole::<1, 256>, help_heading = "Walk")]
    count: u64,
    /// Seed of the latent points; the same seed gives the same walks
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = whole::<0, MAX_SEED>, help_heading = "Walk")]
    seed: u64,
    /// Frames per second, from 1 to 50
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = whole::<1, 50>, help_heading = "Output")]
    fps: u64,
    /// GIF file to write
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: PathBuf,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl CommandArgs for InterpolateArgs {
    /// Animates closed walks from one latent point to the next, some of them side by side.
    fn run(&self) -> Result<ExitCode, CommandError> {
        extension::check(&self.out, "gif")?;
        let mut trained = Trained::open(&self.model, &self.compute)?;
        let options = trained.options.clone();
        let step = trained.step;
        let generator = trained.generator()?;
        let walks = self.count as usize;
        let points = walk(self, generator.latent(), &options)?;
        let mut frames = Vec::new();
        for points in points.chunks((AT_ONCE / walks).max(1)) {
            let z: Vec<f32> = points.concat().into_iter().map(|z| z as f32).collect();
            let dims = [points.len() * walks, generator.latent()];
            let z = Tensor::from_slice(&z, dims, &options.device).to_dtype(options.dtype);
            // Of a model that knows classes, each walk is one of a class.
            let known = generator.classes() as u32;
            let classes: Vec<u32> = (0..dims[0]).map(|i| (i % walks) as u32 % known.max(1)).collect();
            let classes = Tensor::from_slice(&classes, [dims[0]], &options.device);
            let images = generator.generate(&z, Some(&classes).filter(|_| known > 0))?.unit();
            for frame in 0..points.len() {
                let images = Images::new(images.narrow(0, frame * walks, walks), PixelRange::Unit);
                let picture = png(&Exhibit::grid(&images, grid::columns(walks), ""))?;
                frames.push(GifFrame::Png(picture));
            }
        }
        let ms_per_frame = 1000 / self.fps as u32;
        let options = GifOptions { ms_per_frame, hold_last_ms: ms_per_frame, ..GifOptions::default() };
        write_output(&self.out, &gif::animate(&frames, &options)?)?;
        let count = frames.len();
        output::print(&format!("{count} frames of step {step} in {}\n", self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The latent points of all frames: for each frame those of all walks, one after the other.
fn walk(
    args: &InterpolateArgs,
    latent: usize,
    options: &TensorOptions,
) -> Result<Vec<Vec<f64>>, CommandError> {
    let (stops, frames) = (args.stops as usize, args.frames as usize);
    let key = Key::new(args.seed).purpose("interpolate");
    let stop = |stop: usize| -> Result<Vec<f64>, CommandError> {
        let dims = [args.count as usize, latent];
        let noise = Tensor::normal(key.step(stop as u32), dims, options.dtype, &options.device);
        Ok(noise.to_f64_vec()?)
    };
    let stops: Vec<Vec<f64>> = (0..stops).map(stop).collect::<Result<_, _>>()?;
    let between = if args.path == "linear" { linear } else { spherical };
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
