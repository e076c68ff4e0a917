//! The step of a WGAN-GP critic on 32×32×1 images.

use crate::gan::{Discriminator, unwrap};
use crate::timing::Measure;
use crate::{CPU, adam};
use candle_core::{DType, Result, Tensor, Var};
use candle_nn::{Optimizer, VarBuilder, VarMap};

pub fn critic(measure: &Measure) -> Result<()> {
    assert!(gradients_are_tracked()?, "set CANDLE_GRAD_DO_NOT_DETACH=1: the penalty would have no gradient");
    let variables = VarMap::new();
    let critic = {
        let vb = VarBuilder::from_varmap(&variables, DType::F32, &CPU);
        Discriminator::new(&vb, 32, 1, 32, false)?
    };
    let mut adam = adam(&variables, 1e-4, 0.0, 0.9)?;
    let images = || Tensor::rand(-1f32, 1f32, (measure.batch, 1, 32, 32), &CPU);
    let (real, fake) = (images()?, images()?);
    let mut step = || {
        let share = Tensor::rand(0f32, 1f32, (measure.batch, 1, 1, 1), &CPU)?;
        let rest = share.affine(-1.0, 1.0)?;
        let mixed = Var::from_tensor(&(real.broadcast_mul(&share)? + fake.broadcast_mul(&rest)?)?)?;
        // This computes the gradients of all weights too: candle's backward pass can't be restricted.
        let gradients = critic.forward(&mixed)?.sum_all()?.backward()?;
        let slope = gradients.get(&mixed).expect("the images were used").flatten_from(1)?;
        let norms = (slope.sqr()?.sum(1)? + 1e-12)?.sqrt()?;
        let penalty = norms.affine(1.0, -1.0)?.sqr()?.mean_all()?.affine(10.0, 0.0)?;
        let judged = (critic.forward(&fake)?.mean_all()? - critic.forward(&real)?.mean_all()?)?;
        let loss = (judged + penalty)?;
        adam.backward_step(&loss)?;
        loss.to_scalar::<f32>()
    };
    measure.run(|| unwrap(step()));
    Ok(())
}

/// Whether the second derivative of x³ can be had.
fn gradients_are_tracked() -> Result<bool> {
    let x = Var::new(&[2f32], &CPU)?;
    let first = x.powf(3.0)?.sum_all()?.backward()?;
    let slope = first.get(&x).expect("x was used").clone();
    Ok(slope.sum_all()?.backward()?.get(&x).is_some())
}
