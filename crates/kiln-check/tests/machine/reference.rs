//! The reference: scalars that know how they were computed, and their derivatives by recursion.

use std::collections::HashMap;
use std::rc::Rc;

/// How a value is connected to what it was computed from, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrackState {
    Constant,
    Cut,
    Tracked,
}

#[derive(Debug)]
enum ScalarOp {
    Given,
    Alias(Scalar),
    Add(Scalar, Scalar),
    Mul(Scalar, Scalar),
    Sin(Scalar),
    Cos(Scalar),
    Tanh(Scalar),
}

#[derive(Debug)]
pub struct ScalarNode {
    pub value: f64,
    pub state: TrackState,
    kind: ScalarOp,
}

pub type Scalar = Rc<ScalarNode>;

pub fn given(value: f64, state: TrackState) -> Scalar {
    Rc::new(ScalarNode { value, state, kind: ScalarOp::Given })
}

fn number(value: f64) -> Scalar {
    given(value, TrackState::Constant)
}

fn unary(x: &Scalar, value: f64, kind: fn(Scalar) -> ScalarOp) -> Scalar {
    Rc::new(ScalarNode { value, state: x.state, kind: kind(x.clone()) })
}

pub fn alias(x: &Scalar) -> Scalar {
    unary(x, x.value, ScalarOp::Alias)
}

pub fn sin(x: &Scalar) -> Scalar {
    unary(x, x.value.sin(), ScalarOp::Sin)
}

fn cos(x: &Scalar) -> Scalar {
    unary(x, x.value.cos(), ScalarOp::Cos)
}

pub fn tanh(x: &Scalar) -> Scalar {
    unary(x, x.value.tanh(), ScalarOp::Tanh)
}

pub fn add(a: &Scalar, b: &Scalar) -> Scalar {
    let (value, state) = (a.value + b.value, a.state.max(b.state));
    Rc::new(ScalarNode { value, state, kind: ScalarOp::Add(a.clone(), b.clone()) })
}

pub fn mul(a: &Scalar, b: &Scalar) -> Scalar {
    let (value, state) = (a.value * b.value, a.state.max(b.state));
    Rc::new(ScalarNode { value, state, kind: ScalarOp::Mul(a.clone(), b.clone()) })
}

/// The same values, each of which depends on whatever one of them depends on: a vector is connected as a
/// whole.
pub fn whole(vector: Vec<Scalar>) -> Vec<Scalar> {
    let Some(all) = vector.iter().cloned().reduce(|a, b| add(&a, &b)) else { return vector };
    let nothing = mul(&all, &number(0.0));
    vector.iter().map(|x| add(x, &nothing)).collect()
}

/// Derivatives for one scalar.
pub struct Derivative<'a> {
    pub of: &'a Scalar,
    /// Whether the rule of tanh is wrong, to see what a failure looks like.
    pub faulty: bool,
    known: HashMap<*const ScalarNode, Option<Scalar>>,
}

impl<'a> Derivative<'a> {
    pub fn of(of: &'a Scalar, faulty: bool) -> Self {
        Derivative { of, faulty, known: HashMap::new() }
    }

    /// `∂y/∂x`, or `None` if there is no path.
    pub fn at(&mut self, y: &Scalar) -> Option<Scalar> {
        if Rc::ptr_eq(y, self.of) {
            return Some(number(1.0));
        }
        if let Some(known) = self.known.get(&Rc::as_ptr(y)) {
            return known.clone();
        }
        let result = match &y.kind {
            ScalarOp::Given => None,
            ScalarOp::Alias(a) => self.at(a),
            ScalarOp::Add(a, b) => join(self.at(a), self.at(b)),
            ScalarOp::Mul(a, b) => {
                let (left, right) = (self.at(a).map(|d| mul(&d, b)), self.at(b).map(|d| mul(&d, a)));
                join(left, right)
            }
            ScalarOp::Sin(a) => self.at(a).map(|d| mul(&d, &cos(a))),
            ScalarOp::Cos(a) => self.at(a).map(|d| mul(&d, &mul(&sin(a), &number(-1.0)))),
            ScalarOp::Tanh(a) => {
                let lost = if self.faulty { -0.5 } else { -1.0 };
                self.at(a).map(|d| mul(&d, &add(&number(1.0), &mul(&mul(y, y), &number(lost)))))
            }
        };
        self.known.insert(Rc::as_ptr(y), result.clone());
        result
    }
}

fn join(a: Option<Scalar>, b: Option<Scalar>) -> Option<Scalar> {
    match (a, b) {
        (Some(a), Some(b)) => Some(add(&a, &b)),
        (a, b) => a.or(b),
    }
}
