//! Scaled dot-product attention (Vaswani et al., 2017), with heads that share keys (Ainslie et al., 2023).

use crate::attention::Attention;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, apply, assert_floats};
use crate::reference::{self, Values};
use crate::tape::is_taped;
use crate::tensor::Tensor;
use kiln_tensor::{Array, DType, Device, Dims, Meta, ShapeError, fused};

impl Tensor {
    /// `softmax(q·kᵀ/√width)·v` for queries `q [.., heads, queries, width]`, `keys [.., groups, keys, width]` and
    /// `values [.., groups, keys, out]`: `[.., heads, queries, out]`. Heads are optional; where there are more of them
    /// than groups of keys, as many neighbours share a group. A query that may look at nothing by a `U32` mask gives 0.
    ///
    /// ```
    /// use kiln_grad::{Tensor, ops::Attention};
    /// let (q, k) = (Tensor::from([[0.0], [1.0]]), Tensor::from([[1.0], [2.0]]));
    /// let v = Tensor::from([[10.0], [20.0]]);
    /// assert_eq!(q.attention(&k, &v, &Attention::default()).select_at(0, 0).item()?, 15.0);
    /// assert_eq!(q.attention(&k, &v, &Attention::default().causal()).select_at(0, 0).item()?, 10.0);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't fit, or the mask is neither `U32` nor of the scores' type.
    #[must_use]
    #[track_caller]
    #[doc(alias = "scaled_dot_product_attention")]
    pub fn attention(&self, keys: &Tensor, values: &Tensor, options: &Attention) -> Tensor {
        assert_floats("attention", &[self, keys, values]);
        let (q, k, v) = (*self.dims(), *keys.dims(), *values.dims());
        let rank = q.rank();
        let heads = |dims: &Dims| if rank > 2 { dims[rank - 3] } else { 1 };
        let lead = |dims: &Dims| Dims::new(&dims[..rank.saturating_sub(3)]);
        let fits = rank >= 2
            && (k.rank(), v.rank()) == (rank, rank)
            && (k[rank - 1], k[rank - 2], heads(&k)) == (q[rank - 1], v[rank - 2], heads(&v))
            && (lead(&k), lead(&v)) == (lead(&q), lead(&q))
            && (heads(&k) == heads(&q) || (heads(&k) > 0 && heads(&q).is_multiple_of(heads(&k))));
        assert!(
            fits,
            "attention: queries {q}, keys {k} and values {v}; wanted [.., heads, queries, width], [.., groups, keys, \
             width] and [.., groups, keys, out], with heads a multiple of groups"
        );
        let scale = options.scale.unwrap_or(1.0 / (q[rank - 1] as f64).sqrt());
        // A GPU's products of whole matrices are as good, and a tape's readers know products.
        let fused = options.mask.is_none() && options.dropout.is_none() && !is_taped();
        if !fused || *self.device() != Device::cpu() {
            return options.plain([self, keys, values], scale);
        }
        let n = lead(&q).numel();
        let four = |dims: &Dims| [n, heads(dims), dims[rank - 2], dims[rank - 1]];
        let op = FusedAttention(fused::Attention { scale, causal: options.causal });
        apply(op, [&self.reshape(four(&q)), &keys.reshape(four(&k)), &values.reshape(four(&v))])
            .reshape(q.with(rank - 1, v[rank - 1]))
    }
}

/// Attention in one kernel, of tensors with four axes.
#[derive(Debug)]
struct FusedAttention(fused::Attention);

impl Op for FusedAttention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        // The caller has compared the dims.
        Ok(Meta { dims: ins[0].dims.with(3, ins[2].dims[3]), ..ins[0] })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        cx.save_output();
        let meta = cx.output_meta();
        let logs = Meta { dims: Dims::new(&meta.dims[..3]), ..meta };
        let ins: Vec<&Array> = cx.inputs().collect();
        let outs = Array::fused(self.0, &ins, &[meta, logs]);
        let [y, logs] = outs.try_into().expect("two outputs were asked for");
        cx.save(logs);
        y
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        let inputs = [0, 1, 2].map(|i| cx.input(i));
        let (y, logs) = (cx.output(), cx.saved(0));
        let [q, k, values] = inputs.each_ref().map(Tensor::array);
        let ins = [v.array(), q, k, values, y.array(), logs.array()];
        let outs = Array::fused(fused::AttentionBackward(self.0), &ins, &[q.meta(), k.meta(), values.meta()]);
        need.iter().zip(outs).map(|(need, out)| need.then(|| out.into())).collect()
    }

    fn composite(&self, ins: &[Tensor]) -> Option<Tensor> {
        let options = Attention { causal: self.0.causal, ..Attention::default() };
        Some(options.plain([&ins[0], &ins[1], &ins[2]], self.0.scale))
    }
}

impl Attention {
    /// Attention in plain ops.
    #[track_caller]
    fn plain(&self, [queries, keys, values]: [&Tensor; 3], scale: f64) -> Tensor {
        let (q, k, rank) = (*queries.dims(), *keys.dims(), queries.rank());
        let heads = |dims: &Dims| if rank > 2 { dims[rank - 3] } else { 1 };
        // Heads that share keys are rows of one product.
        let shared = |last: usize| {
            let rows = if heads(&k) == 0 { q[rank - 2] } else { heads(&q) / heads(&k) * q[rank - 2] };
            k.with(rank - 2, rows).with(rank - 1, last)
        };
        let seen = k[rank - 2];
        let scores = queries.reshape(shared(q[rank - 1])).matmul(&keys.transpose(-2, -1));
        let scores = scores.reshape(q.with(rank - 1, seen)) * scale;
        let weights = self.weights(&scores);
        weights.reshape(shared(seen)).matmul(values).reshape(q.with(rank - 1, values.dims()[rank - 1]))
    }

