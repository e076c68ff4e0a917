//! The linear maps of Winograd's method, applied to both axes of tiles, many channels at a time.

use super::{Isa, Simd, WithSimd};
use ndarray::ArrayViewMut3;
use std::marker::PhantomData;

/// F(m, r): `m` outputs of a filter of `r` taps at once, along an axis. It takes `m + r − 1` products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    F22,
    F42,
    F23,
    F43,
    F25,
}

/// One of a family's maps. With the input `d`, the taps `g` and the output `y`, `y = Aᵀ(Gg ⊙ Bᵀd)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WinogradMap {
    /// `Bᵀ`: from the cells of an input tile to positions.
    Input,
    /// `B`, the adjoint: back to the cells of an input tile.
    InputAdjoint,
    /// `Aᵀ`: from positions to the cells of an output tile.
    Output,
    /// `A`: from the cells of an output tile to positions.
    OutputAdjoint,
    /// `G`: from taps to positions.
    Taps,
    /// `Gᵀ`: from positions back to taps.
    TapsAdjoint,
}

/// A map of a family.
#[derive(Clone, Copy, Debug)]
pub struct Transform {
    pub family: Family,
    pub map: WinogradMap,
}

/// Tiles as Winograd's method multiplies them: at each position a matrix with a row for each tile and a column for each
/// channel. Neighbouring positions lie `steps[0]` numbers apart, neighbouring tiles `steps[1]`.
#[derive(Clone, Copy)]
pub struct PositionsView<'a> {
    pub data: &'a [f32],
    pub steps: [usize; 2],
    pub channels: usize,
}

impl Family {
    /// Output cells of a tile along an axis.
    pub fn outputs(self) -> usize {
        match self {
            Family::F22 | Family::F23 | Family::F25 => 2,
            Family::F42 | Family::F43 => 4,
        }
    }

    /// Taps along an axis.
    pub fn taps(self) -> usize {
        match self {
            Family::F22 | Family::F42 => 2,
            Family::F23 | Family::F43 => 3,
            Family::F25 => 5,
        }
    }

    /// PositionsView along an axis, and input cells of a tile: `m + r − 1`.
    pub fn positions(self) -> usize {
        self.outputs() + self.taps() - 1
    }
}

/// Positions of tiles: the tile `[i, j, k]` of `counts` starts at `start + i·tiles[0] + j·tiles[1] +
/// k·tiles[2]`, its cell `[y, x]` lies `y·cells[0] + x·cells[1]` after that and holds all channels.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    pub start: usize,
    pub tiles: [usize; 3],
    pub cells: [usize; 2],
}

impl Grid {
    /// One more than the largest number that tiles of `side` cells along each axis have.
    fn end(&self, counts: [usize; 3], side: usize, channels: usize) -> usize {
        let tiles = self.tiles.iter().zip(counts).map(|(step, count)| step * (count - 1));
        self.start + tiles.sum::<usize>() + (side - 1) * (self.cells[0] + self.cells[1]) + channels
    }
}

/// Maps each tile of an image to positions: `positions[p, tile, channel]`.
pub fn to_winograd(
    isa: Isa,
    transform: Transform,
    image: &[f32],
    grid: Grid,
    counts: [usize; 3],
    mut positions: ArrayViewMut3<f32>,
) {
    let (sides, channels) = (transform.sides(), positions.dim().2);
    if counts.contains(&0) {
        return;
    }
    assert!(grid.end(counts, sides[0], channels) <= image.len(), "the image is smaller");
    let dims = (sides[1] * sides[1], counts.iter().product(), channels);
    assert!(
        positions.dim() == dims && channels.is_multiple_of(isa.panel() / 2),
        "the positions have other dims"
    );
    let [step, tile] = [0, 1].map(|axis| positions.strides()[axis].unsigned_abs());
    assert!(positions.strides()[2] == 1, "channels are side by side");
    let to = Grid {
        start: 0,
        tiles: [counts[1] * counts[2] * tile, counts[2] * tile, tile],
        cells: [sides[1] * step, step],
    };
    let from = TileSide { data: image.as_ptr().cast_mut(), grid };
    let to = TileSide { data: positions.as_mut_ptr(), grid: to };
    // SAFETY: all tiles lie in the slice, as just checked, and in the view; the image is only read.
    unsafe { run(isa, transform, TileTask { from, to, counts, channels, add: false, map: PhantomData }) }
}

