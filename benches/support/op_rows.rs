//! The single ops that are measured.

use kiln::grad::ops::{Attention, Conv};
use kiln::grad::{DType, Device, Dims, Tensor, Window, grad_recorded};
use kiln::tensor::random::Key;

/// An op at a size, by the name that `benches/peers/python/pytorch_peer/ops.py` knows it by too.
pub struct OpRow {
    pub name: &'static str,
    /// The op, and the dims of its first input.
    pub what: &'static str,
    pub work: Work,
    /// Dims of the inputs, all of which gradients are taken for.
    pub inputs: Vec<Dims>,
    pub f: fn(&[Tensor]) -> Tensor,
}

/// The least that has to be done forward and backward, whatever way it is computed.
#[derive(Clone, Copy)]
pub enum Work {
    /// Products: 10⁹ operations of the direct method.
    Gflop([f64; 2]),
    /// Memory: 10⁹ bytes, of each tensor that is read or written once.
    Gbyte([f64; 2]),
}

/// Products of `gflop` forward, and as many for each of two inputs backward.
fn products(gflop: f64) -> Work {
    Work::Gflop([gflop, 2.0 * gflop])
}

/// Numbers read and written, in 2²⁰.
fn memory(forward: f64, backward: f64) -> Work {
    Work::Gbyte([forward, backward].map(|numbers| numbers * 4.0 * 1_048_576.0 / 1e9))
}

/// A convolution of `x` by `w` whose output has so many numbers in each channel.
fn conv(x: [usize; 4], w: [usize; 4], out: usize) -> (Work, Vec<Dims>) {
    let multiplications = x[0] * out * w.iter().product::<usize>();
    (products(2.0 * multiplications as f64 / 1e9), vec![x.into(), w.into()])
}

fn options(stride: usize, padding: usize) -> Conv {
    Conv::default().stride(stride).padding(padding)
}

/// All rows.
pub fn rows() -> Vec<OpRow> {
    type F = fn(&[Tensor]) -> Tensor;
    let conv_row =
        |name, what, (work, inputs): (Work, Vec<Dims>), f: F| OpRow { name, what, work, inputs, f };
    let row = |name, what, work, inputs: &[&[usize]], f: F| OpRow {
        name,
        what,
        work,
        inputs: inputs.iter().map(|dims| Dims::new(dims)).collect(),
        f,
    };
    let images: &[usize] = &[32, 128, 32, 32];
    vec![
        conv_row(
            "conv3",
            "conv 3×3 s1, 64×128→128 at 32²",
            conv([64, 128, 32, 32], [128, 128, 3, 3], 1024),
            |x| x[0].conv2d(&x[1], options(1, 1)),
        ),
        conv_row(
            "conv7",
            "conv 7×7 s1, 64×64→64 at 28²",
            conv([64, 64, 28, 28], [64, 64, 7, 7], 784),
            |x| x[0].conv2d(&x[1], options(1, 3)),
        ),
        conv_row(
            "conv5",
            "conv 5×5 s1, 64×128→128 at 32²",
            conv([64, 128, 32, 32], [128, 128, 5, 5], 1024),
            |x| x[0].conv2d(&x[1], options(1, 2)),
        ),
        conv_row(
            "conv5s2",
            "conv 5×5 s2, 64×64→128 at 32²",
            conv([64, 64, 32, 32], [128, 64, 5, 5], 256),
            |x| x[0].conv2d(&x[1], options(2, 2)),
        ),
        conv_row(
            "conv3s2",
            "conv 3×3 s2, 64×64→128 at 32²",
            conv([64, 64, 32, 32], [128, 64, 3, 3], 256),
            |x| x[0].conv2d(&x[1], options(2, 1)),
        ),
        conv_row(
            "transposed5s2",
            "transposed 5×5 s2, 64×128→64 at 16²",
            conv([64, 128, 16, 16], [128, 64, 5, 5], 256),
            |x| x[0].conv_transpose2d(&x[1], options(2, 2).output_padding(1)),
        ),
        conv_row(
            "conv1",
            "conv 1×1, 64×256→64 at 16²",
            conv([64, 256, 16, 16], [64, 256, 1, 1], 256),
            |x| x[0].conv2d(&x[1], options(1, 0)),
        ),
        conv_row(
            "grouped",
            "conv 3×3, 8 groups, 64×128 at 16²",
            conv([64, 128, 16, 16], [128, 16, 3, 3], 256),
            |x| x[0].conv2d(&x[1], options(1, 1).groups(8)),
        ),
        conv_row(
            "depthwise",
            "depthwise 3×3, 32×96 at 32²",
            conv([32, 96, 32, 32], [96, 1, 3, 3], 1024),
            |x| x[0].conv2d(&x[1], options(1, 1).groups(96)),
        ),
        row("max_pool", "max pool 2 s2, 32×128×32²", memory(5.0, 5.0), &[images], |x| {
            x[0].max_pool2d(Window::new(2))
        }),
        row("avg_pool", "average pool 2 s2, 32×128×32²", memory(5.0, 5.0), &[images], |x| {
            x[0].avg_pool2d(Window::new(2))
        }),
        row("nearest", "nearest ×2, 32×128×32²", memory(20.0, 20.0), &[images], |x| {
            x[0].resize_nearest([64, 64])
        }),
        row("bilinear", "bilinear ×2, 32×128×32²", memory(20.0, 20.0), &[images], |x| {
            x[0].resize_bilinear([64, 64], false)
        }),
        row("softmax", "softmax 4096×1024", memory(8.0, 12.0), &[&[4096, 1024]], |x| x[0].softmax(-1)),
        row("log_softmax", "log softmax 4096×1024", memory(8.0, 12.0), &[&[4096, 1024]], |x| {
            x[0].log_softmax(-1)
        }),
        row("logsumexp", "log-sum-exp 4096×1024", memory(4.0, 8.0), &[&[4096, 1024]], |x| {
            x[0].logsumexp(-1)
        }),
        row("layer_norm", "layer norm 8192×512", memory(8.0, 12.0), &[&[8192, 512], &[512], &[512]], |x| {
            x[0].layer_norm(&x[1], &x[2], 1e-5)
        }),
        row("rms_norm", "RMS norm 8192×512", memory(8.0, 12.0), &[&[8192, 512], &[512]], |x| {
            x[0].rms_norm(&x[1], 1e-5)
        }),
        row(
            "group_norm",
            "group norm 32×128×32², 32 groups",
            memory(8.0, 12.0),
            &[images, &[128], &[128]],
            |x| x[0].group_norm(32, Some((&x[1], &x[2])), 1e-5),
        ),
        row("gelu", "gelu, 4 M", memory(8.0, 12.0), &[&[4 << 20]], |x| x[0].gelu()),
        row("bce", "binary cross-entropy, 4 M", memory(4.0, 8.0), &[&[4 << 20]], |x| {
            x[0].binary_cross_entropy(&x[0].zeros_like())
        }),
        row("cross_entropy", "cross-entropy 4096×1024", memory(4.0, 8.0), &[&[4096, 1024]], |x| {
            let classes = Tensor::from_slice(&[7_u32; 4096], [4096, 1], x[0].device());
            -x[0].log_softmax(-1).gather(-1, &classes).mean(..)
        }),
        row(
            "attention",
            "attention 32×8 heads, 256×32",
            Work::Gflop([2.15, 5.37]),
            &[&[32, 8, 256, 32][..]; 3],
            |x| x[0].attention(&x[1], &x[2], &Attention::default()),
        ),
        row(
            "lstm",
            "LSTM 64→64, batch 32, 32 steps",
            products(0.0671),
            &[&[32, 32, 64], &[256, 64], &[256, 64], &[256], &[256]],
            lstm,
        ),
        row(
            "r1",
            "R1 on a critic of four 3×3, 64×3×32²; forward has the gradient",
            Work::Gflop([2.0 * CRITIC, 4.0 * CRITIC]),
            &[&[64, 3, 32, 32], &[64, 3, 3, 3], &[64, 64, 3, 3], &[64, 64, 3, 3], &[64, 64, 3, 3]],
            r1,
        ),
        row("product", "product 1024³", products(2.147), &[&[1024, 1024][..]; 2], |x| x[0].matmul(&x[1])),
        row("tanh", "tanh, 16 M", memory(32.0, 48.0), &[&[16 << 20]], |x| x[0].tanh()),
        row(
            "permuted",
            "permuted copy and sum, 64×64×64²",
            memory(32.0, 16.0),
            &[&[64, 64, 64, 64]],
            |x| x[0].permute(&[0, 2, 3, 1]).reshape([1 << 24]).sum(..),
        ),
    ]
}

