//! Wrong rules of functions of each element.

use crate::mutant::{MutantInput, PLAIN, Rule, RuleMutant, ones};
use kiln_grad::{DType, Domain, Tensor};

const MATRIX: &[MutantInput] = &[(&[4, 3], Domain::Real)];
const TWO: &[MutantInput] = &[(&[4, 3], Domain::AwayFromKinks), (&[4, 3], Domain::AwayFromKinks)];

/// `x²`, of which most mutants here are.
const SQUARE: RuleMutant = RuleMutant { inputs: MATRIX, forward: |x| x[0].square(), right: doubled, ..PLAIN };

fn doubled(s: &crate::mutant::RuleInput) -> Vec<Tensor> {
    vec![s.v * &s.x[0] * 2.0]
}

/// A row of the gradient's rows left out.
fn rows(s: &crate::mutant::RuleInput, at: usize) -> Vec<Tensor> {
    let right = doubled(s).remove(0);
    vec![right.narrow(0, at, 3).embed(*right.dims(), &[(at, 1), (0, 1)])]
}

const SIGMOID: Rule = |s| vec![s.v * &s.y * (1.0 - &s.y)];

pub const MUTANTS: &[RuleMutant] = &[
    RuleMutant {
        name: "a factor 1.0001",
        wrong: |s| vec![s.v * &s.x[0] * 2.0002],
        hint: "constant ratio 1.000100: a wrong factor",
        ..SQUARE
    },
    RuleMutant {
        name: "a factor 2",
        wrong: |s| vec![s.v * &s.x[0] * 4.0],
        hint: "constant ratio 2.0",
        ..SQUARE
    },
    RuleMutant {
        name: "the sign",
        wrong: |s| vec![s.v * &s.x[0] * -2.0],
        hint: "ratio -1: the sign",
        ..SQUARE
    },
    RuleMutant {
        name: "a reused input not accumulated",
        forward: |x| &x[0] * &x[0],
        wrong: |s| vec![s.v * &s.x[0]],
        hint: "constant ratio 0.500000",
        ..SQUARE
    },
    RuleMutant {
        name: "zero",
        wrong: |s| vec![s.v.zeros_like()],
        hint: "zero where it should not be",
        ..SQUARE
    },
    RuleMutant {
        name: "the last row dropped",
        wrong: |s| rows(s, 0),
        hint: "only the last index of axis 0 is wrong",
        ..SQUARE
    },
    RuleMutant {
        name: "the first row dropped",
        wrong: |s| rows(s, 1),
        hint: "only the start of axis 0 is wrong",
        ..SQUARE
    },
    RuleMutant {
        name: "transposed",
        wrong: |s| vec![doubled(s).remove(0).transpose(0, 1).reshape([4, 3])],
        hint: "transposed: axes 0 and 1",
        ..SQUARE
    },
    RuleMutant {
        name: "in reverse order",
        wrong: |s| vec![doubled(s).remove(0).flip(1)],
        hint: "reversed along axis 1",
        ..SQUARE
    },
    RuleMutant {
        name: "NaN at one element",
        wrong: |s| {
            let hole = Tensor::from([[0.0]]).embed([4, 3], &[(2, 1), (1, 1)]);
            let hole = hole + ones(&s.x[0].ne(s.x[0].narrow(0, 2, 1).narrow(1, 1, 1)));
            vec![doubled(s).remove(0) * &hole / &hole]
        },
        hint: "not finite",
        ..SQUARE
    },
    RuleMutant { name: "a stale saved value", wrong: |s| vec![s.v * &s.stale * 2.0], ..SQUARE },
    RuleMutant {
        name: "saved in single precision",
        wrong: |s| vec![s.v * s.x[0].to_dtype(DType::F32).to_dtype(DType::F64) * 2.0],
        ..SQUARE
    },
    RuleMutant {
        name: "the output saved in place of the input",
        forward: |x| x[0].sin(),
        right: |s| vec![s.v * s.x[0].cos()],
        wrong: |s| vec![s.v * s.y.cos()],
        ..SQUARE
    },
    RuleMutant {
        name: "the input in place of sigmoid's output",
        forward: |x| x[0].sigmoid(),
        right: SIGMOID,
        wrong: |s| vec![s.v * &s.x[0] * (1.0 - &s.x[0])],
        ..SQUARE
    },
    RuleMutant {
        name: "tanh's square forgotten",
        forward: |x| x[0].tanh(),
        right: |s| vec![s.v * (1.0 - s.y.square())],
        wrong: |s| vec![s.v * (1.0 - &s.y)],
        ..SQUARE
    },
    RuleMutant {
        name: "clamp's mask inverted",
        inputs: &[(&[4, 3], Domain::AwayFromKinks)],
        forward: |x| x[0].clamp(-0.5, 0.5),
        right: |s| vec![s.v * ones(&s.x[0].eq(&s.y))],
        wrong: |s| vec![s.v * ones(&s.x[0].ne(&s.y))],
        hint: "zero exactly where it should not be",
        ..PLAIN
    },
    RuleMutant {
        name: "relu's mask forgotten",
        inputs: &[(&[4, 3], Domain::AwayFromKinks)],
        forward: |x| x[0].relu(),
        right: |s| vec![s.v * ones(&s.x[0].gt(Tensor::from(0.0)))],
        wrong: |s| vec![s.v.clone()],
        hint: "should be zero and are not, the rest is right",
        ..PLAIN
    },
    RuleMutant {
        name: "relu's threshold at one",
        inputs: &[(&[4, 3], Domain::AwayFromKinks)],
        forward: |x| x[0].relu(),
        right: |s| vec![s.v * ones(&s.x[0].gt(Tensor::from(0.0)))],
        wrong: |s| vec![s.v * ones(&s.x[0].gt(Tensor::from(1.0)))],
        hint: "are zero and should not be, the rest is right",
        ..PLAIN
    },
    RuleMutant {
        name: "the wrong branch of a maximum",
        inputs: &[(&[4, 3], Domain::Distinct), (&[1], Domain::Range(0.01, 0.02))],
        forward: |x| x[0].maximum(&x[1]),
        right: |s| {
            let first = ones(&s.x[0].gt(&s.x[1]));
            vec![s.v * &first, (s.v * (1.0 - first)).sum(..).reshape([1])]
        },
        wrong: |s| {
            let first = ones(&s.x[0].le(&s.x[1]));
            vec![s.v * &first, (s.v * (1.0 - first)).sum(..).reshape([1])]
        },
        hint: "zero exactly where it should not be",
        ..PLAIN
    },
    RuleMutant {
        name: "where's branches exchanged",
        inputs: TWO,
        forward: |x| mask().select(&x[0], &x[1]),
        right: |s| vec![s.v * ones(&mask()), s.v * (1.0 - ones(&mask()))],
        wrong: |s| vec![s.v * (1.0 - ones(&mask())), s.v * ones(&mask())],
        hint: "zero exactly where it should not be",
        ..PLAIN
    },
    RuleMutant {
        name: "the gradients of two inputs exchanged",
        inputs: TWO,
        forward: |x| &x[0] * &x[1],
        right: |s| vec![s.v * &s.x[1], s.v * &s.x[0]],
        wrong: |s| vec![s.v * &s.x[0], s.v * &s.x[1]],
        hint: "the inputs are swapped",
        ..PLAIN
    },
];

fn mask() -> Tensor {
    Tensor::from_slice(&[1u32, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1], [4, 3], &kiln_grad::Device::cpu())
}
