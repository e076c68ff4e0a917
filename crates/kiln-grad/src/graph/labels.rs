//! Names, values and lines of code for the nodes of a graph.

use crate::ids::IdMap;
use crate::node::Node;
use crate::reach::ancestors;
use crate::tape::Tape;
use crate::tensor::Tensor;
use kiln_tensor::Array;
use std::collections::HashMap;
use std::panic::Location;
use std::sync::Arc;

/// What is known of the nodes of a graph beside the graph, for its [text](Labels::text), the [steps](Labels::step_text) of a
/// sweep over it and its [picture](Labels::dot). Nodes without a name are `#1`, `#2` .. in the order in which they are
/// met.
///
/// ```
/// use kiln_grad::{Tensor, graph};
///
/// let x = Tensor::from(3.0).tracked();
/// let (y, tape) = graph::tape(|| &x * &x + 1.0);
/// let mut labels = graph::Labels::new();
/// labels.name("x", &x).values(&tape);
/// let text = labels.text(&y);
/// let words: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
/// assert_eq!(words[..7], ["#1", "mul", "f64[]", "x", "x", "=", "9.0"]);
/// ```
#[derive(Debug, Default)]
pub struct Labels {
    names: IdMap<String>,
    numbers: IdMap<usize>,
    values: IdMap<Array>,
    /// Files by the names that places give them.
    sources: HashMap<String, String>,
    /// File and line of the code that was shown last.
    shown: Option<(String, u32)>,
}

impl Labels {
    /// Nothing but the graph.
    pub fn new() -> Self {
        Labels::default()
    }

    /// Gives the node of a tensor a name and shows its values. A tensor without a node has no use for a name.
    pub fn name(&mut self, name: impl Into<String>, tensor: &Tensor) -> &mut Self {
        if let Some(node) = tensor.node() {
            self.names.insert(node.id(), name.into());
            self.values.insert(node.id(), tensor.array().clone());
        }
        self
    }

    /// Shows the values of the nodes whose ops are on the tape.
    pub fn values(&mut self, tape: &Tape) -> &mut Self {
        let recorded = tape.notes.iter().filter_map(|note| Some((note.node?, note.output.clone())));
        self.values.extend(recorded);
        self
    }

    /// Shows lines of this file, which places call `file` (as `file!()` does), where else there would be their numbers.
    pub fn source(&mut self, file: impl Into<String>, text: impl Into<String>) -> &mut Self {
        self.sources.insert(file.into(), text.into());
        self
    }

    /// The nodes behind `root` in the order in which they were computed; those without a name have a number from now on.
    pub(super) fn number<'a>(&mut self, root: &'a Arc<Node>) -> Vec<&'a Arc<Node>> {
        let mut nodes = ancestors(root);
        nodes.sort_unstable_by_key(|node| node.id());
        nodes.iter().for_each(|node| drop(self.label(node)));
        self.shown = None;
        nodes
    }

    /// Name or number of a node.
    pub(super) fn label(&mut self, node: &Node) -> String {
        match self.names.get(&node.id()) {
            Some(name) => name.clone(),
            None => {
                let next = self.numbers.len() + 1;
                format!("#{}", self.numbers.entry(node.id()).or_insert(next))
            }
        }
    }

    /// The name that a node was given, or else that of its op.
    pub(super) fn title(&self, node: &Node) -> String {
        match (self.names.get(&node.id()), node.op()) {
            (Some(name), None) => name.clone(),
            (Some(name), Some(op)) => format!("{name} = {}", op.name()),
            (None, _) => node.name().to_string(),
        }
    }

    /// The values of a node, if they are known.
    pub(super) fn value(&self, node: &Node) -> Option<&Array> {
        self.values.get(&node.id())
    }

    /// The line of code at a place, if the file is known.
    pub(super) fn code(&self, place: &Location) -> Option<&str> {
        let text = self.sources.get(place.file())?;
        text.lines().nth(place.line() as usize - 1).map(str::trim)
    }

    /// The line of code at a place, unless it was the last that was shown.
    pub(super) fn next_code(&mut self, place: &Location) -> Option<String> {
        let code = self.code(place)?.to_string();
        let here = Some((place.file().to_string(), place.line()));
        (std::mem::replace(&mut self.shown, here.clone()) != here).then_some(code)
    }
}
