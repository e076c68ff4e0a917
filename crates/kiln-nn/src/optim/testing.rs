//! What the optimisers' tests share.

use super::Optimizer;
use crate::param::Param;
use kiln_grad::Tensor;

/// One parameter `w` of the given values.
pub fn named(values: [f64; 2]) -> Vec<(String, Param)> {
    vec![("w".to_string(), Param::new(values))]
}

/// The parameter's values after each of three steps with fixed gradients, beginning with (1, −1).
pub fn trajectory(mut optimizer: impl Optimizer) -> Vec<f64> {
    let gradients = [[0.5, -2.0], [1.5, 0.25], [-1.0, 0.0]];
    let step = |g: [f64; 2]| {
        optimizer.step(vec![Tensor::from(g)]);
        optimizer.params()[0].tensor().to_f64_vec().unwrap()
    };
    gradients.into_iter().flat_map(step).collect()
}

#[track_caller]
pub fn close(have: &[f64], want: &[f64]) {
    let near = have.len() == want.len() && have.iter().zip(want).all(|(h, w)| (h - w).abs() < 1e-14);
    assert!(near, "{have:?} is not {want:?}");
}

/// Steps down the quadratic `Σ c(w − t)²` and says how far from its lowest point it ends.
pub fn distance_after(mut optimizer: impl Optimizer, steps: usize) -> f64 {
    let (curvature, target) = (Tensor::from([1.0, 4.0]), Tensor::from([3.0, -2.0]));
    for _ in 0..steps {
        let w = optimizer.params()[0].tensor();
        optimizer.minimize(((w - &target).square() * &curvature).sum(..));
    }
    let off = (optimizer.params()[0].tensor() - target).abs().max(..);
    off.item().unwrap()
}
