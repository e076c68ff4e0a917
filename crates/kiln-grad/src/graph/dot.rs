//! A graph in Graphviz's language.

use super::labels::Labels;
use crate::tensor::Tensor;
use std::fmt::Write;

/// The graph behind `y` for Graphviz: `dot -Tsvg`. Leaves are boxes; nodes of one name scope share a
/// frame; an arrow points from an input to the op that uses it. With [`Labels`], leaves have names and values too.
pub fn dot(y: &Tensor) -> String {
    Labels::new().dot(y)
}

impl Labels {
    /// The graph behind `y` for Graphviz, as [`dot`] has it: nodes that were given a name have it for a label, values
    /// are there for tensors of one element, and the tip of a node is its place or its line of code.
    pub fn dot(&mut self, y: &Tensor) -> String {
        let mut out = String::from("digraph kiln {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
        let Some(root) = y.node() else { return out + "}\n" };
        let mut nodes = self.number(root);
        nodes.sort_by_key(|node| (node.scope().to_string(), node.id()));
        for group in nodes.chunk_by(|a, b| a.scope() == b.scope()) {
            let scope = escaped(group[0].scope());
            if !scope.is_empty() {
                let _ = writeln!(out, "  subgraph \"cluster_{scope}\" {{\n  label=\"{scope}\";");
            }
            for node in group {
                let shape = if node.op().is_none() { "box" } else { "ellipse" };
                let place = node.location();
                let tip = match self.code(place) {
                    Some(code) => escaped(code),
                    None => place.to_string().replace('\\', "/"),
                };
                let mut label = format!("{}\\n{}", escaped(&self.title(node)), node.meta());
                if let Some(Ok(value)) = self.value(node).filter(|array| array.numel() == 1).map(|a| a.item())
                {
                    let _ = write!(label, "\\n{value:.4}");
                }
                let id = node.id();
                let _ = writeln!(out, "  n{id} [shape={shape}, label=\"{label}\", tooltip=\"{tip}\"];");
            }
            if !scope.is_empty() {
                out.push_str("  }\n");
            }
        }
        for node in &nodes {
            for (_, input) in node.inputs() {
                let _ = writeln!(out, "  n{} -> n{};", input.id(), node.id());
            }
        }
        out + "}\n"
    }
}

/// A text within quotes.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
