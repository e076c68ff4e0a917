//! Activations that kernels apply to the elements they store.

use crate::dtype::Float;
use crate::gpu::ShaderConstant;

/// The activation that a fused kernel applies to each element before it stores it.
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
    pub fn constant(self) -> ShaderConstant {
        let name = match self {
            Activation::Identity => "IDENTITY",
            Activation::Relu => "RELU",
            Activation::LeakyRelu(_) => "LEAKY_RELU",
        };
        ("ACTIVATION", name)
    }

    /// What those shaders call `params.slope`: the slope of a leaky ReLU, and 0 for all others.
    pub fn slope(self) -> f64 {
        if let Activation::LeakyRelu(slope) = self { slope } else { 0.0 }
    }
}

/// An [`Activation`] as a type, so that the loops of each are compiled on their own.
pub(crate) trait Pointwise<T>: Copy + Sync {
    /// The function's value.
    fn value(self, x: T) -> T;

    /// The derivative at `x` times `v`.
    fn gradient(self, v: T, x: T) -> T;
}

#[derive(Clone, Copy)]
pub(crate) struct IdentityFn;

#[derive(Clone, Copy)]
pub(crate) struct ReluFn;

#[derive(Clone, Copy)]
pub(crate) struct LeakyReluFn<T>(pub T);

impl<T: Float> Pointwise<T> for IdentityFn {
    #[inline(always)]
    fn value(self, x: T) -> T {
        x
    }

    #[inline(always)]
    fn gradient(self, v: T, _: T) -> T {
        v
    }
}

impl<T: Float> Pointwise<T> for ReluFn {
    #[inline(always)]
    fn value(self, x: T) -> T {
        // NaN stays NaN.
        if x <= T::zero() { T::zero() } else { x }
    }

    #[inline(always)]
    fn gradient(self, v: T, x: T) -> T {
        if x > T::zero() { v } else { T::zero() }
    }
}

impl<T: Float> Pointwise<T> for LeakyReluFn<T> {
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

/// Runs `$body` with `$function` standing for `$activation` on elements of type `$element`.
macro_rules! with_activation {
    ($activation:expr, $element:ty, $function:ident => $body:expr) => {
        match $activation {
            $crate::activation::Activation::Identity => {
                let $function = $crate::activation::IdentityFn;
                $body
            }
            $crate::activation::Activation::Relu => {
                let $function = $crate::activation::ReluFn;
                $body
            }
            $crate::activation::Activation::LeakyRelu(slope) => {
                let slope = <$element as $crate::dtype::Element>::from_f64(slope);
                let $function = $crate::activation::LeakyReluFn(slope);
                $body
            }
        }
    };
}
pub(crate) use with_activation;
