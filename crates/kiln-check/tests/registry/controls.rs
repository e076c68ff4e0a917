//! Negative controls: ops with a wrong rule, which must be caught, with the right hint where there is
//! one.

use kiln_check::{Hint, Kind, Options, Report, Verdict, gradients};
use kiln_grad::{Array, DType, Forward, Meta, Op, ShapeError, Tensor, Vjp, apply};
use kiln_tensor::{Device, Map, Zip, random::Key};

/// What is computed, and how its rule goes wrong.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    /// `x²`, with a gradient 1.0001 times too large.
    Factor,
    /// `x²`, with the wrong sign.
    Sign,
    /// `x²`, where one of the two uses of `x` is not added.
    MissingAccumulate,
    /// `x²`, with a rule in plain arrays: the first order is right.
    Severed,
    /// `x²`, whose rule returns nothing.
    NeedFlag,
    /// `x²`, with the gradient of the last row missing.
    LastRow,
    /// `x²`, with the gradient of the first row missing.
    FirstRow,
    /// `x²` of a matrix, with a transposed gradient.
    Transposed,
    /// `x²`, with a gradient in reverse order.
    Reversed,
    /// `x²`, with a gradient that isn't linear in the cotangent.
    NotLinear,
    /// `x²`, with a rule that divides by zero.
    NotFinite,
}

impl Op for Wrong {
    fn name(&self) -> &'static str {
        "wrong square"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        Ok(ins[0])
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        cx.input(0).map(Map::Square)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        let x = cx.input(0);
        let right = v * &x * 2.0;
        let row = |kept: usize, at: usize| right.narrow(0, at, kept).embed(*x.dims(), &[(at, 1), (0, 1)]);
        vec![match self {
            Wrong::Factor => Some(right * 1.0001),
            Wrong::Sign => Some(-right),
            Wrong::MissingAccumulate => Some(v * &x),
            Wrong::Severed => Some(Tensor::from(v.array().zip(Zip::Mul, x.array()).map(Map::MulScalar(2.0)))),
            Wrong::NeedFlag => None,
            Wrong::LastRow => Some(row(x.dims()[0] - 1, 0)),
            Wrong::FirstRow => Some(row(x.dims()[0] - 1, 1)),
            Wrong::Transposed => Some(right.transpose(0, 1).reshape(*x.dims())),
            Wrong::Reversed => Some(right.flip(1)),
            Wrong::NotLinear => Some(right + v.square() * 1e-6),
            Wrong::NotFinite => Some(right / x.zeros_like()),
        }]
    }
}

fn normal(stream: &str, dims: &[usize]) -> Tensor {
    Tensor::normal(Key::new(4).purpose(stream), dims, DType::F64, &Device::cpu())
}

fn check(wrong: Wrong, order: u32) -> Report {
    let options = Options::new().order(order);
    options.gradients(|x| apply(wrong, [&x[0]]), &[normal("x", &[4, 3])])
}

#[track_caller]
fn caught(report: &Report, hint: &str) {
    let text = report.to_string();
    assert!(report.verdict() == Verdict::Mismatch, "{text}");
    assert!(text.contains(hint), "the hint is not {hint:?}:\n{text}");
}

#[test]
fn wrong_rules_are_caught_and_explained() {
    caught(&check(Wrong::Factor, 1), "constant ratio 1.000100: a wrong factor");
    caught(&check(Wrong::Sign, 1), "ratio -1: the sign");
    caught(&check(Wrong::MissingAccumulate, 1), "constant ratio 0.500000");
    caught(&check(Wrong::NeedFlag, 1), "zero where it should not be");
    caught(&check(Wrong::LastRow, 1), "only the last index of axis 0 is wrong");
    caught(&check(Wrong::FirstRow, 1), "only the start of axis 0 is wrong");
    caught(&check(Wrong::Transposed, 1), "transposed: axes 0 and 1");
    caught(&check(Wrong::Reversed, 1), "reversed along axis 1");
    caught(&check(Wrong::NotLinear, 1), "linear in the cotangent: mismatch");
    caught(&check(Wrong::NotFinite, 1), "not finite");
}

/// One wrong entry of many: three directions at a tight tolerance see it.
#[test]
fn a_single_wrong_entry_of_ten_thousand_is_caught() {
    let wrong = |x: &[Tensor]| {
        let last = x[0].narrow(0, 9_999, 1);
        // The value is right, and the gradient of one entry is 1.001 times too large.
        let more = (&last - last.detach()) * 1e-3 * last.detach().cos();
        Tensor::concat(&[&x[0].narrow(0, 0, 9_999).sin(), &(last.sin() + more)], 0)
    };
    let report = Options::new().order(1).gradients(wrong, &[normal("many", &[10_000])]);
    caught(&report, "gradient for input 0: mismatch");
}

#[test]
fn a_severed_graph_shows_in_the_second_order_alone() {
    check(Wrong::Severed, 1).assert_pass();
    let report = check(Wrong::Severed, 2);
    caught(&report, "severed");
    assert!(report.hints().any(|hint| *hint == Hint::Zero));
    assert!(
        report
            .checks
            .iter()
            .filter(|c| c.verdict() == Verdict::Mismatch)
            .all(|c| c.kind == Kind::SecondOrder)
    );
}

