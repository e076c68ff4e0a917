//! The text of an example.

use crate::cli::support::error::CommandError;
use kiln::grad::graph::{Labels, tape};
use kiln::grad::{Sweep, Tensor};
use std::fmt::Write;

/// The text of an example, as it grows.
pub struct TracePage {
    text: String,
    labels: Labels,
    worst: f64,
}

impl TracePage {
    /// A page with a title, for an example whose code is `source` in the file that places call `file`.
    pub fn new(title: &str, [file, source]: [&str; 2]) -> Self {
        let mut labels = Labels::new();
        labels.source(file, source);
        TracePage { text: format!("{title}\n"), labels, worst: 0.0 }
    }

    /// All of it.
    pub fn text(self) -> String {
        self.text
    }

    /// The largest difference that [`compare`](TracePage::compare) met, relative to the larger of 1 and the value.
    #[cfg(test)]
    pub fn worst(&self) -> f64 {
        self.worst
    }

    /// A paragraph.
    pub fn say(&mut self, paragraph: &str) {
        let _ = writeln!(self.text, "\n{paragraph}");
    }

    /// A tensor with a name to take gradients for.
    #[track_caller]
    pub fn leaf(&mut self, name: &str, values: impl Into<Tensor>) -> Tensor {
        let leaf = values.into().tracked();
        self.labels.name(name, &leaf);
        leaf
    }

    /// What `f` computes; its values will be shown.
    pub fn compute(&mut self, f: impl FnOnce() -> Tensor) -> Tensor {
        let (y, tape) = tape(f);
        self.labels.values(&tape);
        y
    }

    /// The record behind `y`.
    pub fn graph(&mut self, y: &Tensor) {
        let _ = writeln!(self.text, "\nComputed, in this order:\n");
        self.text += &self.labels.text(y);
    }

    /// Walks from `y`, one number, back to `xs`, and writes down each step. With `recording`, the
    /// gradients can be differentiated again.
    pub fn sweep(&mut self, y: Tensor, xs: &[&Tensor], recording: bool) -> Result<Vec<Tensor>, CommandError> {
        let one = y.ones_like();
        let mut sweep = Sweep::new(y, one, xs, recording)?;
        let _ = writeln!(self.text, "\nBackwards, the youngest first:\n");
        let (steps, tape) = tape(|| sweep.by_ref().collect::<Vec<_>>());
        self.labels.values(&tape);
        for step in steps {
            self.text += &self.labels.step_text(&step);
        }
        Ok(sweep.finish(xs))
    }

    /// A gradient beside what it should be.
    pub fn compare(
        &mut self,
        name: &str,
        gradient: &Tensor,
        source: &str,
        expected: &[f64],
    ) -> Result<(), CommandError> {
        let _ = writeln!(self.text, "\n{name:<24} {:>14} {source:>18}", "by the sweep");
        for (i, (got, want)) in gradient.to_f64_vec()?.iter().zip(expected).enumerate() {
            self.worst = self.worst.max((got - want).abs() / want.abs().max(1.0));
            let index = if expected.len() == 1 { String::new() } else { format!("[{i}]") };
            let _ = writeln!(self.text, "{index:<24} {got:>14.9} {want:>18.9}");
        }
        Ok(())
    }
}

/// The gradient of `f` at `x` by central differences of fourth order.
pub fn differences(
    x: &[f64],
    f: impl Fn(&[f64]) -> Result<f64, CommandError>,
) -> Result<Vec<f64>, CommandError> {
    const STEP: f64 = 1e-3;
    let along = |i: usize, distance: f64| {
        let mut moved = x.to_vec();
        moved[i] += distance;
        f(&moved)
    };
    let slope = |i: usize| {
        let near = along(i, STEP)? - along(i, -STEP)?;
        let far = along(i, 2.0 * STEP)? - along(i, -2.0 * STEP)?;
        Ok((8.0 * near - far) / (12.0 * STEP))
    };
    (0..x.len()).map(slope).collect()
}
