//! Transposition: from channels as planes to interleaved channels, and back.

use super::{Isa, PAD, Rows, RowsMut, Simd, WithSimd};
use ndarray::{ArrayView2, ArrayViewMut2};

/// Writes the transpose of a matrix with contiguous rows. What is left of a row of the output up to `width` becomes 0.
pub fn transpose(isa: Isa, from: ArrayView2<f32>, to: RowsMut, width: usize) {
    let RowsMut { data: to, step: to_step } = to;
    let (rows, columns) = from.dim();
    if columns == 0 || width == 0 {
        return;
    }
    assert!(rows <= width && width <= to_step, "rows of the output are longer");
    assert!((columns - 1) * to_step + width <= to.len(), "the output is longer");
    let (step, inner) = (from.strides()[0], from.strides()[1]);
    assert!((step >= 0 || rows < 2) && (inner == 1 || columns == 1), "rows of the input are contiguous");
    if rows < width {
        to.chunks_mut(to_step).take(columns).for_each(|row| row[rows..width].fill(0.0));
    }
    let from_step = step.unsigned_abs();
    let work = Turn { from: from.as_ptr(), from_step, rows, columns, to: to.as_mut_ptr(), to_step };
    // SAFETY: all rows lie in the view, and in the slice, as just checked.
    unsafe { isa.run(work) }
}

#[derive(Clone, Copy)]
struct Turn {
    from: *const f32,
    from_step: usize,
    rows: usize,
    columns: usize,
    to: *mut f32,
    to_step: usize,
}

impl WithSimd for Turn {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let mut i = 0;
        while i < self.rows {
            let rows = S::LANES.min(self.rows - i);
            let mut j = 0;
            while j < self.columns {
                let columns = S::LANES.min(self.columns - j);
                // SAFETY: the block lies in the matrices, which the caller vouches for.
                unsafe {
                    let from = self.from.add(i * self.from_step + j);
                    let to = self.to.add(j * self.to_step + i);
                    if rows == S::LANES && columns == S::LANES {
                        S::transpose(from, self.from_step, to, self.to_step);
                    } else {
                        for r in 0..rows {
                            for c in 0..columns {
                                *to.add(c * self.to_step + r) = *from.add(r * self.from_step + c);
                            }
                        }
                    }
                }
                j += S::LANES;
            }
            i += S::LANES;
        }
    }
}

/// Positions of the pixels of an image whose channels are interleaved: pixel `[y, x]` is `channels`
/// numbers, a multiple of [`PAD`], from `start + (y · width + x) · channels`.
#[derive(Clone, Copy)]
pub struct StripLayout {
    pub start: usize,
    pub width: usize,
    pub channels: usize,
}

impl StripLayout {
    /// The end of the last of some pixels of an image with rows of `width` pixels.
    fn end(&self, width: usize, pixels: usize) -> usize {
        let last = pixels - 1;
        self.start + (last / width * self.width + last % width + 1) * self.channels
    }
}

/// Copies the pixels of planes, each `pixels` long, to a strip. Channels that there are no planes for become 0.
pub fn pack(
    isa: Isa,
    planes: Rows,
    [channels, pixels, width]: [usize; 3],
    to: &mut [f32],
    strip: StripLayout,
) {
    let Rows { data: planes, step } = planes;
    if pixels == 0 {
        return;
    }
    assert!((channels - 1) * step + pixels <= planes.len(), "the planes are longer");
    assert!(strip.end(width, pixels) <= to.len() && channels <= strip.channels, "the strip is longer");
    let planes = planes.as_ptr().cast_mut();
    let work = Planes { planes, step, channels, pixels, width, strip, data: to.as_mut_ptr(), pack: true };
    // SAFETY: all pixels lie in the slices, as just checked; the planes are only read.
    unsafe { isa.run(work) }
}

