//! Ops that move elements, and products.

use super::shapes::{LENGTHS, axis, dims};
use super::values::{NumberSource, numbers};
use crate::call::Call;
use kiln_grad::{Dims, Domain, Tensor};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// The random part of a move: numbers that are read as the op needs them.
#[derive(Clone, Debug)]
struct MoveChoice {
    /// From the first axis or, negative, from the last.
    axis: i32,
    step: isize,
    /// Small numbers.
    picks: Vec<usize>,
}

/// Calls of `permute`, `slice`, `flip`, `pad`, `index_select`, `concat` and `broadcast_to`, of tensors of
/// rank 1 to 4: any order of the axes, steps in both directions, indices that repeat.
pub fn movement() -> impl Strategy<Value = Call> {
    let choice = (axis(4), select(vec![1isize, 2, 3, -1, -2]), vec(0..6usize, 4));
    let choice = choice.prop_map(|(axis, step, picks)| MoveChoice { axis, step, picks });
    (0..7usize, dims(1..=4, 40), choice, numbers())
        .prop_map(|(which, dims, choice, numbers)| move_call(which, dims, choice, numbers).linear())
}

fn move_call(which: usize, dims: Dims, choice: MoveChoice, numbers: NumberSource) -> Call {
    let x = numbers.tensor(0, dims, Domain::Real);
    let (rank, MoveChoice { axis, step, picks }) = (dims.rank(), choice);
    // Of an axis that there is.
    let axis = if axis < 0 { -1 - (-1 - axis) % rank as i32 } else { axis % rank as i32 };
    let place = if axis < 0 { (rank as i32 + axis) as usize } else { axis as usize };
    let length = dims[place];
    match which {
        0 => {
            let mut axes: Vec<i32> = (0..rank as i32).collect();
            axes.sort_by_key(|&axis| picks[axis as usize]);
            Call::new(format!("|x| x[0].permute(&{axes:?})"), [x], move |x| x[0].permute(&axes))
        }
        // Of nothing there is a slice of nothing.
        1 => {
            let (start, room) = match length {
                0 => (0, 0),
                _ if step > 0 => (picks[0] % length, length - 1 - picks[0] % length),
                _ => (picks[0] % length, picks[0] % length),
            };
            let most = if length == 0 { 0 } else { room / step.unsigned_abs() + 1 };
            let count = most.min(1 + picks[1]);
            let code = format!("|x| x[0].slice({axis}, {start}, {count}, {step})");
            Call::new(code, [x], move |x| x[0].slice(axis, start, count, step))
        }
        2 => Call::new(format!("|x| x[0].flip({axis})"), [x], move |x| x[0].flip(axis)),
        3 => {
            let sides: Vec<(usize, usize)> =
                (0..rank).map(|i| (picks[i] % 3, picks[(i + 1) % 4] % 3)).collect();
            Call::new(format!("|x| x[0].pad(&{sides:?}, 0.5)"), [x], move |x| x[0].pad(&sides, 0.5))
        }
        4 if length > 0 => {
            let index: Vec<u32> = picks.iter().map(|&pick| (pick % length) as u32).collect();
            let numbers: Vec<String> = index.iter().map(|i| format!("{i}u32")).collect();
            let code = format!("|x| x[0].index_select({axis}, &Tensor::from([{}]))", numbers.join(", "));
            let index = Tensor::from_slice(&index, [index.len()], x.device());
            Call::new(code, [x], move |x| x[0].index_select(axis, &index))
        }
        5 => {
            let mut other = dims;
            other[place] = LENGTHS[picks[0]].min(3);
            let y = numbers.tensor(1, other, Domain::Real);
            let code = format!("|x| Tensor::concat(&[&x[0], &x[1], &x[0]], {axis})");
            Call::new(code, [x, y], move |x| Tensor::concat(&[&x[0], &x[1], &x[0]], axis))
        }
        _ => {
            let wide: Vec<usize> = [picks[0] % 3].into_iter().chain(dims.iter().copied()).collect();
            let code = format!("|x| x[0].broadcast_to({wide:?})");
            Call::new(code, [x], move |x| x[0].broadcast_to(&wide[..]))
        }
    }
}

/// Calls of `matmul`: of matrices, and of batches of them that broadcast; some of them empty.
pub fn products() -> impl Strategy<Value = Call> {
    let length = || select(vec![1usize, 2, 3, 5, 0]);
    let batch = || select(vec![vec![], vec![2usize], vec![1], vec![2, 1], vec![3, 1, 2]]);
    let sizes = (length(), length(), length());
    (sizes, batch(), batch(), numbers()).prop_map(|((m, k, n), left, right, numbers)| {
        let left = numbers.tensor(0, &[left, vec![m, k]].concat()[..], Domain::Real);
        let right = numbers.tensor(1, &[right, vec![k, n]].concat()[..], Domain::Real);
        Call::new("|x| x[0].matmul(&x[1])", [left, right], |x| x[0].matmul(&x[1])).linear()
    })
}

/// Calls of `linear`: of vectors, matrices and batches of them; some of them empty.
pub fn dense() -> impl Strategy<Value = Call> {
    let length = || select(vec![1usize, 2, 3, 5, 0]);
    let leading = select(vec![vec![], vec![3usize], vec![1], vec![0], vec![2, 2]]);
    (leading, length(), length(), numbers()).prop_map(|(leading, k, n, numbers)| {
        let dims = [[leading, vec![k]].concat(), vec![n, k], vec![n]];
        let inputs = [0, 1, 2].map(|i| numbers.tensor(i, &dims[i][..], Domain::Real));
        Call::new("|x| x[0].linear(&x[1], &x[2])", inputs, |x| x[0].linear(&x[1], &x[2]))
    })
}
