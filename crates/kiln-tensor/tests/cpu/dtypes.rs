//! Every kernel with every element type: it works, or the check of its call refuses it.

use kiln_tensor::cpu::Cpu;
use kiln_tensor::fused::{
    Adam, Attention, AttentionBackward, BatchNorm, BatchNormBackward, Bias, BiasBackward, BinaryCrossEntropy,
    BinaryCrossEntropyBackward, Lerp, Linear, MaxPool, Norm, Resample, RmsProp, RowNorm, RowNormBackward,
    Sgd, Softmax, SoftmaxBackward,
};
use kiln_tensor::random::Key;
use kiln_tensor::{
    Activation, Array, Backend, Compare, DType, Device, Dims, Distribution, FusedKernel, Kernel, Layout, Map,
    Meta, Reduce, View, ViewMut, Window, Zip,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

const DTYPES: [DType; 3] = [DType::F32, DType::F64, DType::U32];

/// A kernel, and the dims of its inputs and outputs.
type Call = (Kernel, Vec<Dims>, Vec<Dims>);

fn call<I: Into<Dims>, O: Into<Dims>>(
    kernel: Kernel,
    ins: impl IntoIterator<Item = I>,
    outs: impl IntoIterator<Item = O>,
) -> Call {
    (kernel, ins.into_iter().map(Into::into).collect(), outs.into_iter().map(Into::into).collect())
}

fn fused<'a>(
    kernel: impl FusedKernel + 'static,
    ins: impl IntoIterator<Item = &'a [usize]>,
    outs: impl IntoIterator<Item = &'a [usize]>,
) -> Call {
    call(Kernel::Fused(Arc::new(kernel)), ins, outs)
}

/// Number of kinds of kernels, and the number of each. A new one without a number doesn't compile.
const KINDS: usize = 20;

fn kind(kernel: &Kernel) -> usize {
    match kernel {
        Kernel::Fill(_) => 0,
        Kernel::Copy => 1,
        Kernel::Accumulate => 2,
        Kernel::Map(_) => 3,
        Kernel::Zip(_) => 4,
        Kernel::Compare(_) => 5,
        Kernel::Select => 6,
        Kernel::Reduce(_) => 7,
        Kernel::ArgMax { .. } => 8,
        Kernel::Matmul => 9,
        Kernel::Conv(_) => 10,
        Kernel::ConvTranspose(_) => 11,
        Kernel::ConvWeight(_) => 12,
        Kernel::AvgPool(_) => 13,
        Kernel::AvgPoolAdjoint(_) => 14,
        Kernel::MaxPoolIndex(_) => 15,
        Kernel::Gather { .. } => 16,
        Kernel::ScatterAdd { .. } => 17,
        Kernel::Random { .. } => 18,
        Kernel::Fused(_) => 19,
    }
}

