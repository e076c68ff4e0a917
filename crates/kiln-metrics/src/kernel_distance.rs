//! The kernel distance between two sets.

use crate::error::{MeasureError, check_samples};
use crate::features::FeatureSet;
use kiln_grad::{Device, Tensor};
use kiln_tensor::random::Key;

const NAME: &str = "kernel distance";

/// The mean of a kernel distance over random subsets, and how far they spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KernelDistance {
    /// Mean over the subsets.
    pub mean: f64,
    /// Standard deviation over the subsets; 0 for one.
    pub deviation: f64,
    /// Number of subsets.
    pub subsets: usize,
    /// Number of samples of each.
    pub size: usize,
}

/// The kernel distance (Bińkowski et al., 2018): the unbiased estimate of the squared maximum mean discrepancy with the
/// kernel `(x·y / d + 1)³`, `d` being the length of the vectors. 0 on average for two sets of one distribution, whatever
/// their sizes, so that it can be a little below.
///
/// # Errors
/// [`MeasureError::Samples`], for fewer than 2 samples.
///
/// # Panics
/// When the vectors have different lengths.
#[track_caller]
pub fn kernel_distance(a: &FeatureSet, b: &FeatureSet) -> Result<f64, MeasureError> {
    a.check_dims(b, "kernel_distance");
    check_samples(NAME, 2, a.len().min(b.len()))?;
    let (m, n) = (a.len() as f64, b.len() as f64);
    let among = |set: &FeatureSet| {
        let own: f64 = set.rows().map(|row| kernel(row.iter().map(|v| v * v).sum(), set.dims())).sum();
        kernel_sum(set, set) - own
    };
    Ok(among(a) / (m * (m - 1.0)) + among(b) / (n * (n - 1.0)) - 2.0 * kernel_sum(a, b) / (m * n))
}

/// The [`kernel_distance`] of so many random subsets of `size` samples a set, or of all where a set has less.
///
/// # Errors
/// [`MeasureError::Samples`], for fewer than 2 samples.
///
/// # Panics
/// When the vectors have different lengths, or `subsets` is 0.
#[track_caller]
pub fn kernel_distance_of_subsets(
    a: &FeatureSet,
    b: &FeatureSet,
    subsets: usize,
    size: usize,
    key: Key,
) -> Result<KernelDistance, MeasureError> {
    assert!(subsets > 0, "kernel_distance_of_subsets: no subset");
    let size = size.min(a.len()).min(b.len());
    // Where both sets are whole, all subsets are one.
    let subsets = if size == a.len() && size == b.len() { 1 } else { subsets };
    let pick = |set: &FeatureSet, name: &str, at: usize| {
        let order = key.purpose(name).step(at as u32).permutation(set.len());
        set.select(order.into_iter().take(size).map(|number| number as usize))
    };
    let of = |at: usize| kernel_distance(&pick(a, "first", at), &pick(b, "second", at));
    let values: Vec<f64> = (0..subsets).map(of).collect::<Result<_, _>>()?;
    let (mean, deviation) = crate::interval::mean_and_deviation(&values);
    Ok(KernelDistance { mean, deviation, subsets, size })
}

fn kernel(product: f64, dims: usize) -> f64 {
    (product / dims as f64 + 1.0).powi(3)
}

/// The sum of the kernel over all pairs.
fn kernel_sum(a: &FeatureSet, b: &FeatureSet) -> f64 {
    let matrix = |set: &FeatureSet| Tensor::from_slice(set.values(), [set.len(), set.dims()], &Device::cpu());
    let products = matrix(a).matmul(&matrix(b).transpose(0, 1));
    let root = products / a.dims() as f64 + 1.0;
    (root.square() * root).sum(..).item().expect("the CPU computed it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(count: usize, shift: f64, seed: u64) -> FeatureSet {
        let key = Key::new(seed);
        FeatureSet::new(4, (0..count * 4).map(|i| shift + key.normal(i as u64)).collect())
    }

    #[test]
    fn it_is_the_sum_over_pairs_by_definition() {
        let (a, b) = (normal(5, 0.0, 1), normal(7, 0.5, 2));
        let k = |x: &[f64], y: &[f64]| kernel(x.iter().zip(y).map(|(x, y)| x * y).sum(), 4);
        let among = |set: &FeatureSet| {
            let n = set.len();
            let pairs = (0..n).flat_map(|i| (0..n).filter(move |j| *j != i).map(move |j| (i, j)));
            pairs.map(|(i, j)| k(set.row(i), set.row(j))).sum::<f64>() / (n * (n - 1)) as f64
        };
        let across: f64 = a.rows().flat_map(|x| b.rows().map(move |y| k(x, y))).sum::<f64>() / 35.0;
        let want = among(&a) + among(&b) - 2.0 * across;
        assert!((kernel_distance(&a, &b).unwrap() - want).abs() < 1e-12);
    }

    #[test]
    fn it_is_nothing_on_average_for_one_distribution_and_more_for_two() {
        let same =
            kernel_distance_of_subsets(&normal(400, 0.0, 1), &normal(400, 0.0, 2), 20, 100, Key::new(3));
        let far =
            kernel_distance_of_subsets(&normal(400, 0.0, 1), &normal(400, 1.0, 2), 20, 100, Key::new(3));
        let (same, far) = (same.unwrap(), far.unwrap());
        assert!(same.mean.abs() < 0.1 && same.deviation > 0.0 && far.mean > 1.0, "{same:?} {far:?}");
        assert_eq!((same.subsets, same.size), (20, 100));
        let whole =
            kernel_distance_of_subsets(&normal(30, 0.0, 1), &normal(30, 0.0, 2), 20, 100, Key::new(3));
        assert_eq!(whole.unwrap().subsets, 1);
        assert!(kernel_distance(&normal(1, 0.0, 1), &normal(5, 0.0, 2)).is_err());
    }
}
