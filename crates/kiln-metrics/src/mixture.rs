//! Mixtures of Gaussians, fitted by expectation and maximisation (Dempster et al., 1977).

use crate::features::FeatureSet;
use crate::neighbours::squared_distance;
use kiln_tensor::random::{Key, Stream};
use rayon::prelude::*;

/// The most rounds of a fit.
const ROUNDS: usize = 200;

/// A fit ends when the mean log likelihood grows by less than this in a round, in nats.
const ENOUGH: f64 = 1e-4;

/// What is added to variances, so that no component shrinks to a point.
const LEAST_VARIANCE: f64 = 1e-6;

/// Number of vectors whose sums are one term of a total, so that it doesn't depend on the number of threads.
const BLOCK: usize = 256;

/// A mixture of Gaussians of any covariance.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianMixture {
    weights: Vec<f64>,
    means: Vec<Vec<f64>>,
    /// Lower Cholesky factors of the covariances, row by row.
    factors: Vec<Vec<f64>>,
    log_likelihood: f64,
}

/// Sums over vectors for one component: of its shares, of the vectors, and of their products.
struct Sums {
    share: f64,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl GaussianMixture {
    /// Fits so many components, a function of vectors and key alone. They start at vectors of the set that lie far apart (Arthur
    /// and Vassilvitskii, 2007).
    ///
    /// # Panics
    /// When there are no components, or fewer vectors than components.
    #[track_caller]
    pub fn fit(set: &FeatureSet, components: usize, key: Key) -> Self {
        assert!(
            components > 0 && set.len() >= components,
            "mixture: {components} components of {} vectors",
            set.len()
        );
        let mut mixture = GaussianMixture::start(set, components, key);
        for _ in 0..ROUNDS {
            let before = mixture.log_likelihood;
            mixture = mixture.round(set);
            if mixture.log_likelihood - before < ENOUGH {
                break;
            }
        }
        mixture
    }

    /// Components of one weight and the covariance of the whole set, at vectors of it.
    fn start(set: &FeatureSet, components: usize, key: Key) -> Self {
        let (dims, mut stream) = (set.dims(), key.purpose("mixture").stream());
        let mut means = vec![set.row(stream.below(set.len() as u64) as usize).to_vec()];
        while means.len() < components {
            let nearest = |row: &[f64]| {
                means.iter().map(|mean| squared_distance(row, mean)).fold(f64::INFINITY, f64::min)
            };
            let distances: Vec<f64> = set.rows().map(nearest).collect();
            let mut left = stream.uniform() * distances.iter().sum::<f64>();
            let far = distances.iter().position(|distance| {
                left -= distance;
                left < 0.0
            });
            means.push(set.row(far.unwrap_or(set.len() - 1)).to_vec());
        }
        let all = Sums::over(set, dims, |_| 1.0);
        let factor = all.factor(dims);
        GaussianMixture {
            weights: vec![1.0 / components as f64; components],
            means,
            factors: vec![factor; components],
            log_likelihood: f64::NEG_INFINITY,
        }
    }

    /// One round of expectation and maximisation.
    fn round(&self, set: &FeatureSet) -> Self {
        let dims = set.dims();
        let rows: Vec<&[f64]> = set.rows().collect();
        let logs: Vec<Vec<f64>> = rows.par_iter().map(|row| self.log_joint(row)).collect();
        let totals: Vec<f64> = logs.par_iter().map(|logs| log_sum_exp(logs)).collect();
        let mut next = self.clone();
        next.log_likelihood = totals.iter().sum::<f64>() / rows.len() as f64;
        let sums_of = |component: usize| Sums::over(set, dims, |at| (logs[at][component] - totals[at]).exp());
        let all: Vec<Sums> = (0..self.weights.len()).map(sums_of).collect();
        for (component, sums) in all.iter().enumerate() {
            // One that no vector belongs to stays where it is.
            if sums.share > 1e-10 {
                next.weights[component] = sums.share / rows.len() as f64;
                next.factors[component] = sums.factor(dims);
                next.means[component] = sums.first.iter().map(|sum| sum / sums.share).collect();
            }
        }
        next
    }

    /// `ln w + ln N(x)` of each component.
    fn log_joint(&self, x: &[f64]) -> Vec<f64> {
        let dims = x.len();
        let of = |component: usize| {
            let (mean, factor) = (&self.means[component], &self.factors[component]);
            // Solves L·y = x − μ from the top.
            let mut solved = vec![0.0; dims];
            let (mut squares, mut log_determinant) = (0.0, 0.0);
            for row in 0..dims {
                let line = &factor[row * dims..][..dims];
                let known: f64 = line[..row].iter().zip(&solved).map(|(l, y)| l * y).sum();
                solved[row] = (x[row] - mean[row] - known) / line[row];
                squares += solved[row] * solved[row];
                log_determinant += line[row].ln();
            }
            self.weights[component].ln()
                - 0.5 * (squares + dims as f64 * std::f64::consts::TAU.ln())
                - log_determinant
        };
        (0..self.weights.len()).map(of).collect()
    }

    /// The mean log density of the vectors that it was fitted to, in nats, before the last round.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// Weights of the components, which add up to 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Means of the components.
    pub fn means(&self) -> &[Vec<f64>] {
        &self.means
    }

    /// The vector number `index` of a key: a function of both alone.
    pub fn draw(&self, key: Key, index: u64) -> Vec<f64> {
        let mut stream: Stream = key.purpose(&index.to_string()).stream();
        let mut left = stream.uniform();
        let component = self.weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        let component = component.unwrap_or(self.weights.len() - 1);
        let (mean, factor) = (&self.means[component], &self.factors[component]);
        let dims = mean.len();
        let noise: Vec<f64> = (0..dims).map(|_| stream.normal()).collect();
        let value = |row: usize| {
            let line = &factor[row * dims..][..=row];
            mean[row] + line.iter().zip(&noise).map(|(l, z)| l * z).sum::<f64>()
        };
        (0..dims).map(value).collect()
    }
}

fn log_sum_exp(logs: &[f64]) -> f64 {
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + logs.iter().map(|log| (log - most).exp()).sum::<f64>().ln()
}

impl Sums {
    /// Over all vectors, each with its share.
    fn over(set: &FeatureSet, dims: usize, share: impl Fn(usize) -> f64 + Sync) -> Sums {
        let starts: Vec<usize> = (0..set.len()).step_by(BLOCK).collect();
        let zero = || Sums { share: 0.0, first: vec![0.0; dims], second: vec![0.0; dims * dims] };
        let blocks: Vec<Sums> = starts
            .par_iter()
            .map(|&start| {
                let mut sums = zero();
                for at in start..(start + BLOCK).min(set.len()) {
                    let (row, share) = (set.row(at), share(at));
                    sums.share += share;
                    for i in 0..dims {
                        let part = share * row[i];
                        sums.first[i] += part;
                        let line = &mut sums.second[i * dims..][..=i];
                        line.iter_mut().zip(row).for_each(|(sum, value)| *sum += part * value);
                    }
                }
                sums
            })
            .collect();
        blocks.into_iter().fold(zero(), |mut all, block| {
            all.share += block.share;
            all.first.iter_mut().zip(&block.first).for_each(|(sum, part)| *sum += part);
            all.second.iter_mut().zip(&block.second).for_each(|(sum, part)| *sum += part);
            all
        })
    }

