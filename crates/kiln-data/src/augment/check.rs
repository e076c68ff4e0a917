//! What an augmentation may be.

use super::Augment;
use crate::UsageError;

impl Augment {
    /// Whether every setting is in its range, for one that was not parsed.
    ///
    /// # Errors
    /// The first setting that is not, and its range.
    pub fn check(&self) -> Result<(), UsageError> {
        let wrong = |part: String, wanted: &str| Err(UsageError::new("augment", part, wanted));
        let unit = |value: f32| (0.0..=1.0).contains(&value);
        if !unit(self.flip) {
            return wrong(format!("flip={}", self.flip), "the probability goes from 0 to 1");
        }
        if self.crop > Augment::MOST_PADDING {
            let wanted = format!("the padding goes from 0 to {} pixels", Augment::MOST_PADDING);
            return wrong(format!("crop={}", self.crop), &wanted);
        }
        if let Some(affine) = &self.affine {
            let [low, high] = affine.scale;
            let wanted = if !(0.0..=180.0).contains(&affine.degrees) {
                Some("the angle goes from 0 to 180 degrees")
            } else if !unit(affine.translate) {
                Some("the shift goes from 0 to 1 of the size")
            } else if !(0.1..=10.0).contains(&low) || !(0.1..=10.0).contains(&high) || low > high {
                Some("the scales go from 0.1 to 10, the smaller first")
            } else {
                None
            };
            if let Some(wanted) = wanted {
                return wrong(affine.to_string(), wanted);
            }
        }
        if let Some(jitter) = &self.colour
            && ![jitter.brightness, jitter.contrast, jitter.saturation].into_iter().all(unit)
        {
            return wrong(jitter.to_string(), "the strengths go from 0 to 1");
        }
        Ok(())
    }
}
