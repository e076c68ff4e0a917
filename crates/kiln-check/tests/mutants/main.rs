//! The checker checked: ops with a wrong backward rule, all of which it must catch, with the hint where
//! the pattern tells; and the same ops with the right rule, which must pass.

mod convolutions;
mod elements;
mod gradcheck;
mod moves;
mod mutant;
mod sums;
mod sweeps;

use kiln_check::{CheckOptions, CheckReport, Verdict};
use kiln_grad::{DType, Tensor};
use kiln_tensor::random::Key;
use mutant::{Order, RuleMutant};
use std::collections::HashSet;

fn all() -> impl Iterator<Item = &'static RuleMutant> {
    let tables = [elements::MUTANTS, sums::MUTANTS, moves::MUTANTS, convolutions::MUTANTS, sweeps::MUTANTS];
    tables.into_iter().flatten()
}

#[test]
fn every_mutant_is_caught() {
    let missed: Vec<String> = all().filter_map(|mutant| missed(mutant).err()).collect();
    assert!(missed.is_empty(), "\n{}", missed.join("\n\n"));
}

/// What is wrong with the report on a mutant's wrong rule.
fn missed(mutant: &'static RuleMutant) -> Result<(), String> {
    let complain = |what: &str, report: &CheckReport| Err(format!("{}: {what}\n{report}", mutant.name));
    if mutant.order == Order::Second {
        let first = mutant.check(false, &CheckOptions::new().order(1));
        if first.verdict() != Verdict::Pass {
            return complain("the first order doesn't pass", &first);
        }
    }
    let order = if mutant.order == Order::Second { 2 } else { 1 };
    let report = mutant.check(false, &CheckOptions::new().order(order));
    let caught = report.checks.iter().filter(|check| check.verdict() == Verdict::Mismatch);
    if !caught.clone().any(|check| check.name.starts_with(mutant.finding)) {
        return complain(&format!("no mismatch of {:?}", mutant.finding), &report);
    }
    let hints: Vec<String> = report.hints().map(ToString::to_string).collect();
    if !mutant.hint.is_empty() && !hints.iter().any(|hint| hint.contains(mutant.hint)) {
        return complain(&format!("the hint is not {:?}", mutant.hint), &report);
    }
    Ok(())
}

#[test]
fn every_right_rule_passes_both_orders() {
    for mutant in all() {
        mutant.check(true, &CheckOptions::new()).labelled(mutant.name).assert_pass();
    }
}

/// No mutant is caught by luck: other seeds catch it too.
#[test]
fn other_seeds_catch_them_too() {
    let order = |mutant: &RuleMutant| if mutant.order == Order::Second { 2 } else { 1 };
    for mutant in all() {
        let caught = |seed| {
            mutant.check(false, &CheckOptions::new().order(order(mutant)).seed(seed)).verdict()
                == Verdict::Mismatch
        };
        assert!((1..4).all(caught), "{}", mutant.name);
    }
}

#[test]
fn there_are_enough() {
    let names: HashSet<&str> = all().map(|mutant| mutant.name).collect();
    assert_eq!(names.len(), all().count());
    println!("{} mutants", names.len());
    assert!(names.len() >= 50, "{}", names.len());
}

/// The usual check with its loose tolerances, one layout and all inputs tracked lets some of them through.
#[test]
fn a_usual_gradcheck_misses_some() {
    // A rule that panics is caught by any check.
    let caught = |mutant: &'static RuleMutant| {
        let (inputs, f) = (mutant.draw(), |x: &[Tensor]| mutant.call(x, false));
        let passes = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let second = || {
                let y = f(&inputs);
                let v = Tensor::normal(Key::new(3), *y.dims(), DType::F64, y.device());
                gradcheck::passes_second(&f, &inputs, &v)
            };
            gradcheck::passes(&f, &inputs) && (mutant.order == Order::First || second())
        }));
        !passes.unwrap_or(false)
    };
    let missed: Vec<&str> = all().filter(|mutant| !caught(mutant)).map(|mutant| mutant.name).collect();
    println!("{} of {} are missed: {missed:?}", missed.len(), all().count());
    let known = [
        "a factor 1.0001",
        "a stale saved value",
        "saved in single precision",
        "not linear in the cotangent",
        "a constant for the cotangent zero",
        "a cotangent read as if it were contiguous",
        "an input read as if it were contiguous",
        "right only if both inputs are wanted",
        "a gradient for an input that isn't needed",
    ];
    assert_eq!(missed, known);
}

/// `⟨v, Ju⟩ = ⟨Jᵀv, u⟩` with `Ju` by the second order holds for wrong rules too: both are the same rule.
#[test]
fn double_products_prove_nothing_about_a_rule() {
    for name in ["a factor 2", "the sign", "in reverse order", "batch norm with N − 1"] {
        let mutant = all().find(|mutant| mutant.name == name).expect(name);
        let report = mutant.check(false, &CheckOptions::new());
        assert_eq!(report.verdict(), Verdict::Mismatch);
        let check = report.checks.iter().find(|check| check.name == "double product").expect(name);
        assert_eq!(check.verdict(), Verdict::Pass, "{report}");
    }
}

/// The outputs of a norm without weights sum to zero, whatever the input: for a cotangent of ones the
/// gradient is zero, and some wrong rules say so too.
#[test]
fn ones_hide_a_wrong_batch_norm() {
    let mutant = all().find(|mutant| mutant.name == "batch norm's second sum dropped").unwrap();
    let x = mutant.draw().remove(0).tracked();
    let largest = |right: bool, v: fn(&Tensor) -> Tensor| {
        let y = mutant.call(std::slice::from_ref(&x), right);
        let v = v(&y.detach());
        kiln_grad::vjp(y, &v, &[&x])[0].abs().max(..).item().unwrap()
    };
    assert!(largest(true, Tensor::ones_like) < 1e-12 && largest(false, Tensor::ones_like) < 1e-12);
    assert!((largest(true, Tensor::exp) - largest(false, Tensor::exp)).abs() > 0.1);
}
