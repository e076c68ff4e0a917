//! What codes know of the factors that samples were made of.

use crate::features::FeatureSet;

/// Number of cells that the values of a latent are put into, as many values in each: more than any factor here has values, so
/// that a latent can tell all of them.
const CELLS: usize = 64;

/// What the latents of a code know of known factors.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorInformation {
    /// Mutual information in nats of each factor with each latent, `[factor][latent]`.
    pub information: Vec<Vec<f64>>,
    /// Entropy in nats of each factor.
    pub entropies: Vec<f64>,
}

impl FactorInformation {
    /// Of codes, one a sample, and of each factor the values of all samples.
    ///
    /// # Panics
    /// When a factor has not one value a sample, or there are no factors.
    #[track_caller]
    pub fn of(codes: &FeatureSet, factors: &[Vec<u32>]) -> Self {
        assert!(!factors.is_empty(), "mig: no factors");
        let latents: Vec<Vec<f64>> =
            (0..codes.dims()).map(|latent| codes.rows().map(|code| code[latent]).collect()).collect();
        let of_factor = |values: &Vec<u32>| {
            latents.iter().map(|latent| mutual_information(latent, values)).collect::<Vec<f64>>()
        };
        FactorInformation {
            information: factors.iter().map(of_factor).collect(),
            entropies: factors.iter().map(|values| entropy(&counts(values))).collect(),
        }
    }

    /// The mutual information gap of each factor (Chen et al., 2018): how much more the latent that knows most of it knows than the
    /// second, as a share of its entropy. Of one latent the second knows nothing.
    pub fn gaps(&self) -> Vec<f64> {
        let gap = |(information, entropy): (&Vec<f64>, &f64)| {
            let mut sorted = information.clone();
            sorted.sort_by(|a, b| b.total_cmp(a));
            (sorted[0] - sorted.get(1).copied().unwrap_or(0.0)) / entropy
        };
        self.information.iter().zip(&self.entropies).map(gap).collect()
    }

    /// The mean of the [gaps](Self::gaps): 1 where each factor has a latent of its own that knows all of it.
    pub fn mig(&self) -> f64 {
        self.gaps().iter().sum::<f64>() / self.entropies.len() as f64
    }
}

/// Mutual information in nats of a number and a factor, by their frequencies: numbers in 64 cells of as many values each, with equal
/// ones in one cell; entropies with the correction of Miller (1955) and Madow for what few samples leave out. It depends on the
/// order of the numbers alone.
///
/// # Panics
/// When there is not one value of the factor for each number, or none.
#[track_caller]
pub fn mutual_information(numbers: &[f64], factor: &[u32]) -> f64 {
    let len = numbers.len();
    assert!(
        len == factor.len() && len > 0,
        "mutual_information: {len} numbers and {} values of a factor",
        factor.len()
    );
    let cells = cells(numbers);
    let values = factor.iter().max().map_or(1, |most| *most + 1);
    let both: Vec<u32> = cells.iter().zip(factor).map(|(cell, value)| cell * values + value).collect();
    entropy(&counts(&cells)) + entropy(&counts(factor)) - entropy(&counts(&both))
}

/// The cell of each number: by its rank, which is that of the first of those that are equal.
fn cells(numbers: &[f64]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
    let mut cells = vec![0; numbers.len()];
    let mut first = 0;
    for (rank, &at) in order.iter().enumerate() {
        if numbers[at] != numbers[order[first]] {
            first = rank;
        }
        cells[at] = (first * CELLS / numbers.len()) as u32;
    }
    cells
}

/// How often each value occurs.
fn counts(values: &[u32]) -> Vec<usize> {
    let mut counts = vec![0; values.iter().max().map_or(0, |most| *most as usize + 1)];
    values.iter().for_each(|value| counts[*value as usize] += 1);
    counts
}

