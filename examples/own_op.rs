//! An op of your own: `sinc(x) = sin(x) / x`, with its derivative, checked against finite differences.
//!
//! ```text
//! cargo run --example own_op
//! ```

use kiln::check;
use kiln::grad::{Array, Forward, Meta, Op, ShapeError, Tensor, Vjp, apply, grad, grad_recorded};
use kiln::tensor::{Map, Zip};

#[derive(Debug)]
struct Sinc;

impl Op for Sinc {
    fn name(&self) -> &'static str {
        "sinc"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        match ins[0].dtype.is_float() {
            true => Ok(ins[0]),
            false => Err(ShapeError::new("sinc", format!("got {}; wanted floats", ins[0]))),
        }
    }

    /// Computed with arrays, which know nothing of derivatives.
    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_input(0);
        cx.save_output();
        cx.input(0).map(Map::Sin).zip(Zip::Div, cx.input(0))
    }

    /// `d sinc / dx = (cos x − sinc x) / x`, written in ops, so that it can be differentiated again.
    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        let x = cx.input(0);
        vec![Some(v * (x.cos() - cx.output()) / x)]
    }
}

fn sinc(x: &Tensor) -> Tensor {
    apply(Sinc, [x])
}

fn main() -> Result<(), kiln::grad::Error> {
    let x = Tensor::from(1.0_f64).tracked();
    let first = grad_recorded(sinc(&x), &[&x]).remove(0);
    let second = grad(first.clone(), &[&x]).remove(0);
    println!("sinc(1) = {:.9}", sinc(&x).item()?);
    println!("sinc'(1) = {:.9}, sinc''(1) = {:.9}\n", first.item()?, second.item()?);

    // First and second order, in f64, at a few points.
    let points = [Tensor::from([0.5_f64, 1.0, 2.0, 4.0])];
    println!("{}", check::gradients(|x| sinc(&x[0]), &points));

    // The checker finds a wrong rule: here the quotient rule without its second part.
    #[derive(Debug)]
    struct Wrong;
    impl Op for Wrong {
        fn name(&self) -> &'static str {
            "wrong_sinc"
        }
        fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
            Sinc.shape(ins)
        }
        fn forward(&self, cx: &mut Forward) -> Array {
            Sinc.forward(cx)
        }
        fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
            let x = cx.input(0);
            vec![Some(v * x.cos() / x)]
        }
    }
    println!("and a wrong one:\n\n{}", check::gradients(|x| apply(Wrong, [&x[0]]), &points));
    Ok(())
}
