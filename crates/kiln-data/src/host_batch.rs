//! Batches in host memory: what can be prepared before a device is needed.

use kiln_grad::Tensor;
use kiln_nn::{Batch, Captions, Images, PixelRange, TensorOptions};
use kiln_tensor::random::Key;

use crate::binarise::draw;
use crate::pixels::Pixels;
use crate::{Augment, Companion, DataError, Dataset, Samples};

/// Images in host memory, N×C×H×W in the unit range.
#[derive(Clone, Debug, PartialEq)]
pub struct HostImages {
    /// The values.
    pub pixels: Vec<f32>,
    /// `[N, C, H, W]`.
    pub dims: [usize; 4],
}

/// Masks in host memory, N×H×W.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostMasks {
    /// The class of each pixel.
    pub classes: Vec<u8>,
    /// `[N, H, W]`.
    pub dims: [usize; 3],
}

/// Texts as numbers in host memory, N×T.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostTexts {
    /// The tokens of each, and 0 behind its end.
    pub tokens: Vec<u32>,
    /// The number of tokens of each.
    pub lengths: Vec<u32>,
}

/// Sequences of images in host memory, N×T×C×H×W in the unit range.
#[derive(Clone, Debug, PartialEq)]
pub struct HostFrames {
    /// The values.
    pub pixels: Vec<f32>,
    /// `[N, T, C, H, W]`.
    pub dims: [usize; 5],
}

/// Points in host memory, N×D.
#[derive(Clone, Debug, PartialEq)]
pub struct HostPoints {
    /// The coordinates.
    pub values: Vec<f32>,
    /// `[N, D]`.
    pub dims: [usize; 2],
}

/// Samples as they will be trained on, still in host memory, in as many forms as the data has them.
#[derive(Clone, Debug, PartialEq)]
pub struct HostBatch {
    /// The images.
    pub images: Option<HostImages>,
    /// The class of each, if the data is labelled.
    pub labels: Option<Vec<u32>>,
    /// Images that each is to be translated to, if the data says; see [`Batch::targets`].
    pub targets: Option<HostImages>,
    /// The class of each pixel.
    pub masks: Option<HostMasks>,
    /// Text of each sample, or its caption.
    pub texts: Option<HostTexts>,
    /// Images in sequence.
    pub frames: Option<HostFrames>,
    /// Points.
    pub points: Option<HostPoints>,
    /// Number of samples.
    len: usize,
    /// Whether a target shows what its image shows, so that the two move together.
    paired: bool,
}

impl HostImages {
    fn new(pixels: Vec<f32>, of: &Pixels, len: usize) -> HostImages {
        let [channels, height, width] = of.shape();
        HostImages { pixels, dims: [len, channels, height, width] }
    }

    fn gather(of: &Pixels, indices: &[u32]) -> Result<HostImages, DataError> {
        Ok(HostImages::new(of.gather_unit(indices)?, of, indices.len()))
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
        Images::new(floats(&self.pixels, &self.dims, options), PixelRange::Unit)
    }
}

fn floats(values: &[f32], dims: &[usize], options: &TensorOptions) -> Tensor {
    Tensor::from_slice(values, dims, &options.device).to_dtype(options.dtype)
}

fn numbers(values: &[u32], dims: &[usize], options: &TensorOptions) -> Tensor {
    Tensor::from_slice(values, dims, &options.device)
}

