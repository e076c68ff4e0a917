//! What a model takes in memory and on the disk.

use indicatif::{DecimalBytes, HumanCount};
use kiln::nn::{Slot, StateVisitor, Training, named_parameters};

/// Bytes of a checkpoint from which a training begins with a warning.
const LARGE: u64 = 1 << 30;

/// The checkpoints that a run keeps: the last two and the best, beside the one that is being written.
const KEPT: u64 = 4;

/// Number of parameters of a model, and the size of its checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelSize {
    pub parameters: usize,
    /// Bytes of all numbers that a checkpoint holds.
    pub checkpoint: u64,
}

impl ModelSize {
    /// The size of a model with its optimisers.
    pub fn of(model: &mut dyn Training) -> ModelSize {
        let parameters = named_parameters(model).iter().map(|(_, param)| param.dims().numel()).sum();
        let mut checkpoint = 0;
        model.visit(&mut StateVisitor::new(&mut |_, slot| {
            checkpoint += match slot {
                Slot::Param(param) => bytes(param.tensor().array()),
                Slot::Buffer(buffer) => bytes(&buffer.array()),
                Slot::Count(_) | Slot::Number(_) => 8,
                Slot::Text(text) => text.len() as u64,
            }
        }));
        ModelSize { parameters, checkpoint }
    }

    /// The size in some words: `1,234 parameters, checkpoints of 15 kB`.
    pub fn words(&self) -> String {
        format!(
            "{} parameters, checkpoints of {}",
            HumanCount(self.parameters as u64),
            DecimalBytes(self.checkpoint)
        )
    }

    /// A sentence about a model that may be larger than was meant.
    pub fn warning(&self) -> Option<String> {
        (self.checkpoint >= LARGE).then(|| {
            format!(
                "warning: a checkpoint takes {}, and a run keeps up to {KEPT}; narrower layers (`kiln recipes show NAME` \
                 explains them) or smaller images (--image-size) take less",
                DecimalBytes(self.checkpoint)
            )
        })
    }
}

fn bytes(array: &kiln::grad::Array) -> u64 {
    (array.numel() * array.dtype().size()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln::models::recipe;
    use kiln::nn::safetensors::{Metadata, to_bytes};
    use kiln::nn::{DataInfo, TensorOptions, save};

    #[test]
    fn the_size_of_a_checkpoint_is_that_of_its_file() {
        let settings = recipe("vae").unwrap().settings().unwrap();
        let data = DataInfo::of_images([1, 28, 28]);
        let mut model = settings.build(&data, 0, &TensorOptions::cpu_f32()).unwrap();
        let size = ModelSize::of(&mut *model);
        // 784-400-40 and 20-400-784, and Adam's two moments of each.
        assert_eq!(size.parameters, 652_824);
        let file = to_bytes(&save(&mut *model), &Metadata::new()).unwrap().len() as f64;
        assert!((size.checkpoint as f64 / file - 1.0).abs() < 0.01, "{} {file}", size.checkpoint);
        assert_eq!(size.warning(), None);
        let large = ModelSize { parameters: 505_000_000, checkpoint: 8_080_000_000 };
        assert!(large.warning().unwrap().contains("a checkpoint takes 8.08 GB"));
        assert_eq!(large.words(), "505,000,000 parameters, checkpoints of 8.08 GB");
    }
}
