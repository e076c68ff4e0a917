//! Images at another size by wider filters than those of [resize](super::resize): cubic, and antialiased.

use super::resampled::resampled;
use crate::case::Case;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::reference::Values;
use crate::taps::Taps;
use crate::tensor::Tensor;

impl Tensor {
    /// Images `[n, c, h, w]` at another size by cubic interpolation along both axes (Keys, 1981, with a = −0.75). With
    /// `align_corners` the centres of the corner pixels stay where they are, else the image's edges do.
    ///
    /// ```
    /// use kiln_grad::{DType, Device, Tensor};
    /// let image = Tensor::ones([1, 1, 3, 3], DType::F64, &Device::cpu());
    /// assert_eq!(image.resize_bicubic([5, 6], false).dims(), &[1, 1, 5, 6].into());
    /// ```
    ///
    /// # Panics
    /// When this isn't a batch of images or one of the sizes is 0.
    #[must_use]
    #[track_caller]
    pub fn resize_bicubic(&self, size: [usize; 2], align_corners: bool) -> Tensor {
        let place = move |o: usize, old: usize, new: usize| match align_corners {
            true if new == 1 => 0.0,
            true => o as f64 * (old - 1) as f64 / (new - 1) as f64,
            false => (o as f64 + 0.5) * old as f64 / new as f64 - 0.5,
        };
        self.resample("resize_bicubic", size, move |o, old, new| {
            let place = place(o, old, new);
            let tap = |k: i64| (place.floor() as i64 + k).clamp(0, old as i64 - 1) as usize;
            (-1..=2).map(|k| (tap(k), cubic(place - place.floor() - k as f64, -0.75))).collect()
        })
    }

    /// Images `[n, c, h, w]` at another size, each new pixel the mean of those it covers, weighted by a triangle: linear
    /// interpolation that doesn't alias when it makes images smaller. The image's edges stay where they are.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let image = Tensor::from([[0.0, 1.0, 0.0, 1.0]]).reshape([1, 1, 1, 4]);
    /// assert_eq!(image.resize_bilinear_antialiased([1, 1]).to_f64_vec()?, [0.5]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this isn't a batch of images or one of the sizes is 0.
    #[must_use]
    #[track_caller]
    pub fn resize_bilinear_antialiased(&self, size: [usize; 2]) -> Tensor {
        self.resample("resize_bilinear_antialiased", size, |o, old, new| {
            widened(o, old, new, 1.0, |x| (1.0 - x.abs()).max(0.0))
        })
    }

    /// Images `[n, c, h, w]` at another size by cubic interpolation (Keys, 1981, with a = −0.5) that doesn't alias when
    /// it makes images smaller. The image's edges stay where they are.
    ///
    /// ```
    /// use kiln_grad::{DType, Device, Tensor};
    /// let image = Tensor::ones([1, 1, 8, 8], DType::F64, &Device::cpu());
    /// assert_eq!(image.resize_bicubic_antialiased([2, 2]).dims(), &[1, 1, 2, 2].into());
    /// ```
    ///
    /// # Panics
    /// When this isn't a batch of images or one of the sizes is 0.
    #[must_use]
    #[track_caller]
    pub fn resize_bicubic_antialiased(&self, size: [usize; 2]) -> Tensor {
        self.resample("resize_bicubic_antialiased", size, |o, old, new| {
            widened(o, old, new, 2.0, |x| cubic(x, -0.5))
        })
    }

    /// Images at another size, with the taps `f(o, old, new)` of new pixel `o` along each axis.
    #[track_caller]
    fn resample(
        &self,
        op: &'static str,
        size: [usize; 2],
        f: impl Fn(usize, usize, usize) -> Vec<(usize, f64)>,
    ) -> Tensor {
        assert_floats(op, &[self]);
        let old = self.image_size(op, size);
        resampled(self, [0, 1].map(|i| Taps::new(old[i], size[i], |o| f(o, old[i], size[i]))))
    }
}

/// Keys' cubic with its parameter.
fn cubic(x: f64, a: f64) -> f64 {
    match x.abs() {
        x if x <= 1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
        x if x < 2.0 => ((x - 5.0) * x + 8.0) * x * a - 4.0 * a,
        _ => 0.0,
    }
}

