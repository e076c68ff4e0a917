//! Calls of the fused kernels, each with its formula.

use crate::bounds::E;
use crate::case::{Formula, KernelCall, ValueKind};
use crate::rounded::{Rounded, exact, function, single, sum};
use crate::strategies::{call, dims, out, tensor};
use kiln_tensor::fused::{
    Adam, BatchNorm, BatchNormBackward, Bias, BiasBackward, BinaryCrossEntropy, BinaryCrossEntropyBackward,
    Lerp, Linear, Norm, RmsProp, Sgd, Softmax,
};
use kiln_tensor::{Activation, Dims, FusedKernel, Kernel, Map};
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::Arc;

/// The most additions that a number goes through in sums of the normalisations: in its thread, its workgroup, and
/// then as part of a chunk, for as many numbers as are drawn here.
const DEPTH: usize = 100;

/// Calls of a fused kernel all of whose tensors have the same dims: two parameters, with an input and outputs that
/// hold such values each. `step` gives the outputs' elements from those of the input and the outputs before.
pub fn parameters<const N: usize>(
    kernel: impl FusedKernel + 'static,
    outs: [ValueKind; N],
    step: impl Fn(f64, [f64; N]) -> [Rounded; N] + Send + Sync + 'static,
) -> BoxedStrategy<KernelCall> {
    let kernel: Arc<dyn FusedKernel> = Arc::new(kernel);
    let formula = Formula::new(move |ins, before| {
        let of = |(g, before): (&Vec<f64>, &[Vec<f64>])| {
            let steps: Vec<[Rounded; N]> =
                (0..g.len()).map(|i| step(g[i], std::array::from_fn(|k| before[k][i]))).collect();
            (0..N).map(|k| steps.iter().map(|step| step[k]).collect()).collect::<Vec<Vec<Rounded>>>()
        };
        ins.iter().zip(before.chunks(N)).flat_map(of).collect()
    });
    (dims(), dims())
        .prop_flat_map(move |dims| {
            let dims = [dims.0, dims.1];
            let ins = dims.iter().map(|dims| tensor(*dims, ValueKind::Floats)).collect();
            let to = dims.iter().flat_map(|dims| outs.map(|values| out(*dims, values))).collect();
            call(Kernel::Fused(kernel.clone()), ins, to)
        })
        .prop_map(move |case| KernelCall { formula: Some(formula.clone()), ..case })
        .boxed()
}

pub fn lerp() -> BoxedStrategy<KernelCall> {
    parameters(Lerp { weight: 0.3 }, [ValueKind::Floats], |x, [y]| {
        [exact(y) + single(0.3) * (exact(x) - exact(y))]
    })
}

pub fn sgd() -> BoxedStrategy<KernelCall> {
    let rule = |weight_decay, nesterov| Sgd { lr: 0.1, momentum: 0.9, weight_decay, nesterov };
    select(vec![rule(0.0, false), rule(0.03, false), rule(0.03, true)])
        .prop_flat_map(|rule| {
            parameters(rule, [ValueKind::Floats; 2], move |g, [p, m]| {
                let [lr, momentum, decay] = [rule.lr, rule.momentum, rule.weight_decay].map(single);
                let g = exact(g) + decay * exact(p);
                let m = momentum * exact(m) + g;
                [exact(p) - lr * if rule.nesterov { g + momentum * m } else { m }, m]
            })
        })
        .boxed()
}

pub fn rmsprop() -> BoxedStrategy<KernelCall> {
    let rule = |eps, weight_decay| RmsProp { lr: 0.02, alpha: 0.9, eps, weight_decay };
    select(vec![rule(1e-8, 0.0), rule(1e-3, 0.04)])
        .prop_flat_map(|rule| {
            parameters(rule, [ValueKind::Floats, ValueKind::Positive], move |g, [p, s]| {
                let [lr, alpha, rest, eps, decay] =
                    [rule.lr, rule.alpha, 1.0 - rule.alpha, rule.eps, rule.weight_decay].map(single);
                let g = exact(g) + decay * exact(p);
                let s = alpha * exact(s) + rest * g * g;
                [exact(p) - lr * g / (s.sqrt() + eps), s]
            })
        })
        .boxed()
}

