//! Training on a GPU, through the library. Without an adapter these tests say that they were skipped;
//! `KILN_REQUIRE_GPU` makes that a failure.
#![cfg(feature = "gpu")]

mod failing;
mod memory;
mod wgan_gp;

use kiln::gpu::{Adapter, Gpu};
use kiln::models;
use kiln::nn::{Batch, DataInfo, Images, PixelRange, TensorOptions, Training};
use kiln::prelude::{DType, Device, Tensor};
use kiln::tensor::random::Key;

/// The best adapter, opened; `None` if there is none.
fn gpu() -> Option<Gpu> {
    match Adapter::choose(None).and_then(|adapter| Gpu::open(&adapter)) {
        Ok(gpu) => Some(gpu),
        Err(error) => {
            assert!(std::env::var_os("KILN_REQUIRE_GPU").is_none(), "{error}");
            skipped_tests::skip(error);
            None
        }
    }
}

fn options(gpu: &Gpu) -> TensorOptions {
    TensorOptions::new(DType::F32, &Device::new(gpu.clone()))
}

/// A variational autoencoder of 8×8 pixels, with 2000 parameters.
fn tiny_vae(options: &TensorOptions) -> Box<dyn Training> {
    let model =
        "family = 'variational'\nlatent = 4\nkl_weight = 1.0\nnetwork = { body = 'mlp', hidden = 12 }";
    let optimizer = "kind = 'adam'\nlr = 1e-3";
    let settings = models::read(&model.parse().unwrap(), &optimizer.parse().unwrap()).unwrap();
    settings.build(&DataInfo::of_images([1, 8, 8]), 1, options).unwrap()
}

/// Eight random images of 8×8 pixels.
fn images(options: &TensorOptions) -> Batch {
    let pixels = Tensor::uniform(Key::new(2), [8, 1, 8, 8], options.dtype, &options.device);
    Batch::of_images(Images::new(pixels, PixelRange::Unit))
}