/// Taps of a filter that is widened to what a new pixel covers, where that is more than one old one.
fn widened(o: usize, old: usize, new: usize, support: f64, filter: impl Fn(f64) -> f64) -> Vec<(usize, f64)> {
    let step = old as f64 / new as f64;
    let (wide, centre) = (step.max(1.0), (o as f64 + 0.5) * step);
    let first = (centre - support * wide + 0.5).max(0.0) as usize;
    let end = ((centre + support * wide + 0.5) as usize).min(old);
    let taps: Vec<(usize, f64)> =
        (first..end).map(|i| (i, filter((i as f64 + 0.5 - centre) / wide))).collect();
    let total: f64 = taps.iter().map(|(_, weight)| weight).sum();
    taps.into_iter().map(|(i, weight)| (i, weight / total)).collect()
}

/// Domain, cases and refusals of `resample`.
pub fn definition() -> Definition {
    // Every old pixel with its weight, whatever that is; rows and columns are alike.
    fn naive(x: &Values, size: [usize; 2], weights: impl Fn(usize, usize, usize) -> Vec<f64>) -> Values {
        let line = |line: &[f64], new: usize| {
            let sum =
                |o| weights(o, line.len(), new).iter().zip(line).map(|(weight, x)| weight * x).sum::<f64>();
            (0..new).map(sum).collect::<Vec<f64>>()
        };
        x.along(2, |x| line(x, size[0])).along(3, |x| line(x, size[1]))
    }
    fn keys(x: f64, a: f64) -> f64 {
        let x = x.abs();
        let (near, far) =
            ((a + 2.0) * x.powi(3) - (a + 3.0) * x.powi(2) + 1.0, x.powi(3) - 5.0 * x.powi(2) + 8.0 * x);
        if x <= 1.0 {
            near
        } else if x < 2.0 {
            a * (far - 4.0)
        } else {
            0.0
        }
    }
    let cubic_case = |label, dims: [usize; 4], size: [usize; 2], corners: bool| {
        Case::new(label, [dims], move |x| x[0].resize_bicubic(size, corners)).reference(move |x| {
            naive(&x[0], size, |o, old, new| {
                let place = match corners {
                    true => o as f64 * (old as f64 - 1.0) / (new as f64 - 1.0).max(1.0),
                    false => (o as f64 + 0.5) * old as f64 / new as f64 - 0.5,
                };
                // The image goes on as its edge.
                let mut weights = vec![0.0; old];
                for at in -3..old as i64 + 3 {
                    weights[at.clamp(0, old as i64 - 1) as usize] += keys(place - at as f64, -0.75);
                }
                weights
            })
        })
    };
    let smooth = |label, dims: [usize; 4], size: [usize; 2], cubic: bool| {
        let call = move |x: &[Tensor]| match cubic {
            true => x[0].resize_bicubic_antialiased(size),
            false => x[0].resize_bilinear_antialiased(size),
        };
        Case::new(label, [dims], call).reference(move |x| {
            naive(&x[0], size, |o, old, new| {
                let step = old as f64 / new as f64;
                let at = |i: usize| ((i as f64 + 0.5) - (o as f64 + 0.5) * step) / step.max(1.0);
                let weight = |x: f64| if cubic { keys(x, -0.5) } else { (1.0 - x.abs()).max(0.0) };
                let weights: Vec<f64> = (0..old).map(|i| weight(at(i))).collect();
                let total: f64 = weights.iter().sum();
                weights.iter().map(|weight| weight / total).collect()
            })
        })
    };
    let cases = vec![
        cubic_case("cubic, up", [1, 2, 2, 3], [5, 4], false),
        cubic_case("cubic, down", [1, 1, 6, 5], [2, 3], false),
        cubic_case("cubic, corners", [1, 1, 3, 4], [5, 1], true),
        smooth("linear, down", [1, 1, 7, 5], [3, 2], false),
        smooth("linear, up", [1, 1, 2, 3], [4, 5], false),
        smooth("antialiased cubic, down", [1, 1, 9, 5], [4, 2], true),
        smooth("no image", [0, 1, 3, 3], [2, 2], true),
    ];
    // Weights may be negative, so results are smaller than their terms.
    Definition::new("all x", cases)
        .smooth()
        .refuses(&["resize_bicubic", "[3, 3] to [2, 2]", "wanted images"], [[3, 3]], |x| {
            x[0].resize_bicubic([2, 2], false)
        })
        .refuses(&["resize_bilinear_antialiased", "sizes above 0"], [[1, 1, 3, 3]], |x| {
            x[0].resize_bilinear_antialiased([0, 2])
        })
}
