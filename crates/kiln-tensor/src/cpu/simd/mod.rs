//! Kernels written once over vectors of any length, and compiled for each instruction set.
//!
//! A kernel is a [`WithSimd`]: code over a [`Simd`], which names an instruction set. [`Isa::run`] compiles
//! it for every set and calls the one that was chosen when the program ran. This folder holds all
//! unsafe code of the crate; what it gives to the rest checks all extents first.

#![allow(unsafe_code, reason = "instructions of one processor, and pointers in the innermost loops")]

mod cast;
mod compiled;
mod correlate;
mod dots;
mod layout;
mod multiply;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod tiles;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use cast::{as_f32, as_f32_mut};
pub use compiled::compiled;
pub use correlate::{ColumnRun, ColumnRuns, GroupedRows, correlate, row_groups};
pub use dots::dots;
pub use layout::{StripLayout, pack, transpose, unpack};
pub use multiply::{WindowRows, multiply, multiply_windows};
pub use tiles::{Family, Grid, PositionsView, Transform, WinogradMap, from_winograd, to_winograd};

use crate::error::{Error, Result};
use std::sync::OnceLock;

/// Multiple of all lengths of vectors, which channels are padded to.
pub const PAD: usize = 16;

/// Rows of a matrix, `step` numbers from the start of one to that of the next.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub data: &'a [f32],
    pub step: usize,
}

/// [`Rows`] to be written.
pub struct RowsMut<'a> {
    pub data: &'a mut [f32],
    pub step: usize,
}

/// An instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
    Portable,
}

/// The vectors of an instruction set. Operations may only run where the processor has it.
pub trait Simd {
    type Vector: Copy;
    /// Numbers of a vector; divides [`PAD`].
    const LANES: usize;
    /// Rows of the largest block of a product that registers hold, two vectors wide.
    const ROWS: usize;
    unsafe fn load(from: *const f32) -> Self::Vector;
    unsafe fn store(to: *mut f32, v: Self::Vector);
    unsafe fn splat(value: f32) -> Self::Vector;
    /// Asks for memory that will be used soon. Any address will do.
    #[inline(always)]
    fn prefetch(_: *const f32) {}
    unsafe fn add(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    unsafe fn sub(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    unsafe fn mul(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a · b + c`
    unsafe fn fma(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// Writes the transpose of a square of `LANES` rows, which lie `from_step` and `to_step` numbers apart.
    unsafe fn transpose(from: *const f32, from_step: usize, to: *mut f32, to_step: usize);
}

fn constants<S: Simd>() -> (usize, usize) {
    (S::LANES, S::ROWS)
}

/// Code over vectors. `run` and all that it calls must be `#[inline(always)]`, to be compiled for the set.
pub trait WithSimd {
    /// # Safety
    /// The processor has the instruction set, and what the work points at is there.
    unsafe fn run<S: Simd>(self);
}

impl Isa {
    /// All sets that this processor has, the fastest first.
    pub fn all() -> Vec<Isa> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx512f") {
                all.push(Isa::Avx512);
            }
            if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                all.push(Isa::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            all.push(Isa::Neon);
        }
        all.push(Isa::Portable);
        all
    }

    /// The set that the environment variable `KILN_SIMD` names (`avx512`, `avx2`, `neon` or `portable`),
    /// or the fastest.
    ///
    /// # Errors
    /// When this processor has no such set.
    pub fn chosen() -> Result<Isa> {
        static CHOSEN: OnceLock<Result<Isa, String>> = OnceLock::new();
        let chosen = CHOSEN.get_or_init(|| {
            let all = Isa::all();
            let name = std::env::var("KILN_SIMD").ok().filter(|name| !name.is_empty());
            name.map_or(Ok(all[0]), |name| Isa::named(&name, &all))
        });
        chosen.clone().map_err(|reason| Error::Unsupported {
            backend: "cpu".to_string(),
            kernel: "simd",
            reason,
        })
    }

    fn named(name: &str, all: &[Isa]) -> Result<Isa, String> {
        all.iter().find(|isa| isa.name() == name).copied().ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|isa| isa.name()).collect();
            format!("KILN_SIMD is `{name}`; set it to what this processor has: {}", names.join(", "))
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => "avx2",
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => "neon",
            Isa::Portable => "portable",
        }
    }

    /// The width of a panel of a product's right side: two vectors.
    pub fn panel(self) -> usize {
        2 * self.lanes()
    }

    /// Rows of the largest block of a product that registers hold, two vectors wide.
    pub fn rows(self) -> usize {
        self.constants().1
    }

    /// Numbers of a vector.
    pub fn lanes(self) -> usize {
        self.constants().0
    }

    /// Numbers of a vector, and rows of a block.
    fn constants(self) -> (usize, usize) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => constants::<x86::Avx512>(),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => constants::<x86::Avx2>(),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => constants::<neon::Neon>(),
            Isa::Portable => constants::<portable::PortableSimd>(),
        }
    }

    /// # Safety
    /// What the work points at is there.
    unsafe fn run(self, work: impl WithSimd) {
        // SAFETY: `all` and `chosen` give only sets that the processor has; the rest is the caller's.
        unsafe {
            match self {
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512 => x86::avx512(work),
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 => x86::avx2(work),
                #[cfg(target_arch = "aarch64")]
                Isa::Neon => neon::neon(work),
                Isa::Portable => work.run::<portable::PortableSimd>(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_name_of_one_that_the_processor_has() {
        for isa in Isa::all() {
            assert_eq!(Isa::named(isa.name(), &Isa::all()), Ok(isa));
        }
        let error = Isa::named("sse9", &[Isa::Portable]).unwrap_err();
        assert_eq!(error, "KILN_SIMD is `sse9`; set it to what this processor has: portable");
    }
}