/// Maps the positions of each tile to its cells in an image, or adds to these with `add`.
pub fn from_winograd(
    isa: Isa,
    transform: Transform,
    positions: PositionsView,
    counts: [usize; 3],
    image: &mut [f32],
    grid: Grid,
    add: bool,
) {
    let PositionsView { data: positions, steps, channels } = positions;
    let sides = transform.sides();
    if counts.contains(&0) {
        return;
    }
    let from = Grid {
        start: 0,
        tiles: [counts[1] * counts[2] * steps[1], counts[2] * steps[1], steps[1]],
        cells: [sides[0] * steps[0], steps[0]],
    };
    assert!(channels.is_multiple_of(isa.panel() / 2), "channels fill vectors");
    assert!(from.end(counts, sides[0], channels) <= positions.len(), "there are fewer positions");
    assert!(grid.end(counts, sides[1], channels) <= image.len(), "the image is smaller");
    let from = TileSide { data: positions.as_ptr().cast_mut(), grid: from };
    let to = TileSide { data: image.as_mut_ptr(), grid };
    // SAFETY: all tiles lie in the slices, as just checked; the positions are only read.
    unsafe { run(isa, transform, TileTask { from, to, counts, channels, add, map: PhantomData }) }
}

#[derive(Clone, Copy)]
struct TileSide {
    data: *mut f32,
    grid: Grid,
}

impl TileSide {
    #[inline(always)]
    fn tile(&self, [i, j, k]: [usize; 3], channel: usize) -> *mut f32 {
        let Grid { start, tiles, .. } = self.grid;
        self.data.wrapping_add(start + i * tiles[0] + j * tiles[1] + k * tiles[2] + channel)
    }
}

struct TileTask<L> {
    from: TileSide,
    to: TileSide,
    counts: [usize; 3],
    channels: usize,
    add: bool,
    map: PhantomData<L>,
}

/// A matrix known to the compiler.
trait LinearMap<const N: usize, const M: usize> {
    #[cfg(test)]
    const ROWS: [[f32; N]; M];
    unsafe fn apply<S: Simd>(d: [S::Vector; N]) -> [S::Vector; M];
}

/// `TileTask` with the sizes of its map.
struct Sized<L, const N: usize, const M: usize>(TileTask<L>);

impl<L: LinearMap<N, M>, const N: usize, const M: usize> WithSimd for Sized<L, N, M> {
    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Sized(TileTask { from, to, counts, channels, add, .. }) = self;
        for i in 0..counts[0] {
            for j in 0..counts[1] {
                for k in 0..counts[2] {
                    let mut channel = 0;
                    while channel < channels {
                        let (from_tile, to_tile) =
                            (from.tile([i, j, k], channel), to.tile([i, j, k], channel));
                        // SAFETY: the caller's.
                        unsafe {
                            tile::<S, L, N, M>(from_tile, from.grid.cells, to_tile, to.grid.cells, add);
                        }
                        channel += S::LANES;
                    }
                }
            }
        }
    }
}

/// `L·d·Lᵀ` of one vector of channels.
#[inline(always)]
unsafe fn tile<S: Simd, L: LinearMap<N, M>, const N: usize, const M: usize>(
    from: *const f32,
    from_cells: [usize; 2],
    to: *mut f32,
    to_cells: [usize; 2],
    add: bool,
) {
    // SAFETY: the caller's.
    unsafe {
        let mut half = [[S::splat(0.0); N]; M];
        for x in 0..N {
            let mut column = [S::splat(0.0); N];
            for (y, cell) in column.iter_mut().enumerate() {
                *cell = S::load(from.add(y * from_cells[0] + x * from_cells[1]));
            }
            for (half, value) in half.iter_mut().zip(L::apply::<S>(column)) {
                half[x] = value;
            }
        }
        for (y, row) in half.into_iter().enumerate() {
            for (x, value) in L::apply::<S>(row).into_iter().enumerate() {
                let to = to.add(y * to_cells[0] + x * to_cells[1]);
                S::store(to, if add { S::add(S::load(to), value) } else { value });
            }
        }
    }
}

