//! What is known of a data set before a sample of it is read.

use serde::{Deserialize, Serialize};

/// Forms and sizes of the samples of a data set: what settings are checked against, what a model is built for, and
/// what a checkpoint remembers, so that a trained model can be used without its data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataInfo {
    /// `[channels, height, width]` of an image, or of a frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<[usize; 3]>,
    /// `[channels, height, width]` of a target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<[usize; 3]>,
    /// Whether each target belongs to its image. Targets of unpaired data are images of another kind.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paired: bool,
    /// Number of classes; 0 without labels.
    #[serde(skip_serializing_if = "is_zero")]
    pub classes: usize,
    /// Names of the classes, that of class 0 first, where they have names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub class_names: Vec<String>,
    /// Number of classes that the pixels of a mask have, background included; 0 without masks.
    #[serde(skip_serializing_if = "is_zero")]
    pub mask_classes: usize,
    /// Tokens of captions and texts, that of number 0 first, which stands behind the end of a text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vocabulary: Vec<String>,
    /// Number of tokens of the longest text.
    #[serde(skip_serializing_if = "is_zero")]
    pub text_length: usize,
    /// Number of frames of a sequence; 0 for single images.
    #[serde(skip_serializing_if = "is_zero")]
    pub frames: usize,
    /// Whether the pixels of images are black or white, drawn with their grey values as probabilities.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub binary: bool,
    /// Number of coordinates of a point; 0 without points.
    #[serde(skip_serializing_if = "is_zero")]
    pub coordinates: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl DataInfo {
    /// Images of this shape, `[channels, height, width]`, and nothing else.
    pub fn of_images(shape: [usize; 3]) -> Self {
        DataInfo { image: Some(shape), ..DataInfo::default() }
    }
}
