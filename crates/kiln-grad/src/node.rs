//! The record of one op: what was run, on what, and where.

use crate::op::Op;
use crate::tensor::{Tensor, Track};
use kiln_tensor::{Array, Meta};
use smallvec::SmallVec;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

static NEXT_ID: AtomicU64 = AtomicU64::new(1);
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// Number of nodes in this process: 0 when all graphs and all tracked tensors are gone.
pub fn live_nodes() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// The record of one op, or a leaf that gradients are taken for.
///
/// Ids grow with creation, so an op's inputs have smaller ids than the op: descending id is a
/// topological order. A node keeps arrays, never the tensor it belongs to, so there are no cycles.
#[derive(Debug)]
pub struct Node {
    id: u64,
    op: Option<Box<dyn Op>>,
    pub(crate) edges: Edges,
    meta: Meta,
    output: Option<Array>,
    pub(crate) saved: Vec<Array>,
    location: &'static Location<'static>,
    pub(crate) scope: Option<Arc<str>>,
}

/// The inputs of a node. Few ops have more than two.
pub(crate) type Edges = SmallVec<[Edge; 2]>;

/// One input of a node. Graphs have many, so that it is small.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    /// The input, if the op saved it.
    pub array: Option<Array>,
    pub track: Track,
    /// Dims and type of an input that was not saved and that no node knows.
    meta: Option<Box<Meta>>,
}

impl Edge {
    /// An edge to this input, which is saved or not.
    pub fn new(input: &Tensor, save: bool) -> Edge {
        let (array, track) = (save.then(|| input.array().clone()), input.track().clone());
        let known = save || track.node().is_some();
        Edge { array, track, meta: (!known).then(|| Box::new(input.meta())) }
    }

    /// Dims and element type of the input.
    pub fn meta(&self) -> Meta {
        match (&self.array, &self.track) {
            (Some(array), _) => array.meta(),
            (None, Track::Node(node)) => node.meta,
            (None, _) => **self.meta.as_ref().expect("kept where nothing else knows it"),
        }
    }
}

/// Values that an op keeps of its run for the backward pass.
#[derive(Debug)]
pub(crate) struct OpRecord {
    pub edges: Edges,
    /// Dims and element type of the result.
    pub meta: Meta,
    /// The result, if the op saved it.
    pub output: Option<Array>,
    pub saved: Vec<Array>,
}

impl Node {
    /// The record of an op that has just run.
    pub(crate) fn new(op: Box<dyn Op>, record: OpRecord, location: &'static Location<'static>) -> Arc<Node> {
        Node::create(Some(op), record, location)
    }

    /// A tensor to differentiate for.
    pub(crate) fn leaf(meta: Meta, location: &'static Location<'static>) -> Arc<Node> {
        let record = OpRecord { edges: Edges::new(), meta, output: None, saved: Vec::new() };
        Node::create(None, record, location)
    }

    fn create(op: Option<Box<dyn Op>>, record: OpRecord, location: &'static Location<'static>) -> Arc<Node> {
        LIVE.fetch_add(1, Ordering::Relaxed);
        let OpRecord { edges, meta, output, saved } = record;
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Arc::new(Node { id, op, edges, meta, output, saved, location, scope: crate::mode::current_scope() })
    }

    /// Its number; nodes made later have larger ones.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The op, or `None` for a leaf.
    pub fn op(&self) -> Option<&dyn Op> {
        self.op.as_deref()
    }

    /// The op's name, or `leaf`.
    pub fn name(&self) -> &'static str {
        self.op.as_ref().map_or("leaf", |op| op.name())
    }

    /// Dims and element type of the result.
    pub fn meta(&self) -> Meta {
        self.meta
    }

    /// Line of the program that called the op.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// The name scope it was run in, such as `G.up2.bn`; empty if there was none.
    pub fn scope(&self) -> &str {
        self.scope.as_deref().unwrap_or("")
    }

    /// The nodes of the tracked inputs, with their positions.
    pub fn inputs(&self) -> impl Iterator<Item = (usize, &Arc<Node>)> {
        self.edges.iter().enumerate().filter_map(|(i, edge)| Some((i, edge.track.node()?)))
    }

    /// Dims and element types of all inputs.
    pub fn input_metas(&self) -> impl Iterator<Item = Meta> {
        self.edges.iter().map(|edge| edge.meta())
    }

    /// Bytes of values that the node keeps for the backward pass. Storage that several nodes or tensors
    /// share is counted at each.
    pub fn saved_bytes(&self) -> usize {
        let inputs = self.edges.iter().filter_map(|edge| edge.array.as_ref());
        inputs.chain(&self.output).chain(&self.saved).map(|a| a.numel() * a.dtype().size()).sum()
    }

    /// The op's result as a tensor, if the op saved it.
    pub(crate) fn output_tensor(self: &Arc<Node>, tracked: bool) -> Option<Tensor> {
        let track = if tracked { Track::Node(self.clone()) } else { Track::Constant };
        Some(Tensor::new(self.output.clone()?, track))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
        // A chain of a million nodes must not be dropped by a million nested calls.
        let mut doomed: Vec<Node> = Vec::new();
        let take = |edges: &mut Edges, doomed: &mut Vec<Node>| {
            let nodes = edges.drain(..).filter_map(|edge| edge.track.into_node());
            doomed.extend(nodes.filter_map(Arc::into_inner));
        };
        take(&mut self.edges, &mut doomed);
        while let Some(mut node) = doomed.pop() {
            take(&mut node.edges, &mut doomed);
        }
    }
}
