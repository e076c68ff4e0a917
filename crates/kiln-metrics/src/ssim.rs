//! Structural similarity.

use crate::error::MeasureError;
use crate::pixels::PixelSet;

/// Number of taps of the Gaussian window, and its standard deviation in pixels.
const TAPS: usize = 11;
const SIGMA: f64 = 1.5;

/// Constants that keep the quotients finite: (0.01 L)² and (0.03 L)², with the range L = 1.
const C1: f64 = 0.01 * 0.01;
const C2: f64 = 0.03 * 0.03;

/// Weights of the five scales, from the finest to the coarsest (Wang et al., 2003).
const SCALES: [f64; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/// The structural similarity of each image to its counterpart (Wang et al., 2004), mean over pixels whose window lies in the
/// image and over channels; 1 for the same image. The window is Gaussian, 11 taps of σ 1.5, and variances are those of the
/// window itself: scikit-image's with `gaussian_weights=True, use_sample_covariance=False, data_range=1`.
///
/// # Errors
/// [`MeasureError::Size`], for images of less than 11 pixels a side.
///
/// # Panics
/// When the dims differ.
#[track_caller]
pub fn ssim(a: &PixelSet, b: &PixelSet) -> Result<Vec<f64>, MeasureError> {
    a.check_dims(b, "ssim");
    check_size("SSIM", TAPS, a)?;
    Ok(mean_over_channels(a, b, |a, b, w| similarity(a, b, w)[0]))
}

/// The structural similarity over five scales (Wang et al., 2003): contrast and structure of each scale and luminance of the
/// coarsest, to the powers of the scales' weights; each scale is the means of 2×2 pixels of the one before. Negative
/// factors count as 0.
///
/// # Errors
/// [`MeasureError::Size`], for images of less than 176 pixels a side, whose coarsest scale would be smaller than the
/// window.
///
/// # Panics
/// When the dims differ.
#[track_caller]
pub fn ms_ssim(a: &PixelSet, b: &PixelSet) -> Result<Vec<f64>, MeasureError> {
    a.check_dims(b, "ms_ssim");
    check_size("MS-SSIM", TAPS << (SCALES.len() - 1), a)?;
    Ok(mean_over_channels(a, b, |a, b, width| {
        let (mut a, mut b, mut width, mut product) = (a.to_vec(), b.to_vec(), width, 1.0);
        for (scale, weight) in SCALES.into_iter().enumerate() {
            let [whole, contrast] = similarity(&a, &b, width);
            let is_last = scale + 1 == SCALES.len();
            product *= if is_last { whole } else { contrast }.max(0.0).powf(weight);
            (a, b, width) = (halved(&a, width), halved(&b, width), width / 2);
        }
        product
    }))
}

fn check_size(measure: &'static str, need: usize, images: &PixelSet) -> Result<(), MeasureError> {
    let [.., height, width] = images.dims();
    if height.min(width) < need {
        return Err(MeasureError::Size { measure, need, height, width });
    }
    Ok(())
}

/// For each image the mean over its channels of a figure of two planes of this width.
fn mean_over_channels(a: &PixelSet, b: &PixelSet, figure: impl Fn(&[f64], &[f64], usize) -> f64) -> Vec<f64> {
    let [_, channels, height, width] = a.dims();
    let of = |(a, b): (&[f64], &[f64])| {
        let planes = a.chunks_exact(height * width).zip(b.chunks_exact(height * width));
        planes.map(|(a, b)| figure(a, b, width)).sum::<f64>() / channels as f64
    };
    a.images().zip(b.images()).map(of).collect()
}

/// Means over pixels of the similarity of two planes, and of its part without luminance.
fn similarity(a: &[f64], b: &[f64], width: usize) -> [f64; 2] {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).collect::<Vec<f64>>();
    let [ma, mb, aa, bb, ab] =
        [a, b, &product(a, a), &product(b, b), &product(a, b)].map(|plane| blurred(plane, width));
    let (mut whole, mut without) = (0.0, 0.0);
    for at in 0..ma.len() {
        let (ma, mb) = (ma[at], mb[at]);
        let (va, vb, cov) = (aa[at] - ma * ma, bb[at] - mb * mb, ab[at] - ma * mb);
        let contrast = (2.0 * cov + C2) / (va + vb + C2);
        without += contrast;
        whole += (2.0 * ma * mb + C1) / (ma * ma + mb * mb + C1) * contrast;
    }
    [whole, without].map(|sum| sum / ma.len() as f64)
}

/// The plane under the Gaussian window, where that lies in it: 10 rows and columns less.
fn blurred(plane: &[f64], width: usize) -> Vec<f64> {
    let weights: Vec<f64> = (0..TAPS)
        .map(|tap| {
            let distance = tap as f64 - (TAPS / 2) as f64;
            (-distance * distance / (2.0 * SIGMA * SIGMA)).exp()
        })
        .collect();
    let total: f64 = weights.iter().sum();
    let weights: Vec<f64> = weights.into_iter().map(|weight| weight / total).collect();
    let sum = |values: &mut dyn Iterator<Item = f64>| weights.iter().zip(values).map(|(w, v)| w * v).sum();
    let rows: Vec<f64> = plane
        .chunks_exact(width)
        .flat_map(|row| row.windows(TAPS).map(|window| sum(&mut window.iter().copied())))
        .collect();
    let width = width + 1 - TAPS;
    let height = rows.len() / width + 1 - TAPS;
    (0..height * width).map(|at| sum(&mut (0..TAPS).map(|tap| rows[at + tap * width]))).collect()
}

/// The means of 2×2 pixels; an odd last row or column is left out.
fn halved(plane: &[f64], width: usize) -> Vec<f64> {
    let height = plane.len() / width;
    let mean = |y: usize, x: usize| {
        let at = 2 * y * width + 2 * x;
        (plane[at] + plane[at + 1] + plane[at + width] + plane[at + width + 1]) / 4.0
    };
    (0..height / 2).flat_map(|y| (0..width / 2).map(move |x| mean(y, x))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_image_is_entirely_similar_and_small_ones_are_refused() {
        let grey = |side: usize, value: f64| PixelSet::new([1, 1, side, side], vec![value; side * side]);
        assert!((ssim(&grey(11, 0.3), &grey(11, 0.3)).unwrap()[0] - 1.0).abs() < 1e-12);
        assert!(ssim(&grey(11, 0.2), &grey(11, 0.9)).unwrap()[0] < 0.5);
        let error = ssim(&grey(10, 0.3), &grey(10, 0.3)).unwrap_err().to_string();
        assert!(
            error.starts_with("SSIM needs images of at least 11x11 pixels, but these have 10x10"),
            "{error}"
        );
        let error = ms_ssim(&grey(175, 0.3), &grey(175, 0.3)).unwrap_err().to_string();
        assert!(error.starts_with("MS-SSIM needs images of at least 176x176"), "{error}");
    }
}
