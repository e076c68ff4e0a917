//! Calls drawn by the strategies, and what the strategies promise.

use crate::parallel::scaled;
use kiln_check::strategies::{self, NumberSource};
use kiln_check::{Arrangement, Call, CheckOptions, CheckReport, CheckSummary};
use kiln_grad::{Domain, Tensor};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::cell::RefCell;

/// A runner whose random numbers are the same every time.
fn runner(cases: usize) -> TestRunner {
    let config = Config { cases: scaled(cases) as u32, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Runs `test` on draws, and panics with the smallest that fails.
#[track_caller]
fn all<S: Strategy>(cases: usize, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    if let Err(error) = runner(cases).run(&strategy, test) {
        panic!("{error}");
    }
}

/// Checks calls in both orders.
#[track_caller]
fn pass(cases: usize, strategy: impl Strategy<Value = Call>) {
    let reports: RefCell<Vec<CheckReport>> = RefCell::default();
    all(cases, strategy, |call| {
        let report = call.check(&CheckOptions::new().jacobian_up_to(36))?;
        reports.borrow_mut().push(report);
        Ok(())
    });
    let summary = CheckSummary::of(&reports.borrow());
    println!("{}", summary.to_markdown());
    summary.assert_pass();
}

#[test]
fn convolutions() {
    pass(160, strategies::conv2d());
}

#[test]
fn transposed_convolutions() {
    pass(160, strategies::conv_transpose2d());
}

#[test]
fn pooling() {
    pass(160, strategies::pooling());
}

#[test]
fn resizing() {
    pass(160, strategies::resize());
}

#[test]
fn normalization() {
    pass(160, strategies::normalization());
}

#[test]
fn elementwise() {
    pass(240, strategies::elementwise());
}

#[test]
fn pairwise() {
    pass(240, strategies::pairwise());
}

#[test]
fn softmax() {
    pass(160, strategies::softmax());
}

#[test]
fn movement() {
    pass(400, strategies::movement());
}

#[test]
fn products() {
    pass(160, strategies::products());
}

#[test]
fn dense_layers() {
    pass(160, strategies::dense());
}

#[test]
fn reductions() {
    pass(240, strategies::reduction());
}

#[test]
fn shapes_are_what_they_promise() {
    all(500, strategies::dims(0..=5, 40), |dims| {
        prop_assert!(dims.rank() <= 5 && dims.iter().all(|length| strategies::LENGTHS.contains(length)));
        prop_assert!(dims.iter().map(|&length| length.max(1)).product::<usize>() <= 40);
        Ok(())
    });
    all(500, strategies::broadcastable(3, 40), |group| {
        let whole = group.iter().try_fold([].into(), |a: kiln_grad::Dims, b| a.broadcast(b));
        prop_assert!(whole.is_some(), "{group:?}");
        Ok(())
    });
    all(100, strategies::axis(3), |axis| {
        prop_assert!((-3..3).contains(&axis));
        Ok(())
    });
    all(100, strategies::axes(3), |axes| {
        prop_assert!(axes.is_sorted() && axes.iter().all(|axis| (0..3).contains(axis)));
        Ok(())
    });
}

/// All that is rare at random does come: empty, scalar, rank 5, one that broadcasts, all layouts.
#[test]
fn strategies_reach_the_corners() {
    let seen = |hit: &dyn Fn(&mut TestRunner) -> bool| {
        let mut runner = runner(1);
        (0..400).any(|_| hit(&mut runner))
    };
    let dims = strategies::dims(0..=5, 40);
    assert!(seen(&|r| dims.new_tree(r).unwrap().current().rank() == 5));
    assert!(seen(&|r| dims.new_tree(r).unwrap().current().rank() == 0));
    assert!(seen(&|r| dims.new_tree(r).unwrap().current().numel() == 0));
    let pair = strategies::broadcastable(2, 40);
    assert!(seen(&|r| {
        let group = pair.new_tree(r).unwrap().current();
        group[0].rank() != group[1].rank() && group[1].contains(&1) && group[0].numel() > 1
    }));
    let layout = strategies::layout();
    for wanted in Arrangement::STRIDED {
        assert!(seen(&|r| layout.new_tree(r).unwrap().current() == wanted), "{wanted:?}");
    }
    for part in ["groups: 3", "stride: [3, 1]", ".tanh()", "output_padding: [2, "] {
        let convolution = strategies::conv_transpose2d();
        assert!(
            seen(&|r| format!("{:?}", convolution.new_tree(r).unwrap().current()).contains(part)),
            "{part}"
        );
    }
}

#[test]
fn values_are_round_and_keep_their_distance() {
    let numbers = |digits| NumberSource { seed: 7, digits };
    let values = |digits, domain| -> Vec<f64> { numbers(digits).tensor(0, [60], domain).to_vec().unwrap() };
    assert!(values(0, Domain::Real).iter().all(|x| (x * 2.0).fract() == 0.0 && x.abs() <= 2.0));
    assert!(values(2, Domain::Real).iter().all(|x| format!("{x}").len() <= 5));
    for digits in 0..=3 {
        assert!(values(digits, Domain::Range(0.3, 2.0)).iter().all(|x| (0.3..2.0).contains(x)));
        for x in values(digits, Domain::AwayFromKinks) {
            assert!((x * 2.0 - (x * 2.0).round()).abs() * 0.5 >= 0.14, "{x} of {digits} digits");
        }
        let mut distinct = values(digits, Domain::Distinct);
        distinct.sort_by(f64::total_cmp);
        assert!(distinct.windows(2).all(|pair| pair[1] - pair[0] > 0.045), "{digits} digits");
    }
    all(20, strategies::values([2, 3], Domain::Real), |x| {
        prop_assert_eq!(x.dims()[..].to_vec(), vec![2, 3]);
        Ok(())
    });
}

/// The gradient of `x²` is wrong where an axis is longer than 2: the smallest such dims and the roundest
/// values are found, and a test is printed.
#[test]
fn failures_shrink_and_print_a_test() {
    let wrong = |x: &[Tensor]| {
        let square = x[0].square();
        let extra = if x[0].dims().iter().any(|&length| length > 2) { 0.5 } else { 0.0 };
        &square + (&square - square.detach()) * extra
    };
    let strategy = (strategies::dims(1..=3, 30), strategies::numbers());
    let result = runner(200).run(&strategy, |(dims, numbers)| {
        let x = numbers.tensor(0, dims, Domain::Real);
        Call::new("|x| wrong_square(&x[0])", [x], wrong).check(&CheckOptions::new().order(1))?;
        Ok(())
    });
    let Err(TestError::Fail(reason, (dims, numbers))) = result else { panic!("{result:?}") };
    assert_eq!((&dims[..], numbers.digits), (&[3][..], 0));
    let text = reason.to_string();
    for part in [
        "constant ratio 1.500000",
        "#[test]\nfn the_gradient_is_right() {",
        "use kiln::check::CheckOptions;",
        "CheckOptions::new().order(1).gradients(|x| wrong_square(&x[0]), &inputs)",
        "[3], &Device::cpu())",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}
