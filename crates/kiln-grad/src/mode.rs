//! State of the ops that a thread runs: whether they are recorded, in which scope, and which one is running.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::sync::Arc;

thread_local! {
    static PAUSED: Cell<bool> = const { Cell::new(false) };
    static SCOPE: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
    static RUNNING: Cell<Option<Running>> = const { Cell::new(None) };
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

/// Op that a thread is running, or whose backward rule it is running, and where it was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpSite {
    /// Name of the op.
    pub op: &'static str,
    /// Innermost name scope, such as `G.main.3`.
    pub scope: Option<Arc<str>>,
    /// Line of the program that called the op.
    pub location: &'static Location<'static>,
    /// Whether its backward rule is running, and not the op itself.
    pub backward: bool,
}

/// [`OpSite`] of what this thread is running now; `None` outside of ops and their rules, as in an optimiser's update.
pub fn op_site() -> Option<OpSite> {
    let Running { op, location, backward } = RUNNING.get()?;
    Some(OpSite { op, scope: current_scope(), location, backward })
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Running {
    op: &'static str,
    pub location: &'static Location<'static>,
    backward: bool,
}

/// Puts back what was running before.
pub(crate) struct Ends(Option<Running>);

impl Drop for Ends {
    fn drop(&mut self) {
        RUNNING.set(self.0);
    }
}

/// Says that an op runs until the guard is dropped. What an op or a rule runs itself belongs to it.
pub(crate) fn run_op(
    op: &'static str,
    location: &'static Location<'static>,
    backward: bool,
) -> (Running, Ends) {
    let outer = RUNNING.get();
    let running = outer.unwrap_or(Running { op, location, backward });
    RUNNING.set(Some(running));
    (running, Ends(outer))
}

/// Opens the scope that a node was recorded in, if there was one, until the guard is dropped.
pub(crate) fn reopen(scope: Option<&Arc<str>>) -> Option<Scope> {
    scope.map(|scope| Scope { outer: SCOPE.replace(Some(scope.clone())) })
}