/// Entropy of frequencies in nats, with the first-order correction.
fn entropy(counts: &[usize]) -> f64 {
    let total = counts.iter().sum::<usize>() as f64;
    let occur = counts.iter().filter(|count| **count > 0);
    let plain: f64 = occur.clone().map(|count| *count as f64 / total).map(|share| -share * share.ln()).sum();
    plain + (occur.count() as f64 - 1.0) / (2.0 * total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_data::sprites;
    use kiln_tensor::random::Key;

    const SAMPLES: usize = 10_000;

    /// Factors of sprites, and codes made of them and of noise: one latent each for what `code` gives.
    fn case(
        latents: usize,
        code: impl Fn(&[usize; 5], usize, &dyn Fn(usize) -> f64) -> f64,
    ) -> FactorInformation {
        let key = Key::new(3);
        let all: Vec<[usize; 5]> = (0..SAMPLES)
            .map(|at| sprites::factors((u64::from(key.word(at as u64)) % sprites::count() as u64) as usize))
            .collect();
        let noise = |at: usize, latent: usize| key.purpose("noise").normal((at * latents + latent) as u64);
        let code = &code;
        let codes = all.iter().enumerate().flat_map(|(at, factors)| {
            (0..latents).map(move |latent| code(factors, latent, &|latent| noise(at, latent)))
        });
        let codes = FeatureSet::new(latents, codes.collect());
        let factors: Vec<Vec<u32>> =
            (0..5).map(|factor| all.iter().map(|values| values[factor] as u32).collect()).collect();
        FactorInformation::of(&codes, &factors)
    }

    #[test]
    fn the_gap_of_a_perfect_code_is_1() {
        // Each factor by itself, on any scale and turned round, among latents that are noise.
        let perfect = case(8, |factors, latent, noise| match latent {
            0..5 => (factors[latent] as f64 * 0.3).exp() * if latent == 2 { -1.0 } else { 1.0 },
            _ => noise(latent),
        });
        assert!((perfect.mig() - 1.0).abs() < 0.02, "{:?}", perfect.gaps());
    }

    #[test]
    fn the_gap_of_noise_is_0_within_the_error_of_the_estimator() {
        let noise = case(6, |_, latent, noise| noise(latent));
        assert!(noise.mig().abs() < 0.01, "{}", noise.mig());
        let most = noise.information.iter().flatten().fold(0.0, |most: f64, one| most.max(one.abs()));
        assert!(most < 0.05, "{most}");
    }

    #[test]
    fn a_factor_that_two_latents_know_has_no_gap_and_the_order_of_latents_is_nothing() {
        let twice = case(2, |factors, _, _| factors[3] as f64);
        assert_eq!(twice.gaps()[3], 0.0);
        let of = |order: [usize; 3]| {
            case(3, move |factors, latent, noise| match order[latent] {
                0 => factors[0] as f64 + 0.1 * noise(0),
                1 => factors[4] as f64 + noise(1),
                _ => factors[4] as f64 + factors[1] as f64,
            })
        };
        assert_eq!(of([0, 1, 2]).mig(), of([2, 0, 1]).mig());
    }

    #[test]
    fn a_turned_code_has_a_smaller_gap() {
        let straight = case(2, |factors, latent, _| factors[3 + latent] as f64);
        let turned = case(2, |factors, latent, _| {
            let [x, y] = [factors[3] as f64, factors[4] as f64];
            if latent == 0 { x + y } else { x - y }
        });
        assert!(straight.gaps()[3] > 0.95 && turned.gaps()[3] < 0.1, "{:?}", turned.gaps());
    }

    /// A number that says one of 8 values right in 7 of 10 cases, and else any of them.
    #[test]
    fn the_information_of_a_known_joint_distribution_is_found() {
        let mut stream = Key::new(9).stream();
        let (mut numbers, mut spread, mut factor) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..SAMPLES {
            let value = stream.below(8);
            let said = if stream.uniform() < 0.7 { value } else { stream.below(8) };
            numbers.push(said as f64);
            spread.push(said as f64 + 0.9 * stream.uniform());
            factor.push(value as u32);
        }
        let (right, wrong) = (0.7f64 + 0.3 / 8.0, 0.3f64 / 8.0);
        let want = 8f64.ln() + right * right.ln() + 7.0 * wrong * wrong.ln();
        let have = mutual_information(&numbers, &factor);
        assert!((have - want).abs() < 0.03, "{have} instead of {want}");
        // Where numbers are spread out, 7 of the 64 cells hold some of two values, and what they tell apart is lost.
        let have = mutual_information(&spread, &factor);
        assert!((want - 0.07..want + 0.01).contains(&have), "{have} instead of {want}");
    }
}