/// 10⁹ operations of the critic forward.
const CRITIC: f64 = 2.0 * 64.0 * 9.0 * (1024.0 * 192.0 + (256.0 + 64.0 + 16.0) * 4096.0) / 1e9;

/// The penalty `Σ ‖∂D/∂x‖²` of a critic of convolutions and average pools, by its recorded gradient.
fn r1(x: &[Tensor]) -> Tensor {
    let mut y = x[0].clone();
    for w in &x[1..] {
        y = y.conv2d(w, options(1, 1)).leaky_relu(0.2).avg_pool2d(Window::new(2));
    }
    grad_recorded(y.sum(..), &[&x[0]])[0].square().sum(..)
}

fn lstm(x: &[Tensor]) -> Tensor {
    let (steps, batch, width) = (x[0].dims()[0], x[0].dims()[1], x[2].dims()[1]);
    let (ih, hh) = (x[1].transpose(0, 1), x[2].transpose(0, 1));
    let of_inputs = x[0].matmul(&ih) + &x[3] + &x[4];
    let mut h = Tensor::zeros([batch, width], DType::F32, &Device::cpu());
    let mut c = h.clone();
    let mut outputs = Vec::new();
    for step in 0..steps {
        let gates = of_inputs.select_at(0, step) + h.matmul(&hh);
        let gate = |i: usize| gates.narrow(1, i * width, width);
        c = gate(1).sigmoid() * &c + gate(0).sigmoid() * gate(2).tanh();
        h = gate(3).sigmoid() * c.tanh();
        outputs.push(h.clone());
    }
    let outputs: Vec<&Tensor> = outputs.iter().collect();
    Tensor::stack(&outputs, 0)
}

impl OpRow {
    /// Its inputs, drawn by chance, of which weights are small, and the cotangent of its result.
    pub fn draw(&self) -> (Vec<Tensor>, Tensor) {
        let input = |(i, dims): (usize, &Dims)| {
            let x = Tensor::normal(Key::new(i as u64), *dims, DType::F32, &Device::cpu());
            (if i > 0 { x * 0.1 } else { x }).detach().tracked()
        };
        let inputs: Vec<Tensor> = self.inputs.iter().enumerate().map(input).collect();
        let y = (self.f)(&inputs);
        let v = Tensor::normal(Key::new(9), *y.dims(), DType::F32, &Device::cpu());
        (inputs, v)
    }
}