/// Adds `factor · x` to a sum, which may still be nothing. The factor is a constant, so only one branch
/// is compiled.
#[inline(always)]
unsafe fn term<S: Simd>(sum: Option<S::Vector>, factor: f32, x: S::Vector) -> Option<S::Vector> {
    // SAFETY: the caller's.
    unsafe {
        Some(match sum {
            _ if factor == 0.0 => return sum,
            None if factor == 1.0 => x,
            None => S::mul(S::splat(factor), x),
            Some(sum) if factor == 1.0 => S::add(sum, x),
            Some(sum) if factor == -1.0 => S::sub(sum, x),
            Some(sum) => S::fma(S::splat(factor), x, sum),
        })
    }
}

/// Expanded by macro: loops over a matrix stay loops, with their sums in memory.
macro_rules! sum {
    ($s:ident, $d:ident, $sum:expr, $i:expr;) => { $sum };
    ($s:ident, $d:ident, $sum:expr, $i:expr; $factor:expr $(, $rest:expr)*) => {
        sum!($s, $d, term::<$s>($sum, $factor, $d[$i]), $i + 1; $($rest),*)
    };
}

macro_rules! linear {
    ($($map:ident = $n:literal to $m:literal: $([$($factor:expr),*])*;)*) => {$(
        struct $map;
        impl LinearMap<$n, $m> for $map {
            #[cfg(test)]
            const ROWS: [[f32; $n]; $m] = [$([$($factor),*]),*];
            #[inline(always)]
            unsafe fn apply<S: Simd>(d: [S::Vector; $n]) -> [S::Vector; $m] {
                // SAFETY: the caller's.
                unsafe { [$(sum!(S, d, None, 0; $($factor),*).unwrap_or(S::splat(0.0))),*] }
            }
        }
    )*};
}

