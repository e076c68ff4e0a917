//! Functions of elements, reductions, resizing and normalisation.

use super::shapes::{axes, broadcastable, dims};
use super::values::numbers;
use crate::call::Call;
use kiln_grad::{Domain, Tensor};
use proptest::prelude::*;
use proptest::sample::select;

/// A function of a tensor, its text, and where it is smooth.
type NamedFn = (&'static str, fn(&[Tensor]) -> Tensor, Domain);

/// The same closure as text and as a function.
macro_rules! function {
    ($domain:expr, |$x:ident| $body:expr) => {
        (concat!("|", stringify!($x), "| ", stringify!($body)), |$x| $body, $domain)
    };
}

const POSITIVE: Domain = Domain::Range(0.3, 2.0);

const ELEMENTWISE: [NamedFn; 23] = [
    function!(Domain::Real, |x| x[0].exp()),
    function!(Domain::Real, |x| x[0].sin()),
    function!(Domain::Real, |x| x[0].tanh()),
    function!(Domain::Real, |x| x[0].sigmoid()),
    function!(Domain::Real, |x| x[0].softplus()),
    function!(Domain::Real, |x| x[0].silu()),
    function!(Domain::Real, |x| x[0].gelu()),
    function!(Domain::Real, |x| x[0].square()),
    function!(Domain::Real, |x| x[0].cos()),
    function!(Domain::Real, |x| x[0].erf()),
    function!(Domain::Real, |x| x[0].expm1()),
    function!(Domain::Real, |x| x[0].pow_scalar(3.0)),
    function!(POSITIVE, |x| x[0].pow_scalar(-1.5)),
    function!(POSITIVE, |x| x[0].ln()),
    function!(POSITIVE, |x| x[0].ln1p()),
    function!(POSITIVE, |x| x[0].rsqrt()),
    function!(POSITIVE, |x| x[0].sqrt()),
    function!(POSITIVE, |x| x[0].recip()),
    function!(Domain::AwayFromKinks, |x| x[0].relu()),
    function!(Domain::AwayFromKinks, |x| x[0].abs()),
    function!(Domain::AwayFromKinks, |x| x[0].elu(0.7)),
    function!(Domain::AwayFromKinks, |x| x[0].leaky_relu(0.2)),
    function!(Domain::AwayFromKinks, |x| x[0].clamp(-0.5, 1.0)),
];

const PAIRWISE: [NamedFn; 7] = [
    function!(Domain::Real, |x| &x[0] + &x[1]),
    function!(Domain::Real, |x| &x[0] - &x[1]),
    function!(Domain::Real, |x| &x[0] * &x[1]),
    function!(POSITIVE, |x| &x[0] / &x[1]),
    function!(POSITIVE, |x| x[0].pow(&x[1])),
    function!(Domain::Real, |x| x[0].maximum(&x[1])),
    function!(Domain::Real, |x| x[0].minimum(&x[1])),
];

/// Calls of functions of each element, of dims of rank 0 to 5.
pub fn elementwise() -> impl Strategy<Value = Call> {
    (select(&ELEMENTWISE[..]), dims(0..=5, 30), numbers())
        .prop_map(|((code, f, domain), dims, numbers)| Call::new(code, [numbers.tensor(0, dims, domain)], f))
}

/// Calls of functions of two tensors that broadcast.
pub fn pairwise() -> impl Strategy<Value = Call> {
    (select(&PAIRWISE[..]), broadcastable(2, 30), numbers()).prop_map(|((code, f, domain), dims, numbers)| {
        // Values of the two are no closer than 0.1, for functions that compare them.
        let tensor = |i: usize| numbers.tensor(i, dims[i], domain);
        let apart = |x: Tensor, shift: f64| match domain {
            Domain::Real => (x * 2.0).floor() * 0.5 + shift,
            _ => x,
        };
        Call::new(code, [apart(tensor(0), 0.1), apart(tensor(1), 0.35)], f)
    })
}

/// Calls of `sum`, `mean`, `var`, `logsumexp` and `max` over some axes of a tensor that has elements.
pub fn reduction() -> impl Strategy<Value = Call> {
    (0..5usize, dims(0..=4, 40), axes(4), numbers()).prop_map(|(which, dims, axes, numbers)| {
        let dims: Vec<usize> = dims.iter().map(|&length| length.max(1)).collect();
        let axes: Vec<i32> = axes.into_iter().filter(|&axis| (axis as usize) < dims.len()).collect();
        let x = numbers.tensor(0, &dims[..], if which == 4 { Domain::Distinct } else { Domain::Real });
        let list = format!("&{axes:?}[..]").replace("[]", "[0; 0]");
        let code = match which {
            0 => format!("|x| x[0].sum({list})"),
            1 => format!("|x| x[0].mean({list})"),
            2 => format!("|x| x[0].var({list}, 0.0)"),
            3 => format!("|x| x[0].logsumexp({list})"),
            _ => format!("|x| x[0].max({list})"),
        };
        let call = Call::new(code, [x], move |x| match which {
            0 => x[0].sum(&axes[..]),
            1 => x[0].mean(&axes[..]),
            2 => x[0].var(&axes[..], 0.0),
            3 => x[0].logsumexp(&axes[..]),
            _ => x[0].max(&axes[..]),
        });
        if which < 2 { call.linear() } else { call }
    })
}

/// Calls of `softmax` and `log_softmax` along an axis.
pub fn softmax() -> impl Strategy<Value = Call> {
    (dims(1..=4, 40), 0..4usize, any::<bool>(), numbers()).prop_map(|(dims, axis, log, numbers)| {
        let axis = (axis % dims.rank()) as i32;
        let name = if log { "log_softmax" } else { "softmax" };
        let f = move |x: &[Tensor]| if log { x[0].log_softmax(axis) } else { x[0].softmax(axis) };
        Call::new(format!("|x| x[0].{name}({axis})"), [numbers.tensor(0, dims, Domain::Real)], f)
    })
}

/// Calls of `resize_nearest` and `resize_bilinear`, larger and smaller, with and without corners aligned.
pub fn resize() -> impl Strategy<Value = Call> {
    let size = || [1..=7usize, 1..=7usize];
    (size(), [1..=5usize, 1..=5usize], 0..3usize, numbers()).prop_map(|(new, [h, w], how, numbers)| {
        let x = numbers.tensor(0, [1, 1, h, w], Domain::Real);
        let code = match how {
            0 => format!("|x| x[0].resize_nearest({new:?})"),
            _ => format!("|x| x[0].resize_bilinear({new:?}, {})", how == 2),
        };
        let f = move |x: &[Tensor]| match how {
            0 => x[0].resize_nearest(new),
            _ => x[0].resize_bilinear(new, how == 2),
        };
        Call::new(code, [x], f).linear()
    })
}

/// Calls of batch, instance, layer and group norm, with a weight and a bias; axes of length 1 included.
pub fn normalization() -> impl Strategy<Value = Call> {
    let sizes = (1..=3usize, 1..=2usize, 1..=2usize, 1..=4usize);
    (sizes, 0..4usize, select(vec![1e-5, 1e-3, 0.1]), numbers()).prop_map(
        |((n, groups, per_group, length), which, eps, numbers)| {
            let channels = groups * per_group;
            // Instance norm wants more than one position.
            let length = if which == 1 { length.max(2) } else { length };
            // Different values, so that a variance is small only where there is one value.
            let x = numbers.tensor(0, [n, channels, length], Domain::Distinct) * 4.0;
            let affine = if which == 2 { [channels, length].as_slice().into() } else { [channels].into() };
            let affine: kiln_grad::Dims = affine;
            let inputs =
                [x, numbers.tensor(1, affine, Domain::Real), numbers.tensor(2, affine, Domain::Real)];
            let code = match which {
                0 => format!("|x| x[0].batch_norm(Some((&x[1], &x[2])), {eps:?}).0"),
                1 => format!("|x| x[0].instance_norm(Some((&x[1], &x[2])), {eps:?})"),
                2 => format!("|x| x[0].layer_norm(&x[1], &x[2], {eps:?})"),
                _ => format!("|x| x[0].group_norm({groups}, Some((&x[1], &x[2])), {eps:?})"),
            };
            Call::new(code, inputs, move |x| match which {
                0 => x[0].batch_norm(Some((&x[1], &x[2])), eps).0,
                1 => x[0].instance_norm(Some((&x[1], &x[2])), eps),
                2 => x[0].layer_norm(&x[1], &x[2], eps),
                _ => x[0].group_norm(groups, Some((&x[1], &x[2])), eps),
            })
        },
    )
}
