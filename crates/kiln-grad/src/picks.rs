//! Ops that pick elements of their input, and the cotangents that are added to those elements alone.
//!
//! The rule of a slice gives a tensor of zeros with the slice's cotangent in it. For `n` slices of one tensor that would
//! be `n` times the tensor. A sweep whose results aren't differentiated again adds the cotangent to the slice's
//! place in what is gathered for the tensor instead, and touches nothing else.

use crate::ids::IdMap;
use crate::node::Node;
use crate::portable::AxisSlice;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Dims, Layout};
use std::sync::Arc;

/// Elements of its input that an op's result consists of.
#[derive(Clone, Copy, Debug)]
pub enum Picks<'a> {
    /// A part along each axis.
    Slice(&'a [AxisSlice]),
    /// All, with the axes in this order: axis `i` of the result is axis `axes[i]` of the input.
    Permute(&'a [usize]),
    /// All in the same order, with these dims.
    Reshape(Dims),
    /// `y[.., i, ..] = x[.., index[.., i, ..], ..]`; see [`Kernel::Gather`](kiln_tensor::Kernel::Gather).
    Gather {
        /// The axis indexed.
        axis: usize,
        /// The index, with the dims of the result.
        index: &'a Array,
    },
}

impl Picks<'_> {
    /// Layout of the result of a view of an input that lies so, if there is one.
    fn view(&self, input: &Layout) -> Option<Layout> {
        match self {
            Picks::Slice(parts) => {
                let cut = |layout: Layout, (axis, part): (usize, &AxisSlice)| {
                    layout.slice(axis, part.start, part.length, part.step)
                };
                Some(parts.iter().enumerate().fold(*input, cut))
            }
            Picks::Permute(axes) => Some(input.permute(axes)),
            Picks::Reshape(dims) => input.reshape(dims),
            Picks::Gather { .. } => None,
        }
    }

    /// Whether the result is less than the input, so that its cotangent alone is less than the input's.
    fn leaves_out(&self, input: &Dims) -> bool {
        match self {
            Picks::Slice(parts) => parts.iter().zip(&**input).any(|(part, &length)| part.length < length),
            Picks::Permute(_) | Picks::Reshape(_) => false,
            Picks::Gather { .. } => true,
        }
    }
}

/// Views of views that are looked through. More are rare, and each slice of a long chain would go along all of it.
const DEPTH: usize = 4;

/// Place of what a node's op picked, in the result of an older node.
pub(crate) struct Place<'a> {
    /// The older node.
    pub home: &'a Arc<Node>,
    /// Place of the op's input, or of its result if that is a view.
    layout: Layout,
    /// Axis and index of what is picked there, if the op gathers.
    index: Option<(usize, &'a Array)>,
}

impl<'a> Place<'a> {
    /// The place of what `node` picked; `None` if its rule does as well, or it picks nothing. Nodes in `wanted`, whose own cotangents count, aren't
    /// looked through.
    pub fn of<V>(node: &'a Node, wanted: &IdMap<V>) -> Option<Place<'a>> {
        let (picks, input) = picked(node).filter(|(picks, input)| picks.leaves_out(&input.meta().dims))?;
        let (home, layout) = home(input, wanted, DEPTH);
        match picks {
            Picks::Gather { axis, index } => Some(Place { home, layout, index: Some((axis, index)) }),
            view => Some(Place { home, layout: view.view(&layout)?, index: None }),
        }
    }

    /// Adds a cotangent of the node to what is gathered for its home.
    pub fn add(&self, cotangent: &Tensor, sum: &mut Array) {
        // What is shared is copied here once, and from then on is the sweep's own.
        if !sum.is_unique() {
            *sum = sum.copy();
        }
        match self.index {
            Some((axis, index)) => sum.scatter_add_at(&self.layout, axis, index, cotangent.array()),
            None => sum.accumulate_at(&self.layout, cotangent.array()),
        }
    }
}

/// What a node's op picks, and the input that it picks from.
fn picked(node: &Node) -> Option<(Picks<'_>, &Arc<Node>)> {
    let picks = node.op()?.picks()?;
    let (_, input) = node.inputs().next()?;
    Some((picks, input))
}

/// The node in whose result that of `node` lies, through views, and its layout there.
fn home<'a, V>(node: &'a Arc<Node>, wanted: &IdMap<V>, depth: usize) -> (&'a Arc<Node>, Layout) {
    if depth > 0
        && !wanted.contains_key(&node.id())
        && let Some((picks, input)) = picked(node)
    {
        let (home, layout) = home(input, wanted, depth - 1);
        if let Some(layout) = picks.view(&layout) {
            return (home, layout);
        }
    }
    (node, Layout::contiguous(node.meta().dims))
}