fn calls() -> Vec<Call> {
    let key = Key::new(1);
    let random = |distribution| call(Kernel::Random { key, distribution }, [[0; 0]; 0], [[3]]);
    let pool = Window::new(2).stride(2).geometry([4, 4], [2, 2], 1);
    let (x, y, w) = ([2, 3, 4, 4], [2, 5, 2, 2], [5, 3, 2, 2]);
    let pooled = [2, 3, 2, 2];
    let (abc, b): (&[usize], &[usize]) = (&[2, 3, 4], &[3]);
    let norm = BatchNorm { eps: 1e-5, ..BatchNorm::default() };
    let (rows, image) = (RowNorm { eps: 1e-5, centred: true }, &x[..]);
    let attention = Attention { scale: 0.5, causal: true };
    let (lr, eps, weight_decay) = (0.1, 1e-8, 0.0);
    let adam = Adam { lr, beta1: 0.9, beta2: 0.999, eps, weight_decay, decoupled: false, step: 1 };
    let mut calls = vec![
        call(Kernel::Fill(1.0), [[0; 0]; 0], [[2, 3]]),
        call(Kernel::Copy, [[2, 3]], [[2, 3]]),
        call(Kernel::Accumulate, [[2, 3]], [[2, 3]]),
        call(Kernel::Map(Map::Exp), [[2, 3]], [[2, 3]]),
        call(Kernel::Zip(Zip::Add), [[2, 3]; 2], [[2, 3]]),
        call(Kernel::Compare(Compare::Lt), [[2, 3]; 2], [[2, 3]]),
        call(Kernel::Select, [[2, 3]; 3], [[2, 3]]),
        call(Kernel::ArgMax { axis: 1 }, [[2, 3]], [[2, 1]]),
        call(Kernel::Matmul, [[2, 3], [3, 4]], [[2, 4]]),
        call(Kernel::Conv(pool), [x, w], [y]),
        call(Kernel::ConvTranspose(pool), [y, w], [x]),
        call(Kernel::ConvWeight(pool), [x, y], [w]),
        call(Kernel::AvgPool(pool), [x], [pooled]),
        call(Kernel::AvgPoolAdjoint(pool), [pooled], [x]),
        call(Kernel::MaxPoolIndex(pool), [x], [pooled]),
        call(Kernel::Gather { axis: 0 }, [[3, 2], [4, 2]], [[4, 2]]),
        call(Kernel::ScatterAdd { axis: 0 }, [[4, 2], [4, 2]], [[3, 2]]),
        random(Distribution::Words),
        random(Distribution::Uniform),
        random(Distribution::Bernoulli(0.5)),
        random(Distribution::Bernoulli(1.5)),
        fused(norm, [abc, b, b], [abc, b, b]),
        fused(BatchNormBackward(norm), [abc, abc, b, b, b, b], [abc, b, b]),
        fused(Bias(Activation::Relu), [abc, b], [abc]),
        fused(BiasBackward(Activation::Relu), [abc, abc], [abc, b]),
        fused(Linear(Activation::Relu), [&[2, 3][..], &[4, 3], &[4]], [&[2, 4][..]]),
        fused(BinaryCrossEntropy, [abc, abc], [&[][..]]),
        fused(BinaryCrossEntropyBackward, [&[][..], abc, abc], [abc]),
        fused(Softmax { log: true }, [abc], [abc]),
        fused(Resample, [image, &[5, 2], &[5, 2], &[6, 3], &[6, 3]], [&[2, 3, 5, 6][..]]),
        fused(attention, [image; 3], [image, &x[..3]]),
        fused(AttentionBackward(attention), [image, image, image, image, image, &x[..3]], [image; 3]),
        fused(SoftmaxBackward { log: true }, [abc, abc], [abc]),
        fused(MaxPool(pool), [&x[..]], [&pooled[..]; 2]),
        fused(rows, [image, &x[1..3], &x[1..3]], [image, &x[..2], &x[..2]]),
        fused(RowNormBackward(rows), [image, image, &x[..2], &x[..2], &x[1..3]], [image, &x[1..3], &x[1..3]]),
        fused(Norm, [abc, b], [&[][..]]),
        fused(adam, [abc], [abc; 3]),
        fused(Lerp { weight: 0.1 }, [abc], [abc]),
        fused(RmsProp { lr, alpha: 0.9, eps, weight_decay }, [abc], [abc; 2]),
        fused(Sgd { lr, momentum: 0.9, weight_decay, nesterov: true }, [abc], [abc; 2]),
    ];
    calls
        .extend([Reduce::Sum, Reduce::Max, Reduce::Min].map(|f| call(Kernel::Reduce(f), [[2, 3]], [[2, 1]])));
    calls
}

/// All lists of so many types.
fn all_types(count: usize) -> Vec<Vec<DType>> {
    (0..count).fold(vec![vec![]], |lists, _| {
        lists.iter().flat_map(|list| DTYPES.map(|dtype| [&list[..], &[dtype]].concat())).collect()
    })
}

