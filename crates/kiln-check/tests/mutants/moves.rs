//! Wrong rules of ops that move elements, and of products with matrices.

use crate::mutant::{MutantInput, PLAIN, RuleMutant};
use kiln_grad::{Domain, Tensor};

const LINE: &[MutantInput] = &[(&[7], Domain::Real)];
const SQUARES: &[MutantInput] = &[(&[3, 3], Domain::Real), (&[3, 3], Domain::Real)];

/// Rows that pick elements 1, 2 and again 1 of four.
fn picks() -> Tensor {
    Tensor::from([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
}

/// Ones on and below the diagonal; times a vector, the sums up to each element.
fn lower(strictly: bool) -> Tensor {
    let one = |i: usize, j: usize| f64::from(u8::from(j < i || (j == i && !strictly)));
    let entries: Vec<f64> = (0..49).map(|k| one(k / 7, k % 7)).collect();
    Tensor::from_slice(&entries, [7, 7], &kiln_grad::Device::cpu())
}

fn times(matrix: &Tensor, x: &Tensor) -> Tensor {
    matrix.matmul(&x.unsqueeze(1)).squeeze(1)
}

pub const MUTANTS: &[RuleMutant] = &[
    RuleMutant {
        name: "a gathered element's duplicate overwritten",
        inputs: &[(&[4], Domain::Real)],
        forward: |x| x[0].index_select(0, &Tensor::from([1u32, 2, 1])),
        right: |s| vec![times(&picks().transpose(0, 1), s.v)],
        // Only the last of equal indices counts.
        wrong: |s| vec![times(&picks().transpose(0, 1), &(s.v * Tensor::from([0.0, 1.0, 1.0])))],
        hint: "only index 1 of axis 0 is wrong: a place that is overwritten",
        ..PLAIN
    },
    RuleMutant {
        name: "the padding's gradient leaked into the border",
        inputs: LINE,
        forward: |x| x[0].pad(&[(1, 1)], 0.0),
        right: |s| vec![s.v.narrow(0, 1, 7)],
        wrong: |s| {
            let ends = [s.v.narrow(0, 0, 1).embed([7], &[(0, 1)]), s.v.narrow(0, 8, 1).embed([7], &[(6, 1)])];
            vec![s.v.narrow(0, 1, 7) + &ends[0] + &ends[1]]
        },
        ..PLAIN
    },
    RuleMutant {
        name: "the padding's offset forgotten",
        inputs: LINE,
        forward: |x| x[0].pad(&[(1, 1)], 0.0),
        right: |s| vec![s.v.narrow(0, 1, 7)],
        wrong: |s| vec![s.v.narrow(0, 0, 7)],
        hint: "shifted by 1 along axis 0",
        ..PLAIN
    },
    RuleMutant {
        name: "a permutation's inverse missing",
        inputs: &[(&[3, 3, 3], Domain::Real)],
        forward: |x| x[0].permute(&[1, 2, 0]),
        right: |s| vec![s.v.permute(&[2, 0, 1])],
        wrong: |s| vec![s.v.permute(&[1, 2, 0])],
        ..PLAIN
    },
    RuleMutant {
        name: "a transposition's inverse missing",
        inputs: &[(&[3, 3], Domain::Real)],
        forward: |x| x[0].transpose(0, 1),
        right: |s| vec![s.v.transpose(0, 1)],
        wrong: |s| vec![s.v.clone()],
        hint: "transposed: axes 0 and 1",
        ..PLAIN
    },
    RuleMutant {
        name: "a slice's step lost",
        inputs: LINE,
        forward: |x| x[0].slice(0, 0, 4, 2),
        right: |s| vec![s.v.embed([7], &[(0, 2)])],
        wrong: |s| vec![s.v.embed([7], &[(0, 1)])],
        ..PLAIN
    },
    RuleMutant {
        name: "a slice's start lost",
        inputs: LINE,
        forward: |x| x[0].narrow(0, 2, 5),
        right: |s| vec![s.v.embed([7], &[(2, 1)])],
        wrong: |s| vec![s.v.embed([7], &[(0, 1)])],
        hint: "shifted by -2 along axis 0",
        ..PLAIN
    },
    RuleMutant {
        name: "a flip missing",
        inputs: &[(&[3, 4], Domain::Real)],
        forward: |x| x[0].flip(0).flip(1),
        right: |s| vec![s.v.flip(0).flip(1)],
        wrong: |s| vec![s.v.clone()],
        hint: "reversed along axes [0, 1]",
        ..PLAIN
    },
    RuleMutant {
        name: "concatenated parts exchanged",
        inputs: SQUARES,
        forward: |x| Tensor::concat(&[&x[0], &x[1]], 0),
        right: |s| s.v.split(&[3, 3], 0),
        wrong: |s| s.v.split(&[3, 3], 0).into_iter().rev().collect(),
        hint: "the inputs are swapped",
        ..PLAIN
    },
    RuleMutant {
        name: "a cumulative sum off by one",
        inputs: LINE,
        forward: |x| times(&lower(false), &x[0]),
        right: |s| vec![times(&lower(false).transpose(0, 1), s.v)],
        wrong: |s| vec![times(&lower(true).transpose(0, 1), s.v)],
        hint: "shifted by -1 along axis 0",
        ..PLAIN
    },
    RuleMutant {
        name: "a cumulative sum in the forward direction",
        inputs: LINE,
        forward: |x| times(&lower(false), &x[0]),
        right: |s| vec![times(&lower(false).transpose(0, 1), s.v)],
        wrong: |s| vec![times(&lower(false), s.v)],
        ..PLAIN
    },
    RuleMutant {
        name: "a matrix product's factor not transposed",
        inputs: SQUARES,
        forward: |x| x[0].matmul(&x[1]),
        right: |s| vec![s.v.matmul(&s.x[1].transpose(0, 1)), s.x[0].transpose(0, 1).matmul(s.v)],
        wrong: |s| vec![s.v.matmul(&s.x[1]), s.x[0].transpose(0, 1).matmul(s.v)],
        ..PLAIN
    },
    RuleMutant {
        name: "a matrix product's factors in the wrong order",
        inputs: SQUARES,
        forward: |x| x[0].matmul(&x[1]),
        right: |s| vec![s.v.matmul(&s.x[1].transpose(0, 1)), s.x[0].transpose(0, 1).matmul(s.v)],
        wrong: |s| vec![s.v.matmul(&s.x[1].transpose(0, 1)), s.v.transpose(0, 1).matmul(&s.x[0])],
        hint: "transposed: axes 0 and 1",
        ..PLAIN
    },
];
