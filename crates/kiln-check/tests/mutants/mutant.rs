//! A function with a right and a wrong backward rule.

use kiln_check::{CheckOptions, CheckReport, draw};
use kiln_grad::{Array, Case, Domain, Forward, Meta, Op, ShapeError, Tensor, Vjp, apply, no_grad};
use kiln_tensor::random::Key;
use std::fmt;

/// The dims of an input, and where its values come from.
pub type MutantInput = (&'static [usize], Domain);

/// What a backward rule sees.
pub struct RuleInput<'a> {
    pub x: Vec<Tensor>,
    pub y: Tensor,
    pub v: &'a Tensor,
    pub need: &'a [bool],
    /// The values of the first input when the function ran the last time but one.
    pub stale: Tensor,
}

/// A backward rule: the gradients for all inputs.
pub type Rule = fn(&RuleInput) -> Vec<Tensor>;

/// In which order a wrong rule shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    First,
    /// The first order is right.
    Second,
}

pub struct RuleMutant {
    pub name: &'static str,
    pub inputs: &'static [MutantInput],
    pub forward: fn(&[Tensor]) -> Tensor,
    pub right: Rule,
    pub wrong: Rule,
    /// Whether the wrong rule returns gradients for inputs that aren't needed.
    pub greedy: bool,
    pub order: Order,
    /// How the name of a check begins that finds it.
    pub finding: &'static str,
    /// A part of a hint; empty where no pattern tells.
    pub hint: &'static str,
}

/// What most mutants have in common.
pub const PLAIN: RuleMutant = RuleMutant {
    name: "",
    inputs: &[],
    forward: |x| x[0].clone(),
    right: |s| vec![s.v.clone()],
    wrong: |s| vec![s.v.clone()],
    greedy: false,
    order: Order::First,
    finding: "gradient",
    hint: "",
};

impl RuleMutant {
    /// A point to check it at.
    pub fn draw(&self) -> Vec<Tensor> {
        let dims: Vec<&[usize]> = self.inputs.iter().map(|(dims, _)| *dims).collect();
        let case = self
            .inputs
            .iter()
            .enumerate()
            .fold(Case::new(self.name, dims, |x| x[0].clone()), |case, (i, (_, domain))| {
                case.input_on(i, *domain)
            });
        draw(&case, Key::new(11))
    }

    /// The function with its right or its wrong rule.
    pub fn call(&'static self, x: &[Tensor], right: bool) -> Tensor {
        let op = MutatedOp { mutant: self, right };
        match x {
            [a] => apply(op, [a]),
            [a, b] => apply(op, [a, b]),
            _ => panic!("mutants have one or two inputs"),
        }
    }

    /// Checks the function with its right or its wrong rule.
    pub fn check(&'static self, right: bool, options: &CheckOptions) -> CheckReport {
        options.gradients(|x| self.call(x, right), &self.draw())
    }
}

struct MutatedOp {
    mutant: &'static RuleMutant,
    right: bool,
}

impl fmt::Debug for MutatedOp {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.mutant.name)
    }
}

thread_local! {
    static LAST: std::cell::RefCell<Option<Array>> = const { std::cell::RefCell::new(None) };
}

impl Op for MutatedOp {
    fn name(&self) -> &'static str {
        "mutant"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let zeros = |meta: &Meta| Tensor::zeros(meta.dims, meta.dtype, &kiln_grad::Device::cpu());
        Ok((self.mutant.forward)(&ins.iter().map(zeros).collect::<Vec<_>>()).meta())
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        cx.save_output();
        let last = LAST.replace(Some(cx.input(0).clone())).unwrap_or_else(|| cx.input(0).clone());
        cx.save(last);
        let inputs: Vec<Tensor> = cx.inputs().map(|array| array.clone().into()).collect();
        no_grad(|| (self.mutant.forward)(&inputs)).into_array()
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        let x = (0..need.len()).map(|i| cx.input(i)).collect();
        let seen = RuleInput { x, y: cx.output(), v, need, stale: cx.saved(0) };
        let rule = if self.right { self.mutant.right } else { self.mutant.wrong };
        let all = self.mutant.greedy && !self.right;
        rule(&seen).into_iter().zip(need).map(|(g, need)| (all || *need).then_some(g)).collect()
    }
}

/// The mask's ones as numbers.
pub fn ones(mask: &Tensor) -> Tensor {
    let one = Tensor::from(1.0);
    mask.select(&one, &one.zeros_like())
}