pub fn adam() -> BoxedStrategy<KernelCall> {
    let rule = |weight_decay, decoupled, step| Adam {
        lr: 0.02,
        beta1: 0.5,
        beta2: 0.99,
        eps: 1e-6,
        weight_decay,
        decoupled,
        step,
    };
    let rules =
        vec![rule(0.0, false, 1), rule(0.03, false, 7), rule(0.03, true, 3), rule(0.0, true, 100_000)];
    // Moments are zeros at first.
    let zeros = [ValueKind::Floats, ValueKind::Zeros, ValueKind::Zeros];
    let moments = select(vec![zeros, [ValueKind::Floats, ValueKind::Floats, ValueKind::Positive]]);
    (select(rules), moments)
        .prop_flat_map(|(rule, values)| {
            parameters(rule, values, move |g, [p, m, v]| {
                let [b1, b2, eps] = [rule.beta1, rule.beta2, rule.eps].map(single);
                let [r1, r2] = [1.0 - rule.beta1, 1.0 - rule.beta2].map(single);
                let corrected = |beta: f64| 1.0 - beta.powf(rule.step as f64);
                let rate = single(rule.lr / corrected(rule.beta1));
                let root = single(1.0 / corrected(rule.beta2).sqrt());
                let shrink = single(if rule.decoupled { 1.0 - rule.lr * rule.weight_decay } else { 1.0 });
                let pull = single(if rule.decoupled { 0.0 } else { rule.weight_decay });
                let g = exact(g) + pull * exact(p);
                let m = b1 * exact(m) + r1 * g;
                let v = b2 * exact(v) + r2 * g * g;
                [shrink * exact(p) - rate * m / (v.sqrt() * root + eps), m, v]
            })
        })
        .boxed()
}

/// Rows with numbers in ±3, short and long.
pub fn softmax() -> BoxedStrategy<KernelCall> {
    let rows = prop_oneof![6 => dims(), 1 => (1..5usize, 500..3000usize).prop_map(|(a, b)| [a, b].into())];
    (rows.prop_filter("an axis is needed", |x| x.rank() > 0), any::<bool>())
        .prop_flat_map(|(x, log)| {
            let length = x[x.rank() - 1].max(1);
            let formula = Formula::new(move |ins, _| {
                let row = |x: &[f64]| {
                    let largest = exact(x.iter().copied().fold(f64::NEG_INFINITY, f64::max));
                    let differences: Vec<Rounded> = x.iter().map(|x| exact(*x) - largest).collect();
                    let powers: Vec<Rounded> = differences.iter().map(|d| d.exp()).collect();
                    let total = sum(&powers, DEPTH);
                    let of = |i: usize| if log { differences[i] - total.ln() } else { powers[i] / total };
                    (0..x.len()).map(of).collect::<Vec<Rounded>>()
                };
                vec![ins[0].chunks(length).flat_map(row).collect()]
            });
            call(
                Kernel::Fused(Arc::new(Softmax { log })),
                vec![tensor(x, ValueKind::Floats)],
                vec![out(x, ValueKind::Floats)],
            )
            .prop_map(move |case| KernelCall { formula: Some(formula.clone()), ..case })
        })
        .boxed()
}

pub fn linear() -> BoxedStrategy<KernelCall> {
    use Activation::{Identity, LeakyRelu, Relu};
    let sizes = prop_oneof![3 => [0..8usize, 0..8, 0..8], 2 => [1..150usize, 1..150, 1..70]];
    (sizes, select(vec![Identity, Relu, LeakyRelu(0.2), LeakyRelu(-0.5)]))
        .prop_flat_map(|([m, n, k], f)| {
            let formula = Formula::new(move |ins, _| {
                let y = |i: usize| {
                    let (row, column) = (i / n, i % n);
                    let product = |j: usize| exact(ins[0][row * k + j]) * exact(ins[1][column * k + j]);
                    let products: Vec<Rounded> = (0..k).map(product).collect();
                    let z = sum(&products, k) + exact(ins[2][column]);
                    match f {
                        Identity => z,
                        Relu => z.positive_part(),
                        LeakyRelu(slope) => z.choose(z, single(slope) * z),
                    }
                };
                vec![(0..m * n).map(y).collect()]
            });
            let ins = [&[m, k][..], &[n, k], &[n]].map(|dims| tensor(Dims::new(dims), ValueKind::Floats));
            let outs = vec![out(Dims::new(&[m, n]), ValueKind::Floats)];
            call(Kernel::Fused(Arc::new(Linear(f))), ins.to_vec(), outs)
                .prop_map(move |case| KernelCall { formula: Some(formula.clone()), ..case })
        })
        .boxed()
}