/// Copies the pixels of a strip to planes, the rows of `planes`.
pub fn unpack(isa: Isa, from: &[f32], strip: StripLayout, width: usize, mut planes: ArrayViewMut2<f32>) {
    let (channels, pixels) = planes.dim();
    if channels == 0 || pixels == 0 {
        return;
    }
    let (step, inner) = (planes.strides()[0], planes.strides()[1]);
    assert!(step >= 0 && (inner == 1 || pixels == 1), "planes are contiguous");
    assert!(strip.end(width, pixels) <= from.len() && channels <= strip.channels, "the strip is longer");
    let data = from.as_ptr().cast_mut();
    let (step, planes) = (step as usize, planes.as_mut_ptr());
    let work = Planes { planes, step, channels, pixels, width, strip, data, pack: false };
    // SAFETY: all pixels lie in the slice, as just checked, and in the view; the strip is only read.
    unsafe { isa.run(work) }
}

#[derive(Clone, Copy)]
struct Planes {
    planes: *mut f32,
    step: usize,
    channels: usize,
    pixels: usize,
    width: usize,
    strip: StripLayout,
    data: *mut f32,
    pack: bool,
}

impl WithSimd for Planes {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        // SAFETY: the caller's; blocks are cut off at the ends.
        unsafe {
            let (mut first, mut y, mut x) = (0, 0, 0);
            while first < self.pixels {
                let pixels = PAD.min(self.pixels - first);
                let mut at = [0; PAD];
                for at in at.iter_mut().take(pixels) {
                    *at = self.strip.start + (y * self.strip.width + x) * self.strip.channels;
                    x += 1;
                    if x == self.width {
                        (y, x) = (y + 1, 0);
                    }
                }
                let mut channel = 0;
                while channel < self.strip.channels {
                    let channels = PAD.min(self.channels.saturating_sub(channel));
                    let planes = self.planes.wrapping_add(channel * self.step + first);
                    if self.pack {
                        self.pack_block::<S>(planes, &at[..pixels], channel, channels);
                    } else {
                        self.unpack_block::<S>(planes, &at[..pixels], channel, channels);
                    }
                    channel += PAD;
                }
                first += PAD;
            }
        }
    }
}

impl Planes {
    /// Pixels that start at `at`, from one channel on; `channels` of them have planes.
    #[inline(always)]
    unsafe fn pack_block<S: Simd>(self, planes: *const f32, at: &[usize], channel: usize, channels: usize) {
        let mut block = [0.0; PAD * PAD];
        // SAFETY: the caller's.
        unsafe {
            if at.len() == PAD && channels == PAD {
                square::<S>(planes, self.step, block.as_mut_ptr(), PAD);
            } else {
                for c in 0..channels {
                    for p in 0..at.len() {
                        block[p * PAD + c] = *planes.add(c * self.step + p);
                    }
                }
            }
            for (p, at) in at.iter().enumerate() {
                copy::<S>(block.as_ptr().add(p * PAD), self.data.add(at + channel));
            }
        }
    }

    /// The reverse of [`Planes::pack_block`].
    #[inline(always)]
    unsafe fn unpack_block<S: Simd>(self, planes: *mut f32, at: &[usize], channel: usize, channels: usize) {
        let mut block = [0.0; PAD * PAD];
        // SAFETY: the caller's.
        unsafe {
            for (p, at) in at.iter().enumerate() {
                copy::<S>(self.data.add(at + channel), block.as_mut_ptr().add(p * PAD));
            }
            if at.len() == PAD && channels == PAD {
                square::<S>(block.as_ptr(), PAD, planes, self.step);
            } else {
                for c in 0..channels {
                    for p in 0..at.len() {
                        *planes.add(c * self.step + p) = block[p * PAD + c];
                    }
                }
            }
        }
    }
}

/// The transpose of a square of [`PAD`] rows.
#[inline(always)]
unsafe fn square<S: Simd>(from: *const f32, from_step: usize, to: *mut f32, to_step: usize) {
    let mut i = 0;
    while i < PAD {
        let mut j = 0;
        while j < PAD {
            // SAFETY: the caller's.
            unsafe { S::transpose(from.add(i * from_step + j), from_step, to.add(j * to_step + i), to_step) };
            j += S::LANES;
        }
        i += S::LANES;
    }
}

#[inline(always)]
unsafe fn copy<S: Simd>(from: *const f32, to: *mut f32) {
    let mut i = 0;
    while i < PAD {
        // SAFETY: the caller's.
        unsafe { S::store(to.add(i), S::load(from.add(i))) };
        i += S::LANES;
    }
}