// The matrices of Toom and Cook for the points 0, 1 and −1 (as many as are needed) of F(2, r), and 0, ±3/4 and
// ±3/2 of F(4, r), each with the point at infinity. Powers of small points grow less than those of the usual
// 0, ±1 and ±2, and so does the error: to a half and a quarter.
linear! {
    Input22 = 3 to 3: [1., -1., 0.] [0., 1., 0.] [0., -1., 1.];
    Input22Adjoint = 3 to 3: [1., 0., 0.] [-1., 1., -1.] [0., 0., 1.];
    Output22 = 3 to 2: [1., 1., 0.] [0., 1., 1.];
    Output22Adjoint = 2 to 3: [1., 0.] [1., 1.] [0., 1.];
    Taps22 = 2 to 3: [1., 0.] [1., 1.] [0., 1.];
    Taps22Adjoint = 3 to 2: [1., 1., 0.] [0., 1., 1.];

    Input42 = 5 to 5: [0.84375, -0.5625, -1.5, 1., 0.] [0., -1.125, -0.75, 1., 0.]
        [0., 1.125, -2.25, 1., 0.] [0., -0.5625, 0., 1., 0.] [0., 0.84375, -0.5625, -1.5, 1.];
    Input42Adjoint = 5 to 5: [0.84375, 0., 0., 0., 0.] [-0.5625, -1.125, 1.125, -0.5625, 0.84375]
        [-1.5, -0.75, -2.25, 0., -0.5625] [1., 1., 1., 1., -1.5] [0., 0., 0., 0., 1.];
    Output42 = 5 to 4: [1., 1., 1., 1., 0.] [0., 0.75, -0.75, 1.5, 0.] [0., 0.5625, 0.5625, 2.25, 0.]
        [0., 0.421875, -0.421875, 3.375, 1.];
    Output42Adjoint = 4 to 5: [1., 0., 0., 0.] [1., 0.75, 0.5625, 0.421875]
        [1., -0.75, 0.5625, -0.421875] [1., 1.5, 2.25, 3.375] [0., 0., 0., 1.];
    Taps42 = 2 to 5: [32. / 27., 0.] [-32. / 27., -8. / 9.] [-32. / 81., 8. / 27.]
        [32. / 81., 16. / 27.] [0., 1.];
    Taps42Adjoint = 5 to 2: [32. / 27., -32. / 27., -32. / 81., 32. / 81., 0.]
        [0., -8. / 9., 8. / 27., 16. / 27., 1.];

    Input23 = 4 to 4: [1., 0., -1., 0.] [0., 1., 1., 0.] [0., -1., 1., 0.] [0., -1., 0., 1.];
    Input23Adjoint = 4 to 4: [1., 0., 0., 0.] [0., 1., -1., -1.] [-1., 1., 1., 0.] [0., 0., 0., 1.];
    Output23 = 4 to 2: [1., 1., 1., 0.] [0., 1., -1., 1.];
    Output23Adjoint = 2 to 4: [1., 0.] [1., 1.] [1., -1.] [0., 1.];
    Taps23 = 3 to 4: [1., 0., 0.] [0.5, 0.5, 0.5] [0.5, -0.5, 0.5] [0., 0., 1.];
    Taps23Adjoint = 4 to 3: [1., 0.5, 0.5, 0.] [0., 0.5, -0.5, 0.] [0., 0.5, 0.5, 1.];

    Input43 = 6 to 6: [1.265625, 0., -2.8125, 0., 1., 0.] [0., -1.6875, -2.25, 0.75, 1., 0.]
        [0., 1.6875, -2.25, -0.75, 1., 0.] [0., -0.84375, -0.5625, 1.5, 1., 0.]
        [0., 0.84375, -0.5625, -1.5, 1., 0.] [0., 1.265625, 0., -2.8125, 0., 1.];
    Input43Adjoint = 6 to 6: [1.265625, 0., 0., 0., 0., 0.]
        [0., -1.6875, 1.6875, -0.84375, 0.84375, 1.265625] [-2.8125, -2.25, -2.25, -0.5625, -0.5625, 0.]
        [0., 0.75, -0.75, 1.5, -1.5, -2.8125] [1., 1., 1., 1., 1., 0.] [0., 0., 0., 0., 0., 1.];
    Output43 = 6 to 4: [1., 1., 1., 1., 1., 0.] [0., 0.75, -0.75, 1.5, -1.5, 0.]
        [0., 0.5625, 0.5625, 2.25, 2.25, 0.] [0., 0.421875, -0.421875, 3.375, -3.375, 1.];
    Output43Adjoint = 4 to 6: [1., 0., 0., 0.] [1., 0.75, 0.5625, 0.421875]
        [1., -0.75, 0.5625, -0.421875] [1., 1.5, 2.25, 3.375] [1., -1.5, 2.25, -3.375] [0., 0., 0., 1.];
    Taps43 = 3 to 6: [64. / 81., 0., 0.] [-128. / 243., -32. / 81., -8. / 27.]
        [-128. / 243., 32. / 81., -8. / 27.] [32. / 243., 16. / 81., 8. / 27.]
        [32. / 243., -16. / 81., 8. / 27.] [0., 0., 1.];
    Taps43Adjoint = 6 to 3: [64. / 81., -128. / 243., -128. / 243., 32. / 243., 32. / 243., 0.]
        [0., -32. / 81., 32. / 81., 16. / 81., -16. / 81., 0.]
        [0., -8. / 27., -8. / 27., 8. / 27., 8. / 27., 1.];

    // F(2, 5) has the points of F(4, 3), and so its map of the input.
    Output25 = 6 to 2: [1., 1., 1., 1., 1., 0.] [0., 0.75, -0.75, 1.5, -1.5, 1.];
    Output25Adjoint = 2 to 6: [1., 0.] [1., 0.75] [1., -0.75] [1., 1.5] [1., -1.5] [0., 1.];
    Taps25 = 5 to 6: [64. / 81., 0., 0., 0., 0.] [-128. / 243., -32. / 81., -8. / 27., -2. / 9., -1. / 6.]
        [-128. / 243., 32. / 81., -8. / 27., 2. / 9., -1. / 6.]
        [32. / 243., 16. / 81., 8. / 27., 4. / 9., 2. / 3.]
        [32. / 243., -16. / 81., 8. / 27., -4. / 9., 2. / 3.] [0., 0., 0., 0., 1.];
    Taps25Adjoint = 6 to 5: [64. / 81., -128. / 243., -128. / 243., 32. / 243., 32. / 243., 0.]
        [0., -32. / 81., 32. / 81., 16. / 81., -16. / 81., 0.]
        [0., -8. / 27., -8. / 27., 8. / 27., 8. / 27., 0.]
        [0., -2. / 9., 2. / 9., 4. / 9., -4. / 9., 0.] [0., -1. / 6., -1. / 6., 2. / 3., 2. / 3., 1.];
}

