//! Windows that lie side by side and cover an image: their sums, and numbers spread over them. Pooling by such
//! windows and resizing by whole factors are these two, which are each other's adjoint.

use super::simd::{Isa, compiled};
use crate::dims::Dims;
use crate::dtype::{Element, Float};
use crate::geometry::ConvGeom;
use crate::layout::Layout;
use rayon::prelude::*;

/// Numbers of the image that a task handles.
const TASK: usize = 1 << 14;
/// The largest side of a tile; reductions of longer rows have loops of their own.
const SIDE: usize = 8;

/// Rows of tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiles {
    /// Tiles of a row.
    width: usize,
    /// Height and width of a tile.
    size: [usize; 2],
}

impl Tiles {
    /// The windows of a pooling, if they lie so.
    pub fn of_windows(g: &ConvGeom) -> Option<Tiles> {
        let covers = |i: usize| {
            g.stride[i] == g.kernel[i] && g.padding[i] == 0 && g.output[i] * g.kernel[i] == g.input[i]
        };
        // Without a gap; a single cell has none.
        let dense = (0..2).all(|i| g.dilation[i] == 1 || g.kernel[i] == 1);
        (covers(0) && covers(1) && dense).then_some(Tiles { width: g.output[1], size: g.kernel })
    }

    /// The tiles that are joined when `image` gets the dims `small`, of length 1 along the axes within tiles. The image
    /// has to lie in order, and tiles must be small.
    pub fn of_axes(image: &Layout, small: &Dims) -> Option<Tiles> {
        if !image.is_contiguous() {
            return None;
        }
        // From the last axis on: a tile's columns, tiles of a row, a tile's rows, and then rows of tiles.
        let mut parts = [1; 3];
        let mut part = 0;
        for (&long, &short) in image.dims().iter().zip(&**small).rev().filter(|(long, _)| **long != 1) {
            let within = long != short;
            if within != (part % 2 == 0) {
                part += 1;
            }
            match parts.get_mut(part) {
                Some(len) => *len *= long,
                // Anything may lie above, as long as tiles are whole.
                None if within => return None,
                None => {}
            }
        }
        let [columns, width, rows] = parts;
        let small = 1 < columns && columns <= SIDE && rows <= SIDE;
        small.then_some(Tiles { width, size: [rows, columns] })
    }

    /// The tiles over which the elements of an `image` are the same that lie in order but for these repetitions, if `out` lies in
    /// order. Tiles must be small.
    pub fn of_repeats(image: &Layout, out: &Layout) -> Option<Tiles> {
        let repeats = |i: usize| image.strides()[i] == 0;
        let small: Dims =
            image.dims().iter().enumerate().map(|(i, &len)| if repeats(i) { 1 } else { len }).collect();
        let small = Layout::contiguous(small);
        let in_order = (0..small.dims().rank())
            .all(|i| repeats(i) || small.dims()[i] == 1 || small.strides()[i] == image.strides()[i]);
        if in_order { Tiles::of_axes(out, small.dims()) } else { None }
    }

