//! Calls of every kernel by chance, on the GPU and on the CPU: results agree within a bound derived for each
//! kernel, and nothing beside an output is written.
//!
//! `KILN_GPU_CASES` says how many calls of each kernel are tried.

mod bounds;
mod browser;
mod case;
mod fused;
mod mutants;
mod ops;
mod rounded;
mod rows;
mod strategies;
#[path = "../support/mod.rs"]
mod support;
mod tiles;
mod windows;

use case::KernelCall;
use proptest::strategy::{BoxedStrategy, Strategy};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use windows::Member;

/// Checks as many calls as `KILN_GPU_CASES` says.
fn check(calls: impl Strategy<Value = KernelCall>) {
    let Some(gpu) = support::gpu() else { return };
    let cases =
        std::env::var("KILN_GPU_CASES").map_or(200, |n| n.parse().expect("KILN_GPU_CASES is a number"));
    hold(calls, cases, |case| case.check(gpu));
}

/// Draws so many calls, the same ones each time, and wants all to be right.
fn hold(
    calls: impl Strategy<Value = KernelCall>,
    cases: u32,
    right: impl Fn(&KernelCall) -> Result<(), String>,
) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&calls, |case| right(&case).map_err(TestCaseError::fail));
    if let Err(TestError::Fail(reason, case)) = &result {
        panic!("{reason}\nthe smallest call that shows it, which `KernelCall::check` takes:\n{case:#?}");
    }
    result.unwrap();
}

macro_rules! kernels {
    ($($name:ident: $calls:expr;)*) => {
        $(#[test]
        fn $name() {
            check($calls);
        })*

        /// Calls of each kernel.
        fn calls() -> Vec<(&'static str, BoxedStrategy<KernelCall>)> {
            vec![$((stringify!($name), $calls)),*]
        }
    };
}

kernels! {
    fill: strategies::fill();
    copy: strategies::copy();
    accumulate: strategies::accumulate();
    map: strategies::map();
    map_special: strategies::map_special();
    zip: strategies::zip();
    zip_special: strategies::zip_special();
    compare: strategies::compare();
    select: strategies::select_kernel();
    matmul: strategies::matmul();
    conv: windows::conv(Member::Forward);
    conv_transpose: windows::conv(Member::Transpose);
    conv_weight: windows::conv(Member::Weight);
    pool: windows::pool();
    max_pool: windows::max_pool();
    reduce: strategies::reduce();
    argmax: strategies::argmax();
    gather: strategies::gather();
    scatter_add: strategies::scatter_add();
    random: strategies::random();
    softmax: fused::softmax();
    softmax_backward: rows::softmax_backward();
    resample: rows::resample();
    row_norm: rows::row_norm();
    row_norm_backward: rows::row_norm_backward();
    linear: fused::linear();
    lerp: fused::lerp();
    sgd: fused::sgd();
    rmsprop: fused::rmsprop();
    adam: fused::adam();
    norm: fused::norm();
    batch_norm: fused::batch_norm();
    batch_norm_backward: fused::batch_norm_backward();
    bias: fused::bias();
    bias_backward: fused::bias_backward();
    cross_entropy: fused::cross_entropy();
    cross_entropy_backward: fused::cross_entropy_backward();
}
