//! Panics of what is being checked, as findings.

use crate::hint::Hint;
use crate::report::{Check, CheckKind, Verdict};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// End of the sweep's message about a gradient that doesn't fit its input.
const WRONG_DIMS: &str = "a bug of the op's vjp";

/// Runs a check; a panic in it is a mismatch. The function has run at its inputs before, so what
/// panics now is most likely a backward rule.
pub fn guarded(kind: CheckKind, name: &str, check: impl FnOnce() -> Check) -> Check {
    // Nothing that the closure borrows is looked at after a panic but the inputs, which nothing writes.
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
        let mut check = Check::new(kind, name);
        check.note(Verdict::Mismatch, || format!("panicked: {text}"));
        check.hint = Some(if text.contains(WRONG_DIMS) { Hint::WrongDims } else { Hint::Panicked });
        check
    })
}
