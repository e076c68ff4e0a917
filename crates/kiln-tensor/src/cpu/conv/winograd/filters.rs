//! The weight, transformed and laid out for products.

use super::WinogradPlan;
use super::window::PaddedWeight;
use crate::backend::Storage;
use crate::cpu::buffer::CpuBuffer;
use crate::cpu::dense;
use crate::cpu::gemm::matrix;
use crate::cpu::simd::{Grid, PAD, Rows, RowsMut, Transform, WinogradMap, to_winograd, transpose};
use crate::error::Result;
use ndarray::{ArrayViewMut3, ShapeBuilder, s};
use rayon::prelude::*;
use std::ops::Range;

/// `G w` as right sides of products: for each group of columns panels, for each of these and each position
/// a matrix of `k` rows.
pub struct Filters {
    data: CpuBuffer,
    len: usize,
    /// Rows of each matrix.
    k: usize,
    /// Columns of a group, padded.
    columns: usize,
    positions: usize,
    panel: usize,
}

/// A right side of products, one for each position.
#[derive(Clone, Copy)]
pub struct Panel<'a> {
    data: &'a [f32],
    /// Distance between matrices of neighbouring positions.
    step: usize,
    width: usize,
}

impl<'a> Panel<'a> {
    /// The matrix at a position.
    pub fn at(&self, position: usize) -> Rows<'a> {
        Rows { data: &self.data[position * self.step..], step: self.width }
    }
}

/// Distance between matrices of neighbouring positions. A vector more than they take, or the positions of
/// a tile would compete for a few lines of the cache.
pub fn step(k: usize, width: usize) -> usize {
    k * width + PAD
}

/// The weight with its columns side by side, `[row, tap, column]`: what panels of `G w` are made of.
pub struct WeightTaps {
    pub plan: WinogradPlan,
    data: CpuBuffer,
    /// Rows that are there.
    rows: usize,
    /// Columns, padded.
    columns: usize,
}

impl WeightTaps {
    /// Rows are the inputs, columns the outputs.
    pub fn forward(plan: &WinogradPlan, w: &[f32], storage: &Storage) -> Result<Self> {
        /// Inputs of a task.
        const INPUTS: usize = 4;
        let w = PaddedWeight::new(plan, w, storage)?;
        let w = w.elements();
        let (taps, inputs, outputs) = (plan.g.kernel_numel(), plan.inputs, plan.outputs());
        let row = inputs * taps;
        let mut data = dense::scratch::<f32>(storage, row * outputs)?;
        let transposed = data.elements_mut(row * outputs);
        transposed.par_chunks_mut(INPUTS * taps * outputs).enumerate().for_each(|(task, transposed)| {
            let columns = transposed.len() / outputs;
            let w = matrix(&w[task * INPUTS * taps..], [plan.outputs, columns], [row as isize, 1]);
            transpose(plan.isa, w, RowsMut { data: transposed, step: outputs }, outputs);
        });
        Ok(WeightTaps { plan: *plan, data, rows: inputs, columns: outputs })
    }

    /// Rows are the outputs, columns the inputs.
    pub fn transposed(plan: &WinogradPlan, w: &[f32], storage: &Storage) -> Result<Self> {
        let (taps, inputs, outputs) = (plan.g.kernel_numel(), plan.inputs(), plan.outputs);
        let w = PaddedWeight::new(plan, w, storage)?;
        let w = w.elements();
        let mut data = dense::scratch::<f32>(storage, outputs * taps * inputs)?;
        let transposed = data.elements_mut(outputs * taps * inputs);
        let filters = w.par_chunks_exact(plan.inputs * taps);
        transposed.par_chunks_exact_mut(taps * inputs).zip(filters).with_min_len(16).for_each(
            |(transposed, w)| {
                let w = matrix(w, [plan.inputs, taps], [taps as isize, 1]);
                transpose(plan.isa, w, RowsMut { data: transposed, step: inputs }, inputs);
            },
        );
        Ok(WeightTaps { plan: *plan, data, rows: outputs, columns: inputs })
    }

