//! Parts that networks of several kinds have.

mod class_conditional;

pub use class_conditional::{ConditionalDiscriminator, ConditionalGenerator};
