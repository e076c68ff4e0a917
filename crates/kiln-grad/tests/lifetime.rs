//! How long graphs live. One test, in a program of its own: the number of live nodes is the process's.

use kiln_grad::{
    Array, Forward, Meta, Op, ShapeError, Tensor, Vjp, apply, grad, grad_recorded, hvp, jvp, live_nodes,
};
use std::sync::Mutex;

static SEEN: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// The identity, whose rule notes how many nodes there are.
#[derive(Debug)]
struct NodeCounter;

impl Op for NodeCounter {
    fn name(&self) -> &'static str {
        "watch"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        Ok(ins[0])
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.input(0).clone()
    }

    fn vjp(&self, _: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        SEEN.lock().unwrap().push(live_nodes());
        vec![Some(v.clone())]
    }
}

fn watched(length: usize) -> (Tensor, Tensor) {
    let x = Tensor::from(2.0).tracked();
    let y = (0..length).fold(x.clone(), |y, _| apply(NodeCounter, [&y]));
    (x, y)
}

fn seen() -> Vec<usize> {
    std::mem::take(&mut SEEN.lock().unwrap())
}

/// Every node but those of the tensors still held is dropped as soon as its rule has run.
fn sweeps_drop_the_graph_as_they_go() {
    let (x, y) = watched(100);
    assert_eq!(live_nodes(), 101);
    assert_eq!(grad(y, &[&x])[0].item(), Ok(1.0));
    assert_eq!(seen(), (2..=101).rev().collect::<Vec<_>>());
    assert_eq!(live_nodes(), 1, "the leaf");

    let (x, y) = watched(100);
    for _ in 0..2 {
        assert_eq!(grad(y.clone(), &[&x])[0].item(), Ok(1.0));
        assert!(seen().iter().all(|&nodes| nodes == 102), "a graph that is still held stays");
    }
    assert_eq!(live_nodes(), 102);
    drop((x, y));
}

fn nothing_is_left_behind() {
    let x = Tensor::from([0.5, -1.0, 2.0]).tracked();
    let w = Tensor::from([[1.0, 2.0, 0.1], [0.3, -0.2, 1.0]]).tracked();
    // Recorded gradients, saved outputs, a fused op with its composite, a detached branch.
    let image = w.reshape([1, 2, 3]);
    let (normal, _) = image.batch_norm(None, 1e-5);
    let y = (normal * x.tanh() * image.detach()).sum(..) + w.softmax(1).square().sum(..);
    let first = grad_recorded(y.clone(), &[&x, &w]);
    let second = grad_recorded(first[1].square().sum(..) + first[0].sum(..), &[&x, &w]);
    let third = grad(second[0].sum(..), &[&w]);
    assert!(third[0].to_f64_vec().unwrap().iter().all(|g| g.is_finite()));
    jvp(|x| x.exp() * x, &x, &x.detach());
    hvp(|x| x.exp().sum(..), &x, &x.detach());
}

/// Walking and dropping a long chain must not recurse: this stack holds a few dozen frames.
fn a_million_nodes_fit_a_small_stack() {
    let chain = || {
        let x = Tensor::from(1.5).tracked();
        let y = (0..1_000_000).fold(x.clone(), |y, _| -y);
        (x, y)
    };
    let run = move || {
        let (x, y) = chain();
        assert_eq!(live_nodes(), 1_000_001);
        assert_eq!(grad(y, &[&x])[0].item(), Ok(1.0));
        assert_eq!(live_nodes(), 1);
        drop(x);
        drop(chain());
        assert_eq!(live_nodes(), 0);
    };
    std::thread::Builder::new().stack_size(64 << 10).spawn(run).unwrap().join().unwrap();
}

#[test]
fn graphs_live_as_long_as_they_are_needed() {
    sweeps_drop_the_graph_as_they_go();
    assert_eq!(live_nodes(), 0);
    nothing_is_left_behind();
    assert_eq!(live_nodes(), 0);
    a_million_nodes_fit_a_small_stack();
    assert_eq!(live_nodes(), 0);
}