    /// The weights of all keys for each query.
    #[track_caller]
    fn weights(&self, scores: &Tensor) -> Tensor {
        let device = scores.device();
        let (mut scores, mut visible) = (scores.clone(), None);
        if self.causal {
            let index = |axis| Tensor::arange(0.0, scores.dim(axis) as f64, 1.0, DType::U32, device);
            visible = Some(index(-2).unsqueeze(1).ge(index(-1)));
        }
        if let Some(mask) = &self.mask {
            let dims = *scores.dims();
            let broadcasts = mask.dims().broadcast(&dims) == Some(dims);
            assert!(
                broadcasts && [DType::U32, scores.dtype()].contains(&mask.dtype()),
                "attention: a mask {} for scores {}; wanted u32 or their type, and dims that broadcast to them",
                mask.meta(),
                scores.meta()
            );
            if mask.dtype() == DType::U32 {
                visible = Some(visible.map_or(mask.clone(), |causal| causal.and(mask)));
            } else {
                scores = scores + mask;
            }
        }
        let weights = match visible {
            // Far below all others, and finite: where nothing is seen, the weights must not be NaN.
            Some(visible) => {
                let zero = Tensor::zeros([], scores.dtype(), device);
                let low = if scores.dtype() == DType::F32 { f32::MIN.into() } else { f64::MIN };
                visible.select(&scores, &zero.full_like(low)).softmax(-1).masked_fill(&visible.not(), 0.0)
            }
            None => scores.softmax(-1),
        };
        self.dropout.map_or(weights.clone(), |(p, key)| weights.dropout(p, key))
    }
}

/// Domain, cases and refusals of `attention`.
pub fn definition() -> Definition {
    type Visible = fn(usize, usize) -> bool;
    let plain = |x: &[Values], visible: Visible, scale: f64| {
        let (q, k, v) = (&x[0], &x[1], &x[2]);
        let shared = q.dims[1] / k.dims[1].max(1);
        Values::build(q.dims.with(3, v.dims[3]), |at| {
            let [n, h, i, o] = at.try_into().expect("there are four axes");
            let seen: Vec<usize> = (0..k.dims[2]).filter(|&j| visible(i, j)).collect();
            let score = |j: &usize| {
                (0..q.dims[3]).map(|w| q.at(&[n, h, i, w]) * k.at(&[n, h / shared, *j, w])).sum::<f64>()
                    * scale
            };
            let weights = reference::softmax(&seen.iter().map(score).collect::<Vec<_>>());
            seen.iter().zip(weights).map(|(&j, weight)| weight * v.at(&[n, h / shared, j, o])).sum()
        })
    };
    // A mask goes to where the queries are.
    let masked = |mask: &Tensor, x: &Tensor| mask.to_device(x.device()).expect("the CPU doesn't fail");
    let case = |label, dims: [[usize; 4]; 3], options: Attention, visible: Visible, scale: f64| {
        let call = move |x: &[Tensor]| {
            let mask = options.mask.as_ref().map(|mask| masked(mask, &x[0]));
            x[0].attention(&x[1], &x[2], &Attention { mask, ..options.clone() })
        };
        Case::new(label, dims, call).reference(move |x| plain(x, visible, scale))
    };
    let some = Tensor::from([[1_u32, 0, 1], [0, 0, 0]]);
    let minus = f64::NEG_INFINITY;
    let added = Tensor::from([[0.0, minus, 0.0], [minus, 0.0, 0.0]]);
    let a = Attention::default;
    let cases = vec![
        case("plain", [[2, 1, 2, 4], [2, 1, 3, 4], [2, 1, 3, 2]], a(), |_, _| true, 0.5),
        case("causal", [[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 2]], a().causal(), |i, j| j <= i, 0.5),
        case("grouped", [[1, 4, 2, 2], [1, 2, 3, 2], [1, 2, 3, 2]], a().scale(1.0), |_, _| true, 1.0),
        case(
            "mask",
            [[1, 2, 2, 1], [1, 2, 3, 1], [1, 2, 3, 2]],
            a().mask(&some),
            |i, j| i == 0 && j != 1,
            1.0,
        ),
    ];
    let rows = [&[2, 1][..], &[3, 1], &[3, 2]];
    let of_floats = Case::new("a mask of floats", rows, move |x| {
        let mask = masked(&added.to_dtype(x[0].dtype()), &x[0]);
        x[0].attention(&x[1], &x[2], &Attention::default().mask(&mask))
    });
    let of_floats = of_floats.reference(move |x| {
        let four = |x: &Values| x.reshape([1, 1, x.dims[0], x.dims[1]]);
        plain(&[four(&x[0]), four(&x[1]), four(&x[2])], |i, j| i + j != 1, 1.0).without(&[0, 1])
    });
    let call = |x: &[Tensor]| x[0].attention(&x[1], &x[2], &Attention::default());
    Definition::new("all q, k, v", cases.into_iter().chain([of_floats]).collect())
        .smooth()
        .refuses(&["attention", "queries [2, 3], keys [2, 4]", "wanted"], [[2, 3], [2, 4], [2, 4]], call)
        .refuses(&["attention", "a multiple of groups"], [[3, 2, 1], [2, 2, 1], [2, 2, 1]], call)
        .refuses(&["attention", "a mask u32[2] for scores f64[2, 3]"], rows, |x| {
            x[0].attention(&x[1], &x[2], &Attention::default().mask(&Tensor::from([1_u32, 0])))
        })
}
