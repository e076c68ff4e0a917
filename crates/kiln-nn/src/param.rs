//! Tensors that outlive a training step: parameters and buffers.

use kiln_grad::{Array, Dims, Meta, Tensor};
use std::panic::Location;
use std::sync::{Arc, PoisonError, RwLock};

/// A trained tensor: a handle that stays the same while the tensor in it is replaced at each step.
///
/// Values never change under a graph: an update writes in place only when no graph holds the values.
#[derive(Clone, Debug)]
pub struct Param(Arc<RwLock<Option<Tensor>>>);

/// What [`Param`] holds is only ever missing while an update runs.
const LOST: &str = "an update of this parameter panicked, and its values are gone";

impl Param {
    /// A parameter that starts with these values.
    ///
    /// # Panics
    /// When the elements aren't floats.
    #[track_caller]
    pub fn new(values: impl Into<Tensor>) -> Self {
        Param(Arc::new(RwLock::new(Some(values.into().tracked()))))
    }

    /// The current values, as a leaf to differentiate for.
    pub fn tensor(&self) -> Tensor {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone().expect(LOST)
    }

    /// Whether two handles are of the same parameter.
    pub fn same(&self, other: &Param) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The lengths of the axes.
    pub fn dims(&self) -> Dims {
        *self.tensor().dims()
    }

    /// Puts other values in.
    ///
    /// # Panics
    /// When dims or element type differ.
    #[track_caller]
    pub fn set(&self, values: Array) {
        let mut slot = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let have = slot.as_ref().expect(LOST).meta();
        assert!(have == values.meta(), "set: the parameter is {have}, the values are {}", values.meta());
        *slot = Some(Tensor::from(values).tracked_at(place(slot.as_ref().expect(LOST))));
    }

    /// Changes the values in place, if no graph holds them; else a copy of them. `change` must not use this
    /// parameter, which waits for it.
    ///
    /// # Panics
    /// When `change` leaves other dims or another element type, or panics itself.
    #[track_caller]
    pub fn update(&self, change: impl FnOnce(&mut Array)) {
        let mut slot = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Taken out, so that nothing here holds the values while they change.
        let (mut values, place) = taken(&mut slot);
        let before = values.meta();
        change(&mut values);
        assert!(before == values.meta(), "update: the parameter was {before} and became {}", values.meta());
        *slot = Some(Tensor::from(values).tracked_at(place));
    }
}

/// Changes the values of different parameters, and of buffers that belong to each, in one call, as
/// [`Param::update`] does: `change` gets for each parameter its values and those of its buffers, in the order
/// of `buffers`.
///
/// # Panics
/// Where [`Param::update`] does.
#[track_caller]
pub(crate) fn update_together(
    params: &[&Param],
    buffers: &[&[Buffer]],
    change: impl FnOnce(&mut [&mut Array]),
) {
    let mut slots: Vec<_> =
        params.iter().map(|param| param.0.write().unwrap_or_else(PoisonError::into_inner)).collect();
    let (mut values, places): (Vec<Array>, Vec<_>) = slots.iter_mut().map(|slot| taken(slot)).unzip();
    let before: Vec<Meta> = values.iter().map(Array::meta).collect();
    let mut states: Vec<Vec<_>> = buffers
        .iter()
        .map(|list| {
            list.iter().map(|buffer| buffer.0.write().unwrap_or_else(PoisonError::into_inner)).collect()
        })
        .collect();
    let mut rest: Vec<_> = states.iter_mut().map(|list| list.iter_mut()).collect();
    let mut all: Vec<&mut Array> = Vec::with_capacity(values.len() * (1 + buffers.len()));
    for value in &mut values {
        all.push(value);
        all.extend(rest.iter_mut().map(|list| &mut **list.next().expect("a buffer for each parameter")));
    }
    change(&mut all);
    for (((slot, values), place), before) in slots.iter_mut().zip(values).zip(places).zip(before) {
        assert!(before == values.meta(), "update: the parameter was {before} and became {}", values.meta());
        **slot = Some(Tensor::from(values).tracked_at(place));
    }
}

/// Line that made a parameter, which all its later values are placed at.
fn place(parameter: &Tensor) -> &'static Location<'static> {
    parameter.node().expect("parameters are leaves").location()
}

/// The values of a parameter, taken out, and the line that made it.
fn taken(slot: &mut Option<Tensor>) -> (Array, &'static Location<'static>) {
    let parameter = slot.take().expect(LOST);
    let place = place(&parameter);
    (parameter.into_array(), place)
}

/// A tensor that belongs to a module's state but isn't trained, such as a running mean.
#[derive(Clone, Debug)]
pub struct Buffer(Arc<RwLock<Array>>);

impl Buffer {
    /// A buffer that starts with these values.
    pub fn new(values: Array) -> Self {
        Buffer(Arc::new(RwLock::new(values)))
    }

    /// The current values.
    pub fn array(&self) -> Array {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The current values as a constant.
    pub fn tensor(&self) -> Tensor {
        self.array().into()
    }

    /// Puts other values in.
    ///
    /// # Panics
    /// When dims or element type differ.
    #[track_caller]
    pub fn set(&self, values: Array) {
        let mut array = self.0.write().unwrap_or_else(PoisonError::into_inner);
        assert!(
            array.meta() == values.meta(),
            "set: the buffer is {}, the values are {}",
            array.meta(),
            values.meta()
        );
        *array = values;
    }

    /// Changes the values in place, if nobody else holds them; else a copy of them.
    pub fn update(&self, change: impl FnOnce(&mut Array)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}
