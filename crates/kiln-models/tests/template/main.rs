//! The family of `docs/adding-a-model.md`: it compiles, it trains, and the page shows these files.

mod family;
mod net;
mod settings;
mod training;

use family::FAMILY;
use kiln_data::{Sampler, batch, glyphs};
use kiln_nn::{DataInfo, StepCtx, TensorOptions};
use std::sync::Arc;

#[test]
fn the_template_trains() {
    let options = TensorOptions::cpu_f32();
    let table = FAMILY.recipes[0].table().unwrap();
    let part = |name: &str| table[name].as_table().unwrap().clone();
    let mut model = part("model");
    assert_eq!(model.remove("family").unwrap().as_str(), Some(FAMILY.name));
    let settings = (FAMILY.read)(&model, &part("optimizer")).unwrap();
    let info = DataInfo::of_images([1, 28, 28]);
    let mut training = settings.build(&info, 0, &options).unwrap();
    let digits = Arc::new(glyphs::dataset(1, 512));
    let mut sampler = Sampler::new(digits.clone(), 64, 1).unwrap();
    let mut losses = Vec::new();
    for step in 0..100 {
        let batch = batch(&digits, sampler.next_indices(), &options).unwrap();
        losses.push(training.step(&batch, &StepCtx::new(0, step)).unwrap().read().unwrap()[0].1);
    }
    assert!(losses[99] < 0.5 * losses[0], "{losses:?}");
    assert!(training.encoder().is_some());
}

#[test]
fn the_page_shows_these_files() {
    let page = include_str!("../../../../docs/adding-a-model.md");
    for (name, text) in [
        ("family.rs", include_str!("family.rs")),
        ("net.rs", include_str!("net.rs")),
        ("settings.rs", include_str!("settings.rs")),
        ("training.rs", include_str!("training.rs")),
        ("recipes/autoencoder.toml", include_str!("recipes/autoencoder.toml")),
    ] {
        assert!(page.contains(text.trim_end()), "docs/adding-a-model.md doesn't show {name} as it is");
    }
}
