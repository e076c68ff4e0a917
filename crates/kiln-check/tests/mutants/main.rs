//! The checker checked: ops with a wrong backward rule, all of which it must catch, with the hint where
//! the pattern tells; and the same ops with the right rule, which must pass.

mod convolutions;
mod elements;
mod moves;
mod mutant;
mod sums;
mod sweeps;

use kiln_check::{Options, Report, Verdict};
use mutant::{Mutant, Order};
use std::collections::HashSet;

fn all() -> impl Iterator<Item = &'static Mutant> {
    let tables = [elements::MUTANTS, sums::MUTANTS, moves::MUTANTS, convolutions::MUTANTS, sweeps::MUTANTS];
    tables.into_iter().flatten()
}

#[test]
fn every_mutant_is_caught() {
    let missed: Vec<String> = all().filter_map(|mutant| missed(mutant).err()).collect();
    assert!(missed.is_empty(), "\n{}", missed.join("\n\n"));
}

/// What is wrong with the report on a mutant's wrong rule.
fn missed(mutant: &'static Mutant) -> Result<(), String> {
    let complain = |what: &str, report: &Report| Err(format!("{}: {what}\n{report}", mutant.name));
    if mutant.order == Order::Second {
        let first = mutant.check(false, &Options::new().order(1));
        if first.verdict() != Verdict::Pass {
            return complain("the first order doesn't pass", &first);
        }
    }
    let order = if mutant.order == Order::Second { 2 } else { 1 };
    let report = mutant.check(false, &Options::new().order(order));
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
        mutant.check(true, &Options::new()).labelled(mutant.name).assert_pass();
    }
}

/// No mutant is caught by luck: other seeds catch it too.
#[test]
fn other_seeds_catch_them_too() {
    let order = |mutant: &Mutant| if mutant.order == Order::Second { 2 } else { 1 };
    for mutant in all() {
        let caught = |seed| {
            mutant.check(false, &Options::new().order(order(mutant)).seed(seed)).verdict()
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
