//! The convolution triad on the layers of models people train: forward, gradient of the images (dx),
//! gradient of the weight (dw), by the direct method and by Winograd's where it is possible.
//!
//! A share of the FMA peak, measured in the same run, counts the products of the direct method, so
//! Winograd's may be above 100 %. An error is the largest difference from `f64` relative to the largest
//! value. As the method is chosen once a process, each line is measured by a process of its own.
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
        layer("dcgan64 512-1 @4", 64, [512, 1], 4, Window::new(4).stride(1)),
        layer("dcgan64 512-100 @4", 64, [512, 100], 4, Window::new(4).stride(1)),
        layer("dcgan32 1-32 @32", 128, [1, 32], 32, half),
        layer("dcgan32 32-64 @16", 128, [32, 64], 16, half),
        layer("dcgan32 64-128 @8", 128, [64, 128], 8, half),
        layer("convvae 1-32 @28", 128, [1, 32], 28, half),
        layer("convvae 32-64 @14", 128, [32, 64], 14, half),
        layer("resnet 256-256 @16", 4, [256, 256], 16, Window::new(3).stride(1).padding(1)),
        layer("cyclegan 3-64 7x7 @64", 4, [3, 64], 64, Window::new(7).stride(1).padding(3)),
        layer("cyclegan 64-3 7x7 @64", 4, [64, 3], 64, Window::new(7).stride(1).padding(3)),
    ]
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(MEASURE) {
        let number = arguments.next().and_then(|text| text.parse::<usize>().ok());
        return measure(&layers()[number.expect("the number of a layer")]);
    }
    let peak = announce();
    println!(
        "{:<22}{:>6} {:<9} {:>10} {:>8} {:>8}   {:<20}   error",
        "layer", "GFLOP", "method", "forward ms", "dx ms", "dw ms", "share of the peak"
    );
    for (i, layer) in layers().iter().enumerate().filter(|(_, layer)| wanted(layer.name)) {
        let gflop = layer.gflop();
        let has_winograd =
            matches!((layer.window.kernel, layer.window.stride), ([4, 4], [2, 2]) | ([3, 3], [1, 1]));
        for method in ["direct", "winograd"].into_iter().take(1 + usize::from(has_winograd)) {
            let numbers = measured(i, method);
            let (times, errors) = numbers.split_at(3);
            print!(
                "{:<22}{gflop:6.2} {method:<9} {:10.2} {:8.2} {:8.2}  ",
                layer.name, times[0], times[1], times[2]
            );
            times.iter().for_each(|ms| print!(" {:4.0} %", 1e5 * gflop / ms / peak));
            print!("  ");
            errors.iter().for_each(|error| print!(" {error:.1e}"));
            println!();
        }
    }
}

/// Asks this program to measure one layer.
const MEASURE: &str = "measure";

/// Milliseconds of forward, dx and dw, and their errors, from a process of its own.
fn measured(layer: usize, method: &str) -> Vec<f64> {
    let program = std::env::current_exe().expect("a running program has a file");
    let mut child = std::process::Command::new(program);
    let output = child.args([MEASURE, &layer.to_string()]).env("KILN_CONV", method).output();
    let output = output.expect("this program can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.split_whitespace().map(|number| number.parse().expect("a number")).collect()
}

impl Layer {
    fn geometry(&self) -> ConvGeom {
        let input = [self.size; 2];
        self.window.geometry(input, self.window.output("bench", input).expect("the layers fit"), 1)
    }

    /// Operations of the direct method in 10⁹; products with padding are not counted.
    fn gflop(&self) -> f64 {
        let geometry = self.geometry();
        let taps = |axis: usize| -> usize {
            (0..geometry.kernel[axis]).map(|k| geometry.inside(axis, k).len()).sum()
        };
        2.0 * (self.batch * self.channels[0] * self.channels[1] * taps(0) * taps(1)) as f64 / 1e9
    }
}

/// Prints milliseconds of forward, dx and dw, and their errors.
fn measure(layer: &Layer) {
    let geometry = layer.geometry();
    let ([inner, outer], [kh, kw]) = (layer.channels, geometry.kernel);
    let device = Device::cpu();
    let random = |purpose: &str, dims: [usize; 4]| {
        Array::normal(Key::new(1).purpose(purpose), dims, DType::F32, &device)
    };
    let x = random("x", [layer.batch, inner, geometry.input[0], geometry.input[1]]);
    let w = random("w", [outer, inner, kh, kw]);
    let y = random("y", [layer.batch, outer, geometry.output[0], geometry.output[1]]);
    let calls: [(Kernel, [&Array; 2], &Array); 3] = [
        (Kernel::Conv(geometry), [&x, &w], &y),
        (Kernel::ConvTranspose(geometry), [&y, &w], &x),
        (Kernel::ConvWeight(geometry), [&x, &y], &w),
    ];
    let times = calls.clone().map(|(kernel, ins, out)| {
        let time = Timing::of(Duration::from_millis(400), || {
            Array::compute(&kernel, &ins, *out.dims(), DType::F32);
        });
        time.median * 1e3
    });
    let errors = calls.map(|(kernel, [a, b], out)| {
        let values = |dtype: DType| {
            let (a, b) = (a.to_dtype(dtype), b.to_dtype(dtype));
            let result = Array::compute(&kernel, &[&a, &b], *out.dims(), dtype).to_dtype(DType::F64);
            result.to_vec::<f64>().expect("the CPU does not fail")
        };
        let (have, want) = (values(DType::F32), values(DType::F64));
        let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |most: f64, v| most.max(v.abs()));
        most(&mut have.iter().zip(&want).map(|(have, want)| have - want)) / most(&mut want.iter().copied())
    });
    times.iter().chain(&errors).for_each(|number| println!("{number}"));
}
