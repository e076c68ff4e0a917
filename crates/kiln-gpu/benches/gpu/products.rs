//! Products of matrices and the convolution triad.

use crate::{Bench, Options};
use kiln_tensor::random::Key;
use kiln_tensor::{Array, ConvGeom, DType, Dims, Kernel, Window};

/// A call to be measured.
pub struct MeasuredCall {
    pub name: String,
    /// Operations in 10⁹.
    gflop: f64,
    kernel: Kernel,
    ins: [Dims; 2],
    out: Dims,
}

/// The convolutions of DCGAN's discriminator on 64×64×3 images: channels and size.
const LAYERS: [([usize; 2], usize); 4] = [([3, 64], 64), ([64, 128], 32), ([128, 256], 16), ([256, 512], 8)];

/// All calls of the parts that are asked for.
pub fn rows(bench: &Bench, options: &Options) -> Vec<MeasuredCall> {
    let mut rows = vec![];
    if options.wants("matmul") {
        let sizes: &[usize] = if bench.software { &[128, 256] } else { &[256, 512, 1024, 2048, 4096] };
        rows.extend(sizes.iter().map(|&n| MeasuredCall {
            name: format!("matmul {n}×{n}×{n}"),
            gflop: 2.0 * (n * n * n) as f64 / 1e9,
            kernel: Kernel::Matmul,
            ins: [[n, n].into(); 2],
            out: [n, n].into(),
        }));
    }
    if options.wants("triad") {
        let batches: &[usize] = if bench.software { &[1] } else { &[64, 128] };
        rows.extend(batches.iter().flat_map(|batch| LAYERS.map(|layer| triad(*batch, layer))).flatten());
    }
    rows
}

fn triad(batch: usize, ([inner, outer], size): ([usize; 2], usize)) -> [MeasuredCall; 3] {
    let window = Window::new(4).stride(2).padding(1);
    let output = window.output("bench", [size; 2]).expect("the layers fit");
    let g = window.geometry([size; 2], output, 1);
    let x = Dims::from([batch, inner, size, size]);
    let w = Dims::from([outer, inner, 4, 4]);
    let y = Dims::from([batch, outer, output[0], output[1]]);
    let taps = |axis: usize| -> usize { (0..g.kernel[axis]).map(|k| g.inside(axis, k).len()).sum() };
    let gflop = 2.0 * (batch * inner * outer * taps(0) * taps(1)) as f64 / 1e9;
    let row = |what: &str, kernel: fn(ConvGeom) -> Kernel, ins, out| MeasuredCall {
        name: format!("{what} {inner}-{outer} @{size}, batch {batch}"),
        gflop,
        kernel: kernel(g),
        ins,
        out,
    };
    [
        row("forward", Kernel::Conv, [x, w], y),
        row("dx", Kernel::ConvTranspose, [y, w], x),
        row("dw", Kernel::ConvWeight, [x, y], w),
    ]
}

impl MeasuredCall {
    /// The inputs, and a call on them.
    fn call(&self, bench: &Bench) -> impl Fn() + use<> {
        let input = |dims: &Dims| Array::normal(Key::new(1), *dims, DType::F32, &bench.device);
        let (kernel, [a, b], out) = (self.kernel.clone(), [0, 1].map(|i| input(&self.ins[i])), self.out);
        move || drop(Array::compute(&kernel, &[&a, &b], out, DType::F32))
    }
}

/// Prints each row's GFLOP/s.
pub fn measure(bench: &Bench, options: &Options) {
    for row in rows(bench, options) {
        println!("{}", row.gflop / bench.time(row.call(bench)));
    }
}

/// Compiles a product of each kind.
pub fn compile(bench: &Bench) {
    let x = Array::zeros([8, 8], DType::F32, &bench.device);
    drop(x.matmul(&x));
    triad(1, ([8, 8], 8)).iter().for_each(|row| row.call(bench)());
    bench.device.flush().unwrap_or_else(|error| panic!("{error}"));
}
