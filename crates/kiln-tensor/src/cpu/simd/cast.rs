//! Views of elements of a type that turns out to be `f32`.

use crate::dtype::{DType, Element};
use ndarray::{ArrayView2, ArrayViewMut2};

/// The same view, if its elements are `f32`.
pub fn as_f32<'a, T: Element>(view: &ArrayView2<'a, T>) -> Option<ArrayView2<'a, f32>> {
    // SAFETY: the types are one, and the view lives as long.
    (T::DTYPE == DType::F32).then(|| unsafe { view.raw_view().cast::<f32>().deref_into_view() })
}

/// The same view, if its elements are `f32`.
pub fn as_f32_mut<'a, T: Element>(view: &'a mut ArrayViewMut2<T>) -> Option<ArrayViewMut2<'a, f32>> {
    // SAFETY: the types are one, and the view is borrowed as long.
    (T::DTYPE == DType::F32).then(|| unsafe { view.raw_view_mut().cast::<f32>().deref_into_view_mut() })
}
