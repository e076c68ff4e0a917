//! The backward sweep: one walk from a result to the tensors it was computed from.

use crate::alias::Alias;
use crate::error::GradError;
use crate::ids::{IdMap, IdSet};
use crate::mode;
use crate::node::Node;
use crate::op::{self, Vjp};
use crate::picks::Place;
use crate::reach::{cuts, reaching};
use crate::tensor::{Tensor, Track};
use kiln_tensor::Array;
use smallvec::SmallVec;
use std::panic::Location;
use std::sync::Arc;

/// A backward sweep, one node at a time.
///
/// Each [`next`](Iterator::next) runs the rule of one op, the youngest that has a cotangent; a stepper
/// or a profiler is a loop over it. [`grad`](crate::grad) and its relatives are that loop and
/// [`finish`](Sweep::finish).
///
/// The sweep owns the graph it walks: nodes held by nothing else are dropped as soon as their rule
/// has run.
#[derive(Debug)]
pub struct Sweep {
    /// The nodes left to visit, those on a path from the result to a wanted tensor; the youngest last. A node's turn
    /// comes after all nodes that used it, which are younger, so nothing can be added to its cotangent any more.
    order: Vec<u64>,
    /// The same nodes, and those already visited.
    on_path: IdSet,
    /// Nodes whose cotangent is being gathered.
    waiting: IdMap<(Arc<Node>, Tensor)>,
    /// The wanted nodes, and the cotangents of those reached.
    wanted: IdMap<Option<Tensor>>,
    recording: bool,
}

/// Step of a [`Sweep`].
#[derive(Debug)]
pub struct SweepStep {
    /// The node that was visited.
    pub node: Arc<Node>,
    /// The gradient of the result with respect to the node's output.
    pub cotangent: Tensor,
    /// Gradient that the node's op made of it for each input; `None` for those not needed.
    pub outgoing: Vec<Option<Tensor>>,
}

impl Sweep {
    /// Prepares a sweep from `y` with the cotangent `v` to the tensors `xs`; `recording` makes its
    /// results differentiable again.
    ///
    /// # Errors
    /// When `y` or one of `xs` isn't tracked, one of `xs` can't be reached from `y`, or `v` differs from
    /// `y` in dims or element type.
    pub fn new(y: Tensor, v: Tensor, xs: &[&Tensor], recording: bool) -> Result<Sweep, GradError> {
        let graph = y.node().cloned();
        let sweep = Sweep::allow_unused(y, v, xs, recording)?;
        for (index, x) in xs.iter().enumerate() {
            if let (Some(node), Some(root)) = (x.node(), &graph)
                && !sweep.on_path.contains(&node.id())
            {
                return Err(GradError::NoPath { index, made_at: node.location(), cuts: cuts(root) });
            }
        }
        Ok(sweep)
    }

    /// As [`new`](Sweep::new), but tensors of `xs` that can't be reached from `y` are no error: they get no gradient.
    ///
    /// # Errors
    /// When `y` or one of `xs` isn't tracked, or `v` differs from `y` in dims or element type.
    pub fn allow_unused(y: Tensor, v: Tensor, xs: &[&Tensor], recording: bool) -> Result<Sweep, GradError> {
        if y.meta() != v.meta() {
            return Err(GradError::Cotangent { y: y.meta().into(), v: v.meta().into() });
        }
        if !y.dtype().is_float() {
            return Err(GradError::NotFloat { dtype: y.dtype() });
        }
        // What an unrecorded sweep returns is not recorded, even if the cotangent was.
        let v = if recording { v } else { v.into_array().into() };
        let mut wanted = IdMap::default();
        for (index, x) in xs.iter().enumerate() {
            let node = x.node().ok_or_else(|| match x.track() {
                Track::Cut(at) => GradError::Detached { index, at },
                _ => GradError::NotTracked { index },
            })?;
            wanted.insert(node.id(), None);
        }
        let root = match y.into_track() {
            Track::Node(root) => root,
            Track::Cut(at) => return Err(GradError::ResultDetached { at }),
            Track::Constant => return Err(GradError::ResultNotTracked),
        };
        let order = reaching(&root, &wanted);
        let on_path = order.iter().copied().collect();
        let waiting = IdMap::from_iter([(root.id(), (root, v))]);
        Ok(Sweep { order, on_path, waiting, wanted, recording })
    }

    /// Runs what is left, and gives the gradient of each of `xs`, which are those the sweep was made for.
    pub fn finish(self, xs: &[&Tensor]) -> Vec<Tensor> {
        let gradients = self.finish_some(xs).into_iter().zip(xs);
        gradients.map(|(gradient, x)| gradient.unwrap_or_else(|| x.zeros_like())).collect()
    }

    /// As [`finish`](Sweep::finish), with `None` for a tensor that the result doesn't depend on.
    pub fn finish_some(mut self, xs: &[&Tensor]) -> Vec<Option<Tensor>> {
        while self.advance(false).is_some() {}
        let gradient = |x: &&Tensor| {
            let node = x.node().filter(|node| self.on_path.contains(&node.id()))?;
            // A tensor on the path may still get nothing, when all rules in between say zero.
            Some(self.wanted.get(&node.id()).cloned().flatten().unwrap_or_else(|| x.zeros_like()))
        };
        xs.iter().map(gradient).collect()
    }

