//! Kernels of rows, each of which is computed by itself: blocks of rows that stay in the first cache.

use crate::cpu::{Isa, compiled};
use crate::dtype::Element;
use crate::error::Result;
use rayon::prelude::*;

/// Elements one task handles.
const TASK: usize = 1 << 15;
/// Elements of rows that are computed together: few enough to stay in the first cache.
const BLOCK: usize = 1 << 11;

/// Calls `f(the first element's number, elements of the inputs, elements of the output)` for blocks of whole rows of `len`,
/// compiled for the instruction set. The output is as long as each of the inputs. `f` must be `#[inline(always)]`.
#[inline(always)]
pub fn in_blocks<T: Element, const N: usize>(
    len: usize,
    ins: [&[T]; N],
    out: &mut [T],
    f: impl Fn(usize, [&[T]; N], &mut [T]) + Sync,
) -> Result<()> {
    let isa = Isa::chosen()?;
    if out.is_empty() {
        return Ok(());
    }
    let [part, block] = [TASK, BLOCK].map(|size| len * (size / len).max(1));
    let few = out.len() <= 2 * TASK;
    let run = |(i, out): (usize, &mut [T])| {
        compiled(
            isa,
            #[inline(always)]
            || {
                for (j, out) in out.chunks_mut(block).enumerate() {
                    let first = i * part + j * block;
                    f(first, ins.map(|x| &x[first..][..out.len()]), out);
                }
            },
        );
    };
    match few {
        true => out.chunks_mut(part).enumerate().for_each(run),
        false => out.par_chunks_mut(part).enumerate().for_each(run),
    }
    Ok(())
}
