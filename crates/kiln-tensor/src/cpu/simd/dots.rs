//! Sums of products along windows, for matrices with too few columns to fill vectors.

use super::{Isa, PAD, Simd, WindowRows, WithSimd};

/// Adds products of `b` and rows that may overlap: `sums[row][i mod PAD] += a[row, i] · b[i]`, a row of [`PAD`] sums for
/// each offset. Lanes of all instruction sets are as many sums, so that each has one order. `k` is a multiple of
/// [`PAD`].
pub fn dots(isa: Isa, a: WindowRows, b: &[f32], sums: &mut [[f32; PAD]]) {
    let WindowRows { data, offsets, k } = a;
    assert!(k.is_multiple_of(PAD) && b.len() == k, "rows are whole vectors");
    assert!(sums.len() == offsets.len(), "there is a row of sums for each offset");
    assert!(
        k <= data.len() && offsets.iter().all(|offset| *offset <= data.len() - k),
        "windows lie in the images"
    );
    // SAFETY: all rows lie in the slices, as just checked.
    unsafe { isa.run(Dots { data, offsets, b, sums }) }
}

struct Dots<'a> {
    data: &'a [f32],
    offsets: &'a [usize],
    b: &'a [f32],
    sums: &'a mut [[f32; PAD]],
}

/// Rows whose sums registers hold.
const ROWS: usize = 5;

impl WithSimd for Dots<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let (rows, groups) = (self.offsets.len(), self.offsets.len().div_ceil(ROWS));
        let (mut offsets, mut sums) = (self.offsets, self.sums);
        for group in 0..groups {
            let count = (group + 1) * rows / groups - group * rows / groups;
            let (these, rest) = offsets.split_at(count);
            let (to, others) = sums.split_at_mut(count);
            (offsets, sums) = (rest, others);
            // SAFETY: the caller's.
            unsafe {
                match count {
                    5 => block::<S, 5>(self.data, these, self.b, to),
                    4 => block::<S, 4>(self.data, these, self.b, to),
                    3 => block::<S, 3>(self.data, these, self.b, to),
                    2 => block::<S, 2>(self.data, these, self.b, to),
                    _ => block::<S, 1>(self.data, these, self.b, to),
                }
            }
        }
    }
}

/// `R` rows, whose sums are held in registers.
#[inline(always)]
unsafe fn block<S: Simd, const R: usize>(data: &[f32], offsets: &[usize], b: &[f32], to: &mut [[f32; PAD]]) {
    /// Vectors that make up [`PAD`] numbers where vectors are shortest.
    const MOST: usize = 4;
    let vectors = const { PAD / S::LANES };
    // SAFETY: the caller's.
    unsafe {
        let mut rows = [data.as_ptr(); R];
        for (row, offset) in rows.iter_mut().zip(offsets) {
            *row = row.add(*offset);
        }
        let mut sums = [[S::splat(0.0); MOST]; R];
        let mut i = 0;
        while i < b.len() {
            for v in 0..vectors {
                let at = i + v * S::LANES;
                let right = S::load(b.as_ptr().add(at));
                for (row, sums) in rows.iter().zip(&mut sums) {
                    sums[v] = S::fma(S::load(row.add(at)), right, sums[v]);
                }
            }
            i += PAD;
        }
        for (to, sums) in to.iter_mut().zip(sums) {
            for (v, sum) in sums.into_iter().enumerate().take(vectors) {
                let to = to.as_mut_ptr().add(v * S::LANES);
                S::store(to, S::add(S::load(to), sum));
            }
        }
    }
}
