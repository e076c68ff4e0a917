//! `+ - * /` and unary minus, for every mix of owned and borrowed tensors and numbers.

use crate::tensor::Tensor;
use std::ops::{Add, Div, Mul, Neg, Sub};

// What is done with a number is pasted in and not called through a closure, which would lose the place of
// the caller.
macro_rules! operator {
    ($trait:ident, $method:ident, $function:path, |$x:ident, $c:ident| $with:expr, $with_tensor:expr) => {
        operator!(@tensors $trait, $method, $function, Tensor, Tensor);
        operator!(@tensors $trait, $method, $function, Tensor, &Tensor);
        operator!(@tensors $trait, $method, $function, &Tensor, Tensor);
        operator!(@tensors $trait, $method, $function, &Tensor, &Tensor);
        operator!(@number $trait, $method, $x, $c, $with, $with_tensor, Tensor);
        operator!(@number $trait, $method, $x, $c, $with, $with_tensor, &Tensor);
    };
    (@tensors $trait:ident, $method:ident, $function:path, $left:ty, $right:ty) => {
        impl $trait<$right> for $left {
            type Output = Tensor;
            #[track_caller]
            #[allow(clippy::needless_borrow, reason = "one arm serves owned and borrowed operands")]
            fn $method(self, other: $right) -> Tensor {
                $function(&self, &other)
            }
        }
    };
    (@number $trait:ident, $method:ident, $x:ident, $c:ident, $with:expr, $with_tensor:expr, $tensor:ty) => {
        impl $trait<f64> for $tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, $c: f64) -> Tensor {
                let $x = self;
                $with
            }
        }
        impl $trait<$tensor> for f64 {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, $x: $tensor) -> Tensor {
                let $c = self;
                $with_tensor
            }
        }
    };
}

operator!(Add, add, crate::ops::add, |x, c| x.add_scalar(c), x.add_scalar(c));
operator!(Sub, sub, crate::ops::sub, |x, c| x.add_scalar(-c), x.neg().add_scalar(c));
operator!(Mul, mul, crate::ops::mul, |x, c| x.mul_scalar(c), x.mul_scalar(c));
operator!(Div, div, crate::ops::div, |x, c| x.mul_scalar(1.0 / c), x.recip().mul_scalar(c));

impl Neg for &Tensor {
    type Output = Tensor;
    #[track_caller]
    fn neg(self) -> Tensor {
        crate::ops::neg(self)
    }
}

impl Neg for Tensor {
    type Output = Tensor;
    #[track_caller]
    fn neg(self) -> Tensor {
        crate::ops::neg(&self)
    }
}
