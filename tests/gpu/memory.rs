//! A training takes no more memory the longer it goes on.

use crate::{gpu, images, options, tiny_vae};
use kiln::nn::StepCtx;
use kiln::nn::StepOptions;

const STEPS: u64 = 1000;
/// Steps after which nothing should grow.
const WARM: u64 = 200;

/// The memory of this process in KiB, where the system tells.
fn resident() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn a_thousand_steps_leave_memory_flat() {
    let Some(gpu) = gpu() else { return };
    let options = options(&gpu);
    let (mut model, batch) = (tiny_vae(&options), images(&options));
    let mut warm = None;
    for step in 0..STEPS {
        // As the loop does: the device is waited for at every tenth step.
        let step_options = StepOptions { check_finite: step.is_multiple_of(10), ..StepOptions::default() };
        let metrics =
            model.step(&batch, &StepCtx { options: step_options, ..StepCtx::new(1, step) }).unwrap();
        if step.is_multiple_of(10) {
            assert!(metrics.read().unwrap().iter().all(|(_, value)| value.is_finite()));
        }
        if step == WARM {
            warm = Some((options.device.memory(), resident()));
        }
    }
    options.device.flush().unwrap();
    let ((before, resident_before), (after, resident_after)) =
        (warm.unwrap(), (options.device.memory(), resident()));
    println!("{before:?} {resident_before:?} KiB\n{after:?} {resident_after:?} KiB");
    assert_eq!(before.fresh_bytes, after.fresh_bytes, "buffers were made after step {WARM}");
    if let (Some(before), Some(after)) = (resident_before, resident_after) {
        assert!(after < before + 16 * 1024, "the process grew from {before} to {after} KiB");
    }
}
