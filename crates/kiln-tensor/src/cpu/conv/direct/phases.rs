//! The phases of an image: the pixels that lie a multiple of the stride apart.

use crate::geometry::ConvGeom;
use std::ops::Range;

/// The phases of `x` as the images that windows over `y` make. Along an axis, cell `q` of phase `p` is cell
/// `stride · q + p` of the padded `x`, and the sum of `w[k] · y[q − k · dilation / stride]` over the taps `k` with
/// `k · dilation` mod `stride` = `p`.
pub struct Phases {
    /// Windows over `y`, which hold what any phase reads.
    pub g: ConvGeom,
    stride: [usize; 2],
    size: [usize; 2],
    /// Cells of the first window that lie before the image.
    cut: [usize; 2],
    /// Phases that read the same cells of a window.
    pub classes: Vec<PhaseClass>,
}

/// Phases that read the same cells of a window over `y`.
pub struct PhaseClass {
    /// Their numbers.
    pub phases: Vec<usize>,
    /// Cells of a window.
    pub cells: Vec<[usize; 2]>,
    /// For each phase the taps that it multiplies the cells by.
    taps: Vec<usize>,
}

impl PhaseClass {
    /// The tap that a phase of the class multiplies a cell by.
    pub fn tap(&self, phase: usize, cell: usize) -> usize {
        self.taps[phase * self.cells.len() + cell]
    }
}

/// [`PhaseClass`] along one axis: phases, the cells they read, and the taps of each.
struct AxisClass {
    phases: Vec<usize>,
    cells: Vec<usize>,
    taps: Vec<Vec<usize>>,
}

/// The classes of an axis; the first window begins `reach` cells before the cell of `y` that has its number.
fn axis_classes(g: &ConvGeom, axis: usize, reach: usize) -> Vec<AxisClass> {
    let (stride, dilation) = (g.stride[axis], g.dilation[axis]);
    let mut classes: Vec<AxisClass> = Vec::new();
    for phase in 0..stride {
        let taps: Vec<_> = (0..g.kernel[axis]).rev().filter(|tap| tap * dilation % stride == phase).collect();
        let cells = taps.iter().map(|tap| reach - tap * dilation / stride).collect();
        match classes.iter_mut().find(|class| class.cells == cells) {
            Some(class) => {
                class.phases.push(phase);
                class.taps.push(taps);
            }
            None => classes.push(AxisClass { phases: vec![phase], cells, taps: vec![taps] }),
        }
    }
    classes
}

impl Phases {
    pub fn new(g: &ConvGeom) -> Self {
        let axis = |i: usize| {
            let (stride, padding) = (g.stride[i], g.padding[i]);
            let reach = (g.kernel[i] - 1) * g.dilation[i] / stride;
            // Windows before the image are left out, but a window can't begin behind the first cell of `y`.
            let first = (padding / stride).min(reach);
            let windows = (padding + g.input[i] - 1) / stride + 1 - first;
            (reach, first, windows)
        };
        let axes = [axis(0), axis(1)];
        let g_y = ConvGeom {
            input: g.output,
            output: axes.map(|(_, _, windows)| windows),
            kernel: axes.map(|(reach, _, _)| reach + 1),
            stride: [1, 1],
            padding: axes.map(|(reach, first, _)| reach - first),
            dilation: [1, 1],
            groups: g.groups,
        };
        let cut = [0, 1].map(|i| g.padding[i] - g.stride[i] * axes[i].1);
        let rows = axis_classes(g, 0, axes[0].0);
        let columns = axis_classes(g, 1, axes[1].0);
        let mut classes = Vec::new();
        for (row, column) in rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column))) {
            let mut class = PhaseClass { phases: Vec::new(), cells: Vec::new(), taps: Vec::new() };
            class.cells.extend(row.cells.iter().flat_map(|y| column.cells.iter().map(move |x| [*y, *x])));
            for (py, y_taps) in row.phases.iter().zip(&row.taps) {
                for (px, x_taps) in column.phases.iter().zip(&column.taps) {
                    class.phases.push(py * g.stride[1] + px);
                    let taps = y_taps.iter().flat_map(|y| x_taps.iter().map(move |x| y * g.kernel[1] + x));
                    class.taps.extend(taps);
                }
            }
            classes.push(class);
        }
        Phases { g: g_y, stride: g.stride, size: g.input, cut, classes }
    }

    pub fn count(&self) -> usize {
        self.stride[0] * self.stride[1]
    }

    /// The rows of `x` that some rows of the phases make up.
    pub fn rows(&self, rows: Range<usize>) -> Range<usize> {
        let row = |q: usize| (q * self.stride[0]).saturating_sub(self.cut[0]).min(self.size[0]);
        row(rows.start)..row(rows.end)
    }

    /// Pixels of a channel that some rows of the phases make up.
    pub fn pixels(&self, rows: Range<usize>) -> usize {
        self.rows(rows).len() * self.size[1]
    }

    /// Puts rows `rows` of a channel into the image `out`, from its phases, whose rows begin with `first` and are
    /// `width` numbers.
    pub fn join<'a>(
        &self,
        phase: impl Fn(usize) -> &'a [f32],
        width: usize,
        first: usize,
        rows: Range<usize>,
        out: &mut [f32],
    ) {
        let [sy, sx] = self.stride;
        for (y, out) in rows.zip(out.chunks_exact_mut(self.size[1])) {
            let (q, py) = ((y + self.cut[0]) / sy - first, (y + self.cut[0]) % sy);
            // Cells that lie `sx` apart come from one phase.
            let row = |x: usize| {
                let (i, px) = ((x + self.cut[1]) / sx, (x + self.cut[1]) % sx);
                &phase(py * sx + px)[q * width + i..]
            };
            match sx {
                1 => out.copy_from_slice(&row(0)[..out.len()]),
                2 => {
                    let (pairs, rest) = out.as_chunks_mut::<2>();
                    let (even, odd) = (row(0), row(1));
                    let count = pairs.len();
                    for ((pair, even), odd) in pairs.iter_mut().zip(even).zip(odd) {
                        *pair = [*even, *odd];
                    }
                    rest.iter_mut().for_each(|last| *last = even[count]);
                }
                _ => (0..sx.min(out.len())).for_each(|x| {
                    out[x..].iter_mut().step_by(sx).zip(row(x)).for_each(|(out, value)| *out = *value);
                }),
            }
        }
    }
}
