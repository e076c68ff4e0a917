//! Rules that are wrong about the sweep: not linear, severed, greedy, different from run to run.

use crate::mutant::{Input, Mutant, Order, PLAIN, Seen};
use kiln_grad::{Domain, Tensor};
use std::cell::Cell;

const LINE: &[Input] = &[(&[5], Domain::Real)];
const TWO: &[Input] = &[(&[5], Domain::Real), (&[5], Domain::Real)];

/// `sin x`.
const SINE: Mutant = Mutant { inputs: LINE, forward: |x| x[0].sin(), right: |s| vec![cosine(s)], ..PLAIN };

/// Wrong in the second order alone.
const SECOND: Mutant = Mutant { order: Order::Second, finding: "second derivative", ..SINE };

fn cosine(s: &Seen) -> Tensor {
    s.v * s.x[0].cos()
}

thread_local! {
    /// Whether the rule that isn't the same every time has run an odd number of times. (Tests on other
    /// threads run it too.)
    static ODD: Cell<bool> = const { Cell::new(false) };
}

pub const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "not linear in the cotangent",
        wrong: |s| vec![cosine(s) + s.v.square() * 1e-6],
        finding: "linear in the cotangent",
        ..SINE
    },
    Mutant {
        name: "a constant for the cotangent zero",
        wrong: |s| vec![cosine(s) + 1e-6],
        finding: "linear in the cotangent",
        ..SINE
    },
    Mutant {
        name: "another result at every other run",
        wrong: |s| {
            let odd = ODD.replace(!ODD.get());
            vec![if odd { cosine(s) * (1.0 + 4.0 * f64::EPSILON) } else { cosine(s) }]
        },
        finding: "two runs",
        ..SINE
    },
    Mutant {
        name: "a cotangent read as if it were contiguous",
        wrong: |s| {
            let contiguous = s.v.array().layout().is_contiguous();
            vec![if contiguous { cosine(s) } else { cosine(s).flip(0) }]
        },
        finding: "layouts",
        ..SINE
    },
    Mutant {
        name: "an input read as if it were contiguous",
        wrong: |s| {
            let contiguous = s.x[0].array().layout().is_contiguous();
            vec![if contiguous { cosine(s) } else { cosine(s).flip(0) }]
        },
        finding: "layouts",
        ..SINE
    },
    Mutant {
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
    Mutant {
        name: "a gradient for an input that isn't needed",
        inputs: TWO,
        forward: |x| &x[0] * &x[1],
        right: |s| vec![s.v * &s.x[1], s.v * &s.x[0]],
        wrong: |s| vec![s.v * &s.x[1], s.v * &s.x[0]],
        greedy: true,
        finding: "nothing unasked",
        ..PLAIN
    },
    Mutant {
        name: "the cotangent detached",
        wrong: |s| vec![s.v.detach() * s.x[0].cos()],
        finding: "second derivative for the cotangent",
        hint: "severed",
        ..SECOND
    },
    Mutant {
        name: "the input detached",
        wrong: |s| vec![s.v * s.x[0].detach().cos()],
        finding: "second derivative for input 0",
        hint: "severed",
        ..SECOND
    },
    Mutant {
        name: "a rule in arrays",
        wrong: |s| vec![Tensor::from(cosine(s).into_array())],
        finding: "double product",
        ..SECOND
    },
    Mutant {
        name: "a factor in the second order",
        wrong: |s| {
            let c = s.x[0].cos();
            vec![s.v * (&c + (&c - c.detach()) * 0.5)]
        },
        hint: "constant ratio 1.5",
        ..SECOND
    },
    Mutant {
        name: "the sign of the second order",
        wrong: |s| {
            let c = s.x[0].cos();
            vec![s.v * (c.detach() * 2.0 - c)]
        },
        hint: "ratio -1: the sign",
        ..SECOND
    },
    Mutant {
        name: "a mixed second derivative dropped",
        inputs: TWO,
        forward: |x| &x[0] * &x[1],
        right: |s| vec![s.v * &s.x[1], s.v * &s.x[0]],
        wrong: |s| vec![s.v * s.x[1].detach(), s.v * &s.x[0]],
        finding: "symmetry of the Hessian",
        ..SECOND
    },
];
