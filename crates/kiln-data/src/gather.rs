//! Copying chosen samples out of a data set.

use crate::Dataset;

/// The images of `indices`, in that order, as N×C×H×W floats in the unit range `[0, 1]`.
///
/// # Panics
/// When an index is not below the data set's length.
#[track_caller]
pub fn gather_unit(dataset: &Dataset, indices: &[u32]) -> Vec<f32> {
    let mut pixels = Vec::with_capacity(indices.len() * dataset.image_len());
    for &index in indices {
        // A division, not a product with 1/255, so that 255 gives exactly 1.
        pixels.extend(dataset.image(index as usize).iter().map(|&byte| f32::from(byte) / 255.0));
    }
    pixels
}

/// The labels of `indices`, in that order; `None` when the data set has no labels.
///
/// # Panics
/// When an index is not below the data set's length.
#[track_caller]
pub fn gather_labels(dataset: &Dataset, indices: &[u32]) -> Option<Vec<u32>> {
    let labels = dataset.labels()?;
    Some(indices.iter().map(|&index| labels[index as usize]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gathers_in_the_order_of_the_indices() {
        let set = Dataset::new("two", [1, 1, 2], vec![0, 255, 51, 102]).unwrap();
        assert_eq!(gather_unit(&set, &[1, 0, 1]), [0.2, 0.4, 0.0, 1.0, 0.2, 0.4]);
        assert_eq!(gather_labels(&set, &[1, 0]), None);
        let set = set.with_labels(vec![7, 3], 8).unwrap();
        assert_eq!(gather_labels(&set, &[1, 0, 1]), Some(vec![3, 7, 3]));
    }
}
