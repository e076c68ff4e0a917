//! Strided arrays of numbers on a device: values without derivatives.

mod compute;
mod make;
mod show;
mod views;

use crate::backend::{Device, Pending, Storage, View, ViewMut};
use crate::dims::Dims;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::fault::attempt;
use crate::layout::Layout;
use crate::meta::Meta;
use std::sync::Arc;

/// A strided view of numbers on a device. A small handle: cloning shares the storage; views share it too.
///
/// Its elements never change while another array shows them: the methods that write in place copy
/// first if the storage is shared.
#[derive(Clone)]
pub struct Array {
    storage: Storage,
    /// Positions of the elements, if they aren't all of the storage's as it was made. Most arrays are that, and graphs hold
    /// many, so a layout of 144 bytes isn't kept in each.
    view: Option<Arc<Layout>>,
}

/// Dims, type and place.
impl Array {
    /// The lengths of the axes.
    pub fn dims(&self) -> &Dims {
        self.layout().dims()
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.storage.dtype()
    }

    /// Dims and element type.
    pub fn meta(&self) -> Meta {
        Meta { dims: *self.dims(), dtype: self.dtype() }
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.dims().rank()
    }

    /// The number of elements.
    pub fn numel(&self) -> usize {
        self.layout().numel()
    }

    /// The device the elements are on.
    pub fn device(&self) -> &Device {
        self.storage.device()
    }

    /// Positions of the elements in the storage.
    pub fn layout(&self) -> &Layout {
        self.view.as_deref().unwrap_or(self.storage.layout())
    }

    /// The memory behind the view.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Whether this sees the same elements of the same storage in the same way.
    pub fn is_same(&self, other: &Array) -> bool {
        self.storage.same(&other.storage) && self.layout() == other.layout()
    }

    /// The array as a kernel's input.
    pub fn view(&self) -> View<'_> {
        View { storage: &self.storage, layout: self.layout() }
    }

    /// The array that a view sees.
    fn of_view(view: &View) -> Array {
        Array::with(view.storage.clone(), *view.layout)
    }

    /// All elements of a storage, as it was made.
    fn of_storage(storage: Storage) -> Array {
        Array { storage, view: None }
    }

    /// The elements of a storage that lie so.
    fn with(storage: Storage, layout: Layout) -> Array {
        let view = (layout != *storage.layout()).then(|| Arc::new(layout));
        Array { storage, view }
    }

    /// The array as a kernel's output; the caller has made sure that its storage is not shared.
    fn view_mut(&mut self) -> ViewMut<'_> {
        let layout = *self.layout();
        ViewMut { storage: &mut self.storage, layout }
    }
}

/// Bringing elements to the host.
impl Array {
    /// The elements in order, the last axis fastest.
    ///
    /// # Errors
    /// [`Error::WrongDType`], [`Error::OutOfMemory`], or the failure of the device.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        if T::DTYPE != self.dtype() {
            return Err(Error::WrongDType { want: T::DTYPE, have: self.dtype() });
        }
        let bytes = self.device().finish_read(self.begin_read())?;
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    /// The bytes of the elements in order, on their way.
    fn begin_read(&self) -> Result<Pending> {
        self.device().status()?;
        let dense = attempt(|| self.contiguous())?;
        let start = dense.layout().offset();
        self.device().begin_read(&dense.storage, start..start + dense.numel())
    }

    /// The elements in order, converted to `f64`, whatever their type.
    ///
    /// # Errors
    /// The failure of the device.
    pub fn to_f64_vec(&self) -> Result<Vec<f64>> {
        fn convert<T: Element>(array: &Array) -> Result<Vec<f64>> {
            Ok(array.to_vec::<T>()?.into_iter().map(T::to_f64).collect())
        }
        match self.dtype() {
            DType::F32 => convert::<f32>(self),
            DType::F64 => self.to_vec(),
            DType::U32 => convert::<u32>(self),
        }
    }

    /// The only element.
    ///
    /// # Errors
    /// [`Error::NotScalar`], or the failure of the device.
    pub fn item(&self) -> Result<f64> {
        if self.numel() != 1 {
            return Err(Error::NotScalar { numel: self.numel() });
        }
        Ok(self.to_f64_vec()?[0])
    }

    /// The only element of each array. All of them are brought together, so that a device that has to be waited
    /// for is waited for once.
    ///
    /// # Errors
    /// [`Error::NotScalar`], or the failure of a device.
    pub fn items(arrays: &[&Array]) -> Result<Vec<f64>> {
        if let Some(array) = arrays.iter().find(|array| array.numel() != 1) {
            return Err(Error::NotScalar { numel: array.numel() });
        }
        // All reads begin before the first is waited for.
        let begun: Vec<Result<Pending>> = arrays.iter().map(|array| array.begin_read()).collect();
        let finish = |(array, pending): (&&Array, Result<Pending>)| {
            let bytes = array.device().finish_read(pending)?;
            Ok(match array.dtype() {
                DType::F32 => f64::from(bytemuck::pod_read_unaligned::<f32>(&bytes)),
                DType::F64 => bytemuck::pod_read_unaligned(&bytes),
                DType::U32 => f64::from(bytemuck::pod_read_unaligned::<u32>(&bytes)),
            })
        };
        arrays.iter().zip(begun).map(finish).collect()
    }

    /// The elements as an `ndarray`.
    ///
    /// # Errors
    /// [`Error::WrongDType`], [`Error::OutOfMemory`], or the failure of the device.
    pub fn to_ndarray<T: Element>(&self) -> Result<ndarray::ArrayD<T>> {
        let elements = self.to_vec::<T>()?;
        Ok(ndarray::ArrayD::from_shape_vec(self.dims().to_vec(), elements).expect("as many as the dims take"))
    }
}

impl View<'_> {
    /// The elements in order, converted to `f64`, whatever their type and wherever they are.
    ///
    /// # Errors
    /// The failure of the device.
    pub fn to_f64_vec(&self) -> Result<Vec<f64>> {
        Array::of_view(self).to_f64_vec()
    }
}