/// Of ordinary numbers; of some whose squares overflow or vanish; and of some that are none.
pub fn norm() -> BoxedStrategy<KernelCall> {
    let tensors = prop::collection::vec(
        prop_oneof![6 => dims(), 1 => (9000..20_000usize).prop_map(|n| [n].into())],
        0..4,
    );
    let values = select(vec![ValueKind::Floats, ValueKind::Immense, ValueKind::Tiny, ValueKind::Special]);
    let formula = Formula::new(|ins, _| {
        let all: Vec<f64> = ins.concat();
        let squares: Vec<Rounded> = all.iter().map(|x| exact(*x) * exact(*x)).collect();
        vec![vec![sum(&squares, DEPTH).sqrt()]]
    });
    (tensors, values)
        .prop_flat_map(|(all, values)| {
            let ins = all.into_iter().map(|dims| tensor(dims, values)).collect();
            call(Kernel::Fused(Arc::new(Norm)), ins, vec![out(Dims::new(&[]), ValueKind::Floats)])
        })
        .prop_map(move |case| KernelCall { formula: Some(formula.clone()), ..case })
        .boxed()
}

/// A normalisation: its options, dims, and whether there are weights.
#[derive(Clone, Copy, Debug)]
struct Setup {
    options: BatchNorm,
    dims: [usize; 3],
    affine: bool,
}

/// Small ones, some of them empty; few channels of very many numbers, cut to chunks; and many short ones.
fn setup() -> BoxedStrategy<Setup> {
    let dims = prop_oneof![
        10 => (0..7usize, 0..7usize, 0..8usize),
        2 => (1..4usize, 1..4usize, 900..5000usize),
        1 => (1..3usize, 1..3usize, 4000..9000usize),
        1 => (1100..1300usize, 1..3usize, 1..3usize),
        2 => (1..70usize, 15..70usize, 1..3usize),
    ];
    let activations = vec![Activation::Identity, Activation::Relu, Activation::LeakyRelu(0.2)];
    (dims, select(activations), select(vec![1e-5, 0.1]), any::<bool>(), any::<bool>())
        .prop_map(|((a, b, c), activation, eps, by_sample, affine)| Setup {
            options: BatchNorm { eps, activation, by_sample },
            dims: [a, b, c],
            affine,
        })
        .boxed()
}

impl Setup {
    fn statistics(&self) -> usize {
        if self.options.by_sample { self.dims[0] * self.dims[1] } else { self.dims[1] }
    }

    /// The positions of each channel's numbers, those of a sample being channels of their own if it says so.
    fn channels(&self) -> Vec<Vec<usize>> {
        let [a, b, c] = self.dims;
        let mut channels = vec![vec![]; self.statistics()];
        for position in 0..a * b * c {
            channels[position / c % self.statistics().max(1)].push(position);
        }
        channels
    }

    /// The standard form of `x`, and what the activation is applied to.
    fn standard(&self, channel: usize, x: f64, stats: [Rounded; 2], weights: &[Vec<f64>]) -> [Rounded; 3] {
        let [mean, var] = stats;
        // Variances are sums of squares, so no rounding makes one negative.
        let rstd = (var + single(self.options.eps)).rsqrt(self.options.eps * (1.0 - 2.0 * E));
        let hat = (exact(x) - mean) * rstd;
        let [weight, bias] = match weights {
            [weights, biases] => [weights, biases].map(|w| exact(w[channel % self.dims[1]])),
            _ => [exact(1.0), exact(0.0)],
        };
        [hat, hat * weight + bias, weight * rstd]
    }

    /// The slope at `z`, times `v`.
    fn slope(&self, z: Rounded, v: Rounded) -> Rounded {
        match self.options.activation {
            Activation::Identity => v,
            Activation::Relu => z.choose(v, exact(0.0)),
            Activation::LeakyRelu(slope) => z.choose(v, single(slope) * v),
        }
    }

    fn forward(&self, ins: &[Vec<f64>]) -> Vec<Vec<Rounded>> {
        let mut y = vec![exact(0.0); ins[0].len()];
        let (mut means, mut vars) = (vec![], vec![]);
        for (channel, positions) in self.channels().iter().enumerate() {
            let n = exact(positions.len() as f64);
            let x: Vec<Rounded> = positions.iter().map(|&at| exact(ins[0][at])).collect();
            let mean = sum(&x, DEPTH) / n;
            let squares: Vec<Rounded> = x.iter().map(|x| (*x - mean) * (*x - mean)).collect();
            let var = sum(&squares, DEPTH) / n;
            for &at in positions {
                let [_, z, _] = self.standard(channel, ins[0][at], [mean, var], &ins[1..]);
                y[at] = match self.options.activation {
                    Activation::Relu => z.positive_part(),
                    _ => self.slope(z, z),
                };
            }
            means.push(mean);
            vars.push(var);
        }
        vec![y, means, vars]
    }

