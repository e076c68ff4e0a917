//! The convolution triad: by Winograd's method ([`winograd`]) where that is faster, else directly.
//!
//! In `f32` that needs no columns ([`direct`]) but for small images. Otherwise, the direct method is a product of matrices
//! with the image's windows as columns.
//! With `col[(c, ky, kx), o] = x[c, source(o, ky, kx)]` for each group of an image, forward is
//! `y = w · col`, the derivative for `w` is `y · colᵀ`, and that for `x` is `wᵀ · y`, added back to where
//! `col` read it. `col` is made in tiles that stay in cache, which [`WindowTiles`] alone knows how to make.

#[cfg(test)]
mod case;
mod depthwise;
mod direct;
mod forward;
mod invariance;
mod tiles;
mod transpose;
mod weight;
mod winograd;

pub use forward::forward;
pub use invariance::BatchInvariance;
pub use transpose::transpose;
pub use weight::weight;

use super::simd::Isa;
use crate::dims::Dims;
use crate::dtype::{DType, Float};
use crate::error::{Error, Result};
use crate::geometry::ConvGeom;
use crate::layout::Layout;
use std::ops::Range;
use std::sync::OnceLock;
use winograd::WinogradPlan;

/// Elements of a tile: what the second cache holds beside the other matrices.
const TILE: usize = 1 << 16;
/// Columns of a tile; enough to make up for packing the other matrix.
const COLUMNS: usize = 256;
/// The fewest columns, and rows of the output, that a task is cut to.
const SMALL: usize = 128;

/// Method of convolutions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// Winograd's where it is faster.
    Auto,
    /// The direct one.
    Direct,
    /// Winograd's where it is possible.
    Winograd,
}

impl Method {
    /// Method that the environment variable `KILN_CONV` names: `direct`, `winograd` or `auto`, which is the default.
    fn chosen() -> Result<Method> {
        static CHOSEN: OnceLock<Result<Method, String>> = OnceLock::new();
        let chosen = CHOSEN.get_or_init(|| match std::env::var("KILN_CONV") {
            Ok(name) if !name.is_empty() => Method::named(&name),
            _ => Ok(Method::Auto),
        });
        chosen.clone().map_err(|reason| Error::Unsupported {
            backend: "cpu".to_string(),
            kernel: "conv",
            reason,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Method::Auto => "auto",
            Method::Direct => "direct",
            Method::Winograd => "winograd",
        }
    }

    fn named(name: &str) -> Result<Method, String> {
        match name {
            "auto" => Ok(Method::Auto),
            "direct" => Ok(Method::Direct),
            "winograd" => Ok(Method::Winograd),
            _ => Err(format!("KILN_CONV is `{name}`; set it to direct, winograd or auto")),
        }
    }
}

/// Name of the method of convolutions in this process, which `KILN_CONV` can choose: `auto`, `direct` or `winograd`. They
/// round differently.
///
/// # Errors
/// When `KILN_CONV` names none.
pub fn convolutions() -> Result<&'static str> {
    Ok(Method::chosen()?.name())
}

/// The plan of a convolution that is to be done by Winograd's method.
fn winograd_plan<T: Float>(g: &ConvGeom, sizes: &Sizes) -> Result<Option<WinogradPlan>> {
    let (method, isa) = (Method::chosen()?, Isa::chosen()?);
    if T::DTYPE != DType::F32 || method == Method::Direct || sizes.is_empty() {
        return Ok(None);
    }
    let images = invariance::images_to_plan_for(sizes.images);
    let plan = WinogradPlan::new(isa, g, images, [sizes.inputs, sizes.outputs]);
    let plan = plan.filter(|plan| method == Method::Winograd || plan.is_faster());
    Ok(plan.map(|plan| plan.of_images(sizes.images)))
}

/// The plan of a convolution that is to be done directly and without columns; `weight` says whether dw is computed.
fn direct_plan<T: Float>(g: &ConvGeom, sizes: &Sizes, weight: bool) -> Result<Option<direct::DirectPlan>> {
    let isa = Isa::chosen()?;
    if T::DTYPE != DType::F32 || sizes.is_empty() {
        return Ok(None);
    }
    Ok(Some(direct::DirectPlan::new(isa, g, sizes)).filter(|plan| plan.is_faster(weight)))
}

/// The sizes of a convolution.
#[derive(Clone, Copy)]
struct Sizes {
    images: usize,
    groups: usize,
    /// Input channels of a group.
    inputs: usize,
    /// Output channels of a group.
    outputs: usize,
    /// Cells of a window.
    cells: usize,
    /// Elements of an input channel.
    input_numel: usize,
    /// Elements of an output channel.
    output_numel: usize,
}