    /// One step; what it computed is kept for the caller only if asked for, so that sums of cotangents
    /// can be made in place.
    fn advance(&mut self, observed: bool) -> Option<Option<SweepStep>> {
        // A node that got nothing has nothing to hand on.
        let (node, cotangent) = loop {
            let id = self.order.pop()?;
            if let Some(entry) = self.waiting.remove(&id) {
                break entry;
            }
        };
        let _scope = mode::reopen(node.scope.as_ref());
        let _running = mode::run_op(node.name(), node.location(), true);
        if let Some(slot) = self.wanted.get_mut(&node.id()) {
            *slot = Some(cotangent.clone());
        }
        let needed = |track: &Track| track.node().is_some_and(|input| self.on_path.contains(&input.id()));
        let need: SmallVec<[bool; 8]> = node.edges.iter().map(|edge| needed(&edge.track)).collect();
        if !need.contains(&true) {
            let outgoing = need.iter().map(|_| None).collect();
            return Some(observed.then_some(SweepStep { node, cotangent, outgoing }));
        }
        // Who looks at a step sees the gradient that the rule gives.
        if !observed && !self.recording && self.add_in_place(&node, &cotangent) {
            return Some(None);
        }
        let outgoing = run_rule(&node, &cotangent, &need, self.recording);
        let kept = if observed { outgoing.clone() } else { Vec::new() };
        for (i, part) in outgoing.into_iter().enumerate() {
            if let (Some(part), Some(input)) = (part.filter(|_| need[i]), node.edges[i].track.node()) {
                assert!(
                    part.meta() == input.meta(),
                    "{}: the gradient of input {i} is {}, but the input is {}: a bug of the op's vjp",
                    node.name(),
                    part.meta(),
                    input.meta()
                );
                self.add(input, part);
            }
        }
        Some(observed.then_some(SweepStep { node, cotangent, outgoing: kept }))
    }

    /// Adds the cotangent of what an op picked to its place in an older node's; false if the op's rule has to run.
    fn add_in_place(&mut self, node: &Node, cotangent: &Tensor) -> bool {
        let Some(place) = Place::of(node, &self.wanted) else { return false };
        let (_, sum) = self.waiting.entry(place.home.id()).or_insert_with(|| {
            let meta = place.home.meta();
            (place.home.clone(), Array::zeros(meta.dims, meta.dtype, cotangent.device()).into())
        });
        place.add(cotangent, sum.array_mut());
        true
    }

    /// Adds a part to a node's cotangent; the first is stored as it is.
    fn add(&mut self, node: &Arc<Node>, part: Tensor) {
        match self.waiting.get_mut(&node.id()) {
            None => {
                self.waiting.insert(node.id(), (node.clone(), part));
            }
            Some((_, sum)) => {
                if !self.recording && sum.array_mut().is_unique() {
                    sum.array_mut().accumulate(part.array());
                } else {
                    *sum = &*sum + part;
                }
            }
        }
    }
}

impl Iterator for Sweep {
    type Item = SweepStep;

    fn next(&mut self) -> Option<SweepStep> {
        self.advance(true).flatten()
    }
}

/// The vector-Jacobian product of one node.
fn run_rule(node: &Arc<Node>, v: &Tensor, need: &[bool], recording: bool) -> Vec<Option<Tensor>> {
    let op = node.op().expect("a leaf has no inputs");
    // Under `no_grad` there is nothing to record, even in a recorded sweep.
    let recording = recording && mode::is_recording();
    let cx = Vjp { node, recording };
    if !recording {
        return mode::no_grad(|| op.vjp(&cx, v, need));
    }
    match through_composite(&cx, v, need, node.location()) {
        Some(gradients) => gradients,
        None => op.vjp(&cx, v, need),
    }
}

/// The recorded derivative of a fused op: that of its composite.
fn through_composite(
    cx: &Vjp,
    v: &Tensor,
    need: &[bool],
    location: &'static Location<'static>,
) -> Option<Vec<Option<Tensor>>> {
    let op = cx.node.op()?;
    // Inputs may depend on each other. Aliases of them don't, so the inner sweep gives partial derivatives.
    let alias = |i: usize| {
        let array = cx.node.edges[i].array.clone()?;
        let input = Tensor::new(array, cx.node.edges[i].track.clone());
        op::run(Alias, &[&input], location).ok().map(|(tensor, _)| tensor)
    };
    let inputs: Vec<Tensor> = (0..need.len()).map(alias).collect::<Option<_>>()?;
    let y = op.composite(&inputs)?;
    let xs: Vec<&Tensor> = inputs.iter().zip(need).filter(|(_, need)| **need).map(|(x, _)| x).collect();
    let sweep = Sweep::new(y, v.clone(), &xs, true).expect("a composite depends on all inputs of its op");
    let mut gradients = sweep.finish(&xs).into_iter();
    Some(need.iter().map(|need| need.then(|| gradients.next()).flatten()).collect())
}
