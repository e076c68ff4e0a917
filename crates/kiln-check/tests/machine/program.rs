//! Random programs: steps that name earlier results by number, so that any part of a program is one too.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// How a result is picked: the latest, the one before it, and so on to the first.
pub type Pick = usize;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unary {
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
pub enum View {
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
pub enum Step {
    Leaf(Vec<f64>),
    Constant(Vec<f64>),
    Apply(Unary, Pick),
    Add(Pick, Pick),
    Mul(Pick, Pick),
    /// `a + b` and `a · b`, added: both ways from `a` meet again.
    Diamond(Pick, Pick),
    View(View, Pick),
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

impl Step {
    /// The earlier results it names.
    fn picks(&mut self) -> Vec<&mut Pick> {
        match self {
            Step::Leaf(_) | Step::Constant(_) => vec![],
            Step::Apply(_, x) | Step::View(_, x) | Step::Drop(x) => vec![x],
            Step::Add(a, b) | Step::Mul(a, b) | Step::Diamond(a, b) => vec![a, b],
            Step::Backward { y, xs, v, .. } => [y, v].into_iter().chain(xs).collect(),
        }
    }
}

/// The program without step `gone`; those after it name the results that they named before, if each step
/// made one.
pub fn without(program: &[Step], gone: usize) -> Vec<Step> {
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

fn step() -> impl Strategy<Value = Step> {
    let pick = || 0..10usize;
    let unary = vec![Unary::Sin, Unary::Tanh, Unary::Square, Unary::Track, Unary::Detach, Unary::Unrecorded];
    let view = prop_oneof![
        Just(View::Flip),
        (0..3usize).prop_map(View::Element),
        Just(View::Nested),
        (0..3usize).prop_map(View::Embed),
        Just(View::Repeat),
        Just(View::Sum),
    ];
    let backward = (pick(), vec(pick(), 1..=3), pick(), any::<bool>(), any::<bool>());
    prop_oneof![
        3 => numbers().prop_map(Step::Leaf),
        1 => numbers().prop_map(Step::Constant),
        6 => (select(unary), pick()).prop_map(|(f, x)| Step::Apply(f, x)),
        2 => (pick(), pick()).prop_map(|(a, b)| Step::Add(a, b)),
        3 => (pick(), pick()).prop_map(|(a, b)| Step::Mul(a, b)),
        1 => (pick(), pick()).prop_map(|(a, b)| Step::Diamond(a, b)),
        5 => (view, pick()).prop_map(|(view, x)| Step::View(view, x)),
        5 => backward.prop_map(|(y, xs, v, recorded, consume)| Step::Backward { y, xs, v, recorded, consume }),
        2 => pick().prop_map(Step::Drop),
    ]
}

/// Programs that begin with a leaf.
pub fn programs() -> impl Strategy<Value = Vec<Step>> {
    (numbers(), vec(step(), 1..30)).prop_map(|(first, mut steps)| {
        steps.insert(0, Step::Leaf(first));
        steps
    })
}
