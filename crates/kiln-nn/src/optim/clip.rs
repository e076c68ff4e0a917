//! Bounds on gradients and on weights.

use crate::param::Param;
use kiln_grad::Tensor;
use kiln_tensor::Map;

/// Scales all gradients by one factor so that their norm, taken over all of them together, is at most `max`
/// (Pascanu et al., 2013), and gives the norm they had. Nothing is read back from the device.
///
/// The factor is `min(1, max / (norm + 1e-6))`, PyTorch's.
///
/// # Panics
/// When there is no gradient, or they are on different devices or of different types.
#[track_caller]
pub fn clip_grad_norm(gradients: &mut [Tensor], max: f64) -> Tensor {
    let squares = gradients.iter().map(|g| g.square().sum(..)).reduce(|a, b| a + b);
    let norm = squares.expect("clip_grad_norm: there are no gradients").sqrt();
    let factor = (max / (&norm + 1e-6)).minimum(&norm.ones_like());
    for gradient in gradients {
        *gradient = &*gradient * &factor;
    }
    norm
}

/// Puts every element of the parameters into `[−bound, bound]`: how WGAN (Arjovsky et al., 2017) bounds its
/// critic's slope, with 0.01, after each step.
///
/// # Panics
/// When `bound` is negative.
#[track_caller]
pub fn clip_weights(params: &[Param], bound: f64) {
    assert!(bound >= 0.0, "clip_weights: the bound {bound} is negative");
    for param in params {
        param.update(|p| *p = p.map(Map::Clamp(-bound, bound)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_keep_their_direction() {
        let mut gradients = [Tensor::from([3.0, 0.0]), Tensor::from([[4.0]])];
        assert_eq!(clip_grad_norm(&mut gradients, 10.0).item().unwrap(), 5.0);
        assert_eq!(gradients[0].to_f64_vec().unwrap(), [3.0, 0.0]);
        assert_eq!(clip_grad_norm(&mut gradients, 1.0).item().unwrap(), 5.0);
        let now = [gradients[0].to_f64_vec().unwrap(), gradients[1].to_f64_vec().unwrap()].concat();
        assert!(now.iter().zip([0.6, 0.0, 0.8]).all(|(g, w)| (g - w).abs() < 1e-6), "{now:?}");
    }

    #[test]
    fn weights_stay_in_bounds() {
        let param = Param::new([0.5, -0.005, -3.0]);
        clip_weights(std::slice::from_ref(&param), 0.01);
        assert_eq!(param.tensor().to_f64_vec().unwrap(), [0.01, -0.005, -0.01]);
    }
}
