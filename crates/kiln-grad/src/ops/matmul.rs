//! The matrix product, batched and broadcast.

use crate::case::Case;
use crate::definition::Definition;
use crate::op::{Forward, Op, Vjp, or_panic, same_floats, try_apply};
use crate::portable::Portable;
use crate::reference::{self, Values};
use crate::tensor::Tensor;
use kiln_tensor::{Array, Dims, Kernel, Meta, Result, ShapeError};

#[derive(Debug)]
struct Matmul;

impl Op for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let dtype = same_floats("matmul", ins)?;
        let (a, b) = (&ins[0].dims, &ins[1].dims);
        let wrong =
            || ShapeError::new("matmul", format!("{a} times {b}; wanted [.., m, k] times [.., k, n]"));
        let (rank_a, rank_b) = (a.rank(), b.rank());
        if rank_a < 2 || rank_b < 2 || a[rank_a - 1] != b[rank_b - 2] {
            return Err(wrong());
        }
        let batch = Dims::new(&a[..rank_a - 2]).broadcast(&Dims::new(&b[..rank_b - 2])).ok_or_else(wrong)?;
        let dims = batch.iter().copied().chain([a[rank_a - 2], b[rank_b - 1]]).collect();
        Ok(Meta { dims, dtype })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        cx.input(0).matmul(cx.input(1))
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        // y = ab: da = v bᵀ, db = aᵀ v, summed over what was broadcast.
        let da = || v.matmul(&cx.input(1).transpose(-2, -1)).sum_to(cx.input_dims(0));
        let db = || {
            let (a, b) = (cx.input(0), cx.input(1));
            // If `b` is a transposed matrix, as the weight of a dense layer, so is its gradient: then the
            // gradient of the matrix itself lies in memory as the matrix does, and needs no copy.
            let rank = b.rank();
            let db = if b.array().transpose(rank - 2, rank - 1).layout().is_contiguous() {
                v.transpose(-2, -1).matmul(&a).transpose(-2, -1)
            } else {
                a.transpose(-2, -1).matmul(v)
            };
            db.sum_to(cx.input_dims(1))
        };
        vec![need[0].then(da), need[1].then(db)]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Kernel(Kernel::Matmul))
    }
}

impl Tensor {
    /// The matrix product over the last two axes: `[.., m, k]` times `[.., k, n]` gives `[.., m, n]`.
    /// Leading axes broadcast.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let (a, b) = (Tensor::from([[1.0, 2.0]]), Tensor::from([[3.0], [4.0]]));
    /// assert_eq!(a.matmul(&b).item()?, 11.0);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the dims don't fit.
    #[must_use]
    #[track_caller]
    pub fn matmul(&self, other: &Tensor) -> Tensor {
        or_panic(self.try_matmul(other))
    }

    /// Like [`matmul`](Self::matmul).
    ///
    /// # Errors
    /// When the dims don't fit.
    #[track_caller]
    pub fn try_matmul(&self, other: &Tensor) -> Result<Tensor> {
        try_apply(Matmul, [self, other])
    }
}

/// Domain, cases and refusals of `matmul`.
pub fn definition() -> Definition {
    let groups: [(&str, &[usize], &[usize]); 9] = [
        ("matrices", &[2, 3], &[3, 4]),
        ("row and column", &[1, 7], &[7, 1]),
        ("outer product", &[3, 1], &[1, 2]),
        ("batch", &[2, 2, 3], &[2, 3, 2]),
        ("batch times matrix", &[2, 2, 3], &[3, 2]),
        ("matrix times batch", &[2, 3], &[2, 3, 2]),
        ("broadcast both ways", &[2, 1, 2, 3], &[3, 3, 1]),
        ("nothing to sum", &[2, 0], &[0, 3]),
        ("no row", &[0, 2], &[2, 3]),
    ];
    let flipped = |x: &Values| reference::permute(x, &[1, 0]);
    let transposed = Case::new("transposed inputs", [[3, 2], [4, 3]], |x| {
        x[0].transpose(0, 1).matmul(&x[1].transpose(0, 1))
    });
    let transposed = transposed.reference(move |x| reference::matmul(&flipped(&x[0]), &flipped(&x[1])));
    let plain = groups.into_iter().map(|(label, a, b)| {
        Case::new(label, [a, b], |x| x[0].matmul(&x[1])).reference(|x| reference::matmul(&x[0], &x[1]))
    });
    let call = |x: &[Tensor]| x[0].matmul(&x[1]);
    Definition::new("all a, b", plain.chain([transposed]).collect())
        .linear()
        .smooth()
        .refuses(
            &["matmul", "[2, 3] times [2, 3]", "wanted [.., m, k] times [.., k, n]"],
            [[2, 3], [2, 3]],
            call,
        )
        .refuses(&["matmul", "[3] times [3, 2]", "wanted"], [&[3][..], &[3, 2]], call)
        .refuses(&["matmul", "[2, 2, 3] times [3, 3, 2]", "wanted"], [[2, 2, 3], [3, 3, 2]], call)
        .tries(|x| x[0].try_matmul(&x[1]))
}
