//! Element types, at run time and at compile time.

use bytemuck::Pod;
use std::fmt;

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DType {
    /// 32-bit IEEE floating point: what models train in.
    F32,
    /// 64-bit IEEE floating point: what gradients are checked in.
    F64,
    /// Unsigned 32-bit integers: indices, labels and masks (0 or 1). Never differentiable.
    U32,
}

impl DType {
    /// The size of one element in bytes.
    pub const fn size(self) -> usize {
        match self {
            DType::F32 | DType::U32 => 4,
            DType::F64 => 8,
        }
    }

    /// Whether it is a floating-point type.
    pub const fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            DType::F32 => "f32",
            DType::F64 => "f64",
            DType::U32 => "u32",
        })
    }
}

/// A Rust type that tensors can hold.
pub trait Element: Pod + Send + Sync + PartialOrd + fmt::Debug + Default + sealed::Sealed {
    /// Run-time name of the type.
    const DTYPE: DType;
    /// The nearest `f64`.
    fn to_f64(self) -> f64;
    /// The nearest value of this type; floats are truncated and saturated to integers.
    fn from_f64(value: f64) -> Self;
}

/// A floating-point element.
pub trait Float: Element + ndarray::LinalgScalar + num_traits::Float + num_traits::NumAssign {
    /// The error function.
    fn erf(self) -> Self;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl Sealed for u32 {}
}

macro_rules! element {
    ($type:ty, $dtype:ident) => {
        impl Element for $type {
            const DTYPE: DType = DType::$dtype;
            #[inline(always)]
            #[allow(clippy::unnecessary_cast, reason = "one of the three types is f64 itself")]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            #[allow(clippy::unnecessary_cast, reason = "one of the three types is f64 itself")]
            fn from_f64(value: f64) -> Self {
                value as $type
            }
        }
    };
}
element!(f32, F32);
element!(f64, F64);
element!(u32, U32);

impl Float for f32 {
    fn erf(self) -> Self {
        libm::erff(self)
    }
}
impl Float for f64 {
    fn erf(self) -> Self {
        libm::erf(self)
    }
}

/// Runs `$body` with the type `$float` that the dtype, a float type by the kernel's check, names.
macro_rules! with_float {
    ($dtype:expr, $float:ident => $body:expr) => {
        match $dtype {
            crate::dtype::DType::F32 => {
                type $float = f32;
                $body
            }
            crate::dtype::DType::F64 => {
                type $float = f64;
                $body
            }
            crate::dtype::DType::U32 => unreachable!("the kernel's check allows floats alone"),
        }
    };
}
pub(crate) use with_float;
