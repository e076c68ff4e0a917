//! Wrong rules of broadcasting, reductions and normalisation.

use crate::mutant::{MutantInput, PLAIN, RuleInput, RuleMutant, ones};
use kiln_grad::{Domain, Tensor};

const MATRIX: &[MutantInput] = &[(&[4, 3], Domain::Real)];

/// A matrix times a row.
const SCALED: RuleMutant = RuleMutant {
    inputs: &[(&[4, 3], Domain::Real), (&[3], Domain::Real)],
    forward: |x| &x[0] * &x[1],
    right: |s| vec![s.v * &s.x[1], (s.v * &s.x[0]).sum(0)],
    ..PLAIN
};

const SOFTMAX: RuleMutant = RuleMutant {
    inputs: MATRIX,
    forward: |x| x[0].softmax(1),
    right: |s| vec![&s.y * (s.v - (s.v * &s.y).sum_keepdim(1))],
    ..PLAIN
};

/// Each column normalised.
const NORM: RuleMutant =
    RuleMutant { inputs: MATRIX, forward: norm, right: |s| norm_rule(s, EPS, 4.0), ..PLAIN };
const EPS: f64 = 1e-2;

fn norm(x: &[Tensor]) -> Tensor {
    x[0].batch_norm(None, EPS).0
}

/// `(v − Σv/n − x̂·Σ(v·x̂)/n) / σ`.
fn norm_rule(s: &RuleInput, eps: f64, n: f64) -> Vec<Tensor> {
    let x = &s.x[0];
    let centred = x - x.mean_keepdim(0);
    let scale = (centred.square().mean_keepdim(0) + eps).rsqrt();
    let hat = centred * &scale;
    let rest = (s.v.sum_keepdim(0) + &hat * (s.v * &hat).sum_keepdim(0)) / n;
    vec![(s.v - rest) * scale]
}

pub const MUTANTS: &[RuleMutant] = &[
    RuleMutant {
        name: "the sum over a broadcast axis dropped",
        wrong: |s| vec![s.v * &s.x[1], s.v * &s.x[0]],
        hint: "a broadcast axis that isn't summed",
        ..SCALED
    },
    RuleMutant {
        name: "a mean over a broadcast axis",
        wrong: |s| vec![s.v * &s.x[1], (s.v * &s.x[0]).mean(0)],
        hint: "constant ratio 0.250000: a broadcast axis that isn't summed, or a missing 1/N",
        ..SCALED
    },
    RuleMutant {
        name: "one row for the sum over a broadcast axis",
        wrong: |s| vec![s.v * &s.x[1], (s.v * &s.x[0]).select_at(0, 0)],
        ..SCALED
    },
    RuleMutant {
        name: "the mean's 1/N missing",
        inputs: MATRIX,
        forward: |x| x[0].mean(1),
        right: |s| vec![s.v.unsqueeze(1).broadcast_to([4, 3]) / 3.0],
        wrong: |s| vec![s.v.unsqueeze(1).broadcast_to([4, 3])],
        hint: "constant ratio 3.000000: a broadcast axis that isn't summed, or a missing 1/N",
        ..PLAIN
    },
    RuleMutant {
        name: "the mean's 1/N of the other axis",
        inputs: MATRIX,
        forward: |x| x[0].mean(1),
        right: |s| vec![s.v.unsqueeze(1).broadcast_to([4, 3]) / 3.0],
        wrong: |s| vec![s.v.unsqueeze(1).broadcast_to([4, 3]) / 4.0],
        hint: "constant ratio 0.75",
        ..PLAIN
    },
    RuleMutant {
        name: "a max's gradient for all",
        inputs: &[(&[4, 3], Domain::Distinct)],
        forward: |x| x[0].max(1),
        right: |s| vec![s.v.unsqueeze(1) * ones(&s.x[0].eq(s.y.unsqueeze(1)))],
        wrong: |s| vec![s.v.unsqueeze(1).broadcast_to([4, 3])],
        hint: "should be zero and are not, the rest is right",
        ..PLAIN
    },
    RuleMutant { name: "softmax's sum dropped", wrong: |s| vec![&s.y * s.v], ..SOFTMAX },
    RuleMutant {
        name: "softmax's sum over the other axis",
        wrong: |s| vec![&s.y * (s.v - (s.v * &s.y).sum_keepdim(0))],
        ..SOFTMAX
    },
    RuleMutant {
        name: "log-softmax's sum unweighted",
        forward: |x| x[0].log_softmax(1),
        right: |s| vec![s.v - s.y.exp() * s.v.sum_keepdim(1)],
        wrong: |s| vec![s.v - s.v.mean_keepdim(1)],
        inputs: MATRIX,
        ..PLAIN
    },
    RuleMutant { name: "batch norm with another eps", wrong: |s| norm_rule(s, 1e-5, 4.0), ..NORM },
    RuleMutant { name: "batch norm with N − 1", wrong: |s| norm_rule(s, EPS, 3.0), ..NORM },
    RuleMutant {
        name: "batch norm's statistics taken as constants",
        wrong: |s| vec![s.v * (s.x[0].var(0, 0.0) + EPS).rsqrt()],
        ..NORM
    },
    RuleMutant {
        name: "batch norm's second sum dropped",
        wrong: |s| vec![(s.v - s.v.mean_keepdim(0)) * (s.x[0].var(0, 0.0) + EPS).rsqrt()],
        ..NORM
    },
];
