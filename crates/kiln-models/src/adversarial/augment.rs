//! Differentiable augmentation: real and made images are changed at random before the discriminator sees them.

use kiln_grad::{Array, Error, Tensor};
use kiln_nn::{Buffer, StateVisitor, Stateful, TensorOptions};
use kiln_tensor::random::Key;
use kiln_tensor::{Map, Zip};
use serde::Deserialize;

/// A change of images that gradients flow through (Zhao et al., 2020).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Augmentation {
    /// Brightness by −½ to ½, then saturation by a factor of 0 to 2, then contrast by a factor of ½ to 1½.
    Color,
    /// By up to an eighth of the sides, with zeros from outside.
    Translation,
    /// A square of half the side, somewhere, becomes 0.
    Cutout,
}

/// Share of the sides by which images are moved at most.
const SHIFT: f64 = 0.125;

/// Side of what is cut out, as a share of the image's.
const CUT: f64 = 0.5;

/// Interval of the steps in which the adaptive probability is changed.
pub const INTERVAL: u64 = 4;

/// Number of images over which the adaptive probability goes from 0 to 1, if it always rises (Karras et al., 2020: ADA).
const IMAGES_TO_ONE: f64 = 500_000.0;

/// With which probability a change is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AugmentProbability {
    /// Always this.
    Fixed(f64),
    /// Adapted so that the mean sign of the logits of real images stays at this target.
    Adaptive {
        /// Target of the mean sign: 0.6 in the paper.
        target: f64,
    },
}

/// Which changes are made, and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct AugmentRules {
    /// Changes, made one after the other; each is made or left out by itself for each sample.
    pub kinds: Vec<Augmentation>,
    /// Probability of each.
    pub probability: AugmentProbability,
}

/// The changes with what of them is state: the adaptive probability, and the signs that it will be changed by.
pub struct Augment {
    rules: AugmentRules,
    probability: f64,
    /// Sum of the mean signs of the steps since the probability was changed.
    signs: Buffer,
}

impl Augment {
    /// These changes; an adaptive probability starts at 0.
    pub fn new(rules: AugmentRules, options: &TensorOptions) -> Self {
        let probability = match rules.probability {
            AugmentProbability::Fixed(probability) => probability,
            AugmentProbability::Adaptive { .. } => 0.0,
        };
        Augment { rules, probability, signs: Buffer::new(options.zeros([1]).into_array()) }
    }

    /// The probability of a change now.
    pub fn probability(&self) -> f64 {
        self.probability
    }

    /// Whether the probability is adapted.
    pub fn is_adaptive(&self) -> bool {
        matches!(self.rules.probability, AugmentProbability::Adaptive { .. })
    }

    /// Distance of the mean sign of a step from the target that the probability is adapted to, if it is.
    pub fn over_target(&self, signs: &Tensor) -> Option<Tensor> {
        match self.rules.probability {
            AugmentProbability::Fixed(_) => None,
            AugmentProbability::Adaptive { target } => Some((signs - target).sum(..)),
        }
    }

    /// Images `[n, c, h, w]`, each changed by draws of its own.
    pub fn apply(&self, images: &Tensor, key: Key) -> Tensor {
        self.rules.kinds.iter().enumerate().fold(images.clone(), |x, (i, kind)| {
            let key = key.purpose(&i.to_string());
            let draw = Draw { key, chosen: self.probability };
            match kind {
                Augmentation::Color => color(&x, &draw),
                Augmentation::Translation => translation(&x, &draw),
                Augmentation::Cutout => cutout(&x, &draw),
            }
        })
    }

    /// Notes the logits of real images of a step, and in every fourth step moves the probability towards the target:
    /// up where the signs are above it, because the discriminator knows its images too well.
    ///
    /// # Errors
    /// The failure of a device.
    pub fn adapt(&mut self, signs: &Array, samples: usize, step: u64) -> Result<(), Error> {
        let AugmentProbability::Adaptive { target } = self.rules.probability else { return Ok(()) };
        self.signs.update(|sum| *sum = sum.zip(Zip::Add, signs));
        if (step + 1).is_multiple_of(INTERVAL) {
            let mean = self.signs.tensor().item()? / INTERVAL as f64;
            let stride = samples as f64 * INTERVAL as f64 / IMAGES_TO_ONE;
            let direction = if mean > target { 1.0 } else { -1.0 };
            self.probability = (self.probability + direction * stride).clamp(0.0, 1.0);
            self.signs.update(|sum| *sum = sum.map(Map::MulScalar(0.0)));
        }
        Ok(())
    }
}

impl Stateful for Augment {
    fn visit(&mut self, v: &mut StateVisitor) {
        if self.is_adaptive() {
            v.number("probability", &mut self.probability);
            v.buffer("signs", &self.signs);
        }
    }
}

/// The random numbers of one change: number `i` of sample `sample`, in `[0, 1)`.
struct Draw {
    key: Key,
    chosen: f64,
}

impl Draw {
    fn number(&self, sample: usize, i: u64) -> f64 {
        f64::from(self.key.uniform(sample as u64 * 4 + i))
    }