impl HostBatch {
    /// The samples, in their order, in all forms that the data has them; the targets of a set with an unpaired
    /// second set are the samples of that set, and there are none where `samples` names none. Files are decoded
    /// by threads for the purpose.
    ///
    /// # Errors
    /// When a file can't be read, is broken, or has changed since it was first read.
    ///
    /// # Panics
    /// When an index is not below the data set's length, or not below that of the second set.
    #[track_caller]
    pub fn gather<'a>(dataset: &Dataset, samples: impl Into<Samples<'a>>) -> Result<HostBatch, DataError> {
        let Samples { indices, unpaired } = samples.into();
        check_indices(dataset, indices);
        let partner = match (dataset.targets(), dataset.unpaired().zip(unpaired)) {
            (Some(targets), _) => Some((targets, indices)),
            (None, Some((second, indices))) => {
                check_indices(second, indices);
                Some((second, indices))
            }
            (None, None) => None,
        };
        let partner = partner.and_then(|(set, indices)| Some((set.image_pixels()?, indices)));
        let (images, targets) = match (dataset.image_pixels(), partner) {
            // The two sides of one file.
            (Some(images), Some((targets, _))) if images.is_beside(targets) => {
                let [values, target_values] = images.gather_unit_twice(targets, indices)?;
                let image = HostImages::new(values, images, indices.len());
                (Some(image), Some(HostImages::new(target_values, targets, indices.len())))
            }
            (images, partner) => (
                images.map(|images| HostImages::gather(images, indices)).transpose()?,
                partner.map(|(targets, indices)| HostImages::gather(targets, indices)).transpose()?,
            ),
        };
        let len = indices.len();
        let labels = dataset.labels();
        Ok(HostBatch {
            images,
            labels: labels.map(|labels| indices.iter().map(|&index| labels[index as usize]).collect()),
            targets,
            masks: dataset.mask_pixels().map(|masks| gather_masks(masks, indices)).transpose()?,
            texts: gather_texts(dataset, indices),
            frames: dataset.frame_pixels().map(|frames| gather_frames(frames, indices)).transpose()?,
            points: gather_points(dataset, indices),
            len,
            paired: dataset.targets().is_some(),
        })
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Augments each image as the sample of the data set that it is, so that what happens to it depends on
    /// the key and its index alone; see [`Augment::key`]. Its mask moves with it, and a paired target; an unpaired
    /// one is a sample of its own. Other forms stay as they are.
    ///
    /// # Panics
    /// When there is not one index an image, when a paired target has another size than its image, or when a setting
    /// is not in its range.
    #[track_caller]
    pub fn augment<'a>(&mut self, augment: &Augment, key: Key, samples: impl Into<Samples<'a>>) {
        let Samples { indices, unpaired } = samples.into();
        let n = self.len;
        assert!(indices.len() == n, "augment: {} indices for {n} samples", indices.len());
        let Some(images) = &mut self.images else { return };
        let shape = images.shape();
        // What moves with each image. Not on rayon's threads: one of them may be waiting for this batch.
        let paired = self.paired;
        let mut targets = self.targets.as_mut().filter(|_| paired).map(HostImages::each);
        let mut masks = self.masks.as_mut().map(HostMasks::each);
        for (image, &index) in images.each().zip(indices) {
            let target = targets.as_mut().and_then(Iterator::next).map(Companion::Image);
            let mask = masks.as_mut().and_then(Iterator::next).map(Companion::Mask);
            let mut companions: Vec<Companion> = target.into_iter().chain(mask).collect();
            augment.apply_with(image, &mut companions, shape, key, index);
        }
        drop(targets);
        if let (Some(targets), Some(indices), false) = (&mut self.targets, unpaired, self.paired) {
            let (shape, key) = (targets.shape(), key.purpose("unpaired"));
            let targets = targets.each().zip(indices);
            targets.for_each(|(image, &index)| augment.apply(image, shape, key, index));
        }
    }

    /// Draws the pixels of each image to be black or white, as the sample of the data set that it is; see
    /// [`Binarise::key`](crate::Binarise::key). Other forms stay as they are.
    ///
    /// # Panics
    /// When there is not one index an image.
    #[track_caller]
    pub fn binarise<'a>(&mut self, key: Key, samples: impl Into<Samples<'a>>) {
        let (n, indices) = (self.len, samples.into().indices);
        assert!(indices.len() == n, "binarise: {} indices for {n} samples", indices.len());
        let Some(images) = &mut self.images else { return };
        images.each().zip(indices).for_each(|(image, &index)| draw(image, key, index));
    }

    /// The batch as a model takes it.
    pub fn to_batch(&self, options: &TensorOptions) -> Batch {
        let masks = self.masks.as_ref().map(|masks| {
            let classes: Vec<u32> = masks.classes.iter().map(|&class| class.into()).collect();
            numbers(&classes, &masks.dims, options)
        });
        let captions = self.texts.as_ref().map(|texts| {
            let dims = [self.len, texts.tokens.len() / self.len.max(1)];
            Captions {
                tokens: numbers(&texts.tokens, &dims, options),
                lengths: numbers(&texts.lengths, &[self.len], options),
            }
        });
        Batch {
            images: self.images.as_ref().map(|images| images.to_images(options)),
            labels: self.labels.as_ref().map(|labels| numbers(labels, &[self.len], options)),
            targets: self.targets.as_ref().map(|targets| targets.to_images(options)),
            masks,
            captions,
            frames: self.frames.as_ref().map(|frames| floats(&frames.pixels, &frames.dims, options)),
            points: self.points.as_ref().map(|points| floats(&points.values, &points.dims, options)),
        }
    }
}

