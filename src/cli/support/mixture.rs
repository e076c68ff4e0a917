//! A mixture of Gaussians on the codes of training images, as a source of codes.

use super::data::DataRequest;
use super::error::CommandError;
use super::trained::Trained;
use kiln::grad::{Error, Tensor};
use kiln::metrics::{FeatureSet, GaussianMixture};
use kiln::nn::{Generator, Images};
use kiln::tensor::random::Key;
use kiln::train::Data;
use std::ops::Range;

/// The most training images whose codes are looked at.
const MOST: usize = 10_000;

/// Number of images whose codes are taken together.
const AT_ONCE: usize = 256;

/// The mixture that fits the most likely codes of a run's training images.
pub fn of_codes(trained: &mut Trained, components: usize) -> Result<GaussianMixture, CommandError> {
    let (config, info, options) = (trained.config.clone(), trained.data.clone(), trained.options.clone());
    trained.encoder()?;
    let data = Data::new(DataRequest::of_or(&config, None).open_for(&info)?, options.clone())?;
    let encoder = trained.encoder()?;
    let count = data.len().min(MOST);
    if count < components {
        return Err(CommandError::usage(format!(
            "{components} components are too many for {count} training images; choose fewer with --components"
        )));
    }
    let (mut codes, mut latents) = (Vec::new(), 1);
    for start in (0..count).step_by(AT_ONCE) {
        let numbers: Vec<u32> = (start as u32..(start + AT_ONCE).min(count) as u32).collect();
        let batch = kiln::data::batch(data.train(), &numbers, &options)?;
        let classes = (encoder.classes() > 0).then(|| batch.labels().clone());
        let of_part = encoder.encode(batch.images(), classes.as_ref())?.flatten(1);
        latents = of_part.dims()[1];
        codes.extend(of_part.to_f64_vec()?);
    }
    Ok(GaussianMixture::fit(&FeatureSet::new(latents, codes), components, Key::new(0)))
}

/// The images of these numbers of codes of a mixture: image `i` is a function of `key`, `i` and its class alone, as with
/// [`Generator::draw_range`].
pub fn draw_range(
    generator: &mut dyn Generator,
    mixture: &GaussianMixture,
    range: Range<usize>,
    key: Key,
    class: Option<u32>,
) -> Result<Images, Error> {
    let (known, options) = (generator.classes() as u32, generator.options().clone());
    let codes: Vec<f64> = range.clone().flat_map(|index| mixture.draw(key, index as u64)).collect();
    let z = Tensor::from_f64(&codes, [range.len(), generator.latent()], options.dtype, &options.device);
    let classes: Vec<u32> = range.clone().map(|i| class.unwrap_or(i as u32 % known.max(1))).collect();
    let classes = Tensor::from_slice(&classes, [range.len()], &options.device);
    generator.generate(&z, Some(&classes).filter(|_| known > 0))
}
