//! How many floating-point operations a training step takes by the direct method, in 10⁹ an image;
//! products with padding are not counted.

use kiln::tensor::Window;

/// A convolution from `size`² pixels, each way. A transposed one counts as the convolution it transposes.
pub fn conv(from: usize, to: usize, size: usize, window: Window) -> f64 {
    let output = window.output("bench", [size; 2]).expect("the layers fit");
    let geometry = window.geometry([size; 2], output, 1);
    let taps: usize = (0..window.kernel[0]).map(|k| geometry.inside(0, k).len()).sum();
    2.0 * (from * to * taps * taps) as f64 / 1e9
}

/// A 4×4 convolution of stride 2 and padding 1 from `size` to `size / 2`.
fn half(from: usize, to: usize, size: usize) -> f64 {
    conv(from, to, size, Window::new(4).stride(2).padding(1))
}

/// A DCGAN step: three passes of D forward, gradients of its weights and inputs for two of them and of
/// its inputs for the third; G once each way.
pub fn gan(size: usize, channels: usize, width: usize) -> f64 {
    let (mut total, mut from, mut at, mut to) = (0.0, channels, size, width);
    while at > 4 {
        let f = half(from, to, at);
        let first = from == channels;
        total += f * if first { 3.0 + 2.0 + 1.0 } else { 3.0 + 2.0 + 2.0 + 1.0 } + f * 3.0;
        (from, at, to) = (to, at / 2, to * 2);
    }
    let (last_d, first_g) = (2.0 * (from * 16) as f64 / 1e9, 2.0 * (100 * from * 16) as f64 / 1e9);
    total + 8.0 * last_d + 2.0 * first_g
}

/// A step of the convolutional VAE.
pub fn conv_vae() -> f64 {
    let (outer, inner) = (half(1, 32, 28), half(32, 64, 14));
    let dense = 2.0 * (64 * 49 * 256 * 2 + 256 * 20 * 2 + 20 * 256) as f64 / 1e9;
    // Everything forward and twice backward, but for the gradient of the input.
    2.0 * outer + 3.0 * outer + 6.0 * inner + 3.0 * dense
}

/// A step of the dense VAE.
pub fn mlp_vae() -> f64 {
    let (first, rest) = (784 * 400, 400 * 20 * 2 + 20 * 400 + 400 * 784);
    2.0 * (2 * first + 3 * rest) as f64 / 1e9
}

/// A step of the importance-weighted autoencoder 784-200-200-50, of so many draws of each image.
pub fn iwae(draws: usize) -> f64 {
    let (first, encoder) = (784 * 200, 200 * 200 + 200 * 50 * 2);
    let decoder = 50 * 200 + 200 * 200 + 200 * 784;
    2.0 * (2 * first + 3 * encoder + 3 * draws * decoder) as f64 / 1e9
}

/// A step of a WGAN-GP critic: forward on real, fake and mixed; the gradient of the images and its own
/// derivatives for the weights.
pub fn critic() -> f64 {
    let layers = [half(1, 32, 32), half(32, 64, 16), half(64, 128, 8), 2.0 * 2048.0 / 1e9];
    let all: f64 = layers.iter().sum();
    let inner = all - layers[0];
    // Forward of three; dx of the mixed; of that: a forward pass and a weight gradient; then the
    // weight gradients of three, and the gradients of inner images.
    3.0 * all + all + 2.0 * all + 3.0 * all + 3.0 * inner
}
