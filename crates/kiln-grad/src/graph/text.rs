//! A graph as lines of text.

use super::labels::Labels;
use crate::node::Node;
use crate::sweep::SweepStep;
use crate::tensor::Tensor;
use kiln_tensor::Array;
use std::fmt::Write;

/// Elements of a tensor up to which they are shown; of a larger one there is the norm.
const FEW: usize = 16;

/// The graph behind `y`, a node a line, in the order in which it was computed; numbered from 1:
///
/// ```text
///    #3  mul      f64[]      #1 #2    in D.conv1   at src/main.rs:7:13
/// ```
///
/// An input that isn't tracked is shown as its type and dims. With [`Labels`], nodes have names and values too.
pub fn text(y: &Tensor) -> String {
    Labels::new().text(y)
}

impl Labels {
    /// The graph behind `y`, a node a line, in the order in which it was computed:
    ///
    /// ```text
    ///       | let y = (&w * &x).tanh();
    ///    #1  mul      f64[]      w x      = 0.5000
    ///    #2  tanh     f64[]      #1       = 0.4621
    /// ```
    ///
    /// Values are there for nodes that have a name or whose ops are on a tape, code for files that are known; else there
    /// are places.
    pub fn text(&mut self, y: &Tensor) -> String {
        let Some(root) = y.node() else { return format!("{} (not tracked)\n", y.meta()) };
        let mut out = String::new();
        for node in self.number(root) {
            self.write_line(&mut out, node, true);
        }
        out
    }

    /// A step of a sweep in words: the node, the cotangent that arrived, and what goes on to its inputs. Small tensors are
    /// shown with their values.
    pub fn step_text(&mut self, step: &SweepStep) -> String {
        let mut out = String::new();
        self.write_line(&mut out, &step.node, false);
        write_value(&mut out, "         arrives  ", step.cotangent.array());
        out.push('\n');
        for (i, input) in step.node.inputs() {
            if let Some(part) = &step.outgoing[i] {
                let label = self.label(input);
                write_value(&mut out, &format!("         to {label:<5} "), part.array());
                out.push('\n');
            }
        }
        out
    }

    fn write_line(&mut self, out: &mut String, node: &Node, with_value: bool) {
        if let Some(code) = self.next_code(node.location()) {
            let _ = writeln!(out, "      | {code}");
        }
        let mut inputs = Vec::new();
        for edge in &node.edges {
            inputs.push(match edge.track.node() {
                Some(input) => self.label(input),
                None => edge.meta().to_string(),
            });
        }
        let (label, meta) = (self.label(node), node.meta().to_string());
        let _ = write!(out, "{label:>5}  {:<18} {meta:<18} {:<16}", node.name(), inputs.join(" "));
        if let Some(value) = self.value(node).filter(|_| with_value) {
            write_value(out, " = ", value);
        }
        if !node.scope().is_empty() {
            let _ = write!(out, " in {} ", node.scope());
        }
        if self.code(node.location()).is_none() {
            let _ = write!(out, " at {}", node.location());
        }
        out.push('\n');
    }
}

/// Writes what is shown of a tensor behind these words.
fn write_value(out: &mut String, words: &str, array: &Array) {
    let line = out.rfind('\n').map_or(0, |at| at + 1);
    out.push_str(words);
    let indent = out[line..].chars().count();
    if array.numel() <= FEW {
        // Rows below each other.
        out.push_str(&array.to_string().replace('\n', &format!("\n{:indent$}", "")));
    } else {
        match array.to_f64_vec() {
            Ok(values) => {
                let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
                let _ = write!(out, "{} of norm {norm:.6}", array.meta());
            }
            Err(error) => {
                let _ = write!(out, "{} ({error})", array.meta());
            }
        }
    }
}