/// `a · b` with broadcasting, and a rule that forgets about it.
#[derive(Clone, Copy, Debug)]
enum WrongProduct {
    /// The gradient of what is broadcast is not summed, so its dims are wrong.
    Unsummed,
    /// It is averaged.
    Averaged,
    /// The gradients of the two inputs are exchanged.
    Swapped,
    /// The gradient for an input that isn't needed is returned in place of the other's.
    IgnoresNeed,
}

impl Op for WrongProduct {
    fn name(&self) -> &'static str {
        "wrong product"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        Ok(Meta { dims: ins[0].dims.broadcast(&ins[1].dims).expect("the test's dims broadcast"), ..ins[0] })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        cx.input(0).zip(Zip::Mul, cx.input(1))
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        let (a, b) = (cx.input(0), cx.input(1));
        let (for_a, for_b) = (v * &b, v * &a);
        match self {
            WrongProduct::Unsummed => vec![Some(for_a), Some(for_b)],
            WrongProduct::Averaged => {
                let rows = v.dims()[0] as f64;
                vec![Some(for_a), Some(for_b.sum_to(*b.dims()) / rows)]
            }
            WrongProduct::Swapped => vec![Some(for_b), Some(for_a)],
            WrongProduct::IgnoresNeed if need.iter().all(|need| *need) => vec![Some(for_a), Some(for_b)],
            WrongProduct::IgnoresNeed => vec![Some(for_a.clone()), Some(for_a)],
        }
    }
}

#[test]
fn wrong_rules_of_two_inputs_are_caught() {
    let run = |wrong: WrongProduct, b: &[usize]| {
        let inputs = [normal("a", &[4, 3]), normal("b", b)];
        Options::new().order(1).gradients(|x| apply(wrong, [&x[0], &x[1]]), &inputs)
    };
    caught(&run(WrongProduct::Unsummed, &[3]), "a broadcast axis that isn't summed");
    caught(&run(WrongProduct::Unsummed, &[3]), "a bug of the op's vjp");
    caught(&run(WrongProduct::Averaged, &[3]), "constant ratio 0.250000: a broadcast axis");
    caught(&run(WrongProduct::Swapped, &[4, 3]), "the inputs are swapped");
    caught(&run(WrongProduct::IgnoresNeed, &[4, 3]), "one input at a time: mismatch");
}

#[test]
fn kinks_and_jumps_are_inconclusive_not_wrong() {
    let verdict = |f: fn(&Tensor) -> Tensor, x: Tensor| gradients(|x| f(&x[0]), &[x]).verdict();
    assert_eq!(verdict(Tensor::relu, Tensor::from([0.0, 1.0])), Verdict::Inconclusive);
    assert_eq!(verdict(Tensor::relu, Tensor::from([1e-7, 1.0])), Verdict::Inconclusive);
    // A kink nearby is stepped around.
    assert_eq!(verdict(Tensor::relu, Tensor::from([1e-5, 1.0])), Verdict::Pass);
    assert_eq!(verdict(Tensor::abs, Tensor::from([0.0])), Verdict::Inconclusive);
    assert_eq!(verdict(Tensor::floor, Tensor::from([1.0, 0.5])), Verdict::Inconclusive);
    assert_eq!(verdict(Tensor::sqrt, Tensor::from([-1.0])), Verdict::Inconclusive);
    assert_eq!(verdict(Tensor::relu, Tensor::from([0.3, -0.3])), Verdict::Pass);
}

#[test]
fn a_wrong_slope_at_a_kink_is_wrong() {
    let wrong = |x: &[Tensor]| apply(Wrong::Factor, [&(x[0].relu() + 1.0)]) * 3.0;
    let report = Options::new().order(1).gradients(wrong, &[Tensor::from([0.0, 1.0])]);
    assert_eq!(report.verdict(), Verdict::Mismatch, "{report}");
}

#[test]
fn reports_read_well() {
    let text = check(Wrong::LastRow, 1).labelled("a wrong square").to_string();
    println!("{text}");
    assert!(text.starts_with("a wrong square: mismatch ("));
    for column in ["input", "index", "analytic", "numeric", "bound", "[3, 2]"] {
        assert!(text.contains(column), "{column}");
    }
    let pass = gradients(|x| x[0].exp(), &[Tensor::from([0.5, 1.0])]);
    assert_eq!(pass.to_string().lines().count(), 1, "{pass}");
}

#[test]
fn the_same_seed_gives_the_same_report() {
    let run = |seed| Options::new().seed(seed).gradients(|x| x[0].tanh(), &[normal("x", &[3])]);
    assert_eq!(run(1), run(1));
}

#[test]
#[should_panic(expected = "gradients are checked in f64")]
fn other_types_are_refused() {
    gradients(|x| x[0].clone(), &[Tensor::from([1.0f32])]);
}
