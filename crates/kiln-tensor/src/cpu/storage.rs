//! Elements of views whose storage is in the CPU's memory.

use super::buffer::CpuBuffer;
use crate::backend::{Storage, View, ViewMut};
use crate::dtype::Element;
use crate::error::{Error, Result};

/// The memory behind a storage of this backend.
pub fn buffer_of(storage: &Storage) -> Result<&CpuBuffer> {
    storage.buffer().ok_or_else(|| not_on_cpu(storage))
}

fn not_on_cpu(storage: &Storage) -> Error {
    Error::Unsupported {
        backend: storage.device().name().to_string(),
        kernel: "slice",
        reason: "the elements are not in the CPU's memory, or are shared while being written".to_string(),
    }
}

/// The whole storage behind a view, as elements.
pub fn elements<'a, T: Element>(view: &View<'a>) -> &'a [T] {
    buffer_of(view.storage).expect("the device runs on this backend").elements(view.storage.len())
}

/// The whole storage behind an output, as elements.
pub fn elements_mut<'a, T: Element>(view: &'a mut ViewMut) -> &'a mut [T] {
    let len = view.storage.len();
    let buffer =
        view.storage.buffer_mut::<CpuBuffer>().expect("an output's storage is shared with no other array");
    buffer.elements_mut(len)
}

fn check_dense<T: Element>(storage: &Storage, contiguous: bool) -> Result<()> {
    if T::DTYPE != storage.dtype() {
        return Err(Error::WrongDType { want: T::DTYPE, have: storage.dtype() });
    }
    if !contiguous {
        return Err(Error::Unsupported {
            backend: "cpu".to_string(),
            kernel: "slice",
            reason: "the view is not contiguous".to_string(),
        });
    }
    Ok(())
}

impl<'a> View<'a> {
    /// The elements of a contiguous view in the CPU's memory, in order.
    ///
    /// # Errors
    /// [`Error::WrongDType`], or [`Error::Unsupported`] when the view isn't contiguous or not on the CPU.
    pub fn slice<T: Element>(&self) -> Result<&'a [T]> {
        check_dense::<T>(self.storage, self.layout.is_contiguous())?;
        let elements = buffer_of(self.storage)?.elements(self.storage.len());
        Ok(&elements[self.layout.offset()..][..self.layout.numel()])
    }
}

impl ViewMut<'_> {
    /// The elements of a contiguous view in the CPU's memory, in order.
    ///
    /// # Errors
    /// [`Error::WrongDType`], or [`Error::Unsupported`] when the view isn't contiguous or not on the CPU.
    pub fn slice_mut<T: Element>(&mut self) -> Result<&mut [T]> {
        check_dense::<T>(self.storage, self.layout.is_contiguous())?;
        let (len, start, numel) = (self.storage.len(), self.layout.offset(), self.layout.numel());
        let error = not_on_cpu(self.storage);
        let buffer = self.storage.buffer_mut::<CpuBuffer>().ok_or(error)?;
        Ok(&mut buffer.elements_mut(len)[start..start + numel])
    }
}
