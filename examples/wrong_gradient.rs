//! A subtly wrong op: right for every even length. The checker finds it, says where to look, and writes the
//! test that keeps it found.
//!
//! ```text
//! cargo run --example wrong_gradient
//! ```

use kiln::check::{CheckOptions, call};
use kiln::grad::{Array, Forward, Meta, Op, ShapeError, Tensor, Vjp, apply};
use kiln::tensor::{Map, Zip};
use std::time::Instant;

/// Means of neighbouring pairs along the rows of a matrix; the last of an odd number stays alone.
#[derive(Debug)]
struct PairMean;

impl Op for PairMean {
    fn name(&self) -> &'static str {
        "pair_mean"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        match ins[0].dims[..] {
            [rows, length] => Ok(Meta { dims: [rows, length.div_ceil(2)].into(), ..ins[0] }),
            _ => Err(ShapeError::new("pair_mean", format!("got {}; wanted a matrix", ins[0]))),
        }
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        let x = cx.input(0);
        let length = x.dims()[1];
        let every_second = |start: usize| x.slice(1, start, length / 2, 2);
        let means = every_second(0).zip(Zip::Add, &every_second(1)).map(Map::MulScalar(0.5));
        if length.is_multiple_of(2) {
            return means;
        }
        Array::concat(&[&means, &x.slice(1, length - 1, 1, 1)], 1)
    }

    /// Half of the cotangent to each of a pair; but the one that stays alone should get all of it.
    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        let (rows, pairs) = (v.dims()[0], v.dims()[1]);
        let twice = (v * 0.5).unsqueeze(2).broadcast_to([rows, pairs, 2]).reshape([rows, pairs * 2]);
        vec![Some(twice.narrow(1, 0, cx.input_dims(0)[1]))]
    }
}

fn pair_mean(x: &Tensor) -> Tensor {
    apply(PairMean, [x])
}

fn main() {
    let options = CheckOptions::new();
    let even =
        call!(|x| pair_mean(&x[0]), [Tensor::from([[0.31, -1.2, 0.77, 0.1], [1.52, -0.4, 0.93, 2.6]])]);
    match even.linear().check(&options) {
        Ok(report) => println!("rows of four: {report}\n"),
        Err(failure) => println!("{failure}"),
    }

    let start = Instant::now();
    let odd = call!(|x| pair_mean(&x[0]), [Tensor::from([[0.31, -1.2, 0.77], [1.52, -0.4, 0.93]])]);
    let odd = odd.linear().using("super::pair_mean");
    if let Err(failure) = odd.check(&options) {
        println!("rows of three: {failure}");
    }
    println!("found in {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
}
