//! Sums of products of elements, said by the names of axes (Einstein's convention).

use crate::case::Case;
use crate::definition::Definition;
use crate::equation::{is_of_ellipsis, read};
use crate::op::assert_floats;
use crate::reference::{Values, each_index};
use crate::tensor::Tensor;
use kiln_tensor::Dims;

impl Tensor {
    /// The sum of products of the operands' elements: `"ij,jk->ik"` is the product of two matrices. A letter is an axis;
    /// one that is not in the result is summed over, and one that is twice in an operand takes its diagonal. Without
    /// `->` the result has the letters that occur once, in alphabetical order. `...` stands for all axes that have no letter;
    /// they broadcast, and come first in a result that isn't given.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let (a, b) = (Tensor::from([[1.0, 2.0], [3.0, 4.0]]), Tensor::from([10.0, 100.0]));
    /// assert_eq!(Tensor::einsum("ij,j->i", &[&a, &b]).to_f64_vec()?, [210.0, 430.0]);
    /// assert_eq!(Tensor::einsum("ii", &[&a]).item()?, 5.0);
    /// assert_eq!(Tensor::einsum("...j,j->...", &[&a, &b]).to_f64_vec()?, [210.0, 430.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When the equation doesn't fit the operands.
    #[must_use]
    #[track_caller]
    pub fn einsum(equation: &str, operands: &[&Tensor]) -> Tensor {
        if !operands.is_empty() {
            assert_floats("einsum", operands);
        }
        let plain: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
        let dims: Vec<&Dims> = operands.iter().map(|x| x.dims()).collect();
        let Some((inputs, output)) = read(&plain, &dims) else {
            panic!(
                "einsum: {equation:?} for {dims:?}; wanted a letter or `...` for each axis of each operand, of one length \
                 each, and in the result each at most once"
            )
        };
        // An axis of length 1 that `...` stands for is repeated along those of the others: it has no say.
        let longest = |c: &char| {
            let all = inputs.iter().zip(&dims).flat_map(|(letters, dims)| letters.iter().zip(dims.iter()));
            all.filter(|(d, _)| *d == c).map(|(_, length)| *length).max()
        };
        let (mut operands_left, mut inputs_left) = (Vec::new(), Vec::new());
        for (x, letters) in operands.iter().zip(&inputs) {
            let repeated = |i: &usize| {
                is_of_ellipsis(&letters[*i]) && x.dims()[*i] == 1 && longest(&letters[*i]) != Some(1)
            };
            let axes: Vec<i32> = (0..letters.len()).filter(repeated).map(|i| i as i32).collect();
            operands_left.push(x.squeeze(axes.as_slice()));
            let kept = (0..letters.len()).filter(|i| !repeated(i)).map(|i| letters[i]);
            inputs_left.push(kept.collect::<Vec<char>>());
        }
        let (operands, inputs) = (operands_left, inputs_left);
        let letters: Vec<char> = inputs.concat();
        // From the left: what no later operand and not the result needs is summed over as soon as it can be.
        let mut parts = operands.iter().zip(&inputs).map(|(x, letters)| x.diagonals(letters));
        let (mut x, mut have) = parts.next().expect("there is an operand, since the equation fits");
        let mut seen = inputs[0].len();
        for ((y, other), letters_of_it) in parts.zip(&inputs[1..]) {
            seen += letters_of_it.len();
            let later = &letters[seen..];
            let needed = |c: &char| output.contains(c) || later.contains(c);
            (x, have) = x.contract(&have, &y, &other, needed);
        }
        (x, have) = x.summed(&have, |c| output.contains(c));
        let order: Vec<i32> = output.iter().map(|c| place(&have, c).expect("it fits") as i32).collect();
        x.permute(&order)
    }

    /// The diagonals of axes with the same letter.
    #[track_caller]
    fn diagonals(&self, letters: &[char]) -> (Tensor, Vec<char>) {
        let (mut x, mut letters) = (self.clone(), letters.to_vec());
        while let Some(second) = (0..letters.len()).find(|&i| letters[..i].contains(&letters[i])) {
            let first = place(&letters, &letters[second]).expect("it was found");
            let rank = x.rank() as i32;
            let mut order: Vec<i32> =
                (0..rank).filter(|i| ![first as i32, second as i32].contains(i)).collect();
            order.extend([first as i32, second as i32]);
            let length = x.dim(first as i32);
            let flat = x.permute(&order).flatten(rank - 2);
            x = if length == 0 { flat } else { flat.slice(-1, 0, length, length as isize + 1) };
            let letter = letters.remove(second);
            letters.remove(first);
            letters.push(letter);
        }
        (x, letters)
    }

    /// The sum over the axes whose letters aren't needed.
    #[track_caller]
    fn summed(&self, letters: &[char], needed: impl Fn(&char) -> bool) -> (Tensor, Vec<char>) {
        let over: Vec<usize> = (0..letters.len()).filter(|&i| !needed(&letters[i])).collect();
        (self.sum(over), letters.iter().copied().filter(|c| needed(c)).collect())
    }

