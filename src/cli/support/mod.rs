//! What commands have in common besides options.

pub mod data;
pub mod extension;
pub mod failure;
pub mod grid;
pub mod log;
pub mod machine;
pub mod model;
pub mod nearest;
pub mod output;
pub mod recipe;
pub mod settings;
pub mod trained;
