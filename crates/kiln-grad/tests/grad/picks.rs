//! Gradients of parts of a tensor, which are added up in place.

use kiln_grad::{DType, Device, Sweep, Tensor, grad, grad_recorded};
use kiln_tensor::{Kernel, KernelCall, View, Watcher, watch};
use std::cell::Cell;
use std::rc::Rc;

fn values(x: &Tensor) -> Vec<f64> {
    x.to_f64_vec().unwrap()
}

fn numbers(dims: &[usize]) -> Tensor {
    let count: usize = dims.iter().product();
    let numbers: Vec<f64> = (0..count).map(|i| (i as f64 * 0.7).sin()).collect();
    Tensor::from_slice(&numbers, dims, &Device::cpu())
}

/// Bytes that the kernels write; of an output that is added to at places only what is added.
#[derive(Default)]
struct Written(Cell<u64>);

impl Watcher for Written {
    fn after(&self, call: &KernelCall) {
        let written = if let Kernel::ScatterAdd { .. } = call.kernel { &call.ins[..1] } else { call.outs };
        self.0.set(self.0.get() + written.iter().map(View::bytes).sum::<u64>());
    }
}

/// Bytes that the sweep from `y` writes.
fn written(y: Tensor, xs: &[&Tensor]) -> u64 {
    let written = Rc::new(Written::default());
    let watching = watch(written.clone());
    grad(y, xs);
    drop(watching);
    written.0.get()
}

type Parts = fn(&Tensor, usize) -> Tensor;

/// Parts of a matrix by number, a row or less each.
const PARTS: [(&str, Parts); 10] = [
    ("rows", |x, i| x.select_at(0, i)),
    ("columns", |x, i| x.select_at(1, i)),
    ("every other element of a row, backwards", |x, i| {
        x.narrow(0, i, 1).slice(1, x.dim(1) - 1, x.dim(1) / 2, -2)
    }),
    ("rows of a transpose", |x, i| x.transpose(0, 1).select_at(0, i)),
    ("elements of what is flat", |x, i| x.flatten(0).narrow(0, 3 * i, 2)),
    ("elements of a transpose that is flat", |x, i| x.transpose(0, 1).flatten(0).narrow(0, 3 * i, 2)),
    ("a row by its number", |x, i| x.index_select(0, &Tensor::from([i as u32]))),
    ("a row twice", |x, i| x.embedding(&Tensor::from([i as u32, i as u32]))),
    ("columns of a transpose by their numbers", |x, i| {
        x.transpose(0, 1).index_select(1, &Tensor::from([i as u32, 0]))
    }),
    ("chunks", |x, i| x.flatten(0).chunk(x.dim(0), 0).swap_remove(i)),
];

/// The sum of the squares of all parts.
fn squares(x: &Tensor, part: Parts) -> Tensor {
    let parts = (0..x.dim(0)).map(|i| part(x, i).square().sum(..));
    parts.reduce(|a, b| a + b).unwrap()
}

/// As a sweep that is looked at, or recorded, finds them by the rules of the ops.
#[test]
fn gradients_of_parts_are_those_that_the_rules_give() {
    for (name, part) in PARTS {
        let x = numbers(&[6, 6]).tracked();
        // The parts alone, and with other uses of x before, between and after.
        let uses: [fn(&Tensor, Parts) -> Tensor; 3] = [
            squares,
            |x, part| x.exp().sum(..) + squares(x, part),
            |x, part| squares(x, part) + x.exp().sum(..) + squares(&x.transpose(0, 1), part) + x.sum(..),
        ];
        for f in uses {
            let in_place = values(&grad(f(&x, part), &[&x])[0]);
            let y = f(&x, part);
            let one = y.ones_like();
            let last = Sweep::new(y, one, &[&x], false).unwrap().last().unwrap();
            let recorded = grad_recorded(f(&x, part), &[&x]).remove(0);
            for (i, want) in values(&last.cotangent).into_iter().enumerate() {
                assert!((in_place[i] - want).abs() < 1e-12, "{name}: {} and {want}", in_place[i]);
                assert!((values(&recorded)[i] - want).abs() < 1e-12, "{name}");
            }
        }
    }
}