impl Sizes {
    fn new(g: &ConvGeom, images: usize, w: &Dims) -> Self {
        Sizes {
            images,
            groups: g.groups,
            inputs: w[1],
            outputs: w[0] / g.groups,
            cells: g.kernel_numel(),
            input_numel: g.input_numel(),
            output_numel: g.output_numel(),
        }
    }

    fn is_empty(&self) -> bool {
        self.images * self.inputs * self.outputs * self.input_numel * self.output_numel == 0
    }

    fn is_depthwise(&self) -> bool {
        self.inputs == 1 && self.outputs == 1 && self.groups > 1
    }

    /// `x` as a batch of matrices `[images, groups, inputs, input_numel]`.
    fn x_matrices(&self) -> Layout {
        Layout::contiguous([self.images, self.groups, self.inputs, self.input_numel])
    }

    /// `y` as a batch of matrices `[images, groups, outputs, output_numel]`.
    fn y_matrices(&self) -> Layout {
        Layout::contiguous([self.images, self.groups, self.outputs, self.output_numel])
    }

    /// `w` as a batch of matrices, the same for all images: `[images, groups, outputs, inputs · cells]`.
    fn w_matrices(&self) -> Layout {
        let dims = Dims::new(&[self.images, self.groups, self.outputs, self.inputs * self.cells]);
        Layout::contiguous(dims.with(0, 1)).broadcast(&dims)
    }
}

impl Sizes {
    /// `x` of a convolution whose only window is the whole image, as a matrix `[images, inputs · cells]`.
    fn x_matrix(&self) -> Layout {
        Layout::contiguous([self.images, self.inputs * self.cells])
    }

    /// `y` of such a convolution as `[images, outputs]`.
    fn y_matrix(&self) -> Layout {
        Layout::contiguous([self.images, self.outputs])
    }

    /// `w` of such a convolution as `[outputs, inputs · cells]`.
    fn w_matrix(&self) -> Layout {
        Layout::contiguous([self.outputs, self.inputs * self.cells])
    }
}

/// Convolution that comes down to one product of matrices.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shortcut {
    /// Each window is one cell, so the image itself has the windows as columns.
    Pointwise,
    /// The only window is the whole image, so images are vectors. One group.
    Whole,
}

fn shortcut(g: &ConvGeom) -> Option<Shortcut> {
    let unpadded = g.padding == [0, 0];
    if unpadded && g.kernel == [1, 1] && g.stride == [1, 1] && g.input == g.output {
        Some(Shortcut::Pointwise)
    } else if unpadded && g.kernel == g.input && g.output == [1, 1] && g.dilation == [1, 1] && g.groups == 1 {
        Some(Shortcut::Whole)
    } else {
        None
    }
}

/// The geometry in which each cell of the output is a window: its columns are the output itself.
fn pointwise(g: &ConvGeom) -> ConvGeom {
    ConvGeom { input: g.output, kernel: [1, 1], stride: [1, 1], padding: [0, 0], dilation: [1, 1], ..*g }
}

/// Tiles that the windows of a batch are cut to: several images each, or some windows of one image.
#[derive(Clone, Copy)]
struct TileShape {
    images: usize,
    windows: usize,
}

impl TileShape {
    /// Tiles of about `columns` windows.
    fn new(s: &Sizes, columns: usize) -> Self {
        if s.output_numel <= columns {
            TileShape { images: (columns / s.output_numel).min(s.images), windows: s.output_numel }
        } else {
            let even = s.output_numel.div_ceil(s.output_numel.div_ceil(columns));
            TileShape { images: 1, windows: even.next_multiple_of(16).min(s.output_numel) }
        }
    }

    fn columns(&self) -> usize {
        self.images * self.windows
    }

    fn tiles(&self, s: &Sizes) -> usize {
        s.images.div_ceil(self.images) * s.output_numel.div_ceil(self.windows)
    }

    /// The images and windows of a tile.
    fn tile(&self, s: &Sizes, tile: usize) -> (Range<usize>, Range<usize>) {
        let per_image = s.output_numel.div_ceil(self.windows);
        let (image, window) = (tile / per_image * self.images, tile % per_image * self.windows);
        (image..(image + self.images).min(s.images), window..(window + self.windows).min(s.output_numel))
    }
}

/// Channels whose windows make up a tile of `columns`.
fn channel_block(s: &Sizes, columns: usize) -> usize {
    (TILE / (s.cells * columns)).clamp(1, s.inputs)
}

/// Ranges of at most `size` that make up `0..len`.
fn ranges(len: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..len).step_by(size).map(move |start| start..len.min(start + size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_has_one_of_three_names() {
        assert_eq!(Method::named("auto"), Ok(Method::Auto));
        assert_eq!(Method::named("direct"), Ok(Method::Direct));
        assert_eq!(Method::named("winograd"), Ok(Method::Winograd));
        let error = Method::named("Winograd").unwrap_err();
        assert_eq!(error, "KILN_CONV is `Winograd`; set it to direct, winograd or auto");
    }
}
