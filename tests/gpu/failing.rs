//! A device that fails, and numbers that do.

use crate::{gpu, images, options, tiny_vae};
use kiln::data::{Dataset, Parts};
use kiln::nn::{StepCtx, StepError, StepOptions};
use kiln::prelude::*;
use kiln::tensor::Error;
use kiln::train::{Checkpoint, Data, Event, Run, RunConfig, RunDir};

#[test]
fn a_lost_device_ends_the_run_and_leaves_its_last_checkpoint() {
    let Some(gpu) = gpu() else { return };
    let options = options(&gpu);
    let config: RunConfig = serde_json::from_str(
        r#"{"recipe": "vae", "data": "noise", "steps": 20, "batch_size": 8, "log_every": 1, "sheet_every": 20,
            "checkpoint_every": 5, "model": {}}"#,
    )
    .unwrap();
    let set = |n: u32| {
        let pixels = (0..64 * n).map(|i| Key::new(1).word(i.into()) as u8).collect();
        Dataset::new("noise", [1, 8, 8], pixels).unwrap()
    };
    let data = Data::new(Parts::new(set(64), Some(set(16))), options.clone()).unwrap();
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::create_in(root.path(), &config).unwrap();
    let mut lose = |event: &Event| {
        if matches!(event, Event::Step { step: 7, .. }) {
            gpu.lose();
        }
    };
    let result =
        Run::new(config, data).unwrap().train(&dir.lock().unwrap(), &mut *tiny_vae(&options), &mut lose);
    let error = result.unwrap_err().to_string();
    assert!(error.contains("lost") && error.lines().count() == 1, "{error}");
    assert_eq!(dir.checkpoint_steps().unwrap(), [0, 5]);
    let checkpoint = Checkpoint::read(&dir.checkpoint(5), &TensorOptions::cpu_f32()).unwrap();
    assert_eq!(checkpoint.step, 5);
    assert!(
        matches!(options.device.status(), Err(Error::DeviceLost { .. })),
        "{:?}",
        options.device.status()
    );
}

#[test]
fn a_number_that_is_not_finite_is_found_where_it_is_looked_for() {
    let Some(gpu) = gpu() else { return };
    let options = options(&gpu);
    let (mut model, mut batch) = (tiny_vae(&options), images(&options));
    batch = Batch::of_images(Images::new(batch.images().unit() * f64::INFINITY, PixelRange::Unit));
    let step = |model: &mut dyn Training, tested: bool| {
        let options = StepOptions { check_finite: tested, ..StepOptions::default() };
        model.step(&batch, &StepCtx { options, ..StepCtx::new(1, 0) })
    };
    let error = step(&mut *model, true).unwrap_err();
    assert!(matches!(error, StepError::NonFinite { .. }), "{error}");
    // Who doesn't wait for the device sees it in the metrics.
    let metrics = step(&mut *model, false).unwrap().read().unwrap();
    assert!(metrics.iter().any(|(_, value)| !value.is_finite()), "{metrics:?}");
}
