//! Some samples of a data set to look at: of every class, both sides and both parts.

use kiln_nn::{Images, PixelRange, TensorOptions};

use kiln_grad::Tensor;

use crate::host_batch::HostImages;
use crate::{Augment, DataError, Dataset, HostBatch, Parts, Samples};

/// Classes that are shown of a part.
const MOST_CLASSES: usize = 10;

/// Rows of a part without classes.
const ROWS: usize = 4;

/// Rows of images that are spread over a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// `[height, width]` of an image.
    size: [usize; 2],
    columns: usize,
    rows: Vec<SpreadRow>,
}

/// A row of images.
#[derive(Clone, Debug, PartialEq)]
struct SpreadRow {
    /// Name of what it shows.
    title: String,
    /// RGB images, each 3×H×W; the row may have fewer than there are columns.
    pixels: Vec<f32>,
}

impl Spread {
    /// Images spread evenly over each class of both parts, or over a part without classes; below them their
    /// targets. A row has up to `columns`; of sequences, it is the frames of one. `None` where the samples
    /// have nothing to see.
    ///
    /// # Errors
    /// When a file can't be read, is broken, or has changed since it was first read.
    pub fn of(parts: &Parts, columns: usize, augment: Option<&Augment>) -> Result<Option<Spread>, DataError> {
        let Some([_, height, width]) = parts.info().image else { return Ok(None) };
        let columns = if parts.info().frames > 0 { parts.info().frames } else { columns.max(1) };
        let mut spread = Spread { size: [height, width], columns, rows: Vec::new() };
        let both = [("train", Some(&parts.train)), ("held out", parts.test.as_ref())];
        for (part, set) in both.into_iter().filter_map(|(part, set)| Some((part, set?))) {
            for (name, members) in groups(set, columns) {
                for row in members.chunks(columns) {
                    spread.add(set, row, &format!("{part}{name}"), augment)?;
                }
            }
        }
        Ok(Some(spread))
    }

    fn add(
        &mut self,
        set: &Dataset,
        indices: &[u32],
        title: &str,
        augment: Option<&Augment>,
    ) -> Result<(), DataError> {
        if set.frame_pixels().is_some() {
            for &index in indices.iter().take(1) {
                if let Some(frames) = HostBatch::gather(set, &[index])?.frames {
                    let [_, count, channels, height, width] = frames.dims;
                    let images = HostImages { pixels: frames.pixels, dims: [count, channels, height, width] };
                    self.push(format!("{title}, a sequence"), &images);
                }
            }
            return Ok(());
        }
        // Of a second set, as many as of the first, spread over it too.
        let second = set.unpaired().map(|second| {
            let at = |index: &u32| *index as usize * second.len() / set.len();
            indices.iter().map(|index| at(index) as u32).collect::<Vec<u32>>()
        });
        let samples = Samples { indices, unpaired: second.as_deref() };
        let mut batch = HostBatch::gather(set, samples)?;
        if let Some(augment) = augment {
            batch.augment(augment, Augment::key(0, 0), samples);
        }
        let below = if set.unpaired().is_some() { "second set" } else { "targets" };
        if let Some(images) = &batch.images {
            self.push(title.to_owned(), images);
        }
        if let Some(targets) = &batch.targets {
            self.push(format!("{title}, {below}"), targets);
        }
        Ok(())
    }

    /// Adds a row of images of any size and channels.
    fn push(&mut self, title: String, images: &HostImages) {
        let [_, channels, from_height, from_width] = images.dims;
        let [height, width] = self.size;
        let (old_plane, plane) = (from_height * from_width, height * width);
        let mut pixels = Vec::with_capacity(images.dims[0] * 3 * plane);
        for image in images.pixels.chunks_exact(channels * old_plane) {
            for colour in 0..3 {
                // Grey is every colour; opacity lets black through.
                let channel = if channels < 3 { 0 } else { colour };
                for at in 0..plane {
                    let row = (at / width) * from_height / height;
                    let from = row * from_width + (at % width) * from_width / width;
                    let opacity = if channels == 4 { image[3 * old_plane + from] } else { 1.0 };
                    pixels.push(image[channel * old_plane + from] * opacity);
                }
            }
        }
        self.rows.push(SpreadRow { title, pixels });
    }

