//! Products of matrices, and what all kernels that are such products share.

use super::{Operand, Refusal, pass, word};
use crate::plan::walk::{Walk, merged};
use kiln_kernels::{LINEAR, MATMUL, TILES};
use kiln_tensor::fused::Activation;
use kiln_tensor::gpu::{Pass, Plan};
use std::sync::OnceLock;

/// Workgroups that keep a large GPU busy: smaller tiles are taken where there would be fewer.
const BUSY: usize = 256;

pub fn plan(a: Operand, b: Operand, out: Operand) -> Result<Plan, Refusal> {
    let (words, constants, workgroups) = product(a, b, out)?;
    let words = [words, vec![0; 3]].concat();
    Ok(Plan::of(Pass { constants, ..pass(&MATMUL, 2, words, workgroups) }))
}

/// A dense layer.
pub fn linear(f: Activation, [a, b, bias]: [Operand; 3], out: Operand) -> Result<Plan, Refusal> {
    let (words, mut constants, workgroups) = product(a, b, out)?;
    let own = [bias.layout.offset() as u32, bias.layout.strides()[0] as u32, word(f.slope())];
    constants.push(f.constant());
    Ok(Plan::of(Pass { constants, ..pass(&LINEAR, 3, [words, own.to_vec()].concat(), workgroups) }))
}

/// The uniform's words, the constants and the number of workgroups of a product.
fn product(a: Operand, b: Operand, out: Operand) -> Result<(Vec<u32>, Constants, usize), Refusal> {
    let last = out.layout.dims().rank() - 1;
    let (rows, columns) = (out.layout.dims()[last - 1], out.layout.dims()[last]);
    let depth = a.layout.dims()[last];
    let mut walk = Walk::apart(&[out.layout, a.layout, b.layout]);
    let [out_steps, a_steps, b_steps] =
        [out, a, b].map(|t| [t.layout.strides()[last - 1], t.layout.strides()[last]]);
    walk.axes.truncate(last - 1);
    walk.axes = merged(walk.axes);
    let sizes = [rows, columns, depth].map(|n| n as u32);
    let steps = [a_steps, b_steps, out_steps].concat().into_iter().map(|step| step as u32);
    let words = walk.words().into_iter().chain(sizes).chain(steps).collect();
    let tiling = Tiling::new(rows, columns, walk.count())?;
    let orders = [a_steps[1].abs() <= a_steps[0].abs(), b_steps[0].abs() < b_steps[1].abs()];
    Ok((words, tiling.constants(orders), tiling.workgroups))
}

/// Which variant of a shader.
type Constants = Vec<(&'static str, &'static str)>;

/// The side of a tile.
fn side(choice: usize) -> usize {
    TILES[choice][0].1.trim_end_matches('u').parse().expect("a tile's side is a number")
}

/// The tile whose side the environment variable `KILN_GPU_TILE` names, for measuring.
fn forced() -> Result<Option<usize>, Refusal> {
    static FORCED: OnceLock<Result<Option<usize>, Refusal>> = OnceLock::new();
    FORCED.get_or_init(|| std::env::var("KILN_GPU_TILE").ok().map(|name| named(&name)).transpose()).clone()
}

/// The tile of this side.
fn named(name: &str) -> Result<usize, Refusal> {
    let choice = (0..TILES.len()).find(|choice| side(*choice).to_string() == name);
    choice.ok_or_else(|| {
        let sides: Vec<String> = (0..TILES.len()).map(|choice| side(choice).to_string()).collect();
        Refusal::Unsupported(format!("KILN_GPU_TILE is `{name}`; set it to one of {}", sides.join(", ")))
    })
}

/// The tile of a product, and how many there are.
pub struct Tiling {
    choice: usize,
    pub workgroups: usize,
}

impl Tiling {
    /// For `jobs` products of `rows` × `columns` each.
    pub fn new(rows: usize, columns: usize, jobs: usize) -> Result<Self, Refusal> {
        let count = |tile: usize| rows.div_ceil(tile) * columns.div_ceil(tile) * jobs;
        let fits = |choice: &usize| count(side(*choice)) >= BUSY && side(*choice) < 2 * rows.min(columns);
        let choice = forced()?.or_else(|| (0..TILES.len()).rev().find(fits)).unwrap_or(0);
        Ok(Tiling { choice, workgroups: count(side(choice)) })
    }

    /// The constants of the shader, with whether each side's elements lie together along the depth.
    pub fn constants(&self, [left, right]: [bool; 2]) -> Constants {
        let word = |first| if first { "true" } else { "false" };
        let mut constants = TILES[self.choice].to_vec();
        constants.extend([("LEFT_DEPTH_FIRST", word(left)), ("RIGHT_DEPTH_FIRST", word(right))]);
        constants
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_named_by_its_side() {
        assert_eq!(named("128"), Ok(2));
        let Err(Refusal::Unsupported(reason)) = named("7") else { panic!("there is no such tile") };
        assert_eq!(reason, "KILN_GPU_TILE is `7`; set it to one of 32, 64, 128");
    }
}
