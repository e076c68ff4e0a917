//! Which nodes a graph has, and from which of them others can be reached.

use crate::ids::{IdMap, IdSet};
use crate::node::Node;
use crate::tensor::Track;
use std::collections::hash_map::Entry;
use std::panic::Location;
use std::sync::Arc;

/// Ids of the nodes from which a wanted one can be reached, among those `root` was computed from; ascending.
pub(crate) fn reaching<V>(root: &Arc<Node>, wanted: &IdMap<V>) -> Vec<u64> {
    // Inputs are older than what they are used in, so nothing older than all wanted nodes matters.
    let oldest = wanted.keys().copied().min().unwrap_or(u64::MAX);
    // Nodes are read once: of a large graph each is a miss of the cache. What matters of them is kept together.
    let (mut nodes, mut inputs) = (Vec::new(), Vec::new());
    let mut on_path = IdMap::from_iter([(root.id(), false)]);
    let mut found = vec![root];
    while let Some(node) = found.pop() {
        let first = inputs.len();
        for (_, input) in node.inputs().filter(|(_, input)| input.id() >= oldest) {
            inputs.push(input.id());
            if let Entry::Vacant(unseen) = on_path.entry(input.id()) {
                unseen.insert(false);
                found.push(input);
            }
        }
        nodes.push((node.id(), first..inputs.len()));
    }
    nodes.sort_by_key(|(id, _)| *id);
    let mut ids = Vec::with_capacity(nodes.len());
    for (id, inputs_of) in nodes {
        if wanted.contains_key(&id) || inputs[inputs_of].iter().any(|input| on_path[input]) {
            on_path.insert(id, true);
            ids.push(id);
        }
    }
    ids
}

/// `root` and all nodes it was computed from, each once.
pub(crate) fn ancestors(root: &Arc<Node>) -> Vec<&Arc<Node>> {
    let mut seen = IdSet::from_iter([root.id()]);
    let mut nodes = vec![root];
    let mut next = 0;
    while next < nodes.len() {
        let node = nodes[next];
        next += 1;
        nodes.extend(node.inputs().map(|(_, n)| n).filter(|n| seen.insert(n.id())));
    }
    nodes
}

/// The places where the graph behind `root` was cut off.
pub(crate) fn cuts(root: &Arc<Node>) -> Vec<&'static Location<'static>> {
    let mut cuts = Vec::new();
    for node in ancestors(root) {
        for edge in &node.edges {
            if let Track::Cut(at) = edge.track
                && !cuts.contains(&at)
            {
                cuts.push(at);
            }
        }
    }
    cuts
}
