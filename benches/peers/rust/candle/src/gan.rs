//! DCGAN as in PyTorch's examples/dcgan.

use crate::timing::Measure;
use crate::{CPU, adam, window, window_transpose};
use candle_core::{DType, Module, ModuleT, Result, Tensor};
use candle_nn::{
    BatchNorm, Conv2d, ConvTranspose2d, Optimizer, VarBuilder, VarMap, batch_norm, conv_transpose2d_no_bias,
    conv2d_no_bias, ops,
};

const NOISE: usize = 100;

struct Generator {
    convs: Vec<ConvTranspose2d>,
    norms: Vec<BatchNorm>,
}

pub struct Discriminator {
    convs: Vec<Conv2d>,
    /// Empty for a critic.
    norms: Vec<BatchNorm>,
}

fn doublings(size: usize) -> usize {
    if size == 64 { 4 } else { 3 }
}

impl Generator {
    fn new(vb: &VarBuilder, size: usize, channels: usize, width: usize) -> Result<Self> {
        let mut widths = vec![NOISE];
        widths.extend((0..doublings(size)).rev().map(|i| width << i));
        let (mut convs, mut norms) = (Vec::new(), Vec::new());
        for (i, pair) in widths.windows(2).enumerate() {
            let options = if i == 0 { window_transpose(1, 0) } else { window_transpose(2, 1) };
            convs.push(conv_transpose2d_no_bias(pair[0], pair[1], 4, options, vb.pp(format!("conv{i}")))?);
            norms.push(batch_norm(pair[1], 1e-5, vb.pp(format!("norm{i}")))?);
        }
        convs.push(conv_transpose2d_no_bias(width, channels, 4, window_transpose(2, 1), vb.pp("last"))?);
        Ok(Self { convs, norms })
    }

    fn forward(&self, noise: &Tensor) -> Result<Tensor> {
        let (last, inner) = self.convs.split_last().expect("layers");
        let mut x = noise.clone();
        for (conv, norm) in inner.iter().zip(&self.norms) {
            x = norm.forward_t(&conv.forward(&x)?, true)?.relu()?;
        }
        last.forward(&x)?.tanh()
    }
}

impl Discriminator {
    pub fn new(vb: &VarBuilder, size: usize, channels: usize, width: usize, with_norm: bool) -> Result<Self> {
        let mut widths = vec![channels];
        widths.extend((0..doublings(size)).map(|i| width << i));
        let (mut convs, mut norms) = (Vec::new(), Vec::new());
        for (i, pair) in widths.windows(2).enumerate() {
            convs.push(conv2d_no_bias(pair[0], pair[1], 4, window(2, 1), vb.pp(format!("conv{i}")))?);
            if i > 0 && with_norm {
                norms.push(batch_norm(pair[1], 1e-5, vb.pp(format!("norm{i}")))?);
            }
        }
        let top = *widths.last().expect("layers");
        convs.push(conv2d_no_bias(top, 1, 4, window(1, 0), vb.pp("last"))?);
        Ok(Self { convs, norms })
    }

    /// One logit for each image.
    pub fn forward(&self, images: &Tensor) -> Result<Tensor> {
        let (last, inner) = self.convs.split_last().expect("layers");
        let mut x = images.clone();
        for (i, conv) in inner.iter().enumerate() {
            x = conv.forward(&x)?;
            if let Some(norm) = i.checked_sub(1).and_then(|i| self.norms.get(i)) {
                x = norm.forward_t(&x, true)?;
            }
            x = ops::leaky_relu(&x, 0.2)?;
        }
        last.forward(&x)?.flatten_all()
    }
}

/// Binary cross-entropy of probabilities with the target 1.
fn real_loss(probability: &Tensor) -> Result<Tensor> {
    probability.log()?.neg()?.mean_all()
}

/// Binary cross-entropy of probabilities with the target 0.
fn fake_loss(probability: &Tensor) -> Result<Tensor> {
    real_loss(&probability.affine(-1.0, 1.0)?)
}

pub fn dcgan(measure: &Measure, size: usize, channels: usize, width: usize) -> Result<()> {
    let (g_variables, d_variables) = (VarMap::new(), VarMap::new());
    let builder = |variables| VarBuilder::from_varmap(variables, DType::F32, &CPU);
    let g = Generator::new(&builder(&g_variables), size, channels, width)?;
    let d = Discriminator::new(&builder(&d_variables), size, channels, width, true)?;
    // They hold running statistics too, which get no gradient, so Adam leaves them alone.
    let mut g_adam = adam(&g_variables, 2e-4, 0.5, 0.999)?;
    let mut d_adam = adam(&d_variables, 2e-4, 0.5, 0.999)?;
    let real = Tensor::rand(-1f32, 1f32, (measure.batch, channels, size, size), &CPU)?;
    let judge = |images: &Tensor| ops::sigmoid(&d.forward(images)?);
    let mut step = || {
        let on_real = real_loss(&judge(&real)?)?;
        let fake = g.forward(&Tensor::randn(0f32, 1f32, (measure.batch, NOISE, 1, 1), &CPU)?)?;
        let d_loss = (on_real + fake_loss(&judge(&fake.detach())?)?)?;
        d_adam.backward_step(&d_loss)?;
        let g_loss = real_loss(&judge(&fake)?)?;
        g_adam.backward_step(&g_loss)?;
        Ok(d_loss.to_scalar::<f32>()? + g_loss.to_scalar::<f32>()?)
    };
    measure.run(|| unwrap(step()));
    Ok(())
}

/// A step doesn't fail unless the program is wrong.
pub fn unwrap(loss: Result<f32>) -> f32 {
    loss.expect("a step")
}
