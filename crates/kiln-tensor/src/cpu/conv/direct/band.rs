//! Rows of windows of an image.

use super::Strip;
use crate::cpu::scratch::Scratch;
use crate::cpu::simd::{ColumnRun, ColumnRuns, GroupedRows, Isa, PAD, correlate};
use ndarray::ArrayViewMut2;

/// Sizes of some rows of windows, and the columns that they are multiplied as.
pub struct Band {
    isa: Isa,
    pub strip: Strip,
    pub rows: usize,
    /// Windows of a row.
    width: usize,
    /// Vectors of windows of each row, or `None` if they would be too empty.
    of_rows: Option<ColumnRuns>,
    /// Vectors of all places of the strip, also of those between the ends of rows.
    of_places: ColumnRuns,
    /// How far sums for one row of the left matrix lie from those for the next, if they are computed for all places.
    pub step: usize,
}

impl Band {
    pub fn new(isa: Isa, strip: &Strip, rows: usize, width: usize) -> Self {
        let lanes = isa.lanes();
        let of_row = width.div_ceil(lanes);
        let run = |row: usize, i: usize| ColumnRun {
            from: row * strip.width() + i * lanes,
            to: row * width + i * lanes,
            len: lanes.min(width - i * lanes),
        };
        let of_rows = (4 * width >= 3 * of_row * lanes)
            .then(|| (0..rows).flat_map(|row| (0..of_row).map(move |i| run(row, i))).collect())
            .map(ColumnRuns::new);
        let runs = (rows * strip.width()).div_ceil(lanes);
        let run = |i: usize| ColumnRun { from: i * lanes, to: i * lanes, len: lanes };
        let of_places = ColumnRuns::new((0..runs).map(run).collect());
        Band { isa, strip: *strip, rows, width, of_rows, of_places, step: runs * lanes + PAD }
    }

    /// The strip of an image for rows from `first` on.
    pub fn strip_of(&self, image: &[f32], first: usize) -> Scratch<f32> {
        let mut data = Scratch::<f32>::new(self.strip.len(self.rows));
        self.strip.fill(image, first..first + self.rows, &mut data);
        data
    }

    /// Products with all windows of a strip, whose cells lie at `offsets`. `out` has rows of windows.
    pub fn multiply(&self, left: GroupedRows, strip: &[f32], offsets: &[usize], mut out: ArrayViewMut2<f32>) {
        if let Some(runs) = &self.of_rows {
            return correlate(self.isa, left, strip, offsets, runs, out);
        }
        let mut sums = Scratch::<f32>::new(out.nrows() * self.step);
        self.multiply_places(left, strip, offsets, &mut sums);
        for (mut out, sums) in out.outer_iter_mut().zip(sums.chunks_exact(self.step)) {
            let out = out.as_slice_mut().expect("rows are contiguous").chunks_exact_mut(self.width);
            out.zip(sums.chunks(self.strip.width()))
                .for_each(|(out, sums)| out.copy_from_slice(&sums[..self.width]));
        }
    }

    /// Products with windows at all places of a strip. Rows of `sums` lie [`step`](Self::step) apart.
    pub fn multiply_places(&self, left: GroupedRows, strip: &[f32], offsets: &[usize], sums: &mut [f32]) {
        let sums = ArrayViewMut2::from_shape([left.rows, self.step], sums).expect("there is room");
        correlate(self.isa, left, strip, offsets, &self.of_places, sums);
    }
}
