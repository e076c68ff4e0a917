//! Code that commands share.

pub mod blind;
pub mod color;
pub mod data;
pub mod error;
pub mod explained;
pub mod extension;
pub mod grid;
pub mod latent;
pub mod log;
pub mod machine;
pub mod mixture;
pub mod output;
pub mod pictures;
pub mod recipe;
pub mod run_pictures;
pub mod runs;
pub mod settings;
pub mod table;
pub mod trained;
