//! Convolutions by Winograd's method, over the phases of the stride. `f32` only.
//!
//! A 4×4 convolution of stride 2 is the sum of four 2×2 convolutions of stride 1: one for the pixels with
//! even row and even column, and so on. These phases become channels, `k = phases · inputs` of them. Tiles
//! of the image are mapped to positions ([`Family`]); at each position a product of matrices sums over the
//! channels; and the sums are mapped back:
//!
//! ```text
//! y  = Aᵀ [U ⊙ Bᵀ x]      dx = B [Uᵀ ⊙ A dy]      dw = Gᵀ [A dy ⊙ Bᵀ x]      with U = G w
//! ```
//!
//! where `⊙` multiplies matrices position by position. `README.md` beside this folder tells the whole story.

mod filters;
mod forward;
mod panels;
mod strips;
#[cfg(test)]
mod tests;
mod transpose;
mod weight;
mod window;

pub use forward::forward;
pub use transpose::transpose;
pub use weight::weight;

use crate::cpu::simd::{Family, Isa, PAD};
use crate::geometry::ConvGeom;

/// Tiles worth transforming the weight for.
const ENOUGH_TILES: usize = 4;
/// The largest transformed weight: it is read once for each chunk of tiles, from the last cache.
const FILTER_BYTES: usize = 16 << 20;
/// The most that all tiles and sums may take, if they are held instead: about half of the last cache.
const TILE_BYTES: usize = 16 << 20;
/// Tiles and sums of a chunk: what the second cache holds.
const CHUNK_BYTES: usize = 1 << 20;
/// The fewest tiles of a chunk, since each chunk reads the whole transformed weight.
const FEWEST_TILES: usize = 24;
/// The most.
const MOST_TILES: usize = 64;
/// Tasks that work is cut to while each is large enough.
const TASKS: usize = 16;

/// Convolution by Winograd's method: its family, its sizes, and what is held in memory.
#[derive(Clone, Copy, Debug)]
pub struct WinogradPlan {
    pub isa: Isa,
    pub family: Family,
    /// The geometry with [padded windows](window).
    g: ConvGeom,
    /// Size of the windows without that padding.
    kernel: [usize; 2],
    images: usize,
    inputs: usize,
    outputs: usize,
    /// Tiles of an image along each axis.
    tiles: [usize; 2],
    /// Whether the tiles of all images are held and the transformed weight is made [in panels](panels), or the other way
    /// round.
    panels: bool,
}

impl WinogradPlan {
    /// A plan for the family that takes the fewest products and can hold either tiles or weight, if the geometry allows
    /// one.
    pub fn new(isa: Isa, g: &ConvGeom, images: usize, [inputs, outputs]: [usize; 2]) -> Option<WinogradPlan> {
        let taps = [0, 1].map(|axis| g.kernel[axis].div_ceil(g.stride[axis]));
        let families = match (taps, g.stride) {
            ([2, 2], [2, 2]) => [Family::F42, Family::F22],
            ([3, 3], [1, 1] | [2, 2]) => [Family::F43, Family::F23],
            ([5, 5], [1, 1]) => [Family::F25; 2],
            _ => return None,
        };
        if g.groups != 1 || g.dilation != [1, 1] {
            return None;
        }
        let mut plans = families.map(|family| WinogradPlan::with(isa, family, g, images, [inputs, outputs]));
        let smallest = plans[1];
        plans.sort_by_key(WinogradPlan::products);
        Some(plans.into_iter().find_map(WinogradPlan::holding).unwrap_or(smallest))
    }

    /// The plan, holding what is smaller, if that fits its part of the last cache.
    fn holding(self) -> Option<WinogradPlan> {
        let bytes = |numbers| self.positions() * numbers * size_of::<f32>();
        let filters = bytes(self.k() * self.outputs());
        let tiles = bytes(self.tiles() * (self.k() + self.outputs()));
        let panels = tiles <= TILE_BYTES.min(filters);
        (panels || filters <= FILTER_BYTES).then_some(WinogradPlan { panels, ..self })
    }