impl HostMasks {
    /// Each mask by itself.
    fn each(&mut self) -> impl Iterator<Item = &mut [u8]> {
        let [_, height, width] = self.dims;
        self.classes.chunks_exact_mut((height * width).max(1))
    }
}

#[track_caller]
fn check_indices(set: &Dataset, indices: &[u32]) {
    if let Some(index) = indices.iter().find(|index| **index as usize >= set.len()) {
        panic!("gather: sample {index} of data set {}, which has {}", set.name(), set.len());
    }
}

fn gather_masks(masks: &Pixels, indices: &[u32]) -> Result<HostMasks, DataError> {
    let [_, height, width] = masks.shape();
    Ok(HostMasks { classes: masks.gather(indices)?, dims: [indices.len(), height, width] })
}

fn gather_frames(frames: &Pixels, indices: &[u32]) -> Result<HostFrames, DataError> {
    let [length, channels, height, width] = frames.dims();
    let dims = [indices.len(), length, channels, height, width];
    Ok(HostFrames { pixels: frames.gather_unit(indices)?, dims })
}

fn gather_points(set: &Dataset, indices: &[u32]) -> Option<HostPoints> {
    let coordinates = set.point(0)?.len();
    let rows = indices.iter().filter_map(|&index| set.point(index as usize));
    Some(HostPoints { values: rows.flatten().copied().collect(), dims: [indices.len(), coordinates] })
}

