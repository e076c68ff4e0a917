//! Parts that networks of several kinds have.

mod class_conditional;
pub mod equalised;
mod modulated_conv;
mod residual;
mod self_attention;

pub use class_conditional::{ConditionalDiscriminator, ConditionalGenerator, Judgement};
pub use modulated_conv::ModulatedConv2d;
pub use residual::{DownBlock, UpBlock};
pub use self_attention::SelfAttention;