    /// Whether a sample is changed.
    fn is_chosen(&self, sample: usize) -> bool {
        self.number(sample, 3) < self.chosen
    }

    /// A number for each sample, `[n, 1, 1, 1]`, and another where it isn't changed.
    fn each(&self, x: &Tensor, otherwise: f64, number: impl Fn(usize) -> f64) -> Tensor {
        let n = x.dims()[0];
        let values: Vec<f64> =
            (0..n).map(|i| if self.is_chosen(i) { number(i) } else { otherwise }).collect();
        Tensor::from_f64(&values, [n, 1, 1, 1], x.dtype(), x.device())
    }
}

fn color(x: &Tensor, draw: &Draw) -> Tensor {
    let x = x + draw.each(x, 0.0, |i| draw.number(i, 0) - 0.5);
    let grey = x.mean_keepdim(1);
    let x = (&x - &grey) * draw.each(&x, 1.0, |i| draw.number(i, 1) * 2.0) + grey;
    let mean = x.mean_keepdim([1, 2, 3]);
    (&x - &mean) * draw.each(&x, 1.0, |i| draw.number(i, 2) + 0.5) + mean
}

/// A whole number of `0..count` by one in `[0, 1)`.
fn whole(number: f64, count: usize) -> i64 {
    (number * count as f64) as i64
}

/// Products with matrices of zeros and ones from both sides, whose derivatives of every order are such products too.
fn translation(x: &Tensor, draw: &Draw) -> Tensor {
    let [n, _, h, w] = [0, 1, 2, 3].map(|axis| x.dims()[axis]);
    let matrices = |side: usize, which: u64| {
        let most = (side as f64 * SHIFT + 0.5) as usize;
        let mut cells = vec![0.0; n * side * side];
        for i in 0..n {
            let shift =
                if draw.is_chosen(i) { whole(draw.number(i, which), 2 * most + 1) - most as i64 } else { 0 };
            for to in 0..side {
                if let Some(from) = to.checked_add_signed(shift as isize).filter(|from| *from < side) {
                    cells[(i * side + to) * side + from] = 1.0;
                }
            }
        }
        Tensor::from_f64(&cells, [n, 1, side, side], x.dtype(), x.device())
    };
    matrices(h, 0).matmul(x).matmul(&matrices(w, 1).transpose(2, 3))
}

