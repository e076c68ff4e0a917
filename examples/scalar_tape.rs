//! Backpropagation in forty lines: a tape of scalars by hand, then the same with kiln.
//!
//! ```text
//! cargo run --example scalar_tape
//! ```

use kiln::grad::{Sweep, Tensor, graph};

/// One entry a number: which entries it came from, and the derivative with respect to each.
#[derive(Default)]
struct Tape {
    values: Vec<f64>,
    sources: Vec<Vec<(usize, f64)>>,
}

impl Tape {
    fn push(&mut self, value: f64, sources: Vec<(usize, f64)>) -> usize {
        self.values.push(value);
        self.sources.push(sources);
        self.values.len() - 1
    }

    fn leaf(&mut self, value: f64) -> usize {
        self.push(value, vec![])
    }

    fn add(&mut self, a: usize, b: usize) -> usize {
        self.push(self.values[a] + self.values[b], vec![(a, 1.0), (b, 1.0)])
    }

    fn mul(&mut self, a: usize, b: usize) -> usize {
        let (x, y) = (self.values[a], self.values[b]);
        self.push(x * y, vec![(a, y), (b, x)])
    }

    fn tanh(&mut self, a: usize) -> usize {
        let y = self.values[a].tanh();
        self.push(y, vec![(a, 1.0 - y * y)])
    }

    /// The derivative of entry `y` with respect to every entry: one walk from the end to the start.
    fn backward(&self, y: usize) -> Vec<f64> {
        let mut gradients = vec![0.0; self.values.len()];
        gradients[y] = 1.0;
        for i in (0..=y).rev() {
            for &(source, derivative) in &self.sources[i] {
                gradients[source] += gradients[i] * derivative;
            }
        }
        gradients
    }
}

fn main() -> Result<(), kiln::grad::Error> {
    // A neuron, y = tanh(w x + b), that uses w twice: y = tanh(w x + b) + w.
    let mut tape = Tape::default();
    let (w, x, b) = (tape.leaf(0.5), tape.leaf(-1.5), tape.leaf(0.25));
    let product = tape.mul(w, x);
    let sum = tape.add(product, b);
    let activation = tape.tanh(sum);
    let y = tape.add(activation, w);
    let by_hand = tape.backward(y);
    println!(
        "by hand:  y = {:.6}, dy/dw = {:.6}, dy/dx = {:.6}, dy/db = {:.6}\n",
        tape.values[y], by_hand[w], by_hand[x], by_hand[b]
    );

    // The same with kiln. Numbers become tensors, the tape becomes nodes that tensors hold on to.
    let [w, x, b] = [0.5, -1.5, 0.25].map(|value: f64| Tensor::from(value).tracked());
    let (y, ran) = graph::tape(|| (&w * &x + &b).tanh() + &w);
    let mut labels = graph::Labels::new();
    labels.name("w", &w).name("x", &x).name("b", &b).values(&ran);
    println!("the graph:\n{}", labels.text(&y));
    println!("the sweep, node by node:\n");
    let one = y.ones_like();
    let mut gradients = Vec::new();
    for step in Sweep::new(y, one, &[&w, &x, &b], false).expect("y depends on all three") {
        print!("{}", labels.step_text(&step));
        if step.node.op().is_none() {
            gradients.push(step.cotangent.item()?);
        }
    }
    // Leaves are reached youngest first: b, x, w.
    println!(
        "\nkiln:     dy/dw = {:.6}, dy/dx = {:.6}, dy/db = {:.6}",
        gradients[2], gradients[1], gradients[0]
    );
    Ok(())
}