    fn backward(&self, ins: &[Vec<f64>]) -> Vec<Vec<Rounded>> {
        let mut dx = vec![exact(0.0); ins[0].len()];
        let mut sums = vec![[vec![], vec![]]; self.dims[1]];
        for (channel, positions) in self.channels().iter().enumerate() {
            let n = exact(positions.len() as f64);
            let stats = [2, 3].map(|k| exact(ins[k][channel]));
            let of = |at: &usize| {
                let [hat, z, scale] = self.standard(channel, ins[1][*at], stats, &ins[4..]);
                [hat, self.slope(z, exact(ins[0][*at])), scale]
            };
            let all: Vec<[Rounded; 3]> = positions.iter().map(of).collect();
            let products: Vec<Rounded> = all.iter().map(|[hat, u, _]| *hat * *u).collect();
            let gradients: Vec<Rounded> = all.iter().map(|[_, u, _]| *u).collect();
            let [dot, total] = [sum(&products, DEPTH), sum(&gradients, DEPTH)];
            for (&at, [hat, u, scale]) in positions.iter().zip(&all) {
                dx[at] = *scale * (*u - (total + *hat * dot) / n);
            }
            let [products, gradients] = &mut sums[channel % self.dims[1]];
            products.push(dot);
            gradients.push(total);
        }
        let per_channel = |k: usize| sums.iter().map(|sums| sum(&sums[k], DEPTH)).collect();
        vec![dx, per_channel(0), per_channel(1)]
    }
}

/// From the inputs of a normalisation its outputs.
type OfSetup = fn(&Setup, &[Vec<f64>]) -> Vec<Vec<Rounded>>;

/// A call with the formula of its setup.
fn within(setup: Setup, formula: OfSetup, calls: BoxedStrategy<KernelCall>) -> BoxedStrategy<KernelCall> {
    let formula = Formula::new(move |ins, _| formula(&setup, ins));
    calls.prop_map(move |case| KernelCall { formula: Some(formula.clone()), ..case }).boxed()
}

pub fn batch_norm() -> BoxedStrategy<KernelCall> {
    (setup(), select(vec![ValueKind::Floats, ValueKind::Floats, ValueKind::FarFromZero, ValueKind::Holes]))
        .prop_flat_map(|(setup, values)| {
            let (x, c) = (Dims::new(&setup.dims), Dims::new(&[setup.dims[1]]));
            let mut ins = vec![tensor(x, values)];
            if setup.affine {
                ins.extend([tensor(c, ValueKind::Floats), tensor(c, ValueKind::Floats)]);
            }
            let stats = Dims::new(&[setup.statistics()]);
            let outs = [x, stats, stats].map(|dims| out(dims, ValueKind::Floats)).to_vec();
            within(setup, Setup::forward, call(Kernel::Fused(Arc::new(setup.options)), ins, outs))
        })
        .boxed()
}

pub fn batch_norm_backward() -> BoxedStrategy<KernelCall> {
    (setup(), select(vec![ValueKind::Floats, ValueKind::Floats, ValueKind::Holes]))
        .prop_flat_map(|(setup, values)| {
            let [x, c, stats] = [&setup.dims[..], &[setup.dims[1]], &[setup.statistics()]].map(Dims::new);
            let mut ins = vec![
                tensor(x, ValueKind::Floats),
                tensor(x, values),
                tensor(stats, ValueKind::Floats),
                tensor(stats, ValueKind::Positive),
            ];
            if setup.affine {
                ins.extend([tensor(c, ValueKind::Floats), tensor(c, ValueKind::Floats)]);
            }
            let outs = [x, c, c].map(|dims| out(dims, ValueKind::Floats)).to_vec();
            let kernel = Kernel::Fused(Arc::new(BatchNormBackward(setup.options)));
            within(setup, Setup::backward, call(kernel, ins, outs))
        })
        .boxed()
}

/// A setup whose channels go through all samples.
fn together() -> BoxedStrategy<Setup> {
    setup()
        .prop_map(|setup| Setup { options: BatchNorm { by_sample: false, ..setup.options }, ..setup })
        .boxed()
}