/// A recorded gradient can be differentiated again, and the gradient of that isn't recorded: it adds in place too.
#[test]
fn second_derivatives_of_parts_are_right() {
    for (name, part) in PARTS {
        let x = numbers(&[6, 6]).tracked();
        let cubes =
            |x: &Tensor| (0..6).map(|i| part(x, i).pow_scalar(3.0).sum(..)).reduce(|a, b| a + b).unwrap();
        let gradient = grad_recorded(cubes(&x), &[&x]).remove(0);
        let second = values(&grad((&gradient * &gradient).sum(..), &[&x])[0]);
        // How often an element is in a part says what its derivatives are.
        let counts =
            values(&grad((0..6).map(|i| part(&x, i).sum(..)).reduce(|a, b| a + b).unwrap(), &[&x])[0]);
        for ((x, count), second) in values(&x).into_iter().zip(counts).zip(second) {
            let want = 36.0 * count * count * x.powi(3);
            assert!((second - want).abs() < 1e-10, "{name}: {second} and {want}");
        }
    }
}

#[test]
fn gradients_of_views_in_between_can_be_asked_for() {
    let x = numbers(&[4, 5]).tracked();
    let turned = x.transpose(0, 1);
    let row = turned.select_at(0, 2);
    let y = row.square().sum(..) + turned.select_at(0, 2).sum(..) + x.select_at(1, 2).sum(..);
    let gradients = grad(y, &[&x, &turned, &row]);
    for (i, v) in values(&row).into_iter().enumerate() {
        assert_eq!(values(&gradients[2])[i], 2.0 * v);
        assert!((values(&gradients[1])[2 * 4 + i] - (2.0 * v + 1.0)).abs() < 1e-15);
        assert!((values(&gradients[0])[i * 5 + 2] - (2.0 * v + 2.0)).abs() < 1e-15);
    }
}

/// Other tensors that share the memory of a cotangent keep their values.
#[test]
fn what_shares_a_cotangent_does_not_change() {
    let x = numbers(&[3, 2]).tracked();
    let v = numbers(&[3, 2]);
    // The rule of the alias hands v on.
    let (first, whole) = (x.narrow(0, 0, 1), x.alias());
    let y = &whole + first.broadcast_to([3, 2]);
    let gradient = kiln_grad::vjp(y, &v, &[&x]).remove(0);
    assert_eq!(values(&v), values(&numbers(&[3, 2])));
    let columns = [0, 1].map(|column| (0..3).map(|row| values(&v)[2 * row + column]).sum::<f64>());
    for (i, v) in values(&v).into_iter().enumerate() {
        let want = v + if i < 2 { columns[i] } else { 0.0 };
        assert!((values(&gradient)[i] - want).abs() < 1e-15);
    }
}

/// All parts of a tensor together cost a sweep no more than the tensor does: for each part nothing else is touched.
#[test]
fn a_sweep_over_parts_writes_no_more_than_they_are() {
    // Of those that lie in a copy, each has its own.
    for (name, part) in PARTS.into_iter().filter(|(name, _)| !name.ends_with("transpose that is flat")) {
        let bytes = |rows: usize| {
            let x = numbers(&[rows, rows]).tracked();
            written(squares(&x, part), &[&x]) as f64 / (8 * rows * rows) as f64
        };
        let (few, many) = (bytes(8), bytes(64));
        assert!(many < 12.0, "{name}: {many} times the tensor is written");
        assert!(many < 1.5 * few, "{name}: {few} times the tensor with 8 parts, {many} with 64");
    }
}

/// So does a recurrence that reads its input step by step and joins what it found.
#[test]
fn a_sweep_over_an_unrolled_recurrence_writes_in_proportion_to_its_steps() {
    let bytes = |steps: usize| {
        let (x, w) = (numbers(&[steps, 4]).tracked(), numbers(&[4, 4]).tracked());
        let mut h = Tensor::zeros([1, 4], DType::F64, &Device::cpu());
        let mut all = Vec::new();
        for t in 0..steps {
            h = (h.matmul(&w) + x.narrow(0, t, 1)).tanh();
            all.push(h.clone());
        }
        let y = Tensor::concat(&all.iter().collect::<Vec<_>>(), 0).square().sum(..);
        drop(all);
        written(y, &[&x, &w]) as f64 / steps as f64
    };
    let (few, many) = (bytes(16), bytes(256));
    assert!(many < 1.2 * few, "{few} bytes a step of 16, {many} of 256");
}
