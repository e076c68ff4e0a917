//! Watching kernels as they run.

use crate::backend::{Backend, View, ViewMut};
use crate::error::Result;
use crate::kernel::Kernel;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

thread_local! {
    // Apart from the list, so that a thread without a watcher reads one flag a kernel.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static WATCHERS: RefCell<Vec<Rc<dyn Watcher>>> = const { RefCell::new(Vec::new()) };
}

/// Observer of each kernel that a thread runs; see [`watch`].
///
/// Kernels that a watcher runs itself, to read values for instance, are not watched.
pub trait Watcher {
    /// A kernel is about to run. The outputs hold what they held before, which only means something
    /// [if the kernel works in place](Kernel::in_place).
    fn before(&self, kernel: &Kernel, ins: &[View], outs: &[View]) {
        let _ = (kernel, ins, outs);
    }

    /// A kernel has run. A failed kernel, and any after it on a failed device or in a failed attempt, is not told of.
    fn after(&self, call: &KernelCall);
}

/// A kernel that has run.
#[derive(Clone, Copy, Debug)]
pub struct KernelCall<'a> {
    /// The computation.
    pub kernel: &'a Kernel,
    /// Its inputs.
    pub ins: &'a [View<'a>],
    /// Its outputs.
    pub outs: &'a [View<'a>],
    /// Time that it took, queueing and waiting included.
    pub elapsed: Duration,
}

/// Tells `watcher` of each kernel that this thread runs until the returned guard is dropped. Watchers
/// nest: all are told, the first first.
///
/// A watched device waits for each kernel before the next one, so that its time is its own.
#[must_use = "the watch ends when this is dropped"]
pub fn watch(watcher: Rc<dyn Watcher>) -> Watching {
    WATCHERS.with_borrow_mut(|list| list.push(watcher.clone()));
    WATCHED.set(true);
    Watching(watcher)
}

/// A watch that is kept; see [`watch`].
pub struct Watching(Rc<dyn Watcher>);

impl Drop for Watching {
    fn drop(&mut self) {
        WATCHERS.with_borrow_mut(|list| {
            if let Some(at) = list.iter().rposition(|watcher| Rc::ptr_eq(watcher, &self.0)) {
                list.remove(at);
            }
            WATCHED.set(!list.is_empty());
        });
    }
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Watching")
    }
}

/// Whether this thread has a watcher.
pub(crate) fn watched() -> bool {
    WATCHED.get()
}

/// Runs a kernel and tells the watchers of this thread.
pub(crate) fn run(backend: &dyn Backend, kernel: &Kernel, ins: &[View], outs: &mut [ViewMut]) -> Result<()> {
    let watchers = WATCHERS.with_borrow(Clone::clone);
    let _unwatched = Unwatched::new();
    // Work that is still queued must not count as this kernel's.
    backend.flush()?;
    let views: Vec<View> = outs.iter().map(ViewMut::view).collect();
    watchers.iter().for_each(|watcher| watcher.before(kernel, ins, &views));
    let start = Instant::now();
    backend.run(kernel, ins, outs)?;
    backend.flush()?;
    let elapsed = start.elapsed();
    let views: Vec<View> = outs.iter().map(ViewMut::view).collect();
    let call = KernelCall { kernel, ins, outs: &views, elapsed };
    watchers.iter().for_each(|watcher| watcher.after(&call));
    Ok(())
}

/// Guard that leaves this thread without watchers while it lives; then, also after a panic, the list counts again.
struct Unwatched;

impl Unwatched {
    fn new() -> Self {
        WATCHED.set(false);
        Unwatched
    }
}

impl Drop for Unwatched {
    fn drop(&mut self) {
        WATCHED.set(WATCHERS.with_borrow(|list| !list.is_empty()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Array, Device, Map, Zip};

    /// Notes the kernels' names and the sum of their outputs, which it reads with kernels of its own.
    #[derive(Default)]
    struct Notes(RefCell<Vec<(&'static str, f64)>>);

    impl Watcher for Notes {
        fn after(&self, call: &KernelCall) {
            let sum = call.outs[0].to_f64_vec().unwrap().iter().sum();
            self.0.borrow_mut().push((call.kernel.name(), sum));
        }
    }

    #[test]
    fn watches_nest_and_end() {
        let [outer, inner] = [0, 1].map(|_| Rc::new(Notes::default()));
        let x = Array::from_slice(&[1.0, 2.0], [2], &Device::cpu());
        let _ = x.map(Map::Neg);
        {
            let _outer = watch(outer.clone());
            let y = x.map(Map::Square);
            {
                let _inner = watch(inner.clone());
                let _ = y.zip(Zip::Add, &x);
            }
            let _ = Array::concat(&[&x, &y], 0);
        }
        let _ = x.map(Map::Exp);
        let all = [("map", 5.0), ("zip", 8.0), ("copy", 3.0), ("copy", 5.0)];
        assert_eq!(*outer.0.borrow(), all);
        assert_eq!(*inner.0.borrow(), [("zip", 8.0)]);
    }

    #[test]
    fn other_threads_and_what_a_watcher_runs_are_not_watched() {
        let notes = Rc::new(Notes::default());
        let x = Array::from_slice(&[[1.0, 2.0], [3.0, 4.0]].concat(), [2, 2], &Device::cpu());
        let _watching = watch(notes.clone());
        std::thread::scope(|s| {
            s.spawn(|| x.map(Map::Exp));
        });
        // A part of rows is read through a copy.
        let _ = x.slice(1, 0, 1, 1).map(Map::Neg);
        let _ = Array::concat(&[&x.slice(1, 0, 1, 1), &x], 1);
        assert_eq!(*notes.0.borrow(), [("map", -4.0), ("copy", 4.0), ("copy", 10.0)]);
    }

    /// What was there before is told of for kernels that work in place.
    #[test]
    fn what_was_there_before_is_seen() {
        struct Before(Cell<f64>);
        impl Watcher for Before {
            fn before(&self, kernel: &Kernel, _: &[View], outs: &[View]) {
                if kernel.in_place() {
                    self.0.set(outs[0].to_f64_vec().unwrap()[0]);
                }
            }
            fn after(&self, _: &KernelCall) {}
        }
        let before = Rc::new(Before(Cell::default()));
        let _watching = watch(before.clone());
        let mut x = Array::from_slice(&[1.5], [1], &Device::cpu());
        x.accumulate(&x.map(Map::Neg));
        assert_eq!((before.0.get(), x.item()), (1.5, Ok(0.0)));
    }
}
