//! A graph in Graphviz's language.

use crate::reach::ancestors;
use crate::tensor::Tensor;
use std::fmt::Write;

/// The graph behind `y` for Graphviz: `dot -Tsvg`. Leaves are boxes; nodes of one name scope share a
/// frame; an arrow points from an input to the op that uses it.
pub fn dot(y: &Tensor) -> String {
    let mut out = String::from("digraph kiln {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
    let Some(root) = y.node() else { return out + "}\n" };
    let mut nodes = ancestors(root);
    nodes.sort_by_key(|node| (node.scope().to_string(), node.id()));
    for group in nodes.chunk_by(|a, b| a.scope() == b.scope()) {
        let scope = group[0].scope();
        if !scope.is_empty() {
            let _ = writeln!(out, "  subgraph \"cluster_{scope}\" {{\n  label=\"{scope}\";");
        }
        for node in group {
            let shape = if node.op().is_none() { "box" } else { "ellipse" };
            let tip = node.location().to_string().replace('\\', "/");
            let (id, name, meta) = (node.id(), node.name(), node.meta());
            let _ = writeln!(out, "  n{id} [shape={shape}, label=\"{name}\\n{meta}\", tooltip=\"{tip}\"];");
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
