//! The two shapes most ops have: a function of each element, and a function of each pair.

use crate::op::{Forward, Op, Vjp, same_floats};
use crate::portable::Portable;
use crate::tensor::Tensor;
use kiln_tensor::{Array, Kernel, Map, Meta, ShapeError, Zip};
use std::fmt::Debug;

/// Values that an elementwise op keeps for the backward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saves {
    /// Nothing: the derivative is constant.
    Nothing,
    /// The inputs.
    Inputs,
    /// The result.
    Output,
}

/// An op that applies one function to each element.
pub trait Unary: Debug + Send + Sync + 'static {
    /// Name in traces and messages.
    const NAME: &'static str;
    /// Values that the derivative is computed from.
    const SAVES: Saves;
    /// The function.
    fn map(&self) -> Map;
    /// `v · f'(x)`; `None` where that is zero everywhere.
    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor>;
}

/// An op that applies one function to each pair of elements, with broadcasting.
pub trait Binary: Debug + Send + Sync + 'static {
    /// Name in traces and messages.
    const NAME: &'static str;
    /// Values that the derivative is computed from.
    const SAVES: Saves;
    /// The function.
    fn zip(&self) -> Zip;
    /// `v · ∂f/∂a` and `v · ∂f/∂b`, with the dims of the result, as far as they are needed.
    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> [Option<Tensor>; 2];
}

fn save(saves: Saves, cx: &mut Forward) {
    match saves {
        Saves::Nothing => {}
        Saves::Inputs => cx.save_inputs(),
        Saves::Output => cx.save_output(),
    }
}

impl<U: Unary> Op for U {
    fn name(&self) -> &'static str {
        U::NAME
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        same_floats(U::NAME, ins)?;
        Ok(ins[0])
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        save(U::SAVES, cx);
        cx.input(0).map(self.map())
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Unary::vjp(self, cx, v)]
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Kernel(Kernel::Map(self.map())))
    }
}

/// Makes an [`Op`] of a [`Binary`]. (Two blanket implementations would overlap.)
#[derive(Debug)]
pub(crate) struct BinaryOp<B>(pub B);

impl<B: Binary> Op for BinaryOp<B> {
    fn name(&self) -> &'static str {
        B::NAME
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        let dtype = same_floats(B::NAME, ins)?;
        let (a, b) = (&ins[0].dims, &ins[1].dims);
        let dims = a.broadcast(b).ok_or_else(|| {
            ShapeError::new(B::NAME, format!("the dims {a} and {b} don't broadcast to each other"))
        })?;
        Ok(Meta { dims, dtype })
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        save(B::SAVES, cx);
        cx.input(0).zip(self.0.zip(), cx.input(1))
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, need: &[bool]) -> Vec<Option<Tensor>> {
        let parts = self.0.vjp(cx, v, need);
        // Broadcasting repeats an input; the gradient of a repetition is a sum.
        let to_input = |(i, part): (usize, Option<Tensor>)| {
            let (part, dims) = (part?, cx.input_dims(i));
            Some(if *part.dims() == dims { part } else { part.sum_to(dims) })
        };
        parts.into_iter().enumerate().map(to_input).collect()
    }

    fn describe(&self) -> Option<Portable> {
        Some(Portable::Kernel(Kernel::Zip(self.0.zip())))
    }
}
