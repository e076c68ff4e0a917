//! Plain loops, compiled for each instruction set.

use super::{Isa, Simd, WithSimd};

/// Calls `f`, compiled for the set, so that the compiler makes vectors of its loops. All that `f` calls in
/// them must be `#[inline(always)]`, or small. Products and sums are never fused: the bits are the same in all sets.
/// Numbers that a loop uses should be `f`'s own (`move`): behind a reference they might change with what the loop
/// writes, for all that the compiler knows, and it would make no vectors.
#[inline(always)]
pub fn compiled<R>(isa: Isa, f: impl FnOnce() -> R) -> R {
    let mut result = None;
    let work = Plain(
        #[inline(always)]
        || result = Some(f()),
    );
    // SAFETY: `f` is safe, and points at nothing by itself.
    unsafe { isa.run(work) };
    result.expect("the work has been done")
}

struct Plain<F>(F);

impl<F: FnOnce()> WithSimd for Plain<F> {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        (self.0)();
    }
}
