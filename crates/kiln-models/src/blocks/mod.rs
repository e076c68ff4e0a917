//! Parts that networks of several kinds have.

mod class_conditional;
mod residual;
mod self_attention;

pub use class_conditional::{ConditionalDiscriminator, ConditionalGenerator, Judgement};
pub use residual::{DownBlock, UpBlock};
pub use self_attention::SelfAttention;
