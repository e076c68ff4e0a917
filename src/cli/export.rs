//! `kiln export`: a run's model for other programs.

use super::args::Export;
use super::failure::Failure;
use super::trained::Trained;
use super::{grid, output};
use kiln::grad::{Array, Tensor};
use kiln::nn::StateValue;
use kiln::nn::safetensors::{Metadata, to_bytes};
use kiln::onnx::{NetworkInput, Signature};
use kiln::tensor::random::Key;
use kiln::train::write_atomic;

/// Writes the map from latent points to images: its weights as safetensors, or all of it as ONNX.
pub fn export(arguments: &Export) -> Result<(), Failure> {
    let run = arguments.which.run.display();
    if let Some(out) = &arguments.safetensors {
        grid::check_name(out, "safetensors")?;
    }
    if let Some(out) = &arguments.onnx {
        grid::check_name(out, "onnx")?;
    }
    let mut trained = Trained::open(&arguments.which)?;
    let (options, step) = (trained.options.clone(), trained.step);
    let generator = trained.generator()?;
    // What an averaged network has to make ready is ready after it was used once.
    let z = Tensor::normal(Key::new(0), [2, generator.latent()], options.dtype, &options.device);
    let _ = generator.generate(&z)?;
    let mut text = String::new();
    if let Some(out) = &arguments.safetensors {
        let state = kiln::nn::save(generator.network());
        let metadata = Metadata::from([("format".to_owned(), "pt".to_owned())]);
        let bytes = to_bytes(&state, &metadata).map_err(|error| Failure::other(error.to_string()))?;
        write_atomic(out, &bytes)?;
        text += &format!("the weights of {run} after step {step} are in {}\n", out.display());
    }
    if let Some(out) = &arguments.onnx {
        let state = kiln::nn::save(generator.network());
        let params: Vec<(String, Array)> = state.into_iter().filter_map(array).collect();
        let inputs = [NetworkInput::floats("z", [generator.latent()])];
        let signature =
            Signature { name: "generator", inputs: &inputs, output: "images", device: &options.device };
        let mut failure = None;
        let bytes = kiln::onnx::export(&signature, &params, |z| match generator.generate(&z[0]) {
            Ok(images) => images.into_tensor(),
            Err(error) => {
                let stand_in = z[0].clone();
                failure = Some(error);
                stand_in
            }
        });
        if let Some(error) = failure {
            return Err(error.into());
        }
        let bytes = bytes.map_err(|error| Failure::other(error.to_string()))?;
        write_atomic(out, &bytes)?;
        text += &format!("the generator of {run} after step {step} is in {}\n", out.display());
    }
    output::print(&text)
}

fn array((name, value): (String, StateValue)) -> Option<(String, Array)> {
    match value {
        StateValue::Tensor(array) => Some((name, array)),
        StateValue::Count(_) | StateValue::Text(_) => None,
    }
}
