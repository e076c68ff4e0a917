//! Rules that are wrong about the sweep: not linear, severed, greedy, different from run to run.

use crate::mutant::{MutantInput, Order, PLAIN, RuleInput, RuleMutant};
use kiln_grad::{Domain, Tensor};
use std::cell::Cell;

const LINE: &[MutantInput] = &[(&[5], Domain::Real)];
const TWO: &[MutantInput] = &[(&[5], Domain::Real), (&[5], Domain::Real)];

/// `sin x`.
const SINE: RuleMutant =
    RuleMutant { inputs: LINE, forward: |x| x[0].sin(), right: |s| vec![cosine(s)], ..PLAIN };

/// Wrong in the second order alone.
const SECOND: RuleMutant = RuleMutant { order: Order::Second, finding: "second derivative", ..SINE };

fn cosine(s: &RuleInput) -> Tensor {
    s.v * s.x[0].cos()
}

thread_local! {
    /// Whether the rule that isn't the same every time has run an odd number of times. (Tests on other
    /// threads run it too.)
    static ODD: Cell<bool> = const { Cell::new(false) };
}

pub const MUTANTS: &[RuleMutant] = &[
    RuleMutant {
        name: "not linear in the cotangent",
        wrong: |s| vec![cosine(s) + s.v.square() * 1e-6],
        finding: "linear in the cotangent",
        ..SINE
    },
    RuleMutant {
        name: "a constant for the cotangent zero",
        wrong: |s| vec![cosine(s) + 1e-6],
        finding: "linear in the cotangent",
        ..SINE
    },
    RuleMutant {
        name: "another result at every other run",
        wrong: |s| {
            let odd = ODD.replace(!ODD.get());
            vec![if odd { cosine(s) * (1.0 + 4.0 * f64::EPSILON) } else { cosine(s) }]
        },
        finding: "two runs",
        ..SINE
    },
    RuleMutant {
        name: "a cotangent read as if it were contiguous",
        wrong: |s| {
            let contiguous = s.v.array().layout().is_contiguous();
            vec![if contiguous { cosine(s) } else { cosine(s).flip(0) }]
        },
        finding: "layouts",
        ..SINE
    },
    RuleMutant {
        name: "an input read as if it were contiguous",
        wrong: |s| {
            let contiguous = s.x[0].array().layout().is_contiguous();
            vec![if contiguous { cosine(s) } else { cosine(s).flip(0) }]
        },
        finding: "layouts",
        ..SINE
    },
    RuleMutant {
        name: "right only if both inputs are wanted",
        inputs: TWO,
        forward: |x| &x[0] * &x[1],
        right: |s| vec![s.v * &s.x[1], s.v * &s.x[0]],
        wrong: |s| {
            // The need flags exchanged.
            let part = |need: bool, x: &Tensor| if need { s.v * x } else { s.v.zeros_like() };
            vec![part(s.need[1], &s.x[1]), part(s.need[0], &s.x[0])]
        },
        finding: "one input at a time",
        ..PLAIN
    },
    RuleMutant {
        name: "a gradient for an input that isn't needed",
        inputs: TWO,
        forward: |x| &x[0] * &x[1],
        right: |s| vec![s.v * &s.x[1], s.v * &s.x[0]],
        wrong: |s| vec![s.v * &s.x[1], s.v * &s.x[0]],
        greedy: true,
        finding: "nothing unasked",
        ..PLAIN
    },
    RuleMutant {
        name: "the cotangent detached",
        wrong: |s| vec![s.v.detach() * s.x[0].cos()],
        finding: "second derivative for the cotangent",
        hint: "severed",
        ..SECOND
    },
    RuleMutant {
        name: "the input detached",
        wrong: |s| vec![s.v * s.x[0].detach().cos()],
        finding: "second derivative for input 0",
        hint: "severed",
        ..SECOND
    },
    RuleMutant {
        name: "a rule in arrays",
        wrong: |s| vec![Tensor::from(cosine(s).into_array())],
        finding: "double product",
        ..SECOND
    },
    RuleMutant {
        name: "a factor in the second order",
        wrong: |s| {
            let c = s.x[0].cos();
            vec![s.v * (&c + (&c - c.detach()) * 0.5)]
        },
        hint: "constant ratio 1.5",
        ..SECOND
    },
    RuleMutant {
        name: "the sign of the second order",
        wrong: |s| {
            let c = s.x[0].cos();
            vec![s.v * (c.detach() * 2.0 - c)]
        },
        hint: "ratio -1: the sign",
        ..SECOND
    },
    RuleMutant {
        name: "a mixed second derivative dropped",
        inputs: TWO,
        forward: |x| &x[0] * &x[1],
        right: |s| vec![s.v * &s.x[1], s.v * &s.x[0]],
        wrong: |s| vec![s.v * s.x[1].detach(), s.v * &s.x[0]],
        finding: "symmetry of the Hessian",
        ..SECOND
    },
];