    /// Writes a phase of `G w` as `[position, row, column]`, for some rows and for the columns from `first` on. Rows
    /// that aren't there become 0.
    pub fn fill(&self, phase: usize, rows: Range<usize>, first: usize, mut panel: ArrayViewMut3<f32>) {
        let (plan, taps) = (&self.plan, self.plan.g.kernel_numel());
        let (start, cells) = plan.taps(phase);
        let grid = Grid {
            start: (rows.start * taps + start) * self.columns + first,
            tiles: [0, 0, taps * self.columns],
            cells: cells.map(|step| step * self.columns),
        };
        let there = rows.end.min(self.rows).saturating_sub(rows.start);
        panel.slice_mut(s![.., there.., ..]).fill(0.0);
        let data = self.data.elements(self.rows * taps * self.columns);
        let panel = panel.slice_mut(s![.., ..there, ..]);
        let transform = Transform { family: plan.family, map: WinogradMap::Taps };
        to_winograd(plan.isa, transform, data, grid, [1, 1, there], panel);
    }
}

impl Filters {
    /// For `y = w · x`: rows are the phases of the inputs, columns the outputs.
    pub fn forward(plan: &WinogradPlan, w: &[f32], storage: &Storage) -> Result<Self> {
        let (taps, inputs) = (WeightTaps::forward(plan, w, storage)?, plan.inputs());
        Filters::build(plan, storage, [plan.k(), 1, plan.outputs()], |_, first, mut panel| {
            for phase in 0..plan.phases() {
                let rows = panel.slice_mut(s![.., phase * inputs..(phase + 1) * inputs, ..]);
                taps.fill(phase, 0..inputs, first, rows);
            }
        })
    }

    /// For `dx = wᵀ · dy`: rows are the outputs, columns the inputs, a group for each phase.
    pub fn transposed(plan: &WinogradPlan, w: &[f32], storage: &Storage) -> Result<Self> {
        let taps = WeightTaps::transposed(plan, w, storage)?;
        let columns = [plan.outputs(), plan.phases(), plan.inputs()];
        Filters::build(plan, storage, columns, |phase, first, panel| {
            taps.fill(phase, 0..plan.outputs(), first, panel);
        })
    }

    /// Calls `fill` with the group, the first column and the matrices of each panel.
    fn build(
        plan: &WinogradPlan,
        storage: &Storage,
        [k, groups, columns]: [usize; 3],
        fill: impl Fn(usize, usize, ArrayViewMut3<f32>) + Sync,
    ) -> Result<Self> {
        let (positions, panel) = (plan.positions(), plan.isa.panel());
        let (full, rest) = (columns / panel, columns % panel);
        let group = positions * (full * step(k, panel) + if rest > 0 { step(k, rest) } else { 0 });
        let len = groups * group;
        let mut data = dense::scratch::<f32>(storage, len)?;
        let panels = data.elements_mut::<f32>(len).chunks_exact_mut(group).enumerate();
        let panels = panels.flat_map(|(i, group)| {
            let panels = group.chunks_mut(positions * step(k, panel)).enumerate();
            panels.map(move |(j, data)| (i, j * panel, data))
        });
        let panels: Vec<_> = panels.collect();
        panels.into_par_iter().for_each(|(group, first, data)| {
            let width = panel.min(columns - first);
            let shape = [positions, k, width].strides([step(k, width), width, 1]);
            fill(group, first, ArrayViewMut3::from_shape(shape, data).expect("there is room"));
        });
        Ok(Filters { data, len, k, columns, positions, panel })
    }

    /// The panel of a group that starts at a column.
    pub fn panel(&self, group: usize, first: usize) -> Panel<'_> {
        let groups = self.len / self.group_len();
        debug_assert!(group < groups && first.is_multiple_of(self.panel));
        let start = group * self.group_len() + first / self.panel * self.positions * step(self.k, self.panel);
        let width = self.panel.min(self.columns - first);
        Panel { data: &self.data.elements(self.len)[start..], step: step(self.k, width), width }
    }

    fn group_len(&self) -> usize {
        let (full, rest) = (self.columns / self.panel, self.columns % self.panel);
        self.positions * (full * step(self.k, self.panel) + if rest > 0 { step(self.k, rest) } else { 0 })
    }
}