fn cutout(x: &Tensor, draw: &Draw) -> Tensor {
    let [n, _, h, w] = [0, 1, 2, 3].map(|axis| x.dims()[axis]);
    let span = |side: usize, number: f64| {
        let cut = (side as f64 * CUT + 0.5) as usize;
        // The middle is in the image or right behind its end, as in the paper's code.
        let middle = whole(number, side + (1 - cut % 2));
        let start = middle - (cut / 2) as i64;
        let inside = |at: i64| at.clamp(0, side as i64 - 1) as usize;
        inside(start)..inside(start + cut as i64 - 1) + 1
    };
    let mut mask = vec![1.0; n * h * w];
    for i in (0..n).filter(|i| draw.is_chosen(*i)) {
        for y in span(h, draw.number(i, 0)) {
            for x in span(w, draw.number(i, 1)) {
                mask[(i * h + y) * w + x] = 0.0;
            }
        }
    }
    x * Tensor::from_f64(&mask, [n, 1, h, w], x.dtype(), x.device())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::grad;

    fn augment(kinds: &[Augmentation], probability: f64) -> Augment {
        let rules = AugmentRules { kinds: kinds.into(), probability: AugmentProbability::Fixed(probability) };
        Augment::new(rules, &TensorOptions::cpu_f64())
    }

    fn images(n: usize) -> Tensor {
        let options = TensorOptions::cpu_f64();
        Tensor::normal(Key::new(5), [n, 3, 8, 8], options.dtype, &options.device)
    }

    const ALL: [Augmentation; 3] = [Augmentation::Color, Augmentation::Translation, Augmentation::Cutout];

    #[test]
    fn nothing_changes_with_a_probability_of_0_and_a_share_by_it() {
        let x = images(64);
        let values = x.to_f64_vec().unwrap();
        for kind in ALL {
            let changed = |probability| {
                let y = augment(&[kind], probability).apply(&x, Key::new(1)).to_f64_vec().unwrap();
                let pairs = y.chunks(192).zip(values.chunks(192));
                pairs.filter(|(a, b)| a.iter().zip(*b).any(|(a, b)| (a - b).abs() > 1e-12)).count()
            };
            assert_eq!(changed(0.0), 0, "{kind:?}");
            assert!((20..45).contains(&changed(0.5)), "{kind:?}: {}", changed(0.5));
            assert!(changed(1.0) > 56, "{kind:?}: {}", changed(1.0));
        }
    }

    /// The draws are functions of the key alone, so that real and made images are changed by one policy.
    #[test]
    fn one_key_makes_the_same_changes() {
        let mask = |x: &Tensor| {
            let y = augment(&[Augmentation::Cutout], 1.0).apply(x, Key::new(2)).to_f64_vec().unwrap();
            y.iter().map(|value| *value == 0.0).collect::<Vec<bool>>()
        };
        assert_eq!(mask(&images(4)), mask(&(images(4) * 3.0 + 100.0)));
    }

    #[test]
    fn what_is_moved_in_is_0_and_the_rest_is_as_it_was() {
        let x = images(16) + 10.0;
        let (before, after) = (x.to_f64_vec().unwrap(), augment(&[Augmentation::Translation], 1.0));
        let after = after.apply(&x, Key::new(3)).to_f64_vec().unwrap();
        for (i, (a, b)) in after.chunks(192).zip(before.chunks(192)).enumerate() {
            let fits = |dy: i64, dx: i64| {
                (0..192).all(|at| {
                    let (c, y, x) = (at / 64, (at / 8 % 8) as i64 + dy, (at % 8) as i64 + dx);
                    let inside = (0..8).contains(&y) && (0..8).contains(&x);
                    a[at] == if inside { b[c * 64 + (y * 8 + x) as usize] } else { 0.0 }
                })
            };
            assert!((-1..=1).any(|dy| (-1..=1).any(|dx| fits(dy, dx))), "sample {i}");
        }
    }

    /// A square of half the side, or what of it is inside.
    #[test]
    fn what_is_cut_out_is_a_square() {
        let y = augment(&[Augmentation::Cutout], 1.0).apply(&(images(64) + 10.0), Key::new(4));
        let mut full = 0;
        for image in y.to_f64_vec().unwrap().chunks(192) {
            let cut: Vec<usize> = (0..192).filter(|at| image[*at] == 0.0).collect();
            let range = |of: fn(usize) -> usize| {
                let all = cut.iter().map(|at| of(*at));
                (all.clone().min().unwrap(), all.max().unwrap() + 1)
            };
            let [rows, columns] = [range(|at| at / 8 % 8), range(|at| at % 8)];
            let sides = [rows.1 - rows.0, columns.1 - columns.0];
            assert_eq!(cut.len(), 3 * sides[0] * sides[1]);
            assert!(sides.iter().all(|side| (1..=4).contains(side)), "{sides:?}");
            full += usize::from(sides == [4, 4]);
        }
        assert!((10..54).contains(&full), "{full}");
    }

    /// Along a direction, the derivative is the difference quotient: gradients flow through all of it.
    #[test]
    fn gradients_flow_through() {
        let (x, augment) = (images(3).tracked(), augment(&ALL, 1.0));
        let f = |x: &Tensor| (augment.apply(x, Key::new(7)) * 0.5).sin().sum(..);
        let options = TensorOptions::cpu_f64();
        let along = Tensor::normal(Key::new(8), [3, 3, 8, 8], options.dtype, &options.device);
        let slope = (&grad(f(&x), &[&x])[0] * &along).sum(..).item().unwrap();
        let at = |h: f64| f(&(x.detach() + &along * h)).item().unwrap();
        let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!(slope.abs() > 0.1 && (slope - difference).abs() < 1e-7 * slope.abs(), "{slope} {difference}");
    }

    /// Color by the paper's formulas for one sample, with the draws of the key.
    #[test]
    fn color_is_brightness_saturation_contrast() {
        let x = images(1);
        let key = Key::new(9);
        let y = augment(&[Augmentation::Color], 1.0).apply(&x, key).to_f64_vec().unwrap();
        let [b, s, c] = [0, 1, 2].map(|i| f64::from(key.purpose("0").uniform(i)));
        let mut v: Vec<f64> = x.to_f64_vec().unwrap().iter().map(|x| x + b - 0.5).collect();
        for at in 0..64 {
            let mean = (v[at] + v[64 + at] + v[128 + at]) / 3.0;
            for channel in [0, 64, 128] {
                v[channel + at] = (v[channel + at] - mean) * 2.0 * s + mean;
            }
        }
        let mean = v.iter().sum::<f64>() / 192.0;
        for (have, v) in y.iter().zip(&v) {
            assert!((have - ((v - mean) * (c + 0.5) + mean)).abs() < 1e-13);
        }
    }

    #[test]
    fn the_probability_follows_the_signs() {
        let rules =
            AugmentRules { kinds: ALL.into(), probability: AugmentProbability::Adaptive { target: 0.6 } };
        let mut augment = Augment::new(rules, &TensorOptions::cpu_f64());
        let signs = |value: f64| Tensor::from([value]).into_array();
        let mut step = 0;
        let mut run = |augment: &mut Augment, value: f64| {
            for _ in 0..INTERVAL {
                augment.adapt(&signs(value), 1000, step).unwrap();
                step += 1;
            }
            augment.probability()
        };
        // 4 steps of 1000 images, of 500,000.
        assert_eq!(run(&mut augment, 1.0), 0.008);
        assert_eq!(run(&mut augment, 0.61), 0.016);
        assert_eq!(run(&mut augment, 0.5), 0.008);
        assert_eq!(run(&mut augment, -1.0), 0.0);
        assert_eq!(run(&mut augment, -1.0), 0.0);
    }
}
