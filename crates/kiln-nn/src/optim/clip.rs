//! Bounds on gradients and on weights.

use crate::param::Param;
use kiln_grad::{Array, Meta, Tensor};
use kiln_tensor::{Dims, Map, Zip, fused};

/// Scales all gradients by one factor so that their norm, taken over all of them together, is at most `max`
/// (Pascanu et al., 2013), and gives the norm they had. Nothing is read back from the device.
///
/// The factor is `min(1, max / norm)`. (PyTorch adds 1e-6 to the norm, so its gradients end that much below `max`.)
///
/// # Panics
/// When there is no gradient, they are on different devices or of different types, or `max` is negative or NaN.
#[track_caller]
pub fn clip_grad_norm(gradients: &mut [Tensor], max: f64) -> Tensor {
    assert!(max >= 0.0, "clip_grad_norm: the bound {max} is not a number from 0 on");
    assert!(!gradients.is_empty(), "clip_grad_norm: there are no gradients");
    let arrays: Vec<&Array> = gradients.iter().map(Tensor::array).collect();
    let norm = norm(&arrays);
    let factor = bound(&norm, max);
    for gradient in gradients {
        *gradient = gradient.array().zip(Zip::Mul, &factor).into();
    }
    norm.into()
}

/// The norm of all arrays taken together, a number on their device.
pub(crate) fn norm(arrays: &[&Array]) -> Array {
    let meta = Meta { dims: Dims::new(&[]), dtype: arrays[0].dtype() };
    Array::fused(fused::Norm, arrays, &[meta]).remove(0)
}

/// The factor that takes a norm down to `max`, and is 1 where it is below. It stays on the device, so that the norm
/// isn't waited for.
pub(crate) fn bound(norm: &Array, max: f64) -> Array {
    norm.map(Map::Recip).map(Map::MulScalar(max)).map(Map::Clamp(0.0, 1.0))
}

/// Puts every element of the parameters into `[−bound, bound]`: how WGAN (Arjovsky et al., 2017) bounds its
/// critic's slope, with 0.01, after each step.
///
/// # Panics
/// When `bound` is negative or NaN.
#[track_caller]
pub fn clip_weights(params: &[Param], bound: f64) {
    assert!(bound >= 0.0, "clip_weights: the bound {bound} is not a number from 0 on");
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
