//! Elementwise functions, copies, reductions, softmax and random numbers: the bytes of all inputs and outputs a
//! second, and in brackets the share of what a copy of as many elements reached in the same run.
//!
//! ```text
//! cargo bench --bench elementwise [-- WORD..]
//! ```

mod support;

use kiln::tensor::fused::Softmax;
use kiln::tensor::random::Key;
use kiln::tensor::{Array, DType, Device, Distribution, Map, Reduce, Zip};
use std::hint::black_box;
use std::time::Instant;
use support::{announce, wanted};

const SIZES: [usize; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

fn main() {
    announce();
    functions();
    layouts();
    reductions();
    softmaxes();
    randoms();
}

/// Bytes a second, in 10⁹, by the median of a few batches of calls.
fn rate(bytes: usize, mut f: impl FnMut() -> Array) -> f64 {
    let mut batch = |calls: usize| {
        let start = Instant::now();
        (0..calls).for_each(|_| drop(black_box(f())));
        start.elapsed().as_secs_f64() / calls as f64
    };
    batch(1);
    let calls = (3e-3 / batch(2)).ceil() as usize;
    let mut times: Vec<f64> = (0..9).map(|_| batch(calls)).collect();
    times.sort_by(f64::total_cmp);
    bytes as f64 / times[times.len() / 2] / 1e9
}

fn normal(dims: &[usize]) -> Array {
    Array::normal(Key::new(1), dims, DType::F32, &Device::cpu())
}

fn bytes(arrays: &[usize]) -> usize {
    4 * arrays.iter().sum::<usize>()
}

/// The rate of copying `numel` elements.
fn copy_rate(numel: usize) -> f64 {
    let x = normal(&[numel]);
    rate(bytes(&[numel; 2]), || x.copy())
}

fn functions() {
    type F = Box<dyn Fn(&Array, &Array) -> Array>;
    let map = |f: Map| -> F { Box::new(move |x, _| x.map(f)) };
    let zip = |f: Zip| -> F { Box::new(move |x, y| x.zip(f, y)) };
    let rows: Vec<(&str, usize, F)> = vec![
        ("copy", 2, Box::new(|x, _| x.copy())),
        ("add", 3, zip(Zip::Add)),
        ("mul", 3, zip(Zip::Mul)),
        ("max", 3, zip(Zip::Max)),
        ("relu", 2, map(Map::Relu)),
        ("leaky relu", 2, map(Map::LeakyRelu(0.2))),
        ("leaky relu grad", 3, zip(Zip::LeakyReluGrad(0.2))),
        ("exp", 2, map(Map::Exp)),
        ("ln", 2, Box::new(|_, y| y.map(Map::Ln))),
        ("tanh", 2, map(Map::Tanh)),
        ("tanh grad", 3, zip(Zip::TanhGrad)),
        ("sigmoid", 2, map(Map::Sigmoid)),
        ("softplus", 2, map(Map::Softplus)),
        ("softplus grad", 3, zip(Zip::SoftplusGrad)),
        ("elu", 2, map(Map::Elu(1.0))),
        ("silu", 2, map(Map::Silu)),
        ("gelu", 2, map(Map::Gelu)),
        // Softplus(x) − x·y: reads 2, 2 and 2 arrays, writes 3.
        ("bce with logits", 8, Box::new(|x, y| x.map(Map::Softplus).zip(Zip::Sub, &x.zip(Zip::Mul, y)))),
    ];
    let rows: Vec<_> = rows.into_iter().filter(|(name, ..)| wanted(name)).collect();
    if rows.is_empty() {
        return;
    }
    println!("\n{:<22}{}", "GB/s, elements:", SIZES.map(|n| format!("{n:>16}")).concat());
    let inputs = SIZES.map(|n| (normal(&[n]), normal(&[n]).map(Map::Abs)));
    let copies = SIZES.map(copy_rate);
    for (name, arrays, f) in rows {
        print!("{name:<22}");
        for ((x, y), copy) in inputs.iter().zip(copies) {
            let rate = rate(arrays * 4 * x.numel(), || f(x, y));
            print!("{rate:8.1} ({:3.0} %)", 100.0 * rate / copy);
        }
        println!();
    }
}

/// One line: `f` moves `bytes`, held against a copy of `numel` elements.
fn line(name: &str, numel: usize, bytes: usize, f: impl FnMut() -> Array) {
    if wanted(name) {
        let (rate, copy) = (rate(bytes, f), copy_rate(numel));
        println!("{name:<40}{rate:8.1} ({:3.0} %)", 100.0 * rate / copy);
    }
}

fn layouts() {
    println!("\n{:<40}{:>8}", "layouts", "GB/s");
    for dims in [[64, 64, 32, 32], [64, 128, 16, 16], [64, 512, 4, 4], [16, 3, 64, 64]] {
        let [n, c, h, w] = dims;
        let (x, bias) = (normal(&dims), normal(&[1, c, 1, 1]).broadcast_to(dims));
        let len = x.numel();
        let same = normal(&dims);
        line(&format!("add {dims:?}"), len, bytes(&[len; 3]), || x.zip(Zip::Add, &same));
        line(&format!("add channels {dims:?}"), len, bytes(&[len; 2]), || x.zip(Zip::Add, &bias));
        line(&format!("repeat channels {dims:?}"), len, bytes(&[len]), || bias.copy());
        let last = x.permute(&[0, 2, 3, 1]);
        line(&format!("copy nchw to nhwc {dims:?}"), len, bytes(&[len; 2]), || last.copy());
        let first = normal(&[n, h, w, c]).permute(&[0, 3, 1, 2]);
        line(&format!("copy nhwc to nchw {dims:?}"), len, bytes(&[len; 2]), || first.copy());
        line(&format!("exp of nhwc {dims:?}"), len, bytes(&[len; 2]), || first.map(Map::Exp));
        line(&format!("add nhwc {dims:?}"), len, bytes(&[len; 3]), || x.zip(Zip::Add, &first));
    }
    for [rows, columns] in [[128, 400], [4096, 20], [2048, 2048]] {
        let dims = [rows, columns];
        let (x, bias) = (normal(&dims), normal(&[1, columns]).broadcast_to(dims));
        let column = normal(&[rows, 1]).broadcast_to(dims);
        let turned = normal(&[columns, rows]).transpose(0, 1);
        let stepped = normal(&[rows, 2 * columns]).slice(1, 0, columns, 2);
        let len = x.numel();
        line(&format!("add row {dims:?}"), len, bytes(&[len; 2]), || x.zip(Zip::Add, &bias));
        line(&format!("add column {dims:?}"), len, bytes(&[len; 2]), || x.zip(Zip::Add, &column));
        line(&format!("copy transposed {dims:?}"), len, bytes(&[len; 2]), || turned.copy());
        line(&format!("add transposed {dims:?}"), len, bytes(&[len; 3]), || x.zip(Zip::Add, &turned));
        line(&format!("copy stepped {dims:?}"), len, bytes(&[len; 2]), || stepped.copy());
        line(&format!("add stepped {dims:?}"), len, bytes(&[len; 3]), || x.zip(Zip::Add, &stepped));
    }
}

fn reductions() {
    println!("\n{:<40}{:>8}", "reductions", "GB/s");
    for dims in [&[1000][..], &[128, 400], &[4096, 20], &[64, 64, 32, 32], &[64, 512, 4, 4], &[10_000_000]] {
        let x = normal(dims);
        let all: Vec<usize> = (0..dims.len()).collect();
        let mut sets = vec![all];
        match dims.len() {
            2 => sets.extend([vec![0], vec![1]]),
            4 => sets.extend([vec![0], vec![1], vec![2], vec![3], vec![2, 3], vec![0, 2, 3]]),
            _ => {}
        }
        for axes in sets {
            for (name, f) in [("sum", Reduce::Sum), ("max", Reduce::Max)] {
                let name = format!("{name} {dims:?} along {axes:?}");
                line(&name, x.numel(), bytes(&[x.numel()]), || x.reduce(f, &axes));
            }
        }
    }
}

fn softmaxes() {
    println!("\n{:<40}{:>8}", "softmax", "GB/s");
    for dims in [[128, 10], [100_000, 10], [128, 1000], [1000, 1000]] {
        let x = normal(&dims);
        for log in [false, true] {
            let name = format!("{} {dims:?}", if log { "log softmax" } else { "softmax" });
            line(&name, x.numel(), bytes(&[x.numel(); 2]), || {
                Array::fused(Softmax { log }, &[&x], &[x.meta()]).remove(0)
            });
        }
    }
}

fn randoms() {
    println!("\n{:<40}{:>8}", "random numbers", "GB/s");
    let (key, device) = (Key::new(2), Device::cpu());
    for len in [1_000, 100_000, 1_000_000] {
        line(&format!("uniform {len}"), len, bytes(&[len]), || {
            Array::random(key, Distribution::Uniform, [len], DType::F32, &device)
        });
        line(&format!("normal {len}"), len, bytes(&[len]), || Array::normal(key, [len], DType::F32, &device));
    }
}
