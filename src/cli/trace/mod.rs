//! `kiln trace`: examples of gradients, printed node by node.

mod conv;
mod diamond;
mod neuron;
mod page;
mod penalty;
mod polynomial;
mod second;

use super::failure::Failure;
use super::{nearest::nearest, output};
use page::Page;

/// A computation to watch.
struct Example {
    name: &'static str,
    about: &'static str,
    show: fn(&mut Page) -> Result<(), Failure>,
}

/// From simple to not so simple.
const EXAMPLES: [Example; 6] = [
    Example { name: "polynomial", about: "x³ + 2x at 3: each op's rule, once", show: polynomial::show },
    Example { name: "neuron", about: "tanh(w·x + b): the chain rule through a neuron", show: neuron::show },
    Example { name: "diamond", about: "x² · sin x: what is used twice adds up", show: diamond::show },
    Example { name: "second", about: "x³ twice: the derivative of a derivative", show: second::show },
    Example { name: "conv", about: "a convolution: its two gradients are its siblings", show: conv::show },
    Example { name: "penalty", about: "a gradient in a loss: the penalty of WGAN-GP", show: penalty::show },
];

/// Prints the names of the examples.
pub fn list() -> Result<(), Failure> {
    let line = |example: &Example| format!("{:<12}{}\n", example.name, example.about);
    let lines: String = EXAMPLES.iter().map(line).collect();
    output::print(&format!("{lines}\nWatch one with `kiln trace NAME`.\n"))
}

/// Prints an example.
pub fn show(name: &str) -> Result<(), Failure> {
    let Some(example) = EXAMPLES.iter().find(|example| example.name == name) else {
        let hint = nearest(name, EXAMPLES.iter().map(|example| example.name));
        return Err(Failure::usage(format!("there is no example {name:?}; {hint}")));
    };
    let mut page = Page::new(example.about);
    (example.show)(&mut page)?;
    output::print(&page.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_agrees_with_its_check() {
        for example in &EXAMPLES {
            let mut page = Page::new(example.about);
            (example.show)(&mut page).unwrap();
            assert!(page.worst() < 1e-8, "{}: off by {:e}", example.name, page.worst());
        }
    }
}