/// Whether the check allows the call, which then has to work.
fn works((kernel, ins, outs): &Call, dtypes: &[DType]) -> bool {
    let metas = |dims: &[Dims], dtypes: &[DType]| -> Vec<Meta> {
        dims.iter().zip(dtypes).map(|(dims, dtype)| Meta { dims: *dims, dtype: *dtype }).collect()
    };
    let (ins, outs) = (metas(ins, dtypes), metas(outs, &dtypes[ins.len()..]));
    let what = format!("{} of {ins:?} to {outs:?}", kernel.name());
    let checked = catch_unwind(AssertUnwindSafe(|| kernel.check(&ins, &outs)));
    if checked.unwrap_or_else(|_| panic!("{what}: the check panics")).is_err() {
        return false;
    }
    let make = |meta: &Meta| Array::full(1.0, meta.dims, meta.dtype, &Device::cpu());
    let ins: Vec<Array> = ins.iter().map(make).collect();
    let views: Vec<View> = ins.iter().map(Array::view).collect();
    let mut storages: Vec<_> = outs.iter().map(|meta| make(meta).storage().clone()).collect();
    let layouts = outs.iter().map(|meta| Layout::contiguous(meta.dims));
    let mut writes: Vec<ViewMut> =
        storages.iter_mut().zip(layouts).map(|(storage, layout)| ViewMut { storage, layout }).collect();
    let run = catch_unwind(AssertUnwindSafe(|| Cpu::new().run(kernel, &views, &mut writes)));
    let result = run.unwrap_or_else(|_| panic!("{what}: the check allows it, and the kernel panics"));
    result.unwrap_or_else(|error| panic!("{what}: the check allows it, and the kernel says {error}"));
    true
}

#[test]
fn every_kernel_works_with_every_type_or_is_refused() {
    let calls = calls();
    let mut seen = [false; KINDS];
    for call in &calls {
        seen[kind(&call.0)] = true;
        let tensors = call.1.len() + call.2.len();
        let worked = all_types(tensors).iter().filter(|dtypes| works(call, dtypes)).count();
        let impossible =
            matches!(call.0, Kernel::Random { distribution: Distribution::Bernoulli(p), .. } if p > 1.0);
        assert!((worked > 0) != impossible, "{}: {worked} lists of types work", call.0.name());
    }
    assert_eq!(seen, [true; KINDS], "a kind of kernels has no call");
}

/// A tensor too many or too few, or one that has lost an axis.
#[test]
fn calls_of_other_tensors_are_refused() {
    for (kernel, ins, outs) in calls() {
        let with = |dtype: DType, dims: &[Dims]| -> Vec<Meta> {
            dims.iter().map(|dims| Meta { dims: *dims, dtype }).collect()
        };
        let (ins, outs) = (with(DType::F64, &ins), with(DType::F64, &outs));
        let number = Meta { dims: [7, 7, 7, 7, 7].into(), dtype: DType::F64 };
        let more = |metas: &[Meta]| [metas, &[number]].concat();
        let less = |metas: &[Meta]| metas.split_last().map_or(vec![], |(_, rest)| rest.to_vec());
        // A norm is that of any number of tensors; a weight needs no bias.
        let any_inputs = ["norm", "row_norm"].contains(&kernel.name());
        for (ins, outs, refused) in [
            (more(&ins), outs.clone(), !any_inputs),
            (ins.clone(), more(&outs), true),
            (less(&ins), outs.clone(), !any_inputs && !ins.is_empty()),
            (ins.clone(), vec![], true),
            (vec![], vec![], true),
        ] {
            let checked = catch_unwind(AssertUnwindSafe(|| kernel.check(&ins, &outs)));
            let what = format!("{} of {ins:?} to {outs:?}", kernel.name());
            let checked = checked.unwrap_or_else(|_| panic!("{what}: the check panics"));
            assert!(checked.is_err() || !refused, "{what} is allowed");
        }
    }
}
