//! A graph as lines of text.

use crate::node::Node;
use crate::reach::ancestors;
use crate::sweep::SweepStep;
use crate::tensor::Tensor;
use std::fmt::Write;

/// The graph behind `y`, a node a line, in the order in which it was computed:
///
/// ```text
///   #3  mul      f64[]      #1 #2    in D.conv1   at src/main.rs:7:13
/// ```
///
/// An input that isn't tracked is shown as its type and dims.
pub fn text(y: &Tensor) -> String {
    let Some(root) = y.node() else { return format!("{} (not tracked)\n", y.meta()) };
    let mut nodes = ancestors(root);
    nodes.sort_unstable_by_key(|node| node.id());
    nodes.into_iter().fold(String::new(), |mut out, node| {
        let _ = writeln!(out, "{}", line(node));
        out
    })
}

fn line(node: &Node) -> String {
    let inputs: Vec<String> = node
        .edges
        .iter()
        .map(|edge| edge.track.node().map_or_else(|| edge.value.meta().to_string(), |n| format!("#{}", n.id())))
        .collect();
    let scope = if node.scope().is_empty() { String::new() } else { format!("in {}  ", node.scope()) };
    let id = format!("#{}", node.id());
    let meta = node.meta().to_string();
    format!("{id:>5}  {:<18} {meta:<18} {:<16} {scope}at {}", node.name(), inputs.join(" "), node.location())
}

/// One step of a sweep in words: the node, the cotangent that arrived, and what goes on to its inputs.
/// Small tensors are shown with their values.
pub fn step_text(step: &SweepStep) -> String {
    let mut out = format!("{}\n         arrives  {}\n", line(&step.node), value(&step.cotangent));
    for (i, input) in step.node.inputs() {
        if let Some(part) = &step.outgoing[i] {
            let _ = writeln!(out, "         to #{:<5} {}", input.id(), value(part));
        }
    }
    out
}

fn value(tensor: &Tensor) -> String {
    match tensor.to_f64_vec() {
        Ok(values) if values.len() <= 6 => {
            let list: Vec<String> = values.iter().map(|v| format!("{v:.6}")).collect();
            format!("{} [{}]", tensor.meta(), list.join(", "))
        }
        Ok(values) => {
            let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
            format!("{} of norm {norm:.6}", tensor.meta())
        }
        Err(error) => format!("{} ({error})", tensor.meta()),
    }
}
