//! Groups of options that commands share, and values of options.

pub mod compute;
pub mod device;
pub mod image;
pub mod json;
pub mod noise;
pub mod number;
pub mod run;
pub mod threads;
pub mod truncation;
pub mod words;
