//! Cutting an output into blocks that tasks own.

use ndarray::{ArrayViewMut, Axis, Dimension};

/// Blocks of at most `size` along `axis`, each with its start.
pub fn blocks<T, D: Dimension>(
    view: ArrayViewMut<T, D>,
    axis: usize,
    size: usize,
) -> Vec<(usize, ArrayViewMut<T, D>)> {
    let axis = Axis(axis);
    let (mut rest, mut start) = (view, 0);
    let mut blocks = Vec::with_capacity(rest.len_of(axis).div_ceil(size));
    while rest.len_of(axis) > size {
        let (block, tail) = rest.split_at(axis, size);
        blocks.push((start, block));
        (rest, start) = (tail, start + size);
    }
    blocks.push((start, rest));
    blocks
}

/// As many blocks as [`blocks`] makes, but of whole units, and as even as those can be.
pub fn even_blocks<T, D: Dimension>(
    view: ArrayViewMut<T, D>,
    axis: usize,
    size: usize,
    unit: usize,
) -> Vec<(usize, ArrayViewMut<T, D>)> {
    let (axis, len) = (Axis(axis), view.len_of(Axis(axis)));
    let units = len.div_ceil(unit);
    let count = len.div_ceil(size).clamp(1, units.max(1));
    let (mut rest, mut start) = (view, 0);
    let mut blocks = Vec::with_capacity(count);
    for block in 1..count {
        let end = block * units / count * unit;
        let (block, tail) = rest.split_at(axis, end - start);
        blocks.push((start, block));
        (rest, start) = (tail, end);
    }
    blocks.push((start, rest));
    blocks
}
