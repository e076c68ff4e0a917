//! `+ - * /` and unary minus, for every mix of owned and borrowed tensors and numbers.

use crate::tensor::Tensor;
use std::ops::{Add, Div, Mul, Neg, Sub};

macro_rules! operator {
    ($trait:ident, $method:ident, $function:path, $with_number:expr, $number_with:expr) => {
        operator!(@tensors $trait, $method, $function, Tensor, Tensor);
        operator!(@tensors $trait, $method, $function, Tensor, &Tensor);
        operator!(@tensors $trait, $method, $function, &Tensor, Tensor);
        operator!(@tensors $trait, $method, $function, &Tensor, &Tensor);
        operator!(@number $trait, $method, $with_number, $number_with, Tensor);
        operator!(@number $trait, $method, $with_number, $number_with, &Tensor);
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
    (@number $trait:ident, $method:ident, $with_number:expr, $number_with:expr, $tensor:ty) => {
        impl $trait<f64> for $tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, number: f64) -> Tensor {
                let with: fn(&Tensor, f64) -> Tensor = $with_number;
                #[allow(clippy::needless_borrow, reason = "one arm serves owned and borrowed operands")]
                with(&self, number)
            }
        }
        impl $trait<$tensor> for f64 {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, tensor: $tensor) -> Tensor {
                let with: fn(f64, &Tensor) -> Tensor = $number_with;
                #[allow(clippy::needless_borrow, reason = "one arm serves owned and borrowed operands")]
                with(self, &tensor)
            }
        }
    };
}

operator!(Add, add, crate::ops::add::add, |x, c| x.add_scalar(c), |c, x| x.add_scalar(c));
operator!(Sub, sub, crate::ops::sub::sub, |x, c| x.add_scalar(-c), |c, x| x.neg().add_scalar(c));
operator!(Mul, mul, crate::ops::mul::mul, |x, c| x.mul_scalar(c), |c, x| x.mul_scalar(c));
operator!(Div, div, crate::ops::div::div, |x, c| x.mul_scalar(1.0 / c), |c, x| x.recip().mul_scalar(c));

impl Neg for &Tensor {
    type Output = Tensor;
    #[track_caller]
    fn neg(self) -> Tensor {
        crate::ops::neg::neg(self)
    }
}

impl Neg for Tensor {
    type Output = Tensor;
    #[track_caller]
    fn neg(self) -> Tensor {
        crate::ops::neg::neg(&self)
    }
}
