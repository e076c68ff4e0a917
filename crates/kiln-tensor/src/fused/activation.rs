//! The function of each element that a fused kernel ends with.

use crate::dtype::Float;

/// The function of each element that a fused kernel ends with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Activation {
    /// None: `x`.
    #[default]
    Identity,
    /// `max(x, 0)`; the derivative at 0 counts as 0.
    Relu,
    /// `x` if positive, else this slope times `x`; the derivative at 0 counts as the slope.
    LeakyRelu(f64),
}

impl Activation {
    /// The constant that names it in shaders with `kernels/activation.wgsl`.
    pub fn constant(self) -> (&'static str, &'static str) {
        let name = match self {
            Activation::Identity => "IDENTITY",
            Activation::Relu => "RELU",
            Activation::LeakyRelu(_) => "LEAKY_RELU",
        };
        ("ACTIVATION", name)
    }

    /// What those shaders call `params.slope`: a leaky ReLU's, and 0 for all others.
    pub fn slope(self) -> f64 {
        if let Activation::LeakyRelu(slope) = self { slope } else { 0.0 }
    }
}

/// An [`Activation`] as a type, so that the loops of each are compiled on their own.
pub(crate) trait Rectifier<T>: Copy + Sync {
    /// The function.
    fn value(self, x: T) -> T;

    /// Its derivative at `x` times `v`.
    fn gradient(self, v: T, x: T) -> T;
}

#[derive(Clone, Copy)]
pub(crate) struct Identity;

#[derive(Clone, Copy)]
pub(crate) struct Relu;

#[derive(Clone, Copy)]
pub(crate) struct LeakyRelu<T>(pub T);

impl<T: Float> Rectifier<T> for Identity {
    #[inline(always)]
    fn value(self, x: T) -> T {
        x
    }

    #[inline(always)]
    fn gradient(self, v: T, _: T) -> T {
        v
    }
}

impl<T: Float> Rectifier<T> for Relu {
    #[inline(always)]
    fn value(self, x: T) -> T {
        // What is no number stays none.
        if x <= T::zero() { T::zero() } else { x }
    }

    #[inline(always)]
    fn gradient(self, v: T, x: T) -> T {
        if x > T::zero() { v } else { T::zero() }
    }
}

impl<T: Float> Rectifier<T> for LeakyRelu<T> {
    #[inline(always)]
    fn value(self, x: T) -> T {
        // A product that is always computed leaves a choice that vectorises.
        let low = self.0 * x;
        if x > T::zero() { x } else { low }
    }

    #[inline(always)]
    fn gradient(self, v: T, x: T) -> T {
        let low = self.0 * v;
        if x > T::zero() { v } else { low }
    }
}

/// Runs `$body` with `$rectifier` standing for `$activation` on elements of type `$element`.
macro_rules! with_rectifier {
    ($activation:expr, $element:ty, $rectifier:ident => $body:expr) => {
        match $activation {
            $crate::fused::Activation::Identity => {
                let $rectifier = $crate::fused::activation::Identity;
                $body
            }
            $crate::fused::Activation::Relu => {
                let $rectifier = $crate::fused::activation::Relu;
                $body
            }
            $crate::fused::Activation::LeakyRelu(slope) => {
                let $rectifier = $crate::fused::activation::LeakyRelu(
                    <$element as $crate::dtype::Element>::from_f64(slope),
                );
                $body
            }
        }
    };
}
pub(crate) use with_rectifier;
