//! Spectral norm.

use crate::module::Ctx;
use crate::param::{Buffer, Param};
use crate::state::StateVisitor;
use kiln_grad::{Tensor, no_grad};
use kiln_tensor::random::Key;

/// What keeps the length of a vector away from 0, as in PyTorch.
const EPS: f64 = 1e-12;

/// Number of iterations that find the vectors of a weight anew.
const FRESH: usize = 30;

/// Spectral norm (Miyato et al., 2018) of a layer's weight: `W / σ` with the largest singular value `σ = uᵀWv` of the weight
/// as a matrix, whose rows are the layer's outputs. It bounds the slope of the layer by 1.
///
/// `u` and `v` are state. Each pass of a training step moves them by one power iteration, `v ← Wᵀu / ‖Wᵀu‖`,
/// `u ← Wv / ‖Wv‖`; a [frozen](Ctx::frozen) pass and use leave them. A pass that [calibrates](Ctx::calibrate) finds those
/// of the present weights anew, for averaged weights have others than those that were trained. Gradients flow through `W` in `σ` too, and not
/// through the vectors. Names of the state are those of PyTorch's `torch.nn.utils.spectral_norm`.
#[derive(Debug)]
pub struct SpectralNorm {
    u: Buffer,
    v: Buffer,
    /// Axis of the weight that is the layer's outputs.
    axis: i32,
}

impl SpectralNorm {
    /// For a weight whose outputs are this axis, by 30 power iterations from a fixed random vector.
    #[track_caller]
    pub fn new(weight: &Param, axis: i32) -> Self {
        let weight = weight.tensor().detach();
        let (rows, dtype) = (weight.dims()[axis as usize], weight.dtype());
        let vector = |len: usize| Tensor::zeros([len], dtype, weight.device()).into_array();
        let norm = SpectralNorm {
            u: Buffer::new(vector(rows)),
            v: Buffer::new(vector(weight.numel() / rows.max(1))),
            axis,
        };
        norm.find(&norm.matrix(&weight));
        norm
    }

    /// The weight as a matrix `[outputs, all other axes]`.
    fn matrix(&self, weight: &Tensor) -> Tensor {
        let rows = weight.dims()[self.axis as usize];
        let first = if self.axis == 0 { weight.clone() } else { weight.transpose(0, self.axis) };
        first.reshape([rows, weight.numel() / rows.max(1)])
    }

    /// The weight divided by its norm.
    #[track_caller]
    pub(super) fn normalized(&self, weight: &Tensor, cx: &Ctx) -> Tensor {
        let matrix = self.matrix(weight);
        if cx.is_calibrating() {
            self.find(&matrix);
        } else if cx.is_training() && cx.records_statistics() {
            no_grad(|| self.iterate(&matrix.detach()));
        }
        let [u, v] = [&self.u, &self.v].map(Buffer::tensor);
        weight / &(product(&matrix, &v) * u).sum(..)
    }

    /// Vectors of this matrix, from a start that depends on nothing but their lengths.
    fn find(&self, matrix: &Tensor) {
        let matrix = matrix.detach();
        no_grad(|| {
            let key = Key::new(0).purpose("spectral norm");
            let start = Tensor::normal(key, [matrix.dims()[0]], matrix.dtype(), matrix.device());
            self.u.set(unit(&start).into_array());
            for _ in 0..FRESH {
                self.iterate(&matrix);
            }
        });
    }

    /// One power iteration.
    fn iterate(&self, matrix: &Tensor) {
        let v = unit(&product(&matrix.transpose(0, 1), &self.u.tensor()));
        self.u.set(unit(&product(matrix, &v)).into_array());
        self.v.set(v.into_array());
    }

    pub(super) fn visit(&self, v: &mut StateVisitor, weight: &Param) {
        v.param("weight_orig", weight);
        v.buffer("weight_u", &self.u);
        v.buffer("weight_v", &self.v);
    }
}

/// The product of a matrix and a vector.
fn product(matrix: &Tensor, vector: &Tensor) -> Tensor {
    matrix.matmul(&vector.unsqueeze(1)).squeeze(1)
}

