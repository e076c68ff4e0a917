//! Batches in host memory: what can be prepared before a device is needed.

use kiln_grad::Tensor;
use kiln_nn::{Batch, Images, PixelRange, TensorOptions};
use kiln_tensor::random::Key;

use crate::resample::Resize;
use crate::{Augment, Companion, Dataset, FitError, Samples, gather_labels, gather_unit};

/// Images in host memory, N×C×H×W in the unit range.
#[derive(Clone, Debug, PartialEq)]
pub struct HostImages {
    /// The values.
    pub pixels: Vec<f32>,
    /// `[N, C, H, W]`.
    pub dims: [usize; 4],
}

/// Samples as they will be trained on, still in host memory.
#[derive(Clone, Debug, PartialEq)]
pub struct HostBatch {
    /// The images.
    pub images: HostImages,
    /// The class of each, if the data is labelled.
    pub labels: Option<Vec<u32>>,
    /// What each is to be translated to, if the data says; see [`Batch::targets`].
    pub targets: Option<HostImages>,
    /// Whether a target shows what its image shows, so that the two move together.
    paired: bool,
}

impl HostImages {
    /// Images of a data set in its own channels and another size.
    #[track_caller]
    fn gather(dataset: &Dataset, indices: &[u32], to: [usize; 2]) -> HostImages {
        let [channels, height, width] = dataset.shape();
        let from = [height, width];
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
        HostImages { pixels, dims: [indices.len(), channels, to[0], to[1]] }
    }

    fn shape(&self) -> [usize; 3] {
        [self.dims[1], self.dims[2], self.dims[3]]
    }

    /// Each image by itself.
    fn each(&mut self) -> impl Iterator<Item = &mut [f32]> {
        let size: usize = self.shape().iter().product();
        self.pixels.chunks_exact_mut(size.max(1))
    }

    fn to_images(&self, options: &TensorOptions) -> Images {
        let tensor = Tensor::from_slice(&self.pixels, self.dims, &options.device);
        Images::new(tensor.to_dtype(options.dtype), PixelRange::Unit)
    }
}

impl HostBatch {
    /// The samples, in their order, as images of `shape` `[channels, height, width]` in the unit range, with
    /// their labels and targets; see [`batch`](crate::batch).
    ///
    /// # Errors
    /// When the channels differ.
    ///
    /// # Panics
    /// When an index is not below the data set's length, or not below that of the second set.
    #[track_caller]
    pub fn gather<'a>(
        dataset: &Dataset,
        samples: impl Into<Samples<'a>>,
        shape: [usize; 3],
    ) -> Result<HostBatch, FitError> {
        let Samples { indices, unpaired } = samples.into();
        let [channels, height, width] = shape;
        if channels != dataset.channels() {
            let (name, have) = (dataset.name().to_owned(), dataset.channels());
            return Err(FitError { name, have, want: channels });
        }
        let size = [height, width];
        let targets = match (dataset.targets(), dataset.unpaired().zip(unpaired)) {
            (Some(targets), _) => Some(HostImages::gather(targets, indices, size)),
            (None, Some((second, indices))) => Some(HostImages::gather(second, indices, size)),
            (None, None) => None,
        };
        let images = HostImages::gather(dataset, indices, size);
        let labels = gather_labels(dataset, indices);
        Ok(HostBatch { images, labels, targets, paired: dataset.targets().is_some() })
    }

    /// Augments each image as the sample of the data set that it is, so that what happens to it depends on
    /// the key and its index alone; see [`Augment::key`]. A paired target moves with its image; an unpaired
    /// one is a sample of its own.
    ///
    /// # Panics
    /// When there is not one index an image, or a setting is not in its range.
    #[track_caller]
    pub fn augment<'a>(&mut self, augment: &Augment, key: Key, samples: impl Into<Samples<'a>>) {
        let Samples { indices, unpaired } = samples.into();
        let (n, shape) = (self.images.dims[0], self.images.shape());
        assert!(indices.len() == n, "augment: {} indices for {n} images", indices.len());
        // Not on rayon's threads: one of them may be waiting for this batch.
        let images = self.images.each().zip(indices);
        match (&mut self.targets, unpaired) {
            (Some(targets), _) if self.paired => {
                for ((image, &index), target) in images.zip(targets.each()) {
                    augment.apply_with(image, &mut [Companion::Image(target)], shape, key, index);
                }
            }
            (targets, unpaired) => {
                images.for_each(|(image, &index)| augment.apply(image, shape, key, index));
                if let (Some(targets), Some(indices)) = (targets, unpaired) {
                    let (shape, key) = (targets.shape(), key.purpose("unpaired"));
                    let targets = targets.each().zip(indices);
                    targets.for_each(|(image, &index)| augment.apply(image, shape, key, index));
                }
            }
        }
    }

    /// The batch as a model takes it.
    pub fn to_batch(&self, options: &TensorOptions) -> Batch {
        let labels =
            self.labels.as_ref().map(|labels| Tensor::from_slice(labels, [labels.len()], &options.device));
        let targets = self.targets.as_ref().map(|targets| targets.to_images(options));
        Batch { images: Some(self.images.to_images(options)), labels, targets, ..Batch::default() }
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
            let batch = host.to_batch(&TensorOptions::cpu_f32());
            let direct = crate::batch(&set, &[5, 0, 5], shape, &TensorOptions::cpu_f32()).unwrap();
            assert_eq!(batch.images().unit().dims().to_vec(), host.images.dims);
            assert_eq!(batch.images().unit().to_vec::<f32>().unwrap(), host.images.pixels);
            assert_eq!(direct.images().unit().to_vec::<f32>().unwrap(), host.images.pixels);
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
            batch.images.pixels
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

    #[test]
    fn a_target_moves_with_its_image_and_an_unpaired_one_by_itself() {
        let set = scenes::dataset(1, 6, 32);
        let augment: Augment = "flip,crop,affine".parse().unwrap();
        let paired = set.clone().with_targets(set.clone()).unwrap();
        let mut batch = HostBatch::gather(&paired, &[3, 1], [3, 32, 32]).unwrap();
        batch.augment(&augment, Augment::key(9, 0), &[3, 1]);
        assert_eq!(Some(&batch.images), batch.targets.as_ref());

        let unpaired = set.clone().with_unpaired(set).unwrap();
        let samples = Samples { indices: &[3, 1], unpaired: Some(&[3, 1]) };
        let mut batch = HostBatch::gather(&unpaired, samples, [3, 32, 32]).unwrap();
        let before = batch.clone();
        batch.augment(&augment, Augment::key(9, 0), samples);
        assert!(before.images != batch.images && before.targets != batch.targets);
        assert_ne!(Some(&batch.images), batch.targets.as_ref());
    }
}
