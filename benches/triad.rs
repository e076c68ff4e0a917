//! The convolution triad on the layers of models people train: forward, gradient of the images (dx),
//! gradient of the weight (dw), each with its share of the FMA peak measured in the same run.
//!
//! ```text
//! cargo bench --bench triad [-- WORD..]
//! ```

mod support;

use kiln::tensor::random::Key;
use kiln::tensor::{Array, ConvGeom, DType, Device, Kernel, Window};
use std::time::Duration;
use support::{Timing, announce, wanted};

/// A convolution: name, images `[n, in, size]`, output channels, window.
struct Layer {
    name: &'static str,
    batch: usize,
    channels: [usize; 2],
    size: usize,
    window: Window,
}

fn layers() -> Vec<Layer> {
    let half = Window::new(4).stride(2).padding(1);
    let layer = |name, batch, channels, size, window| Layer { name, batch, channels, size, window };
    vec![
        layer("dcgan64 3-64 @64", 64, [3, 64], 64, half),
        layer("dcgan64 64-128 @32", 64, [64, 128], 32, half),
        layer("dcgan64 128-256 @16", 64, [128, 256], 16, half),
        layer("dcgan64 256-512 @8", 64, [256, 512], 8, half),
        layer("dcgan64 512-1 @4", 64, [512, 1], 4, Window::new(4)),
        layer("dcgan64 512-100 @4", 64, [512, 100], 4, Window::new(4)),
        layer("dcgan32 1-32 @32", 128, [1, 32], 32, half),
        layer("dcgan32 32-64 @16", 128, [32, 64], 16, half),
        layer("dcgan32 64-128 @8", 128, [64, 128], 8, half),
        layer("convvae 1-32 @28", 128, [1, 32], 28, half),
        layer("convvae 32-64 @14", 128, [32, 64], 14, half),
        layer("resnet 256-256 @16", 4, [256, 256], 16, Window::new(3).padding(1)),
        layer("cyclegan 3-64 7x7 @64", 4, [3, 64], 64, Window::new(7).padding(3)),
    ]
}

fn main() {
    let peak = announce();
    println!(
        "{:<24}{:>6} {:>12} {:>12} {:>12}   share of the peak",
        "layer", "GFLOP", "forward ms", "dx ms", "dw ms"
    );
    for layer in layers().iter().filter(|layer| wanted(layer.name)) {
        let [inner, outer] = layer.channels;
        let input = [layer.size, layer.size];
        let output = layer.window.output("bench", input).expect("the layers fit");
        let geom: ConvGeom = layer.window.geometry(input, output, 1);
        let [kh, kw] = geom.kernel;
        let device = Device::cpu();
        let random = |purpose: &str, dims: [usize; 4]| {
            Array::normal(Key::new(1).purpose(purpose), dims, DType::F32, &device)
        };
        let x = random("x", [layer.batch, inner, input[0], input[1]]);
        let w = random("w", [outer, inner, kh, kw]);
        let y = random("y", [layer.batch, outer, output[0], output[1]]);
        // Products with padding are not counted.
        let taps: usize = (0..kh).map(|k| geom.inside(0, k).len()).sum::<usize>()
            * (0..kw).map(|k| geom.inside(1, k).len()).sum::<usize>();
        let gflop = 2.0 * (layer.batch * inner * outer * taps) as f64 / 1e9;
        let calls: [(Kernel, [&Array; 2], &Array); 3] = [
            (Kernel::Conv(geom), [&x, &w], &y),
            (Kernel::ConvTranspose(geom), [&y, &w], &x),
            (Kernel::ConvWeight(geom), [&x, &y], &w),
        ];
        let times = calls.map(|(kernel, ins, out)| {
            Timing::of(Duration::from_millis(400), || {
                Array::compute(&kernel, &ins, *out.dims(), DType::F32);
            })
        });
        print!("{:<24}{gflop:6.2}", layer.name);
        times.iter().for_each(|t| print!(" {:12.3}", t.median * 1e3));
        print!("  ");
        times.iter().for_each(|t| print!(" {:4.0} %", 100.0 * gflop / t.median / peak));
        println!();
    }
}