/// As many tokens as the longest of these texts has, and at least one.
fn gather_texts(set: &Dataset, indices: &[u32]) -> Option<HostTexts> {
    let vocabulary = set.vocabulary()?;
    let encoded = indices.iter().map(|&index| {
        let text = set.caption(index as usize).unwrap_or_default();
        vocabulary.encode(text).expect("the vocabulary is that of these texts")
    });
    let encoded: Vec<Vec<u32>> = encoded.collect();
    let width = encoded.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let mut tokens = vec![0; indices.len() * width];
    for (row, text) in tokens.chunks_exact_mut(width).zip(&encoded) {
        row[..text.len()].copy_from_slice(text);
    }
    Some(HostTexts { tokens, lengths: encoded.iter().map(|text| text.len() as u32).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes;

    fn values(tensor: &Tensor) -> Vec<u32> {
        tensor.to_vec::<u32>().unwrap()
    }

    #[test]
    fn all_forms_of_a_sample_come_along() {
        let set = scenes::dataset(1, 6, 32);
        let host = HostBatch::gather(&set, &[5, 0, 5]).unwrap();
        let batch = host.to_batch(&TensorOptions::cpu_f32());
        assert_eq!(batch.images().unit().to_vec::<f32>().unwrap(), host.images.as_ref().unwrap().pixels);
        assert_eq!(batch.images().unit().dims().to_vec(), [3, 3, 32, 32]);
        let labels = set.labels().unwrap();
        assert_eq!(values(batch.labels()), [labels[5], labels[0], labels[5]]);
        let masks = batch.masks.unwrap();
        let mask: Vec<u32> = set.mask(0).unwrap().unwrap().into_iter().map(u32::from).collect();
        assert_eq!((masks.dims().to_vec(), &values(&masks)[1024..2048]), (vec![3, 32, 32], &mask[..]));
        let captions = batch.captions.unwrap();
        let (tokens, lengths) = (values(&captions.tokens), values(&captions.lengths));
        let row = captions.tokens.dims()[1];
        let vocabulary = set.vocabulary().unwrap();
        for (at, index) in [5, 0, 5].into_iter().enumerate() {
            let text = &tokens[at * row..][..row];
            assert_eq!(vocabulary.decode(text), set.caption(index).unwrap());
            assert!(text[lengths[at] as usize..].iter().all(|&token| token == 0));
        }
    }

    #[test]
    fn targets_come_along_in_their_own_shape() {
        let set = || Dataset::new("set", [1, 2, 2], (0..12).map(|v| v * 20).collect()).unwrap();
        let targets = Dataset::new("targets", [3, 2, 2], (0..36).map(|v| v * 5).collect()).unwrap();
        let first = |batch: HostBatch| batch.targets.map(|images| (images.pixels[0], images.dims));
        let paired = set().with_targets(targets.clone()).unwrap();
        let both = HostBatch::gather(&paired, &[2, 0]).unwrap();
        assert_eq!(first(both), Some((120.0 / 255.0, [2, 3, 2, 2])));
        assert_eq!(first(HostBatch::gather(&set(), &[2]).unwrap()), None);

        let unpaired = set().with_unpaired(targets).unwrap();
        let samples = Samples { indices: &[0], unpaired: Some(&[1]) };
        assert_eq!(first(HostBatch::gather(&unpaired, samples).unwrap()), Some((60.0 / 255.0, [1, 3, 2, 2])));
        assert_eq!(first(HostBatch::gather(&unpaired, &[0]).unwrap()), None);
    }

    #[test]
    fn points_and_frames_are_samples_too() {
        let points = Dataset::of_points("points", 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        let batch = HostBatch::gather(&points, &[1, 1, 0]).unwrap().to_batch(&TensorOptions::cpu_f32());
        assert_eq!(batch.points().to_vec::<f32>().unwrap(), [3.0, 4.0, 3.0, 4.0, 1.0, 2.0]);
        assert!(batch.images.is_none() && batch.len() == 3);
        let frames = Pixels::in_memory(vec![0, 51, 255, 102], [2, 1, 1, 1]);
        let frames = Dataset::of_frames("frames", frames).unwrap();
        let batch = HostBatch::gather(&frames, &[1]).unwrap().to_batch(&TensorOptions::cpu_f32());
        let frames = batch.frames.unwrap();
        assert_eq!(
            (frames.dims().to_vec(), frames.to_vec::<f32>().unwrap()),
            (vec![1, 2, 1, 1, 1], vec![1.0, 0.4])
        );
    }

    #[test]
    fn augmenting_depends_on_the_sample_and_not_on_its_place() {
        let set = scenes::dataset(1, 6, 32);
        let augment: Augment = "flip,crop,affine,colour".parse().unwrap();
        let made = |indices: &[u32], epoch| {
            let mut batch = HostBatch::gather(&set, indices).unwrap();
            batch.augment(&augment, Augment::key(9, epoch), indices);
            batch.images.unwrap().pixels
        };
        let size = 3 * 32 * 32;
        let (all, some) = (made(&[0, 1, 2, 3, 4, 5], 0), made(&[4, 2], 0));
        assert_eq!((&some[..size], &some[size..]), (&all[4 * size..][..size], &all[2 * size..][..size]));
        assert_ne!(some, made(&[4, 2], 1));
    }

    #[test]
    #[should_panic(expected = "augment: 1 indices for 2 samples")]
    fn indices_of_another_batch_are_refused() {
        let mut batch = HostBatch::gather(&scenes::dataset(1, 6, 32), &[1, 2]).unwrap();
        batch.augment(&Augment::default(), Key::new(1), &[1]);
    }

    #[test]
    #[should_panic(expected = "gather: sample 6 of data set scenes, which has 6")]
    fn an_index_out_of_range_says_so() {
        let _ = HostBatch::gather(&scenes::dataset(1, 6, 32), &[1, 6]);
    }

    #[test]
    fn masks_and_targets_move_with_their_image_and_an_unpaired_target_by_itself() {
        let set = scenes::dataset(1, 6, 32);
        let augment: Augment = "flip,crop,affine=10:0.1:0.9-1.1:zero".parse().unwrap();
        let targets = Dataset::new("copy", [3, 32, 32], set.images().unwrap()).unwrap();
        let paired = set.clone().with_targets(targets.clone()).unwrap();
        let mut batch = HostBatch::gather(&paired, &[3, 1]).unwrap();
        batch.augment(&augment, Augment::key(9, 0), &[3, 1]);
        assert_eq!(batch.images, batch.targets);
        // The mask is moved as an image of one channel is, which takes the nearest pixel.
        let mut mask = set.mask(3).unwrap().unwrap();
        let mut image = HostBatch::gather(&set, &[3]).unwrap().images.unwrap().pixels;
        let key = Augment::key(9, 0);
        augment.apply_with(&mut image, &mut [Companion::Mask(&mut mask)], [3, 32, 32], key, 3);
        assert_eq!(batch.masks.unwrap().classes[..1024], mask);
        assert_ne!(mask, set.mask(3).unwrap().unwrap());

        let unpaired = set.with_unpaired(targets).unwrap();
        let samples = Samples { indices: &[3, 1], unpaired: Some(&[3, 1]) };
        let mut batch = HostBatch::gather(&unpaired, samples).unwrap();
        let before = batch.clone();
        batch.augment(&augment, Augment::key(9, 0), samples);
        assert!(before.images != batch.images && before.targets != batch.targets);
        assert_ne!(batch.images, batch.targets);
    }
}