    /// The product with another operand, as one of matrices.
    #[track_caller]
    fn contract(
        &self,
        have: &[char],
        other: &Tensor,
        letters: &[char],
        needed: impl Fn(&char) -> bool,
    ) -> (Tensor, Vec<char>) {
        let (x, have) = self.summed(have, |c| needed(c) || letters.contains(c));
        let (y, letters) = other.summed(letters, |c| needed(c) || have.contains(c));
        let both =
            |kept: bool| have.iter().copied().filter(|c| letters.contains(c) && needed(c) == kept).collect();
        let (batch, inner): (Vec<char>, Vec<char>) = (both(true), both(false));
        let rows: Vec<char> = have.iter().copied().filter(|c| !letters.contains(c)).collect();
        let columns: Vec<char> = letters.iter().copied().filter(|c| !have.contains(c)).collect();
        let length = |c: &char| match place(&have, c) {
            Some(axis) => x.dims()[axis],
            None => y.dims()[place(&letters, c).expect("a letter is of one of them")],
        };
        let count = |group: &[char]| group.iter().map(length).product::<usize>();
        let ordered = |x: &Tensor, own: &[char], groups: [&[char]; 3]| {
            let order: Vec<i32> =
                groups.concat().iter().map(|c| place(own, c).expect("it is its own") as i32).collect();
            x.permute(&order).reshape(groups.map(&count))
        };
        let left = ordered(&x, &have, [&batch, &rows, &inner]);
        let product = left.matmul(&ordered(&y, &letters, [&batch, &inner, &columns]));
        let result = [batch, rows, columns].concat();
        (product.reshape(result.iter().map(length).collect::<Dims>()), result)
    }
}

fn place(letters: &[char], letter: &char) -> Option<usize> {
    letters.iter().position(|c| c == letter)
}

/// Domain, cases and refusals of `einsum`.
pub fn definition() -> Definition {
    let call =
        |equation: &'static str| move |x: &[Tensor]| Tensor::einsum(equation, &x.iter().collect::<Vec<_>>());
    let case = |equation: &'static str, dims: &'static [&'static [usize]], to: &'static str| {
        Case::new(equation, dims.iter().copied(), call(equation)).reference(move |x| {
            let inputs = equation.split("->").next().expect("there is a part").split(',').collect::<Vec<_>>();
            // Every letter runs through its axis.
            let mut all: Vec<(char, usize)> = Vec::new();
            for (letters, x) in inputs.iter().zip(x) {
                let new = letters.chars().zip(x.dims.iter().copied());
                all.extend(new.filter(|(c, _)| !all.iter().any(|(d, _)| d == c)).collect::<Vec<_>>());
            }
            all.dedup();
            let axis = |c: char| all.iter().position(|(d, _)| *d == c).expect("a known letter");
            let mut y = Values::zeros(to.chars().map(|c| all[axis(c)].1).collect::<Dims>());
            each_index(all.iter().map(|(_, length)| *length).collect::<Dims>(), |i| {
                let at = |letters: &str| letters.chars().map(|c| i[axis(c)]).collect::<Vec<_>>();
                *y.at_mut(&at(to)) +=
                    inputs.iter().zip(x).map(|(letters, x)| x.at(&at(letters))).product::<f64>();
            });
            y
        })
    };
    let products = "...ij,...jk->...ik";
    let ellipsis = [
        Case::new(products, [&[2, 1, 2, 3][..], &[3, 3, 2]], call(products)).reference(|x| {
            Values::build([2, 3, 2, 2], |i| {
                (0..3).map(|j| x[0].at(&[i[0], 0, i[2], j]) * x[1].at(&[i[1], j, i[3]])).sum()
            })
        }),
        Case::new("j...,j", [&[2, 3, 2][..], &[2]], call("j...,j")).reference(|x| {
            Values::build([3, 2], |i| (0..2).map(|j| x[0].at(&[j, i[0], i[1]]) * x[1].at(&[j])).sum())
        }),
        Case::new("...i->i", [[1, 2, 3]], call("...i->i"))
            .reference(|x| Values::build([3], |i| (0..2).map(|j| x[0].at(&[0, j, i[0]])).sum())),
    ];
    let mut cases = vec![
        case("ij,jk->ik", &[&[2, 3], &[3, 2]], "ik"),
        case("bij,bkj->bik", &[&[2, 2, 3], &[2, 2, 3]], "bik"),
        case("i,j,k->kij", &[&[2], &[3], &[2]], "kij"),
        case("ij,jk,kl->il", &[&[2, 2], &[2, 3], &[3, 2]], "il"),
        case("ij,ij", &[&[2, 3], &[2, 3]], ""),
        case("ijj->ji", &[&[2, 3, 3]], "ji"),
        case("ba", &[&[2, 3]], "ab"),
        case("ij,k->i", &[&[2, 3], &[2]], "i"),
    ];
    cases.extend(ellipsis);
    Definition::new("all x", cases)
        .smooth()
        .refuses(
            &["einsum", "\"ij,jk->ik\" for [[2, 3], [2, 3]]", "one length"],
            [[2, 3], [2, 3]],
            call("ij,jk->ik"),
        )
        .refuses(&["einsum", "for each axis"], [[2, 3]], call("i->i"))
        .refuses(&["einsum", "at most once"], [[2, 3]], call("ij->ii"))
        .refuses(&["einsum", "wanted a letter"], [[2, 3]], call("..j->.."))
        .refuses(&["einsum", "wanted a letter"], [[2, 3]], call("...ijk->..."))
        .refuses(&["einsum", "of one length"], [[2, 3], [3, 3]], call("...i,...i->..."))
}
