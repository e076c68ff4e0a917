//! Faults: failures of a call on a device that runs kernels at once, and who learns of them.
//!
//! Such a device is as it was after a kernel that couldn't run or memory that couldn't be had, so the failure is a matter
//! of that call alone. It panics at the caller's line, unless the thread is in an [`attempt`], which then returns it.

use crate::error::{Error, Result};
use std::cell::{Cell, RefCell};

thread_local! {
    // Apart from the error, so that a kernel reads one flag.
    static STATE: Cell<State> = const { Cell::new(State::Outside) };
    static FAULT: RefCell<Option<Box<Error>>> = const { RefCell::new(None) };
}

/// Where a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In no attempt.
    Outside,
    /// In an attempt that may still succeed.
    Trying,
    /// In an attempt that has failed.
    Failed,
}

/// Runs `f`, whose faults don't panic: after the first one, what is left of `f` computes nothing, and reading values in it
/// returns that error. Attempts nest; a fault is that of the innermost.
///
/// It is about kernels that `f` runs on this thread, on devices that [run them at
/// once](crate::Backend::runs_at_once), as the CPU does; a GPU's error stays with its device. Arrays that `f` puts elsewhere
/// after a fault hold that error, and using one is a fault too. Wrong shapes panic as ever.
///
/// ```
/// use kiln_tensor::{Array, Device, Error, Kernel, DType, attempt};
/// let x = Array::from_slice(&[1.0f32, 2.0], [2], &Device::cpu());
/// let index = Array::from_slice(&[7u32], [1], &Device::cpu());
/// let gather = || Array::compute(&Kernel::Gather { axis: 0 }, &[&x, &index], [1], DType::F32);
/// assert!(matches!(attempt(gather), Err(Error::IndexOutOfRange { index: 7, len: 2, .. })));
/// assert_eq!(x.to_vec::<f32>(), Ok(vec![1.0, 2.0]));
/// ```
///
/// # Errors
/// The first fault of `f`.
pub fn attempt<T>(f: impl FnOnce() -> T) -> Result<T> {
    let outer = Outer::leave();
    let value = f();
    let fault = FAULT.take();
    drop(outer);
    fault.map_or(Ok(value), |fault| Err(*fault))
}

/// As [`attempt`], unless this thread is in one: then `f` is a part of that, which its faults are left to. So works an op, which
/// is to panic at its caller's line where nothing else was agreed on.
///
/// # Errors
/// The first fault of `f`, unless this thread is in an attempt.
pub fn join_attempt<T>(f: impl FnOnce() -> T) -> Result<T> {
    if STATE.get() == State::Outside { attempt(f) } else { Ok(f()) }
}

/// A part of an op that is made of other ops: an index out of range in it is told of in the op's name.
///
/// It has a beginning and an end, and takes no closure, in which ops would lose the caller's line.
#[derive(Debug)]
#[must_use = "faults are told of where it ends"]
pub struct NamedFaults {
    op: &'static str,
    /// What was before; `None` in an attempt that has failed, where nothing is computed.
    outer: Option<Outer>,
}

impl NamedFaults {
    /// The part begins.
    pub fn of(op: &'static str) -> NamedFaults {
        NamedFaults { op, outer: (STATE.get() != State::Failed).then(Outer::leave) }
    }

    /// The part has been computed.
    ///
    /// # Panics
    /// When it had a fault, unless this thread is in an [`attempt`], which then fails.
    #[track_caller]
    pub fn end(self) {
        let Some(outer) = self.outer else { return };
        let fault = FAULT.take();
        drop(outer);
        match fault.map(|fault| *fault) {
            Some(Error::IndexOutOfRange { index, len, .. }) => {
                raise(Error::IndexOutOfRange { kernel: self.op, index, len });
            }
            Some(error) => raise(error),
            None => {}
        }
    }
}

/// Puts back what was before, also after a panic.
#[derive(Debug)]
struct Outer {
    state: State,
    fault: Option<Box<Error>>,
}

impl Outer {
    /// Begins an attempt.
    fn leave() -> Outer {
        Outer { state: STATE.replace(State::Trying), fault: FAULT.take() }
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        STATE.set(self.state);
        FAULT.set(self.fault.take());
    }
}

/// Fails the attempt that this thread is in, or panics.
#[track_caller]
pub(crate) fn raise(error: Error) {
    match STATE.get() {
        State::Outside => panic!("{error}"),
        State::Trying => {
            FAULT.set(Some(Box::new(error)));
            STATE.set(State::Failed);
        }
        // Only the first fault is kept: later ones follow from it.
        State::Failed => {}
    }
}

/// The fault of the attempt that this thread is in, if it has failed.
pub(crate) fn raised() -> Option<Error> {
    if STATE.get() == State::Failed { FAULT.with_borrow(|fault| fault.as_deref().cloned()) } else { None }
}