    /// The lower Cholesky factor of the covariance.
    fn factor(&self, dims: usize) -> Vec<f64> {
        let mean: Vec<f64> = self.first.iter().map(|sum| sum / self.share).collect();
        let mut factor = vec![0.0; dims * dims];
        for i in 0..dims {
            for j in 0..=i {
                let covariance = self.second[i * dims + j] / self.share - mean[i] * mean[j];
                let known: f64 = (0..j).map(|k| factor[i * dims + k] * factor[j * dims + k]).sum();
                factor[i * dims + j] = if i == j {
                    // Rounding may leave less than nothing of a direction that has no variance.
                    (covariance + LEAST_VARIANCE - known).max(LEAST_VARIANCE).sqrt()
                } else {
                    (covariance - known) / factor[j * dims + j]
                };
            }
        }
        factor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two Gaussians of weights 0.3 and 0.7.
    fn set(count: usize) -> FeatureSet {
        let mut stream = Key::new(6).stream();
        let values = (0..count).flat_map(|_| {
            let second = stream.uniform() < 0.7;
            let [a, b] = [stream.normal(), stream.normal()];
            if second { [4.0 + 0.5 * a, -1.0 + 0.4 * a + 0.2 * b] } else { [-3.0 + a, 2.0 + b] }
        });
        FeatureSet::new(2, values.collect())
    }

    #[test]
    fn the_components_of_a_mixture_are_found_and_drawn_again() {
        let fit = GaussianMixture::fit(&set(8000), 2, Key::new(1));
        let right = usize::from(fit.means()[0][0] < 0.0);
        assert!((fit.weights()[right] - 0.7).abs() < 0.02, "{:?}", fit.weights());
        let mean = &fit.means()[right];
        assert!((mean[0] - 4.0).abs() < 0.03 && (mean[1] + 1.0).abs() < 0.03, "{mean:?}");
        let drawn: Vec<Vec<f64>> = (0..8000).map(|index| fit.draw(Key::new(2), index)).collect();
        let near: Vec<&Vec<f64>> = drawn.iter().filter(|point| point[0] > 1.0).collect();
        assert!((near.len() as f64 / 8000.0 - 0.7).abs() < 0.03);
        let slope = near.iter().map(|p| (p[0] - 4.0) * (p[1] + 1.0)).sum::<f64>() / near.len() as f64;
        assert!((slope - 0.2).abs() < 0.02, "{slope}");
        assert_eq!(fit.draw(Key::new(2), 17), drawn[17]);
    }

    #[test]
    fn more_rounds_are_never_less_likely_and_threads_change_nothing() {
        let set = set(2000);
        let mut mixture = GaussianMixture::start(&set, 4, Key::new(1));
        for _ in 0..20 {
            let next = mixture.round(&set);
            assert!(next.log_likelihood >= mixture.log_likelihood - 1e-6);
            mixture = next;
        }
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| GaussianMixture::fit(&set, 3, Key::new(1)))
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn a_direction_without_variance_is_no_failure() {
        let values = (0..100).flat_map(|at| [f64::from(at % 10), 5.0]).collect();
        let fit = GaussianMixture::fit(&FeatureSet::new(2, values), 3, Key::new(1));
        let point = fit.draw(Key::new(1), 0);
        assert!(fit.log_likelihood().is_finite() && (point[1] - 5.0).abs() < 0.02, "{point:?}");
    }
}
