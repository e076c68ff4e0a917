//! Batches in host memory: what can be prepared before a device is needed.

use kiln_grad::Tensor;
use kiln_nn::{Batch, Images, Place, Range};
use kiln_tensor::random::Key;

use crate::resample::Resize;
use crate::{Augment, Dataset, FitError, gather_labels, gather_unit};

/// Samples as they will be trained on, still in host memory.
#[derive(Clone, Debug, PartialEq)]
pub struct HostBatch {
    /// The images, N×C×H×W in the unit range.
    pub pixels: Vec<f32>,
    /// `[N, C, H, W]`.
    pub dims: [usize; 4],
    /// The class of each, if the data is labelled.
    pub labels: Option<Vec<u32>>,
}

impl HostBatch {
    /// The samples of `indices`, in that order, as images of `shape` `[channels, height, width]` in the
    /// unit range, with their labels if the data has any.
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
    /// When an index is not below the data set's length.
    #[track_caller]
    pub fn gather(dataset: &Dataset, indices: &[u32], shape: [usize; 3]) -> Result<HostBatch, FitError> {
        let [channels, height, width] = dataset.shape();
        if shape[0] != channels {
            return Err(FitError { name: dataset.name().to_owned(), have: channels, want: shape[0] });
        }
        let (from, to) = ([height, width], [shape[1], shape[2]]);
        let mut pixels = gather_unit(dataset, indices);
        if from != to {
            let resize = Resize::new(from, to);
            let mut resized = vec![0.0; indices.len() * channels * to[0] * to[1]];
            let old = pixels.chunks_exact(height * width);
            for (old, new) in old.zip(resized.chunks_exact_mut((to[0] * to[1]).max(1))) {
                resize.apply(old, from, new, to);
            }
            pixels = resized;
        }
        let dims = [indices.len(), channels, to[0], to[1]];
        Ok(HostBatch { pixels, dims, labels: gather_labels(dataset, indices) })
    }

    /// Augments each image as the sample of the data set that it is, so that what happens to it depends on
    /// the key and its index alone; see [`Augment::key`].
    ///
    /// # Panics
    /// When there is not one index an image, or a setting is not in its range.
    #[track_caller]
    pub fn augment(&mut self, augment: &Augment, key: Key, indices: &[u32]) {
        let [n, channels, height, width] = self.dims;
        assert!(indices.len() == n, "augment: {} indices for {n} images", indices.len());
        // Not on rayon's threads: one of them may be waiting for this batch.
        let size = channels * height * width;
        for (image, &index) in self.pixels.chunks_exact_mut(size.max(1)).zip(indices) {
            augment.apply(image, [channels, height, width], key, index);
        }
    }

    /// The batch as a model takes it.
    pub fn to_batch(&self, place: &Place) -> Batch {
        let images = Tensor::from_slice(&self.pixels, self.dims, &place.device).to_dtype(place.dtype);
        let labels =
            self.labels.as_ref().map(|labels| Tensor::from_slice(labels, [labels.len()], &place.device));
        Batch { images: Images::new(images, Range::Unit), labels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes;

    #[test]
    fn a_host_batch_becomes_the_batch() {
        let set = scenes::dataset(1, 6, 32);
        for shape in [[3, 32, 32], [3, 36, 40], [3, 16, 20]] {
            let host = HostBatch::gather(&set, &[5, 0, 5], shape).unwrap();
            let batch = host.to_batch(&Place::cpu_f32());
            let direct = crate::batch(&set, &[5, 0, 5], shape, &Place::cpu_f32()).unwrap();
            assert_eq!(batch.images.unit().dims().to_vec(), host.dims);
            assert_eq!(batch.images.unit().to_vec::<f32>().unwrap(), host.pixels);
            assert_eq!(direct.images.unit().to_vec::<f32>().unwrap(), host.pixels);
            let labels = direct.labels.unwrap().to_vec::<u32>().unwrap();
            assert_eq!(batch.labels.unwrap().to_vec::<u32>().unwrap(), labels);
            assert_eq!(host.labels, Some(labels));
        }
        let error = HostBatch::gather(&set, &[0], [1, 32, 32]).unwrap_err();
        assert!(error.to_string().contains("3 channel(s), but the model takes 1"), "{error}");
    }

    #[test]
    fn augmenting_depends_on_the_sample_and_not_on_its_place() {
        let set = scenes::dataset(1, 6, 32);
        let augment: Augment = "flip,crop,affine,colour".parse().unwrap();
        let made = |indices: &[u32], epoch| {
            let mut batch = HostBatch::gather(&set, indices, [3, 32, 32]).unwrap();
            batch.augment(&augment, Augment::key(9, epoch), indices);
            batch.pixels
        };
        let size = 3 * 32 * 32;
        let (all, some) = (made(&[0, 1, 2, 3, 4, 5], 0), made(&[4, 2], 0));
        assert_eq!((&some[..size], &some[size..]), (&all[4 * size..][..size], &all[2 * size..][..size]));
        assert_ne!(some, made(&[4, 2], 1));
    }

    #[test]
    #[should_panic(expected = "augment: 1 indices for 2 images")]
    fn indices_of_another_batch_are_refused() {
        let mut batch = HostBatch::gather(&scenes::dataset(1, 6, 32), &[1, 2], [3, 32, 32]).unwrap();
        batch.augment(&Augment::default(), Key::new(1), &[1]);
    }
}