    /// Number of images in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Titles of the rows, from the top.
    pub fn titles(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.title.as_str())
    }

    /// All images in RGB, row by row; what is missing of a row is black.
    pub fn to_images(&self) -> Images {
        let [height, width] = self.size;
        let row_len = self.columns * 3 * height * width;
        let mut all = Vec::with_capacity(self.rows.len() * row_len);
        for row in &self.rows {
            all.extend_from_slice(&row.pixels);
            all.resize(all.len().next_multiple_of(row_len), 0.0);
        }
        let dims = [self.rows.len() * self.columns, 3, height, width];
        Images::new(Tensor::from_slice(&all, dims, &TensorOptions::cpu_f32().device), PixelRange::Unit)
    }
}

/// Samples that are shown of a part: a name and indices for each class, or for all.
fn groups(set: &Dataset, columns: usize) -> Vec<(String, Vec<u32>)> {
    let evenly = |members: Vec<u32>, count: usize| -> Vec<u32> {
        let count = count.min(members.len());
        (0..count).map(|at| members[at * members.len() / count]).collect()
    };
    let all = || (0..set.len() as u32).collect::<Vec<u32>>();
    let Some(labels) = set.labels() else {
        // Of sequences a row is one.
        let count = if set.frame_pixels().is_some() { ROWS } else { ROWS * columns };
        let chosen = evenly(all(), count);
        if set.frame_pixels().is_some() {
            return chosen.into_iter().map(|index| (String::new(), vec![index])).collect();
        }
        return vec![(String::new(), chosen)];
    };
    let mut members = vec![Vec::new(); set.classes()];
    labels.iter().zip(0..).for_each(|(&label, index)| members[label as usize].push(index));
    let name =
        |class: usize| set.class_names().map_or_else(|| class.to_string(), |names| names[class].clone());
    let members = members.into_iter().enumerate().filter(|(_, members)| !members.is_empty());
    members
        .take(MOST_CLASSES)
        .map(|(class, members)| (format!(", {}", name(class)), evenly(members, columns)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(spread: &Spread) -> Vec<&str> {
        spread.titles().collect()
    }

    #[test]
    fn every_class_of_both_parts_has_a_row() {
        let set = |len: u8, classes: u32| {
            let set = Dataset::new("set", [1, 1, 1], (0..len).map(|at| at * 10).collect()).unwrap();
            set.with_labels((0..u32::from(len)).map(|at| at % classes).collect(), 3)
                .and_then(|set| set.with_class_names(["cat", "dog", "eel"].map(str::to_owned).to_vec()))
                .unwrap()
        };
        let spread = Spread::of(&Parts::new(set(12, 3), Some(set(1, 1))), 2, None).unwrap().unwrap();
        assert_eq!(titles(&spread), ["train, cat", "train, dog", "train, eel", "held out, cat"]);
        let images = spread.to_images().unit();
        assert_eq!(images.dims().to_vec(), [8, 3, 1, 1]);
        // Of cats, which are 0, 3, 6 and 9, the first and the third; the last row is filled up.
        let bytes: Vec<f32> = images.to_vec::<f32>().unwrap().iter().map(|value| value * 255.0).collect();
        let firsts: Vec<f32> = bytes.iter().step_by(3).map(|value| value.round()).collect();
        assert_eq!(firsts, [0.0, 60.0, 10.0, 70.0, 20.0, 80.0, 0.0, 0.0]);
    }

    #[test]
    fn both_sides_are_shown_at_one_size() {
        let set =
            |size: usize, value| Dataset::new("set", [1, size, size], vec![value; 3 * size * size]).unwrap();
        let paired = set(1, 51).with_targets(set(2, 255)).unwrap();
        let spread = Spread::of(&Parts::new(paired, None), 3, None).unwrap().unwrap();
        assert_eq!(titles(&spread), ["train", "train, targets"]);
        let values = spread.to_images().unit().to_vec::<f32>().unwrap();
        assert_eq!((values[0], values[9], values.len()), (0.2, 1.0, 18));
        let unpaired = set(1, 51).with_unpaired(set(1, 0)).unwrap();
        let spread = Spread::of(&Parts::new(unpaired, None), 3, None).unwrap().unwrap();
        assert_eq!(titles(&spread), ["train", "train, second set"]);
    }

    #[test]
    fn sequences_are_rows_and_points_are_not_seen() {
        let spread = Spread::of(&crate::moving_glyphs::parts(1), 8, None).unwrap().unwrap();
        assert_eq!(
            (spread.columns(), spread.rows.len(), titles(&spread)[4]),
            (20, 8, "held out, a sequence")
        );
        let points = Dataset::of_points("points", 2, vec![0.0; 4]).unwrap();
        assert_eq!(Spread::of(&Parts::new(points, None), 8, None).unwrap(), None);
    }
}
