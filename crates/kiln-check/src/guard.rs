//! Panics of what is being checked, as findings.

use crate::hint::Hint;
use crate::report::{Check, Verdict};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a check; a panic in it is a mismatch. The function has run at its inputs before, so what
/// panics now is most likely a backward rule.
pub fn guarded(name: &str, check: impl FnOnce() -> Check) -> Check {
    // Nothing that the closure borrows is looked at after a panic but the inputs, which nobody writes.
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
        let mut check = Check::new(name);
        check.note(Verdict::Mismatch, || format!("panicked: {text}"));
        check.hint = Some(Hint::Panicked);
        check
    })
}