    /// Numbers of a tile.
    pub fn numel(self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Tiles of a row that a task cuts what it handles into: all, unless rows are one tile high, and one is as good as
    /// several.
    fn width_in(self, tiles: usize) -> usize {
        if self.size[0] == 1 { tiles } else { self.width }
    }

    /// Tiles that a task handles.
    fn of_task(self) -> usize {
        let [height, columns] = self.size;
        match height {
            1 => (TASK / columns).max(1),
            _ => (TASK / self.row().max(1)).max(1) * self.width,
        }
    }

    /// Numbers of a row of tiles.
    fn row(self) -> usize {
        self.width * self.size[0] * self.size[1]
    }

    /// The sum of each tile, divided by a number.
    pub fn sums<T: Float>(self, isa: Isa, image: &[T], out: &mut [T], divisor: Option<T>) {
        if out.is_empty() {
            return;
        }
        let [height, columns] = self.size;
        let task = |(out, image): (&mut [T], &[T])| {
            let width = self.width_in(out.len());
            compiled(
                isa,
                #[inline(always)]
                move || {
                    let rows = image.chunks_exact(width * height * columns);
                    for (out, rows) in out.chunks_exact_mut(width).zip(rows) {
                        if (height, columns) == (2, 2) {
                            add_quarters(rows.split_at(2 * width), out, divisor.unwrap_or(T::one()));
                            continue;
                        }
                        for (i, row) in rows.chunks_exact(width * columns).enumerate() {
                            add_columns(row, columns, out, i > 0);
                        }
                        if let Some(divisor) = divisor {
                            out.iter_mut().for_each(|out| *out /= divisor);
                        }
                    }
                },
            );
        };
        if image.len() <= 2 * TASK {
            return task((out, image));
        }
        let tiles = self.of_task();
        out.par_chunks_mut(tiles).zip(image.par_chunks(tiles * height * columns)).for_each(task);
    }

    /// A function of each number all over its tile.
    pub fn spread<T: Element>(
        self,
        isa: Isa,
        small: &[T],
        image: &mut [T],
        value: impl Fn(T) -> T + Copy + Sync,
    ) {
        if image.is_empty() {
            return;
        }
        let [height, columns] = self.size;
        let task = |(small, image): (&[T], &mut [T])| {
            let width = self.width_in(small.len());
            compiled(
                isa,
                #[inline(always)]
                move || {
                    let rows = image.chunks_exact_mut(width * height * columns);
                    for (small, rows) in small.chunks_exact(width).zip(rows) {
                        let (first, others) = rows.split_at_mut(width * columns);
                        spread_columns(small, columns, first, value);
                        others.chunks_exact_mut(width * columns).for_each(|row| row.copy_from_slice(first));
                    }
                },
            );
        };
        if image.len() <= 2 * TASK {
            return task((small, image));
        }
        let tiles = self.of_task();
        small.par_chunks(tiles).zip(image.par_chunks_mut(tiles * height * columns)).for_each(task);
    }
}

/// Sums of 2×2 numbers side by side in two rows, divided by a number.
#[inline(always)]
fn add_quarters<T: Float>((above, below): (&[T], &[T]), out: &mut [T], divisor: T) {
    let rows = above.as_chunks::<2>().0.iter().zip(below.as_chunks::<2>().0);
    for (out, (a, b)) in out.iter_mut().zip(rows) {
        *out = ((a[0] + a[1]) + (b[0] + b[1])) / divisor;
    }
}

/// Sums of groups of `columns` numbers, written or added to what is there.
#[inline(always)]
fn add_columns<T: Float>(row: &[T], columns: usize, out: &mut [T], add: bool) {
    // A number that the compiler knows lets it make vectors.
    match (columns, add) {
        (2, false) => row.as_chunks::<2>().0.iter().zip(out).for_each(|([a, b], out)| *out = *a + *b),
        (2, true) => row.as_chunks::<2>().0.iter().zip(out).for_each(|([a, b], out)| *out += *a + *b),
        _ => {
            for (out, cells) in out.iter_mut().zip(row.chunks_exact(columns)) {
                let sum = cells.iter().fold(T::zero(), |sum, cell| sum + *cell);
                *out = if add { *out + sum } else { sum };
            }
        }
    }
}

/// A function of each number, `columns` times.
#[inline(always)]
fn spread_columns<T: Element>(small: &[T], columns: usize, row: &mut [T], value: impl Fn(T) -> T) {
    if columns == 2 {
        row.as_chunks_mut::<2>().0.iter_mut().zip(small).for_each(|(cells, x)| *cells = [value(*x); 2]);
    } else {
        row.chunks_exact_mut(columns).zip(small).for_each(|(cells, x)| cells.fill(value(*x)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_tiles_where_small_ones_lie_within_others() {
        let tiles = |long: &[usize], short: &[usize]| {
            Tiles::of_axes(&Layout::contiguous(Dims::new(long)), &Dims::new(short))
        };
        let of = |width, size| Some(Tiles { width, size });
        assert_eq!(tiles(&[3, 4, 2, 5, 2], &[3, 4, 1, 5, 1]), of(5, [2, 2]));
        assert_eq!(tiles(&[3, 1, 4, 5, 2], &[3, 1, 4, 5, 1]), of(60, [1, 2]));
        assert_eq!(tiles(&[2, 3, 5, 2], &[1, 1, 5, 1]), of(5, [6, 2]));
        assert_eq!(tiles(&[7, 3, 5, 2], &[1, 1, 5, 1]), None);
        assert_eq!(tiles(&[2, 3, 2, 5, 2], &[1, 3, 1, 5, 1]), None);
        assert_eq!(tiles(&[3, 4, 9], &[3, 4, 1]), None);
        assert_eq!(tiles(&[3, 4, 5], &[3, 1, 5]), None);
        assert_eq!(tiles(&[4, 5], &[4, 5]), None);
    }
}
