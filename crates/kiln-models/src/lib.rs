//! Generative image models, by family.
//!
//! A [`Family`] is a folder and one line of [`FAMILIES`]: its settings, what one training step of it does, and its
//! recipes. A [`Recipe`] is a commented TOML file with everything a run needs. Its tables `[model]` and `[optimizer]`
//! are read once, as the family's [`Settings`], which say what data they need and build a
//! [`Training`](kiln_nn::Training).
//!
//! Networks are in [`nets`], one a file, shapes beside layers, and know neither settings nor losses; parts that
//! several of them have are in [`blocks`].
//!
//! ```
//! use kiln_models::recipe;
//! use kiln_nn::{DataInfo, TensorOptions};
//!
//! let recipe = recipe("dcgan").expect("it comes with kiln");
//! let settings = recipe.settings()?;
//! let model = settings.build(&DataInfo::of_images([1, 28, 28]), 0, &TensorOptions::cpu_f32())?;
//! # Ok::<(), kiln_models::ModelError>(())
//! ```

pub mod blocks;
mod error;
mod family;
pub mod nets;
pub mod settings;

pub use error::ModelError;
pub use family::{
    Family, MicroBatches, OptionalSetting, ReadSettings, Recipe, Settings, family, read, recipe, recipes,
};

macro_rules! families {
    ($($name:ident;)*) => {
        $(pub mod $name;)*

        /// All families.
        pub const FAMILIES: &[Family] = &[$($name::FAMILY),*];
    };
}

families! {
    adversarial;
    variational;
    restore;
    classify;
}

/// Recipes by the folders of their families.
mod files {
    use crate::Recipe;
    include!(concat!(env!("OUT_DIR"), "/recipes.rs"));
}
