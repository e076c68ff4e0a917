//! From images in host memory to the tensors a model takes.

use kiln_nn::{Batch, StateVisitor, Stateful, TensorOptions};

use crate::{Dataset, HostBatch, Loader, Samples};

/// Images of a data set that can't become those a model takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "data set {name} has images of {have} channel(s), but the model takes {want}; \
     choose other data or another model"
)]
pub struct FitError {
    /// The data set.
    pub name: String,
    /// Its channels.
    pub have: usize,
    /// Those of the model.
    pub want: usize,
}

/// The samples of a data set, in that order, as images of `shape` `[channels, height, width]` in the
/// unit range, with their labels as `U32 [n]` if the data has any, and with their targets, in as many
/// channels as those have. Of a data set with an unpaired second set, the targets are the samples of that set;
/// there are none where `samples` names none.
///
/// Where `shape` is another size than the data's, an image that grows by up to a quarter along each
/// side (28 to 32) gets a black border, the odd pixel below and to the right, so that its pixels stay
/// what they are; any other is resampled with a triangle filter, which is linear interpolation where it
/// grows (28 to 64).
///
/// # Errors
/// When the channels differ.
///
/// # Panics
/// When an index is not below the data set's length, or not below that of the second set.
#[track_caller]
pub fn batch<'a>(
    dataset: &Dataset,
    samples: impl Into<Samples<'a>>,
    shape: [usize; 3],
    options: &TensorOptions,
) -> Result<Batch, FitError> {
    Ok(HostBatch::gather(dataset, samples, shape)?.to_batch(options))
}

/// A loader's state is its cursor, as the counts `epoch` and `position`. A position beyond the data set
/// is ignored here; [`Loader::seek`] reports it.
impl Stateful for Loader {
    fn visit(&mut self, v: &mut StateVisitor) {
        let mut cursor = self.cursor();
        v.count("epoch", &mut cursor.epoch);
        v.count("position", &mut cursor.position);
        if cursor != self.cursor() {
            let _: Result<(), _> = self.seek(cursor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cursor;
    use kiln_nn::StateValue;
    use std::sync::Arc;

    fn set() -> Dataset {
        let set = Dataset::new("set", [1, 2, 2], (0..12).map(|v| v * 20).collect()).unwrap();
        set.with_labels(vec![2, 0, 1], 3).unwrap()
    }

    #[test]
    fn a_batch_is_unit_images_and_labels() {
        let batch = batch(&set(), &[2, 0], [1, 2, 2], &TensorOptions::cpu_f32()).unwrap();
        let pixels = batch.images().unit().to_vec::<f32>().unwrap();
        assert_eq!(pixels[4..], [0.0, 20.0 / 255.0, 40.0 / 255.0, 60.0 / 255.0]);
        assert_eq!(batch.labels.unwrap().to_vec::<u32>().unwrap(), [1, 2]);
    }

    #[test]
    fn images_are_brought_to_the_size_of_the_net() {
        let batch = batch(&set(), &[1], [1, 4, 6], &TensorOptions::cpu_f32()).unwrap();
        assert_eq!(batch.images().unit().dims().to_vec(), [1, 1, 4, 6]);
    }

    #[test]
    fn targets_come_along_in_their_own_channels() {
        let targets = Dataset::new("targets", [3, 2, 2], (0..36).map(|v| v * 5).collect()).unwrap();
        let first = |batch: Batch| batch.targets.map(|images| images.unit().to_vec::<f32>().unwrap()[0]);
        let paired = set().with_targets(targets.clone()).unwrap();
        let options = TensorOptions::cpu_f32();
        let both = batch(&paired, &[2, 0], [1, 4, 4], &options).unwrap();
        assert_eq!(both.targets.as_ref().unwrap().unit().dims().to_vec(), [2, 3, 4, 4]);
        assert_eq!(first(batch(&paired, &[2], [1, 2, 2], &options).unwrap()), Some(120.0 / 255.0));
        assert_eq!(first(batch(&set(), &[2], [1, 2, 2], &options).unwrap()), None);

        let unpaired = set().with_unpaired(targets).unwrap();
        let samples = Samples { indices: &[0], unpaired: Some(&[1]) };
        assert_eq!(first(batch(&unpaired, samples, [1, 2, 2], &options).unwrap()), Some(60.0 / 255.0));
        assert_eq!(first(batch(&unpaired, &[0], [1, 2, 2], &options).unwrap()), None);
    }

    #[test]
    fn other_channels_are_an_error() {
        let error = batch(&set(), &[1], [3, 2, 2], &TensorOptions::cpu_f32()).unwrap_err();
        assert!(error.to_string().contains("1 channel(s), but the model takes 3"), "{error}");
    }

    #[test]
    fn a_loader_is_saved_and_loaded_by_its_cursor() {
        let mut loader = Loader::new(Arc::new(set()), 1, 5).unwrap();
        for _ in 0..4 {
            loader.next_indices();
        }
        let mut saved = kiln_nn::save(&mut loader);
        let mut other = Loader::new(Arc::new(set()), 1, 5).unwrap();
        kiln_nn::load(&mut other, &saved).unwrap();
        assert_eq!(other.cursor(), Cursor { epoch: 1, position: 1 });
        assert_eq!(other.next_indices(), loader.next_indices());
        // A damaged cursor leaves the loader where it is.
        saved.insert("position".into(), StateValue::Count(99));
        kiln_nn::load(&mut other, &saved).unwrap();
        assert_eq!(other.cursor(), loader.cursor());
    }
}
