//! Random programs against a reference engine of scalars: leaves, ops, views, detached parts, diamonds,
//! backward passes of both orders, drops. Values, gradients, live nodes and errors must agree.

mod machine;
mod outcome;
mod program;
mod reference;

use outcome::Coverage;
use program::{Instruction, programs, without};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Live nodes are counted for the whole process, so one program runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `cases` programs, the same ones every time; the smallest that fails, if one does, as text with what
/// went wrong.
fn failure(cases: u32, faulty: bool) -> Option<(String, Vec<Instruction>)> {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let result = TestRunner::new_with_rng(config, rng)
        .run(&programs(), |program| machine::run(&program, faulty).map(drop).map_err(TestCaseError::fail));
    match result {
        Ok(()) => None,
        Err(TestError::Fail(_, program)) => Some(smallest(program, faulty)),
        Err(error) => panic!("{error}"),
    }
}

/// Leaves out steps as long as it fails. (proptest alone keeps some: without them, the others would name
/// other results.)
fn smallest(mut program: Vec<Instruction>, faulty: bool) -> (String, Vec<Instruction>) {
    while let Some(smaller) = (0..program.len())
        .map(|gone| without(&program, gone))
        .find(|smaller| machine::run(smaller, faulty).is_err())
    {
        program = smaller;
    }
    (machine::run(&program, faulty).expect_err("it has failed"), program)
}

#[test]
fn random_programs_agree_with_the_reference() {
    let _alone = alone();
    let factor = std::env::var("KILN_CASES").ok().and_then(|text| text.parse::<f64>().ok()).unwrap_or(1.0);
    if let Some((program, _)) = failure((30_000.0 * factor).ceil() as u32, false) {
        panic!("this program goes wrong:\n\n{program}");
    }
}

/// The programs get everywhere: to every error, to gradients of gradients, to counted nodes.
#[test]
fn programs_reach_every_corner() {
    let _alone = alone();
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let programs = programs();
    let seen = (0..1000).fold(Coverage::default(), |seen, _| {
        let program = programs.new_tree(&mut runner).expect("no program is rejected").current();
        seen + machine::run(&program, false).unwrap_or_else(|error| panic!("{error}"))
    });
    println!("{seen:?}");
    assert!(seen.gradients > 1000 && seen.second > 100 && seen.counted > 1000, "{seen:?}");
    assert!(seen.refusals.iter().all(|&times| times > 20), "{seen:?}");
}

/// With a wrong rule on the other side, the smallest program that shows it is found: a leaf, the op, and a
/// backward pass.
#[test]
fn failures_shrink_to_the_smallest_program() {
    let _alone = alone();
    let (text, program) = failure(1000, true).expect("a wrong rule shows");
    println!("{text}");
    assert_eq!(program.len(), 3, "{text}");
    assert!(text.contains("let r0 = Tensor::from([1.0]).tracked();\nlet r1 = r0.tanh();\n"), "{text}");
    assert!(text.contains("Sweep::new(r1") && text.contains("the reference has"), "{text}");
}