impl Setup {
    fn with_bias(&self, ins: &[Vec<f64>]) -> Vec<Vec<Rounded>> {
        let [_, b, c] = self.dims;
        let z = |(at, x): (usize, &f64)| exact(*x) + exact(ins[1][at / c % b]);
        let y = |z: Rounded| match self.options.activation {
            Activation::Relu => z.positive_part(),
            _ => self.slope(z, z),
        };
        vec![ins[0].iter().enumerate().map(z).map(y).collect()]
    }

    fn with_bias_backward(&self, ins: &[Vec<f64>]) -> Vec<Vec<Rounded>> {
        let u: Vec<Rounded> =
            ins[0].iter().zip(&ins[1]).map(|(v, y)| self.slope(exact(*y), exact(*v))).collect();
        let of = |positions: &Vec<usize>| positions.iter().map(|&at| u[at]).collect::<Vec<Rounded>>();
        let sums = self.channels().iter().map(|positions| sum(&of(positions), DEPTH)).collect();
        vec![u, sums]
    }
}

pub fn bias() -> BoxedStrategy<KernelCall> {
    (together(), select(vec![ValueKind::Floats, ValueKind::Holes]))
        .prop_flat_map(|(setup, values)| {
            let [x, c] = [&setup.dims[..], &setup.dims[1..2]].map(Dims::new);
            let kernel = Kernel::Fused(Arc::new(Bias(setup.options.activation)));
            let ins = vec![tensor(x, values), tensor(c, ValueKind::Floats)];
            within(setup, Setup::with_bias, call(kernel, ins, vec![out(x, ValueKind::Floats)]))
        })
        .boxed()
}

pub fn bias_backward() -> BoxedStrategy<KernelCall> {
    (together(), select(vec![ValueKind::Floats, ValueKind::Holes]))
        .prop_flat_map(|(setup, values)| {
            let [x, c] = [&setup.dims[..], &setup.dims[1..2]].map(Dims::new);
            let kernel = Kernel::Fused(Arc::new(BiasBackward(setup.options.activation)));
            let ins = vec![tensor(x, values), tensor(x, ValueKind::Floats)];
            let outs = [x, c].map(|dims| out(dims, ValueKind::Floats)).to_vec();
            within(setup, Setup::with_bias_backward, call(kernel, ins, outs))
        })
        .boxed()
}

/// Dims of logits: small ones, and some of several chunks.
fn logits() -> BoxedStrategy<Dims> {
    prop_oneof![6 => dims(), 1 => (9000..20_000usize).prop_map(|n| [n].into())].boxed()
}

pub fn cross_entropy() -> BoxedStrategy<KernelCall> {
    let formula = Formula::new(|ins, _| {
        let loss = |(x, t): (&f64, &f64)| {
            function(Map::Softplus, *x, x.max(0.0) + (-x.abs()).exp().ln_1p()) - exact(*x) * exact(*t)
        };
        let losses: Vec<Rounded> = ins[0].iter().zip(&ins[1]).map(loss).collect();
        vec![vec![sum(&losses, DEPTH)]]
    });
    logits()
        .prop_flat_map(|x| {
            let ins = vec![tensor(x, ValueKind::Floats), tensor(x, ValueKind::Floats)];
            let outs = vec![out(Dims::new(&[]), ValueKind::Floats)];
            call(Kernel::Fused(Arc::new(BinaryCrossEntropy)), ins, outs)
        })
        .prop_map(move |case| KernelCall { formula: Some(formula.clone()), ..case })
        .boxed()
}

pub fn cross_entropy_backward() -> BoxedStrategy<KernelCall> {
    let formula = Formula::new(|ins, _| {
        let slope = |(x, t): (&f64, &f64)| {
            exact(ins[0][0]) * (function(Map::Sigmoid, *x, 1.0 / (1.0 + (-x).exp())) - exact(*t))
        };
        vec![ins[1].iter().zip(&ins[2]).map(slope).collect()]
    });
    logits()
        .prop_flat_map(|x| {
            let ins = [Dims::new(&[]), x, x].map(|dims| tensor(dims, ValueKind::Floats)).to_vec();
            let outs = vec![out(x, ValueKind::Floats)];
            call(Kernel::Fused(Arc::new(BinaryCrossEntropyBackward)), ins, outs)
        })
        .prop_map(move |case| KernelCall { formula: Some(formula.clone()), ..case })
        .boxed()
}
