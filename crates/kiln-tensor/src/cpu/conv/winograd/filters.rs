//! The weight, transformed and laid out for products.

use super::Plan;
use crate::backend::Storage;
use crate::cpu::buffer::CpuBuffer;
use crate::cpu::dense;
use crate::cpu::gemm::matrix;
use crate::cpu::simd::{Grid, Map, PAD, spread, transpose};
use crate::error::Result;
use ndarray::{ArrayViewMut3, ShapeBuilder, s};
use rayon::prelude::*;

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
    step: usize,
    pub width: usize,
}

impl<'a> Panel<'a> {
    pub fn at(&self, position: usize) -> &'a [f32] {
        &self.data[position * self.step..]
    }
}

/// How far matrices of neighbouring positions lie apart. A vector more than they take, or the positions of
/// a tile would compete for a few lines of the cache.
fn step(k: usize, width: usize) -> usize {
    k * width + PAD
}

impl Filters {
    /// For `y = w · x`: rows are the phases of the inputs, columns the outputs.
    pub fn forward(plan: &Plan, w: &[f32], storage: &Storage) -> Result<Self> {
        let (taps, inputs, outputs) = (plan.g.kernel_numel(), plan.inputs(), plan.outputs());
        let row = plan.inputs * taps;
        let mut turned = dense::scratch::<f32>(storage, inputs * taps * outputs)?;
        let turned = turned.elements_mut(inputs * taps * outputs);
        // As [input, tap, output], some inputs a task.
        const INPUTS: usize = 4;
        turned.par_chunks_mut(INPUTS * taps * outputs).enumerate().for_each(|(task, turned)| {
            let first = task * INPUTS;
            let count = plan.inputs.saturating_sub(first).min(INPUTS);
            if count > 0 {
                let w = matrix(&w[first * taps..], [plan.outputs, count * taps], [row as isize, 1]);
                transpose(plan.isa, w, (turned, outputs), outputs);
            }
            turned[count * taps * outputs..].fill(0.0);
        });
        let turned = &*turned;
        Filters::build(plan, storage, [plan.k(), 1, outputs], |_, first, mut panel| {
            for phase in 0..plan.phases() {
                let (start, cells) = plan.taps(phase);
                let grid = Grid {
                    start: start * outputs + first,
                    tiles: [0, 0, taps * outputs],
                    cells: cells.map(|step| step * outputs),
                };
                let rows = panel.slice_mut(s![.., phase * inputs..(phase + 1) * inputs, ..]);
                spread(plan.isa, (plan.family, Map::Taps), (turned, grid), [1, 1, inputs], rows);
            }
        })
    }

    /// For `dx = wᵀ · dy`: rows are the outputs, columns the inputs, a group for each phase.
    pub fn transposed(plan: &Plan, w: &[f32], storage: &Storage) -> Result<Self> {
        let (taps, inputs) = (plan.g.kernel_numel(), plan.inputs());
        let mut turned = dense::scratch::<f32>(storage, plan.outputs * taps * inputs)?;
        let turned = turned.elements_mut(plan.outputs * taps * inputs);
        // As [output, tap, input].
        let filters = w.par_chunks_exact(plan.inputs * taps);
        turned.par_chunks_exact_mut(taps * inputs).zip(filters).with_min_len(16).for_each(|(turned, w)| {
            let w = matrix(w, [plan.inputs, taps], [taps as isize, 1]);
            transpose(plan.isa, w, (turned, inputs), inputs);
        });
        let turned = &*turned;
        let columns = [plan.outputs(), plan.phases(), inputs];
        Filters::build(plan, storage, columns, |phase, first, mut panel| {
            let (start, cells) = plan.taps(phase);
            let grid = Grid {
                start: start * inputs + first,
                tiles: [0, 0, taps * inputs],
                cells: cells.map(|step| step * inputs),
            };
            panel.slice_mut(s![.., plan.outputs.., ..]).fill(0.0);
            let rows = panel.slice_mut(s![.., ..plan.outputs, ..]);
            spread(plan.isa, (plan.family, Map::Taps), (turned, grid), [1, 1, plan.outputs], rows);
        })
    }

    /// Calls `fill` with the group, the first column and the matrices of each panel.
    fn build(
        plan: &Plan,
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
