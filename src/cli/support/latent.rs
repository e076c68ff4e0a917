//! Latent points by their seeds.

use kiln::grad::Tensor;
use kiln::nn::Generator;
use kiln::tensor::random::Key;

/// The latent point of a seed: that of the image that `kiln sample --seeds` makes of it.
pub fn point(seed: u64, latent: usize) -> Vec<f64> {
    let noise = Key::new(seed).purpose("sample").purpose("noise");
    (0..latent as u64).map(|i| noise.normal(i)).collect()
}

/// Points as a generator takes them, `[n, latent]`.
pub fn tensor(points: &[Vec<f64>], generator: &dyn Generator) -> Tensor {
    let options = generator.options();
    let z: Vec<f32> = points.iter().flatten().map(|value| *value as f32).collect();
    Tensor::from_slice(&z, [points.len(), generator.latent()], &options.device).to_dtype(options.dtype)
}
