//! Does a model find images strange that are of a kind it never saw?

use super::likelihood::{bound, log_weights};
use super::{FigureValue, Measure, MeasureCtx, MeasureResult};
use crate::error::MeasureError;
use crate::figure::Figure;
use kiln_nn::Training;
use std::collections::BTreeSet;

/// The figures.
pub const FIGURES: &[Figure] = &[Figure::more(
    "anomaly_auc",
    "share of pairs in which the image of a class never seen is the less likely",
)];

/// Number of codes drawn of each image.
const DRAWS: usize = 50;

/// Number of images whose codes are drawn together.
const IMAGES: usize = 32;

/// `anomaly_auc`: of all pairs of an image of a class that isn't among the training images and of one of a class that is, the share
/// in which the first is the less likely, by the bound of 50 draws; one half for a score that says nothing. For sets that
/// lack a class in training alone (`leave_out`).
pub struct AnomalyScore;

impl Measure for AnomalyScore {
    fn take(
        &mut self,
        model: &mut dyn Training,
        cx: &MeasureCtx,
    ) -> Result<Option<MeasureResult>, MeasureError> {
        let (Some(density), Some(test), Some(train)) = (model.density(), cx.test, cx.train) else {
            return Ok(None);
        };
        let (Some(labels), Some(seen)) = (test.labels(), train.labels()) else { return Ok(None) };
        let seen: BTreeSet<u32> = seen.iter().copied().collect();
        let count = test.len().min(cx.count);
        let strange: Vec<bool> = labels[..count].iter().map(|label| !seen.contains(label)).collect();
        let unseen: BTreeSet<u32> = labels.iter().copied().filter(|label| !seen.contains(label)).collect();
        if unseen.is_empty() || strange.iter().all(|strange| *strange) || !strange.contains(&true) {
            return Ok(None);
        }
        if density.classes() > 0 {
            return Ok(Some(MeasureResult::note(
                "no anomaly score: the model is told the class of an image",
            )));
        }
        let mut scores = Vec::with_capacity(count);
        for start in (0..count).step_by(IMAGES) {
            let numbers: Vec<u32> = (start as u32..(start + IMAGES).min(count) as u32).collect();
            let batch = kiln_data::batch(test, &numbers, density.options())?;
            let key = cx.key.purpose("anomaly").step(start as u32);
            let of_batch = log_weights(density, &batch, DRAWS, key)?;
            scores.extend(of_batch.iter().map(|weights| -bound(weights, DRAWS)));
        }
        let auc = area_under_curve(&scores, &strange);
        let classes: Vec<String> = unseen.iter().map(u32::to_string).collect();
        let number = strange.iter().filter(|strange| **strange).count();
        let notes = vec![format!(
            "anomaly score: the bound of {DRAWS} draws, for {number} images of class {} and {} others held out",
            classes.join(", "),
            count - number
        )];
        Ok(Some(MeasureResult { figures: vec![FigureValue::new("anomaly_auc", auc)], notes }))
    }
}

/// The area under the curve of the receiver's operating characteristic: the share of pairs of one that is marked and one that isn't
/// in which the first has the higher score, equal ones counted half (Mann and Whitney, 1947).
pub(crate) fn area_under_curve(scores: &[f64], marked: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut below, mut pairs) = (0.0, 0.0);
    for tied in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let own = tied.iter().filter(|at| marked[**at]).count() as f64;
        let others = tied.len() as f64 - own;
        pairs += own * (below + 0.5 * others);
        below += others;
    }
    let count = marked.iter().filter(|marked| **marked).count() as f64;
    pairs / (count * (scores.len() as f64 - count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_the_share_of_pairs_in_order() {
        let marked = [false, true, false, true];
        assert_eq!(area_under_curve(&[1.0, 2.0, 3.0, 4.0], &marked), 0.75);
        assert_eq!(area_under_curve(&[1.0, 5.0, 1.0, 5.0], &marked), 1.0);
        assert_eq!(area_under_curve(&[2.0; 4], &marked), 0.5);
        assert_eq!(area_under_curve(&[4.0, 1.0, 3.0, 2.0], &marked), 0.0);
    }
}