    /// A plan for a family that fits the geometry.
    fn with(
        isa: Isa,
        family: Family,
        g: &ConvGeom,
        images: usize,
        [inputs, outputs]: [usize; 2],
    ) -> WinogradPlan {
        let tiles = g.output.map(|len| len.div_ceil(family.outputs()));
        let kernel = [0, 1].map(|axis| g.kernel[axis].next_multiple_of(g.stride[axis]));
        let (g, kernel) = (ConvGeom { kernel, ..*g }, g.kernel);
        WinogradPlan { isa, family, g, kernel, images, inputs, outputs, tiles, panels: false }
    }

    /// The same plan for another number of images.
    pub fn of_images(self, images: usize) -> WinogradPlan {
        WinogradPlan { images, ..self }
    }

    /// Whether it takes less time than the direct method: there must be channels enough to fill vectors, and
    /// tiles enough to make up for the transforms of the weight.
    pub fn is_faster(&self) -> bool {
        let channels = self.inputs.min(self.outputs);
        channels >= PAD && self.tiles() >= ENOUGH_TILES
    }

    /// Tiles of all images.
    fn tiles(&self) -> usize {
        self.images * self.tiles[0] * self.tiles[1]
    }

    /// Products of an image for each pair of channels.
    fn products(&self) -> usize {
        self.positions() * self.tiles[0] * self.tiles[1]
    }

    /// Positions of a tile.
    fn positions(&self) -> usize {
        self.family.positions().pow(2)
    }

    fn phases(&self) -> usize {
        self.g.stride[0] * self.g.stride[1]
    }

    /// First tap of a phase in the window, counted in cells, and the distances between its taps.
    fn taps(&self, phase: usize) -> (usize, [usize; 2]) {
        let [sy, sx] = self.g.stride;
        let width = self.g.kernel[1];
        (phase / sx * width + phase % sx, [sy * width, sx])
    }

    /// Input channels with padding.
    fn inputs(&self) -> usize {
        self.inputs.next_multiple_of(PAD)
    }

    /// Output channels with padding.
    fn outputs(&self) -> usize {
        self.outputs.next_multiple_of(PAD)
    }

    /// Channels that the phases of the input make up.
    fn k(&self) -> usize {
        self.phases() * self.inputs()
    }

    /// Chunks that tiles are cut to, by the numbers a tile has at each position.
    fn chunk(&self, numbers: usize) -> Chunk {
        let room = CHUNK_BYTES / (self.positions() * numbers * size_of::<f32>());
        let tiles = room.min(self.tiles().div_ceil(TASKS)).clamp(FEWEST_TILES, MOST_TILES);
        let [rows, columns] = self.tiles;
        if rows * columns <= tiles {
            Chunk { images: (tiles / (rows * columns)).min(self.images), rows }
        } else {
            Chunk { images: 1, rows: (tiles / columns).max(1) }
        }
    }

    /// Number of images that a task computes if all tiles are held and there are tasks for `panels` panels of channels:
    /// fewer than all if there are too few panels, and tiles enough for the weight to be transformed once more.
    fn images_of_panel(&self, panels: usize) -> usize {
        let parts = TASKS.div_ceil(panels).min(self.tiles() / MOST_TILES).max(1);
        self.images.div_ceil(parts)
    }

    /// Number of `channels` that a task computes if there are `chunks` chunks. Tasks on other channels of a
    /// chunk repeat its transforms.
    fn channel_block(&self, channels: usize, chunks: usize) -> usize {
        let panel = self.isa.panel();
        let mut block = channels;
        while chunks * channels.div_ceil(block) < TASKS && block > 2 * panel {
            block = block.div_ceil(2).next_multiple_of(panel);
        }
        block
    }
}

/// Several whole images, or some rows of the tiles of one.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    images: usize,
    rows: usize,
}
