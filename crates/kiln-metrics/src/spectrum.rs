//! The power of images by spatial frequency.

use crate::pixels::PixelSet;
use rayon::prelude::*;
use std::f64::consts::TAU;

/// The mean radial power spectrum of images: of each plane the discrete Fourier transform, divided by the root of the number of
/// pixels; of that the squared moduli, averaged over frequencies whose distance from 0 rounds to the same number of periods
/// per image, from 0 to half the smaller side, and over planes and images (Durall et al., 2020). A fall at the end that the
/// data doesn't have is blur, a rise there is a checkerboard.
pub fn power_spectrum(images: &PixelSet) -> Vec<f64> {
    let [n, channels, height, width] = images.dims();
    let radii = height.min(width) / 2 + 1;
    let planes: Vec<&[f64]> = images.values().chunks_exact((height * width).max(1)).collect();
    let spectra: Vec<Vec<f64>> = planes.par_iter().map(|plane| radial(plane, width, radii)).collect();
    let count = (n * channels).max(1) as f64;
    (0..radii).map(|radius| spectra.iter().map(|spectrum| spectrum[radius]).sum::<f64>() / count).collect()
}

/// The mean absolute difference of two spectra in decades, but for the mean brightness at frequency 0.
///
/// # Panics
/// When they have different lengths.
#[track_caller]
pub fn spectral_distance(a: &[f64], b: &[f64]) -> f64 {
    assert!(a.len() == b.len(), "spectral_distance: spectra of {} and of {} radii", a.len(), b.len());
    // What no 8-bit image can show counts as nothing.
    let decades = |power: f64| power.max(1e-12).log10();
    let apart: f64 = a.iter().zip(b).skip(1).map(|(a, b)| (decades(*a) - decades(*b)).abs()).sum();
    apart / (a.len().max(2) - 1) as f64
}

fn radial(plane: &[f64], width: usize, radii: usize) -> Vec<f64> {
    let height = plane.len() / width;
    let zeros = vec![0.0; plane.len()];
    // Along rows, then along columns, as rows of the transpose.
    let [re, im] = transform([plane, &zeros], width);
    let [re, im] = [transposed(&re, width), transposed(&im, width)];
    let [re, im] = transform([&re, &im], height);
    let (mut sums, mut counts) = (vec![0.0; radii], vec![0u32; radii]);
    for at in 0..re.len() {
        // A frequency and its negative are one.
        let fold = |frequency: usize, side: usize| frequency.min(side - frequency) as f64;
        let radius = fold(at / height, width).hypot(fold(at % height, height)).round() as usize;
        if radius < radii {
            sums[radius] += (re[at] * re[at] + im[at] * im[at]) / re.len() as f64;
            counts[radius] += 1;
        }
    }
    sums.into_iter().zip(counts).map(|(sum, count)| sum / f64::from(count.max(1))).collect()
}

/// The discrete Fourier transform of each row, real and imaginary part, by its definition: images here are small, and any
/// side is as good as a power of two.
fn transform([re, im]: [&[f64]; 2], side: usize) -> [Vec<f64>; 2] {
    let (cos, sin): (Vec<f64>, Vec<f64>) = (0..side)
        .map(|at| {
            let angle = -TAU * at as f64 / side as f64;
            (angle.cos(), angle.sin())
        })
        .unzip();
    let [mut to_re, mut to_im] = [0; 2].map(|_| Vec::with_capacity(re.len()));
    for (re, im) in re.chunks_exact(side).zip(im.chunks_exact(side)) {
        for frequency in 0..side {
            let (mut sum_re, mut sum_im, mut angle) = (0.0, 0.0, 0);
            for (re, im) in re.iter().zip(im) {
                sum_re += re * cos[angle] - im * sin[angle];
                sum_im += re * sin[angle] + im * cos[angle];
                angle += frequency;
                if angle >= side {
                    angle -= side;
                }
            }
            to_re.push(sum_re);
            to_im.push(sum_im);
        }
    }
    [to_re, to_im]
}

fn transposed(plane: &[f64], width: usize) -> Vec<f64> {
    let height = plane.len() / width;
    (0..width).flat_map(|x| (0..height).map(move |y| plane[y * width + x])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_have_their_power_at_their_frequency() {
        // Rows of 8 with two periods of a cosine each: 1/2 · 4 · 8 pixels of power, half of it at each sign.
        let wave = |at: usize| (TAU * 2.0 * (at % 8) as f64 / 8.0).cos();
        let spectrum = power_spectrum(&PixelSet::new([1, 1, 8, 8], (0..64).map(wave).collect()));
        assert_eq!(spectrum.len(), 5);
        // The frequencies of radius 2 are those at distances from 1.5 to 2.5: 12 of them, two with 16.
        assert!((spectrum[2] - 32.0 / 12.0).abs() < 1e-12, "{spectrum:?}");
        assert!(
            spectrum.iter().enumerate().all(|(at, power)| at == 2 || power.abs() < 1e-20),
            "{spectrum:?}"
        );
        let louder: Vec<f64> = spectrum.iter().map(|power| power * 10.0).collect();
        assert!((spectral_distance(&spectrum, &louder) - 0.25).abs() < 1e-12);
    }
}
