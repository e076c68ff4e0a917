//! What is known of a data set before a sample of it is read.

use kiln_nn::DataInfo;

use super::Dataset;
use crate::Vocabulary;

impl Dataset {
    /// Forms and sizes of the samples.
    pub fn info(&self) -> DataInfo {
        let target = self.targets.as_ref().or(self.unpaired.as_ref());
        let vocabulary = self.vocabulary.as_deref();
        DataInfo {
            image: self.images.as_ref().or(self.frames.as_ref()).map(|pixels| pixels.shape()),
            target: target.and_then(|target| target.images.as_ref()).map(|images| images.shape()),
            paired: self.targets.is_some(),
            classes: self.classes,
            class_names: self.class_names.clone().unwrap_or_default(),
            mask_classes: self.mask_classes,
            vocabulary: vocabulary.map_or_else(Vec::new, |vocabulary| vocabulary.tokens().to_vec()),
            text_length: vocabulary.map_or(0, Vocabulary::longest),
            frames: self.frames.as_ref().map_or(0, |frames| frames.dims()[0]),
            binary: false,
            coordinates: self.points.as_ref().map_or(0, |points| points.coordinates),
        }
    }

    /// Text that tells this data from other data, such as `20000 images of 1x28x28, checksum 1a2b3c4d`. The checksum of
    /// files is that of their names, lengths and headers.
    pub fn fingerprint(&self) -> String {
        let mut checksum = crc32fast::Hasher::new();
        self.digest(&mut checksum);
        let forms = match (&self.images, &self.frames, &self.points) {
            (Some(images), _, _) => {
                let [channels, height, width] = images.shape();
                format!("images of {channels}x{height}x{width}")
            }
            (_, Some(frames), _) => {
                let [frames, channels, height, width] = frames.dims();
                format!("sequences of {frames}x{channels}x{height}x{width}")
            }
            (_, _, Some(points)) => format!("points of {} coordinates", points.coordinates),
            _ => "texts".to_owned(),
        };
        format!("{} {forms}, checksum {:08x}", self.len, checksum.finalize())
    }

    fn digest(&self, checksum: &mut crc32fast::Hasher) {
        [&self.images, &self.frames].into_iter().flatten().for_each(|pixels| pixels.digest(checksum));
        let points = self.points.iter().flat_map(|points| &points.values);
        points.for_each(|value| checksum.update(&value.to_le_bytes()));
        let labels = self.labels.iter().flatten();
        labels.for_each(|label| checksum.update(&label.to_le_bytes()));
        // With its length before it, so that no text runs on into the next.
        for text in self.captions.iter().flatten() {
            checksum.update(&(text.len() as u64).to_le_bytes());
            checksum.update(text.as_bytes());
        }
        self.masks.iter().for_each(|masks| masks.digest(checksum));
        [&self.targets, &self.unpaired].into_iter().flatten().for_each(|set| set.digest(checksum));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TextUnit;

    #[test]
    fn a_set_says_what_its_samples_are() {
        let set = |channels: usize| Dataset::new("set", [channels, 1, 2], vec![9; 6 * channels]).unwrap();
        let full = set(1)
            .with_labels(vec![1, 0, 1], 2)
            .and_then(|set| set.with_class_names(vec!["cat".into(), "dog".into()]))
            .and_then(|set| set.with_captions(vec!["a cat".into(), "a dog sits".into(), "".into()]))
            .and_then(|set| set.with_masks(vec![0, 1, 2, 0, 0, 0], 3))
            .and_then(|full| full.with_targets(set(3)))
            .unwrap();
        let info = full.info();
        assert_eq!((info.image, info.target, info.paired), (Some([1, 1, 2]), Some([3, 1, 2]), true));
        assert_eq!((info.classes, info.class_names.len(), info.mask_classes), (2, 2, 3));
        assert_eq!((info.vocabulary[1..].join(" "), info.text_length), ("a cat dog sits".into(), 3));
        let points = Dataset::of_points("points", 3, vec![0.0; 6]).unwrap().info();
        assert_eq!(points, DataInfo { coordinates: 3, ..DataInfo::default() });
        let texts = Dataset::of_texts("texts", vec!["ab".into()], TextUnit::Character).unwrap().info();
        assert_eq!((texts.image, texts.vocabulary.len(), texts.text_length), (None, 3, 2));
    }

    #[test]
    fn whatever_differs_is_in_the_fingerprint() {
        let set = || Dataset::new("set", [1, 1, 2], vec![9; 6]).unwrap();
        let other = Dataset::new("set", [1, 1, 2], vec![8; 6]).unwrap();
        let captions = |text: &str| vec![text.to_owned(), String::new(), String::new()];
        let sets = [
            set(),
            other.clone(),
            set().with_labels(vec![0; 3], 2).unwrap(),
            set().with_labels(vec![0, 1, 0], 2).unwrap(),
            set().with_captions(captions("a")).unwrap(),
            set().with_captions(captions("b")).unwrap(),
            set().with_masks(vec![0; 6], 2).unwrap(),
            set().with_targets(set()).unwrap(),
            set().with_targets(other).unwrap(),
        ];
        let mut prints: Vec<String> = sets.iter().map(Dataset::fingerprint).collect();
        assert!(prints[0].starts_with("3 images of 1x1x2, checksum "), "{}", prints[0]);
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), sets.len());
    }
}
