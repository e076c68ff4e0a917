//! Calls of every kernel, by chance.

use crate::case::{CallTensor, Form, KernelCall, ValueKind};
use kiln_tensor::random::Key;
use kiln_tensor::{Compare, Dims, Distribution, Kernel, Map, Reduce, Zip};
use proptest::prelude::*;
use proptest::sample::select;

/// Ranks to 5 with lengths 0–7, and now and then a longer axis or the largest rank.
pub fn dims() -> BoxedStrategy<Dims> {
    prop_oneof![
        12 => prop::collection::vec(0..8usize, 0..4).prop_map(|d| Dims::new(&d)),
        6 => prop::collection::vec(1..5usize, 3..6).prop_map(|d| Dims::new(&d)),
        1 => prop::collection::vec(1..3usize, 8).prop_map(|d| Dims::new(&d)),
        1 => (1..4usize, 200..1500usize).prop_map(|(a, b)| Dims::new(&[a, b])),
    ]
    .boxed()
}

/// Any form of an input.
pub fn form() -> BoxedStrategy<Form> {
    prop_oneof![out_form(), (0..4usize).prop_map(Form::Repeated)].boxed()
}

/// Any form of an output.
pub fn out_form() -> BoxedStrategy<Form> {
    select(vec![Form::Dense, Form::Turned, Form::Window, Form::Backwards]).boxed()
}

/// A tensor to read.
pub fn tensor(dims: Dims, values: ValueKind) -> BoxedStrategy<CallTensor> {
    (form(), 0..1000u64).prop_map(move |(form, seed)| CallTensor { dims, values, form, seed }).boxed()
}

/// A tensor to write.
pub fn out(dims: Dims, values: ValueKind) -> BoxedStrategy<CallTensor> {
    (out_form(), 0..1000u64).prop_map(move |(form, seed)| CallTensor { dims, values, form, seed }).boxed()
}

/// Calls of one kernel with one output.
pub fn call(
    kernel: Kernel,
    ins: Vec<BoxedStrategy<CallTensor>>,
    outs: Vec<BoxedStrategy<CallTensor>>,
) -> BoxedStrategy<KernelCall> {
    (ins, outs)
        .prop_map(move |(ins, outs)| KernelCall { kernel: kernel.clone(), ins, outs, formula: None })
        .boxed()
}

const ANY_WORD: ValueKind = ValueKind::Below(u32::MAX);

/// Calls in which all tensors have the same dims.
fn same_dims(kernel: Kernel, ins: &[ValueKind], to: ValueKind) -> BoxedStrategy<KernelCall> {
    let ins = ins.to_vec();
    dims()
        .prop_flat_map(move |dims| {
            let ins = ins.iter().map(|values| tensor(dims, *values)).collect();
            call(kernel.clone(), ins, vec![out(dims, to)])
        })
        .boxed()
}

pub fn fill() -> BoxedStrategy<KernelCall> {
    let values = select(vec![0.0, -1.5, 3e9, 1e-3, f64::INFINITY]);
    (values, select(vec![ValueKind::Floats, ANY_WORD]))
        .prop_flat_map(|(value, to)| same_dims(Kernel::Fill(value), &[], to))
        .boxed()
}

pub fn copy() -> BoxedStrategy<KernelCall> {
    let kinds = [ValueKind::Special, ValueKind::Huge, ANY_WORD];
    (select(kinds.to_vec()), select(vec![ValueKind::Floats, ANY_WORD]))
        .prop_flat_map(|(from, to)| same_dims(Kernel::Copy, &[from], to))
        .boxed()
}

pub fn accumulate() -> BoxedStrategy<KernelCall> {
    same_dims(Kernel::Accumulate, &[ValueKind::Floats], ValueKind::Floats)
}

#[rustfmt::skip]
pub fn map() -> BoxedStrategy<KernelCall> {
    let all = vec![
        Map::Neg, Map::Abs, Map::Sign, Map::Exp, Map::Expm1, Map::Ln, Map::Ln1p, Map::Sqrt, Map::Rsqrt, Map::Recip,
        Map::Square, Map::Sin, Map::Cos, Map::Tanh, Map::Erf, Map::Floor, Map::Sigmoid, Map::Softplus, Map::Relu,
        Map::LeakyRelu(0.2), Map::Elu(0.7), Map::Silu, Map::Gelu, Map::AddScalar(0.3), Map::MulScalar(-1.7),
        Map::PowScalar(3.0), Map::PowScalar(-2.0), Map::PowScalar(0.0), Map::PowScalar(1.5), Map::PowScalar(-0.3),
        Map::Clamp(-0.5, 1.0),
    ];
    select(all).prop_flat_map(|f| same_dims(Kernel::Map(f), &[ValueKind::Floats], ValueKind::Floats)).boxed()
}

/// Functions that keep NaN and order infinite numbers.
pub fn map_special() -> BoxedStrategy<KernelCall> {
    let all = vec![
        Map::Neg,
        Map::Abs,
        Map::Sign,
        Map::Relu,
        Map::LeakyRelu(0.2),
        Map::Clamp(-0.5, 1.0),
        Map::Floor,
    ];
    select(all).prop_flat_map(|f| same_dims(Kernel::Map(f), &[ValueKind::Special], ValueKind::Floats)).boxed()
}

#[rustfmt::skip]
pub fn zip() -> BoxedStrategy<KernelCall> {
    let all = vec![
        Zip::Add, Zip::Sub, Zip::Mul, Zip::Div, Zip::Pow, Zip::Atan2, Zip::Max, Zip::Min, Zip::TanhGrad,
        Zip::SigmoidGrad, Zip::SoftplusGrad, Zip::ReluGrad, Zip::LeakyReluGrad(0.2), Zip::EluGrad(0.7), Zip::SiluGrad, Zip::GeluGrad,
    ];
    select(all).prop_flat_map(|f| same_dims(Kernel::Zip(f), &[ValueKind::Floats; 2], ValueKind::Floats)).boxed()
}

