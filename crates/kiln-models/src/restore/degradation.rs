//! What is done to clean images.

use kiln_grad::Tensor;
use kiln_tensor::random::Key;

/// White Gaussian noise, whose standard deviation is drawn anew for each image, evenly between two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Least and largest standard deviation, in levels of 0 to 255.
    pub sigma: [f64; 2],
}

impl Noise {
    /// Images `[n, c, h, w]` in `[0, 1]` with noise, which may lead out of the range. The noise of an image is a
    /// function of the key and its number.
    pub fn add(self, clean: &Tensor, key: Key) -> Tensor {
        let [low, high] = self.sigma.map(|sigma| sigma / 255.0);
        let (dtype, device) = (clean.dtype(), clean.device());
        let noise = Tensor::normal(key.purpose("noise"), *clean.dims(), dtype, device);
        if low == high {
            return clean + noise * low;
        }
        let n = clean.dims()[0];
        let sigma = Tensor::uniform(key.purpose("sigma"), [n, 1, 1, 1], dtype, device) * (high - low) + low;
        clean + noise * sigma
    }
}