/// The vector with length 1; 0 stays 0.
fn unit(vector: &Tensor) -> Tensor {
    vector / &vector.square().sum(..).sqrt().maximum(&vector.zeros_like().sum(..).add_scalar(EPS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Conv2d, ConvTranspose2d, Linear};
    use crate::{Module, TensorOptions, named_parameters, save};
    use kiln_grad::grad;

    fn key() -> Key {
        Key::new(4)
    }

    /// Largest singular value of `[rows, cols]`, by many iterations of `WᵀW`.
    fn largest(values: &[f64], cols: usize) -> f64 {
        let rows: Vec<&[f64]> = values.chunks_exact(cols).collect();
        let mut v = vec![1.0; cols];
        let mut length = 0.0;
        for _ in 0..5000 {
            let u: Vec<f64> = rows.iter().map(|row| row.iter().zip(&v).map(|(a, b)| a * b).sum()).collect();
            let back: Vec<f64> =
                (0..cols).map(|j| rows.iter().zip(&u).map(|(row, u)| row[j] * u).sum()).collect();
            length = back.iter().map(|x| x * x).sum::<f64>().sqrt();
            v = back.iter().map(|x| x / length).collect();
        }
        length.sqrt()
    }

    /// Within 1 % of the true norm after some training passes, although the weights moved on the way.
    #[test]
    fn the_norm_follows_the_weights() {
        let options = TensorOptions::cpu_f64();
        let mut linear = Linear::new(12, 9, key(), &options).without_bias().spectral();
        let x = options.ones([2, 12]);
        for step in 0..50 {
            let drift = Tensor::normal(key().step(step), [9, 12], options.dtype, &options.device) * 0.01;
            linear.weight.set((linear.weight.tensor().detach() + drift).into_array());
            let _ = linear.forward(&x, &mut Ctx::train(key()));
        }
        let eye = Tensor::eye(12, options.dtype, &options.device);
        let used = linear.forward(&eye, &mut Ctx::eval()).transpose(0, 1).to_f64_vec().unwrap();
        let norm = largest(&used, 12);
        assert!((norm - 1.0).abs() < 0.01, "{norm}");
        let names: Vec<String> = save(&mut linear).into_keys().collect();
        assert_eq!(names, ["weight_orig", "weight_u", "weight_v"]);
    }

    #[test]
    fn only_training_passes_move_the_vectors() {
        let options = TensorOptions::cpu_f64();
        let mut conv = Conv2d::new(2, 3, 3, key(), &options).spectral();
        conv.weight.set(
            Tensor::normal(key().step(9), conv.weight.dims(), options.dtype, &options.device).into_array(),
        );
        let vectors = |conv: &mut Conv2d| {
            format!("{:?}", ["weight_u", "weight_v"].map(|name| save(conv)[name].clone()))
        };
        let (before, x) = (vectors(&mut conv), options.ones([1, 2, 4, 4]));
        let _ = conv.forward(&x, &mut Ctx::eval());
        let _ = Ctx::train(key()).frozen(|cx| conv.forward(&x, cx));
        assert_eq!(before, vectors(&mut conv));
        let _ = conv.forward(&x, &mut Ctx::train(key()));
        assert_ne!(before, vectors(&mut conv));
        // Calibration forgets what was.
        let _ = conv.forward(&x, &mut Ctx::calibrate());
        let fresh = vectors(&mut conv);
        let _ = conv.forward(&x, &mut Ctx::train(key()));
        let _ = conv.forward(&x, &mut Ctx::calibrate());
        assert_eq!(fresh, vectors(&mut conv));
    }

    /// Of a transposed convolution the outputs are the second axis.
    #[test]
    fn a_transposed_convolution_is_a_matrix_by_its_outputs() {
        let options = TensorOptions::cpu_f64();
        let mut conv = ConvTranspose2d::new(2, 3, 2, key(), &options).without_bias().spectral();
        let lengths = ["weight_u", "weight_v"].map(|name| match &save(&mut conv)[name] {
            crate::StateValue::Tensor(array) => array.numel(),
            other => panic!("{other:?}"),
        });
        assert_eq!(lengths, [3, 8]);
        assert_eq!(named_parameters(&mut conv)[0].0, "weight_orig");
    }

    /// Two passes and then the sweep, against PyTorch 2.15 (`torch.nn.utils.spectral_norm`, from given vectors).
    #[test]
    fn two_passes_and_a_sweep_agree_with_torch() {
        let options = TensorOptions::cpu_f64();
        let linear = Linear::new(3, 2, key(), &options).without_bias().spectral();
        linear.weight.set(Tensor::from([[0.5, -1.0, 0.25], [0.75, 0.5, -0.5]]).into_array());
        let spectral = linear.spectral_norm().unwrap();
        spectral.u.set(Tensor::from([0.6, 0.8]).into_array());
        let x = Tensor::from([[1.0, 2.0, -1.0], [0.5, -0.25, 2.0]]);
        let cx = &mut Ctx::train(key());
        let y = linear.forward(&x, cx).square().sum(..) + linear.forward(&(&x * 0.5 + 1.0), cx).sum(..);
        let close = |what: &str, have: &Tensor, want: &[f64]| {
            let have = have.to_f64_vec().unwrap();
            assert!(
                have.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12),
                "{what}: {have:?}, not {want:?}"
            );
        };
        close("value", &y, &[12.013138399144982]);
        close("u", &spectral.u.tensor(), &[0.7066435603848958, 0.7075696987340244]);
        close("v", &spectral.v.tensor(), &[0.9342556499315806, -0.27100545570534385, -0.2317809818532548]);
        close(
            "gradient",
            &grad(y, &[&linear.weight.tensor()])[0],
            &[
                -14.256920481850015,
                -1.9451943972819872,
                14.757824366678864,
                -9.995850476683367,
                17.06329438747983,
                -0.9181008314918309,
            ],
        );
    }
}
