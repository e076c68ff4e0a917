//! What holds for the ops a thread runs: whether they are recorded, and under which name.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

thread_local! {
    static PAUSED: Cell<bool> = const { Cell::new(false) };
    static SCOPE: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

/// Runs `f` without recording: its results don't know how they were computed.
pub fn no_grad<T>(f: impl FnOnce() -> T) -> T {
    let _pause = Pause(PAUSED.replace(true));
    f()
}

/// Whether ops on tracked tensors are recorded on this thread.
pub fn is_recording() -> bool {
    !PAUSED.get()
}

/// Puts the mode back, also when `f` panics.
struct Pause(bool);

impl Drop for Pause {
    fn drop(&mut self) {
        PAUSED.set(self.0);
    }
}

/// Names what is recorded on this thread until the returned guard is dropped. Scopes nest: `bn` within
/// `up2` within `G` is `G.up2.bn`.
#[must_use = "the scope ends when this is dropped"]
pub fn scope(name: &str) -> Scope {
    let outer = SCOPE.with_borrow(Clone::clone);
    let full: Arc<str> = match &outer {
        Some(outer) => format!("{outer}.{name}").into(),
        None => name.into(),
    };
    SCOPE.set(Some(full));
    Scope { outer }
}

/// A name scope that is open; see [`scope`].
#[derive(Debug)]
pub struct Scope {
    outer: Option<Arc<str>>,
}

impl Drop for Scope {
    fn drop(&mut self) {
        SCOPE.set(self.outer.take());
    }
}

/// The innermost open scope.
pub(crate) fn current_scope() -> Option<Arc<str>> {
    SCOPE.with_borrow(Clone::clone)
}

/// Opens the scope a node was recorded in, for what its backward rule records.
pub(crate) fn scope_of(node: &crate::node::Node) -> Scope {
    let outer = SCOPE.with_borrow(Clone::clone);
    SCOPE.set(Some(node.scope().into()));
    Scope { outer }
}
