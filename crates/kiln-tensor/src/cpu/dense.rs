//! Contiguous forms of strided views, for the kernels that need elements in order.

use super::buffer::CpuBuffer;
use super::elementwise;
use super::storage::{buffer_of, elements, elements_mut};
use crate::backend::{Storage, View, ViewMut};
use crate::dtype::Element;
use crate::error::Result;
use crate::layout::Layout;

/// An input as it is, or a contiguous copy of it in memory of the pool.
pub struct Dense<'a> {
    view: View<'a>,
    copy: Option<CpuBuffer>,
    layout: Layout,
}

impl<'a> Dense<'a> {
    /// A copy unless the elements lie in order.
    pub fn new<T: Element>(view: &View<'a>) -> Result<Self> {
        Dense::unless::<T>(view.layout.is_contiguous(), view)
    }

    /// A copy unless `as_is`.
    pub fn unless<T: Element>(as_is: bool, view: &View<'a>) -> Result<Self> {
        if as_is {
            return Ok(Dense { view: *view, copy: None, layout: *view.layout });
        }
        let layout = Layout::contiguous(*view.layout.dims());
        let mut copy = scratch::<T>(view.storage, layout.numel())?;
        elementwise::copy_elements::<T>(
            elements(view),
            view.layout,
            copy.elements_mut(layout.numel()),
            &layout,
        );
        Ok(Dense { view: *view, copy: Some(copy), layout })
    }

    /// The whole storage.
    pub fn storage<T: Element>(&self) -> &[T] {
        match &self.copy {
            Some(copy) => copy.elements(self.layout.numel()),
            None => elements(&self.view),
        }
    }

    /// Positions of the elements in the storage.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The elements of a contiguous form, in order.
    pub fn elements<T: Element>(&self) -> &[T] {
        debug_assert!(self.layout.is_contiguous());
        match self.layout.numel() {
            0 => &[],
            numel => &self.storage()[self.layout.offset()..][..numel],
        }
    }
}

/// Calls `f` with contiguous memory of any content for the elements of an output, in order: those of
/// the output itself if they lie so. `f` isn't called for an empty output.
pub fn write<T: Element>(out: &mut ViewMut, f: impl FnOnce(&mut [T]) -> Result<()>) -> Result<()> {
    let layout = out.layout;
    let numel = layout.numel();
    if numel == 0 {
        return Ok(());
    }
    if layout.is_contiguous() {
        return f(&mut elements_mut(out)[layout.offset()..][..numel]);
    }
    let mut buffer = scratch::<T>(out.storage, numel)?;
    f(buffer.elements_mut(numel))?;
    let dense = Layout::contiguous(*layout.dims());
    elementwise::copy_elements::<T>(buffer.elements(numel), &dense, elements_mut(out), &layout);
    Ok(())
}

/// Memory for `len` elements of any content, from the pool that `storage` came from.
pub fn scratch<T: Element>(storage: &Storage, len: usize) -> Result<CpuBuffer> {
    buffer_of(storage)?.sibling(T::DTYPE, len)
}
