//! What is wrong must be found, what can't be told must be said, and reports must read well.

use kiln_check::{CheckOptions, CheckReport, Verdict, gradients};
use kiln_grad::{DType, Tensor};
use kiln_tensor::{Device, random::Key};

/// `x²`, with a gradient that is `factor` times what it should be.
fn square(x: &Tensor, factor: f64) -> Tensor {
    let square = x.square();
    &square + (&square - square.detach()) * (factor - 1.0)
}

fn normal(stream: &str, dims: &[usize]) -> Tensor {
    Tensor::normal(Key::new(4).purpose(stream), dims, DType::F64, &Device::cpu())
}

#[track_caller]
fn caught(report: &CheckReport, hint: &str) {
    let text = report.to_string();
    assert!(report.verdict() == Verdict::Mismatch, "{text}");
    assert!(text.contains(hint), "the hint is not {hint:?}:\n{text}");
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
    let report = CheckOptions::new().order(1).gradients(wrong, &[normal("many", &[10_000])]);
    caught(&report, "gradient for input 0: mismatch");
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
    let wrong = |x: &[Tensor]| square(&(x[0].relu() + 1.0), 1.0001) * 3.0;
    let report = CheckOptions::new().order(1).gradients(wrong, &[Tensor::from([0.0, 1.0])]);
    assert_eq!(report.verdict(), Verdict::Mismatch, "{report}");
}

#[test]
fn reports_read_well() {
    let x = normal("x", &[4, 3]);
    let last = |x: &[Tensor]| {
        let (rest, last) = (x[0].narrow(0, 0, 3), x[0].narrow(0, 3, 1));
        Tensor::concat(&[&rest.square(), &square(&last, 0.0)], 0)
    };
    let text = CheckOptions::new().order(1).gradients(last, &[x]).labelled("a wrong square").to_string();
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
    let run = |seed| CheckOptions::new().seed(seed).gradients(|x| x[0].tanh(), &[normal("x", &[3])]);
    assert_eq!(run(1), run(1));
}

#[test]
#[should_panic(expected = "gradients are checked in f64")]
fn other_types_are_refused() {
    gradients(|x| x[0].clone(), &[Tensor::from([1.0f32])]);
}
