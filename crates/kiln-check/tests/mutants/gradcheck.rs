//! What the usual check would say: `gradcheck` as other engines have it, at its default tolerances. All
//! entries of the Jacobian by central differences of step 1e-6, `|a − n| ≤ 1e-5 + 1e-3·|n|`, and the same
//! bits when the gradient is taken again.

use kiln_grad::{GradError, Sweep, Tensor};

const STEP: f64 = 1e-6;
const ABSOLUTE: f64 = 1e-5;
const RELATIVE: f64 = 1e-3;

/// A function, and a point.
type PlainFn<'a> = &'a dyn Fn(&[Tensor]) -> Tensor;

/// Whether the gradients pass.
pub fn passes(f: PlainFn, inputs: &[Tensor]) -> bool {
    let y = numbers(&f(inputs));
    let columns = |i: usize| (0..inputs[i].numel()).map(move |j| column(f, inputs, i, j));
    let numeric: Vec<Vec<Vec<f64>>> = (0..inputs.len()).map(|i| columns(i).collect()).collect();
    (0..y.len()).all(|o| {
        let v: Vec<f64> = (0..y.len()).map(|k| f64::from(u8::from(k == o))).collect();
        let (row, again) = (gradients(f, inputs, &v, false), gradients(f, inputs, &v, false));
        let close = |i: usize, j: usize, a: f64| {
            let n = numeric[i][j][o];
            (a - n).abs() <= ABSOLUTE + RELATIVE * n.abs()
        };
        let all = |(i, g): (usize, &Tensor)| numbers(g).into_iter().enumerate().all(|(j, a)| close(i, j, a));
        row.iter().enumerate().all(all) && row.iter().zip(&again).all(|(a, b)| numbers(a) == numbers(b))
    })
}

/// Whether the gradients of the gradients pass, for a random cotangent `v`.
pub fn passes_second(f: PlainFn, inputs: &[Tensor], v: &Tensor) -> bool {
    let product = |x: &[Tensor]| {
        let (v, x) = x.split_last().expect("the cotangent is there");
        let leaves: Vec<Tensor> =
            x.iter().map(|x| if x.is_tracked() { x.clone() } else { x.tracked() }).collect();
        let flat: Vec<Tensor> =
            pull(f, &leaves, v, true).iter().map(|gradient| gradient.reshape([gradient.numel()])).collect();
        Tensor::concat(&flat.iter().collect::<Vec<_>>(), 0)
    };
    passes(&product, &[inputs, std::slice::from_ref(v)].concat())
}

fn numbers(x: &Tensor) -> Vec<f64> {
    x.to_f64_vec().unwrap()
}

/// The derivative of all outputs for one element.
fn column(f: PlainFn, inputs: &[Tensor], i: usize, j: usize) -> Vec<f64> {
    let at = |step: f64| {
        let mut values = numbers(&inputs[i]);
        values[j] += step;
        let mut moved = inputs.to_vec();
        moved[i] = Tensor::from_slice(&values, *inputs[i].dims(), inputs[i].device());
        numbers(&f(&moved))
    };
    at(STEP).iter().zip(at(-STEP)).map(|(right, left)| (right - left) / (2.0 * STEP)).collect()
}

fn gradients(f: PlainFn, inputs: &[Tensor], v: &[f64], recorded: bool) -> Vec<Tensor> {
    let leaves: Vec<Tensor> = inputs.iter().map(Tensor::tracked).collect();
    let dims = *f(inputs).dims();
    pull(f, &leaves, &Tensor::from_slice(v, dims, inputs[0].device()), recorded)
}

/// The gradients for all leaves at once, zeros where there is no path.
fn pull(f: PlainFn, leaves: &[Tensor], v: &Tensor, recorded: bool) -> Vec<Tensor> {
    let y = f(leaves);
    let mut wanted: Vec<&Tensor> = leaves.iter().collect();
    let found = loop {
        match Sweep::new(y.clone(), v.clone(), &wanted, recorded) {
            Ok(sweep) => break sweep.finish(&wanted),
            Err(GradError::NoPath { index, .. }) => drop(wanted.remove(index)),
            Err(GradError::ResultNotTracked | GradError::ResultDetached { .. }) => {
                break wanted.iter().map(|x| x.zeros_like()).collect();
            }
            Err(error) => panic!("{error}"),
        }
    };
    let id = |x: &Tensor| x.node().map(|node| node.id());
    let place = |x: &Tensor| wanted.iter().position(|other| id(other) == id(x));
    leaves.iter().map(|x| place(x).map_or_else(|| x.zeros_like(), |i| found[i].clone())).collect()
}
