//! Random programs: steps that name earlier results by number, so that any part of a program is one too.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// How a result is picked: the latest, the one before it, and so on to the first.
pub type Pick = usize;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UnaryCall {
    Sin,
    Tanh,
    Square,
    /// Of an intermediate result: the same values as a new leaf.
    Track,
    Detach,
    /// The sine, under `no_grad`.
    Unrecorded,
}

/// Views and their adjoints, between vectors of three and of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ViewCall {
    Flip,
    /// One element, of three.
    Element(usize),
    /// Two views, one of the other: the last two elements, and of those the first.
    Nested,
    /// Three, with one element at this place.
    Embed(usize),
    /// Three of one.
    Repeat,
    Sum,
}

#[derive(Clone, Debug)]
pub enum Instruction {
    Leaf(Vec<f64>),
    Constant(Vec<f64>),
    Apply(UnaryCall, Pick),
    Add(Pick, Pick),
    Mul(Pick, Pick),
    /// `a + b` and `a · b`, added: both ways from `a` meet again.
    Diamond(Pick, Pick),
    ViewCall(ViewCall, Pick),
    Backward {
        y: Pick,
        xs: Vec<Pick>,
        /// The cotangent, if it has the dims of `y`; else a constant is.
        v: Pick,
        recorded: bool,
        /// Whether `y` is given away.
        consume: bool,
    },
    Drop(Pick),
}

impl Instruction {
    /// The earlier results it names.
    fn picks(&mut self) -> Vec<&mut Pick> {
        match self {
            Instruction::Leaf(_) | Instruction::Constant(_) => vec![],
            Instruction::Apply(_, x) | Instruction::ViewCall(_, x) | Instruction::Drop(x) => vec![x],
            Instruction::Add(a, b) | Instruction::Mul(a, b) | Instruction::Diamond(a, b) => vec![a, b],
            Instruction::Backward { y, xs, v, .. } => [y, v].into_iter().chain(xs).collect(),
        }
    }
}

/// The program without step `gone`; those after it name the results that they named before, if each step
/// made one.
pub fn without(program: &[Instruction], gone: usize) -> Vec<Instruction> {
    let mut rest = program.to_vec();
    rest.remove(gone);
    for (i, step) in rest.iter_mut().enumerate().skip(gone) {
        step.picks().into_iter().filter(|pick| **pick > i - gone).for_each(|pick| *pick -= 1);
    }
    rest
}

fn numbers() -> impl Strategy<Value = Vec<f64>> {
    let number = select(vec![1.0, 0.5, -0.5, 0.25, -1.5, 1.25]);
    prop_oneof![vec(number.clone(), 1), vec(number, 3)]
}

fn step() -> impl Strategy<Value = Instruction> {
    let pick = || 0..10usize;
    let unary = vec![
        UnaryCall::Sin,
        UnaryCall::Tanh,
        UnaryCall::Square,
        UnaryCall::Track,
        UnaryCall::Detach,
        UnaryCall::Unrecorded,
    ];
    let view = prop_oneof![
        Just(ViewCall::Flip),
        (0..3usize).prop_map(ViewCall::Element),
        Just(ViewCall::Nested),
        (0..3usize).prop_map(ViewCall::Embed),
        Just(ViewCall::Repeat),
        Just(ViewCall::Sum),
    ];
    let backward = (pick(), vec(pick(), 1..=3), pick(), any::<bool>(), any::<bool>());
    prop_oneof![
        3 => numbers().prop_map(Instruction::Leaf),
        1 => numbers().prop_map(Instruction::Constant),
        6 => (select(unary), pick()).prop_map(|(f, x)| Instruction::Apply(f, x)),
        2 => (pick(), pick()).prop_map(|(a, b)| Instruction::Add(a, b)),
        3 => (pick(), pick()).prop_map(|(a, b)| Instruction::Mul(a, b)),
        1 => (pick(), pick()).prop_map(|(a, b)| Instruction::Diamond(a, b)),
        5 => (view, pick()).prop_map(|(view, x)| Instruction::ViewCall(view, x)),
        5 => backward.prop_map(|(y, xs, v, recorded, consume)| Instruction::Backward { y, xs, v, recorded, consume }),
        2 => pick().prop_map(Instruction::Drop),
    ]
}

/// Programs that begin with a leaf.
pub fn programs() -> impl Strategy<Value = Vec<Instruction>> {
    (numbers(), vec(step(), 1..30)).prop_map(|(first, mut steps)| {
        steps.insert(0, Instruction::Leaf(first));
        steps
    })
}
