//! Tiles of products of matrices: which of the tiles of `kernels/gemm.wgsl` a product takes.

use super::PlanError;
use kiln_kernels::{ShaderConstant, TILES};
use std::sync::OnceLock;

/// Workgroups that keep a large GPU busy: smaller tiles are taken where there would be fewer.
const BUSY: usize = 256;

/// The tile of a product, and the number of workgroups that it takes.
#[derive(Clone, Copy, Debug)]
pub struct Tiling {
    /// Index into [`TILES`].
    choice: usize,
    /// Number of workgroups, one for each tile of the result.
    pub workgroups: usize,
}

impl Tiling {
    /// The largest tile that leaves enough workgroups, for `problems` products of `rows` × `columns` elements each.
    ///
    /// # Errors
    /// When the environment variable `KILN_GPU_TILE`, which names a tile's side for measuring, names none.
    pub fn new(rows: usize, columns: usize, problems: usize) -> Result<Self, PlanError> {
        let count = |side: usize| rows.div_ceil(side) * columns.div_ceil(side) * problems;
        let fits = |choice: &usize| count(side(*choice)) >= BUSY && side(*choice) < 2 * rows.min(columns);
        let choice = forced()?.or_else(|| (0..TILES.len()).rev().find(fits)).unwrap_or(0);
        Ok(Tiling { choice, workgroups: count(side(choice)) })
    }

    /// Constants of the shader: `TILE`, `DEPTH` and `SIDE`.
    pub fn constants(&self) -> Vec<ShaderConstant> {
        TILES[self.choice].to_vec()
    }
}

/// Rows and columns of a tile.
fn side(choice: usize) -> usize {
    TILES[choice][0].1.trim_end_matches('u').parse().expect("a tile's side is a number")
}

/// The tile that `KILN_GPU_TILE` names.
fn forced() -> Result<Option<usize>, PlanError> {
    static FORCED: OnceLock<Result<Option<usize>, PlanError>> = OnceLock::new();
    let name = || std::env::var("KILN_GPU_TILE").ok().filter(|name| !name.is_empty());
    FORCED.get_or_init(|| name().map(|name| named(&name)).transpose()).clone()
}

/// The tile whose side has this name.
fn named(name: &str) -> Result<usize, PlanError> {
    let choice = (0..TILES.len()).find(|choice| side(*choice).to_string() == name);
    choice.ok_or_else(|| {
        let sides: Vec<String> = (0..TILES.len()).map(|choice| side(choice).to_string()).collect();
        PlanError::Unsupported(format!("KILN_GPU_TILE is `{name}`; set it to one of {}", sides.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_is_named_by_its_side() {
        assert_eq!(named("128"), Ok(2));
        let Err(PlanError::Unsupported(reason)) = named("7") else { panic!("there is no such tile") };
        assert_eq!(reason, "KILN_GPU_TILE is `7`; set it to one of 32, 64, 128");
    }
}
