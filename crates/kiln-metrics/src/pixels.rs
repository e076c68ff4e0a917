//! Images as numbers in `f64`, and the errors of one set of images against another.

use kiln_grad::Error;
use kiln_nn::Images;

/// Images `[n, c, h, w]` on the host, in `f64`, 0 being black and 1 white.
#[derive(Clone, Debug, PartialEq)]
pub struct PixelSet {
    dims: [usize; 4],
    values: Vec<f64>,
}

/// The brightness that an error is taken of. Published figures of one pair of images differ by up to two decibels with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelSpace {
    /// All channels as they are.
    Channels,
    /// Luma of ITU-R BT.601 in the full range, as OpenCV computes it: `0.299 R + 0.587 G + 0.114 B`.
    Luma,
    /// Luma of ITU-R BT.601 in the studio range, as MATLAB computes it and super-resolution is quoted: from 16/255 to 235/255.
    StudioLuma,
}

impl PixelSet {
    /// Images by their dims `[n, c, h, w]` and values.
    ///
    /// # Panics
    /// When they don't fit.
    #[track_caller]
    pub fn new(dims: [usize; 4], values: Vec<f64>) -> Self {
        assert!(
            dims.iter().product::<usize>() == values.len(),
            "pixels: {} values for images of {dims:?}",
            values.len()
        );
        PixelSet { dims, values }
    }

    /// The values of images, within `[0, 1]`: what lies beyond is cut off, as in a file.
    ///
    /// # Errors
    /// The failure of a device.
    pub fn of(images: &Images) -> Result<Self, Error> {
        let unit = images.unit().clamp(0.0, 1.0);
        let dims = unit.dims();
        let dims = [dims[0], dims[1], dims[2], dims[3]];
        Ok(PixelSet { dims, values: unit.to_f64_vec()? })
    }

    /// `[n, c, h, w]`.
    pub fn dims(&self) -> [usize; 4] {
        self.dims
    }

    /// All values.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The images one after the other, each planar.
    pub fn images(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        let size = self.dims[1..].iter().product::<usize>().max(1);
        self.values.chunks_exact(size)
    }

    /// The images in another space. Those with fewer than 3 channels have one brightness: the first channel.
    #[must_use]
    pub fn to(&self, space: PixelSpace) -> PixelSet {
        if space == PixelSpace::Channels {
            return self.clone();
        }
        let [n, c, h, w] = self.dims;
        let luma = |image: &[f64]| -> Vec<f64> {
            let plane = |channel: usize, at: usize| image[if c < 3 { 0 } else { channel } * h * w + at];
            (0..h * w)
                .map(|at| {
                    let [r, g, b] = [0, 1, 2].map(|channel| plane(channel, at));
                    match space {
                        PixelSpace::StudioLuma => (16.0 + 65.481 * r + 128.553 * g + 24.966 * b) / 255.0,
                        _ => 0.299 * r + 0.587 * g + 0.114 * b,
                    }
                })
                .collect()
        };
        PixelSet { dims: [n, 1, h, w], values: self.images().flat_map(luma).collect() }
    }

    /// The images without a border of so many pixels.
    ///
    /// # Panics
    /// When nothing would be left.
    #[must_use]
    #[track_caller]
    pub fn cropped(&self, border: usize) -> PixelSet {
        let [n, c, h, w] = self.dims;
        assert!(2 * border < h.min(w), "cropped: images of {h}x{w} have no border of {border} on each side");
        let plane = |plane: &[f64]| -> Vec<f64> {
            plane
                .chunks_exact(w)
                .take(h - border)
                .skip(border)
                .flat_map(|row| &row[border..w - border])
                .copied()
                .collect()
        };
        let values = self.values.chunks_exact(h * w).flat_map(plane).collect();
        PixelSet { dims: [n, c, h - 2 * border, w - 2 * border], values }
    }

    #[track_caller]
    pub(crate) fn check_dims(&self, other: &PixelSet, measure: &str) {
        assert!(self.dims == other.dims, "{measure}: images of {:?} and of {:?}", self.dims, other.dims);
    }

    /// A figure for each pair of images.
    fn pairs(&self, other: &PixelSet, figure: impl Fn(&[f64], &[f64]) -> f64) -> Vec<f64> {
        self.images().zip(other.images()).map(|(a, b)| figure(a, b)).collect()
    }
}

/// The mean squared difference of each image from its counterpart, with white at 1.
///
/// # Panics
/// When the dims differ.
#[track_caller]
pub fn mse(a: &PixelSet, b: &PixelSet) -> Vec<f64> {
    a.check_dims(b, "mse");
    let squares = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    a.pairs(b, |a, b| squares(a, b) / a.len() as f64)
}

/// The mean absolute difference of each image from its counterpart, with white at 1.
///
/// # Panics
/// When the dims differ.
#[track_caller]
pub fn l1(a: &PixelSet, b: &PixelSet) -> Vec<f64> {
    a.check_dims(b, "l1");
    a.pairs(b, |a, b| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / a.len() as f64)
}

/// The peak signal-to-noise ratio of each image to its counterpart in decibels, with white at 1; infinite for the same
/// image. Say with it which [space](PixelSpace) it is of, and what border was [cropped](PixelSet::cropped).
///
/// # Panics
/// When the dims differ.
#[track_caller]
pub fn psnr(a: &PixelSet, b: &PixelSet) -> Vec<f64> {
    mse(a, b).into_iter().map(|mse| -10.0 * mse.log10()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_border_is_cut_from_each_plane() {
        let set = PixelSet::new([1, 2, 3, 4], (0..24).map(f64::from).collect());
        let inner = set.cropped(1);
        assert_eq!((inner.dims(), inner.values()), ([1, 2, 1, 2], &[5.0, 6.0, 17.0, 18.0][..]));
        let same = psnr(&set, &set);
        assert_eq!(same, [f64::INFINITY]);
    }
}
