//! One value for each window of an image.

use super::stateless;
use crate::module::{Ctx, Module};
use kiln_grad::{Tensor, Window};
use kiln_tensor::Pair;

macro_rules! pool {
    ($(#[$doc:meta])* $layer:ident, $method:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $layer {
            window: Window,
        }

        impl $layer {
            /// Windows of this size, side by side: the stride is the size.
            pub fn new(kernel: impl Pair) -> Self {
                $layer { window: Window::new(kernel) }
            }

            /// The distance between neighbouring windows.
            #[must_use]
            pub fn stride(self, stride: impl Pair) -> Self {
                $layer { window: self.window.stride(stride) }
            }

            /// Padding around the image.
            #[must_use]
            pub fn padding(self, padding: impl Pair) -> Self {
                $layer { window: self.window.padding(padding) }
            }
        }

        stateless!($layer);

        impl Module for $layer {
            fn forward(&self, x: &Tensor, _: &mut Ctx) -> Tensor {
                x.$method(self.window)
            }
        }
    };
}

pool! {
    /// The largest value of each window of images `[n, c, h, w]`; padding never wins.
    MaxPool2d, max_pool2d
}
pool! {
    /// The mean of each window of images `[n, c, h, w]`; padding counts as zeros.
    AvgPool2d, avg_pool2d
}