impl Transform {
    /// Cells or positions along an axis before the map and after it.
    fn sides(self) -> [usize; 2] {
        let Transform { family, map } = self;
        let (m, r, a) = (family.outputs(), family.taps(), family.positions());
        match map {
            WinogradMap::Input | WinogradMap::InputAdjoint => [a, a],
            WinogradMap::Output => [a, m],
            WinogradMap::OutputAdjoint => [m, a],
            WinogradMap::Taps => [r, a],
            WinogradMap::TapsAdjoint => [a, r],
        }
    }
}

/// # Safety
/// All tiles are there.
unsafe fn run(isa: Isa, transform: Transform, tiles: TileTask<()>) {
    let TileTask { from, to, counts, channels, add, .. } = tiles;
    macro_rules! choose {
        ($($family:ident: $input:ident $input_t:ident $output:ident $output_t:ident $taps:ident $taps_t:ident,
           $m:literal $r:literal $a:literal;)*) => {
            match (transform.family, transform.map) {$(
                (Family::$family, WinogradMap::Input) => choose!($input, $a, $a),
                (Family::$family, WinogradMap::InputAdjoint) => choose!($input_t, $a, $a),
                (Family::$family, WinogradMap::Output) => choose!($output, $a, $m),
                (Family::$family, WinogradMap::OutputAdjoint) => choose!($output_t, $m, $a),
                (Family::$family, WinogradMap::Taps) => choose!($taps, $r, $a),
                (Family::$family, WinogradMap::TapsAdjoint) => choose!($taps_t, $a, $r),
            )*}
        };
        ($map:ident, $n:literal, $m:literal) => {
            isa.run(Sized::<$map, $n, $m>(TileTask { from, to, counts, channels, add, map: PhantomData }))
        };
    }
    // SAFETY: the caller's.
    unsafe {
        choose! {
            F22: Input22 Input22Adjoint Output22 Output22Adjoint Taps22 Taps22Adjoint, 2 2 3;
            F42: Input42 Input42Adjoint Output42 Output42Adjoint Taps42 Taps42Adjoint, 4 2 5;
            F23: Input23 Input23Adjoint Output23 Output23Adjoint Taps23 Taps23Adjoint, 2 3 4;
            F43: Input43 Input43Adjoint Output43 Output43Adjoint Taps43 Taps43Adjoint, 4 3 6;
            F25: Input43 Input43Adjoint Output25 Output25Adjoint Taps25 Taps25Adjoint, 2 5 6;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `y = Aᵀ(Gg ⊙ Bᵀd)` is `y[i] = Σₖ g[k]·d[i + k]`, coefficient by coefficient; adjoints are transposes.
    fn check<const M: usize, const R: usize, const A: usize>(
        [input, input_t]: [[[f32; A]; A]; 2],
        (output, output_t): ([[f32; A]; M], [[f32; M]; A]),
        (taps, taps_t): ([[f32; R]; A], [[f32; A]; R]),
    ) {
        for p in 0..A {
            (0..A).for_each(|j| assert_eq!(input[p][j], input_t[j][p]));
            (0..M).for_each(|i| assert_eq!(output[i][p], output_t[p][i]));
            (0..R).for_each(|k| assert_eq!(taps[p][k], taps_t[k][p]));
        }
        for (i, row) in output.iter().enumerate() {
            for (k, j) in (0..R).flat_map(|k| (0..A).map(move |j| (k, j))) {
                let sum: f32 = (0..A).map(|p| row[p] * taps[p][k] * input[p][j]).sum();
                let want = if j == i + k { 1.0 } else { 0.0 };
                assert!((sum - want).abs() < 1e-6, "output {i}, tap {k}, input {j}: {sum}");
            }
        }
    }

    #[test]
    fn the_maps_make_a_convolution() {
        macro_rules! check {
            ($($b:ident $b_t:ident $a:ident $a_t:ident $g:ident $g_t:ident;)*) => {$(
                check([$b::ROWS, $b_t::ROWS], ($a::ROWS, $a_t::ROWS), ($g::ROWS, $g_t::ROWS));
            )*};
        }
        check! {
            Input22 Input22Adjoint Output22 Output22Adjoint Taps22 Taps22Adjoint;
            Input42 Input42Adjoint Output42 Output42Adjoint Taps42 Taps42Adjoint;
            Input23 Input23Adjoint Output23 Output23Adjoint Taps23 Taps23Adjoint;
            Input43 Input43Adjoint Output43 Output43Adjoint Taps43 Taps43Adjoint;
            Input43 Input43Adjoint Output25 Output25Adjoint Taps25 Taps25Adjoint;
        }
    }
}