pub fn zip_special() -> BoxedStrategy<KernelCall> {
    select(vec![Zip::Max, Zip::Min])
        .prop_flat_map(|f| same_dims(Kernel::Zip(f), &[ValueKind::Special; 2], ValueKind::Floats))
        .boxed()
}

pub fn compare() -> BoxedStrategy<KernelCall> {
    use Compare::{Eq, Ge, Gt, Le, Lt, Ne};
    (select(vec![Eq, Ne, Lt, Le, Gt, Ge]), select(vec![ValueKind::Special, ValueKind::Below(3), ANY_WORD]))
        .prop_flat_map(|(f, from)| same_dims(Kernel::Compare(f), &[from; 2], ANY_WORD))
        .boxed()
}

pub fn select_kernel() -> BoxedStrategy<KernelCall> {
    select(vec![ValueKind::Special, ANY_WORD])
        .prop_flat_map(|v| same_dims(Kernel::Select, &[ValueKind::Below(2), v, v], v))
        .boxed()
}

/// The dims of a product's two sides and its result.
fn product() -> BoxedStrategy<[Dims; 3]> {
    let small = (0..8usize, 0..8usize, 0..8usize);
    let large = (1..150usize, 1..150usize, 1..70usize);
    (prop::collection::vec(0..4usize, 0..3), prop_oneof![3 => small, 2 => large])
        .prop_map(|(batch, (m, n, k))| {
            [[m, k], [k, n], [m, n]].map(|matrix| Dims::new(&[&batch[..], &matrix].concat()))
        })
        .boxed()
}

pub fn matmul() -> BoxedStrategy<KernelCall> {
    product()
        .prop_flat_map(|[a, b, y]| {
            let ins = vec![tensor(a, ValueKind::Floats), tensor(b, ValueKind::Floats)];
            call(Kernel::Matmul, ins, vec![out(y, ValueKind::Floats)])
        })
        .boxed()
}

pub fn reduce() -> BoxedStrategy<KernelCall> {
    let wide = prop_oneof![4 => dims(), 1 => (1..3usize, 1..1200usize, 1..80usize).prop_map(|(a, b, c)| [a, b, c].into())];
    (wide, any::<u8>(), select(vec![Reduce::Sum, Reduce::Max, Reduce::Min]))
        .prop_flat_map(|(dims, axes, f)| {
            let reduced = |i: usize| if axes >> i & 1 == 1 { 1 } else { dims[i] };
            let to: Dims = (0..dims.rank()).map(reduced).collect();
            let values = if f == Reduce::Sum { ValueKind::Floats } else { ValueKind::Special };
            call(Kernel::Reduce(f), vec![tensor(dims, values)], vec![out(to, ValueKind::Floats)])
        })
        .boxed()
}

/// Dims with at least one axis, and one of its axes.
fn dims_and_axis() -> BoxedStrategy<(Dims, usize)> {
    (dims(), any::<prop::sample::Index>())
        .prop_filter("an axis is needed", |(dims, _)| dims.rank() > 0)
        .prop_map(|(dims, axis)| (dims, axis.index(dims.rank())))
        .boxed()
}

pub fn argmax() -> BoxedStrategy<KernelCall> {
    (dims_and_axis(), select(vec![ValueKind::Special, ValueKind::Below(3)]))
        .prop_filter("the axis must not be empty", |((dims, axis), _)| dims[*axis] > 0)
        .prop_flat_map(|((dims, axis), values)| {
            call(Kernel::ArgMax { axis }, vec![tensor(dims, values)], vec![out(dims.with(axis, 1), ANY_WORD)])
        })
        .boxed()
}

pub fn gather() -> BoxedStrategy<KernelCall> {
    (dims_and_axis(), 1..40usize, select(vec![ValueKind::Special, ANY_WORD]))
        .prop_flat_map(|((dims, axis), length, values)| {
            let index = tensor(dims, ValueKind::Below(length as u32));
            let ins = vec![tensor(dims.with(axis, length), values), index];
            call(Kernel::Gather { axis }, ins, vec![out(dims, values)])
        })
        .boxed()
}

pub fn scatter_add() -> BoxedStrategy<KernelCall> {
    (dims_and_axis(), 1..40usize)
        .prop_flat_map(|((dims, axis), length)| {
            let index = tensor(dims, ValueKind::Below(length as u32));
            let ins = vec![tensor(dims, ValueKind::Floats), index];
            call(Kernel::ScatterAdd { axis }, ins, vec![out(dims.with(axis, length), ValueKind::Floats)])
        })
        .boxed()
}

pub fn random() -> BoxedStrategy<KernelCall> {
    let key = (any::<u64>(), any::<u32>(), any::<u32>()).prop_map(|(seed, stream, step)| Key {
        seed,
        stream,
        step,
    });
    let kinds = vec![
        (Distribution::Words, ANY_WORD),
        (Distribution::Uniform, ValueKind::Floats),
        (Distribution::Bernoulli(0.3), ValueKind::Floats),
        (Distribution::Bernoulli(0.75), ANY_WORD),
        (Distribution::Bernoulli(1.0), ValueKind::Floats),
    ];
    (key, select(kinds))
        .prop_flat_map(|(key, (distribution, to))| same_dims(Kernel::Random { key, distribution }, &[], to))
        .boxed()
}
