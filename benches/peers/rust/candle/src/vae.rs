//! Two variational autoencoders of 28×28 images: of convolutions, and of dense layers.

use crate::gan::unwrap;
use crate::timing::Measure;
use crate::{CPU, adam, window, window_transpose};
use candle_core::{DType, Module, Result, Tensor};
use candle_nn::{Linear, Optimizer, VarBuilder, VarMap, conv_transpose2d, conv2d, linear, ops};

const LATENT: usize = 20;

fn sample(mean: &Tensor, log_variance: &Tensor) -> Result<Tensor> {
    mean + (mean.randn_like(0.0, 1.0)? * log_variance.affine(0.5, 0.0)?.exp()?)?
}

fn loss(made: &Tensor, x: &Tensor, mean: &Tensor, log_variance: &Tensor) -> Result<Tensor> {
    let made = made.clamp(1e-7f32, 1.0 - 1e-7f32)?;
    let (inverse_x, inverse) = (x.affine(-1.0, 1.0)?, made.affine(-1.0, 1.0)?);
    let likelihood = ((x * made.log()?)? + (inverse_x * inverse.log()?)?)?.sum_all()?;
    let terms = ((log_variance.affine(1.0, 1.0)? - mean.sqr()?)? - log_variance.exp()?)?;
    terms.sum_all()?.affine(-0.5, 0.0)? - likelihood
}

pub fn conv_vae(measure: &Measure) -> Result<()> {
    let variables = VarMap::new();
    let vb = VarBuilder::from_varmap(&variables, DType::F32, &CPU);
    let c1 = conv2d(1, 32, 4, window(2, 1), vb.pp("c1"))?;
    let c2 = conv2d(32, 64, 4, window(2, 1), vb.pp("c2"))?;
    let dense = |from, to, name: &str| -> Result<Linear> { linear(from, to, vb.pp(name)) };
    let hidden = dense(3136, 256, "hidden")?;
    let (to_mean, to_log_variance) = (dense(256, LATENT, "mean")?, dense(256, LATENT, "log_variance")?);
    let (d1, d2) = (dense(LATENT, 256, "d1")?, dense(256, 3136, "d2")?);
    let t1 = conv_transpose2d(64, 32, 4, window_transpose(2, 1), vb.pp("t1"))?;
    let t2 = conv_transpose2d(32, 1, 4, window_transpose(2, 1), vb.pp("t2"))?;
    let mut adam = adam(&variables, 1e-3, 0.9, 0.999)?;
    let x = Tensor::rand(0f32, 1f32, (measure.batch, 1, 28, 28), &CPU)?;
    let mut step = || {
        let h = c2.forward(&c1.forward(&x)?.relu()?)?.relu()?.flatten_from(1)?;
        let h = hidden.forward(&h)?.relu()?;
        let (mean, log_variance) = (to_mean.forward(&h)?, to_log_variance.forward(&h)?);
        let h = d1.forward(&sample(&mean, &log_variance)?)?.relu()?;
        let h = d2.forward(&h)?.relu()?.reshape((measure.batch, 64, 7, 7))?;
        let made = ops::sigmoid(&t2.forward(&t1.forward(&h)?.relu()?)?)?;
        let loss = loss(&made, &x, &mean, &log_variance)?;
        adam.backward_step(&loss)?;
        loss.to_scalar::<f32>()
    };
    measure.run(|| unwrap(step()));
    Ok(())
}

pub fn mlp_vae(measure: &Measure) -> Result<()> {
    let variables = VarMap::new();
    let vb = VarBuilder::from_varmap(&variables, DType::F32, &CPU);
    let dense = |from, to, name: &str| -> Result<Linear> { linear(from, to, vb.pp(name)) };
    let hidden = dense(784, 400, "hidden")?;
    let (to_mean, to_log_variance) = (dense(400, LATENT, "mean")?, dense(400, LATENT, "log_variance")?);
    let (d1, d2) = (dense(LATENT, 400, "d1")?, dense(400, 784, "d2")?);
    let mut adam = adam(&variables, 1e-3, 0.9, 0.999)?;
    let x = Tensor::rand(0f32, 1f32, (measure.batch, 784), &CPU)?;
    let mut step = || {
        let h = hidden.forward(&x)?.relu()?;
        let (mean, log_variance) = (to_mean.forward(&h)?, to_log_variance.forward(&h)?);
        let h = d1.forward(&sample(&mean, &log_variance)?)?.relu()?;
        let loss = loss(&ops::sigmoid(&d2.forward(&h)?)?, &x, &mean, &log_variance)?;
        adam.backward_step(&loss)?;
        loss.to_scalar::<f32>()
    };
    measure.run(|| unwrap(step()));
    Ok(())
}
