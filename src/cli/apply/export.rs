//! `kiln export`: a run's model for other programs.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::run::RunArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::trained::Trained;
use crate::cli::support::{extension, output};
use clap::Args;
use kiln::grad::Array;
use kiln::nn::StateValue;
use kiln::nn::safetensors::{Metadata, to_bytes};
use kiln::onnx::{NetworkInput, Signature};
use kiln::train::write_output;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write the generator of a trained GAN or VAE as ONNX, or its weights as safetensors
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("The generator for onnxruntime, in batches of any size", "kiln export runs/dcgan-1 --onnx generator.onnx"),
    ("Its weights for PyTorch's load_state_dict", "kiln export runs/dcgan-1 --safetensors generator.safetensors"),
]))]
pub struct ExportArgs {
    #[command(flatten)]
    model: RunArgs,
    /// ONNX file to write: the map from latent points `z [n, latent]` to images `[n, channels, height, width]`
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    onnx: Option<PathBuf>,
    /// Safetensors file to write: the weights, with PyTorch's names and layouts
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    safetensors: Option<PathBuf>,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl CommandArgs for ExportArgs {
    /// Writes the map from latent points to images: its weights as safetensors, or all of it as ONNX.
    fn run(&self) -> Result<ExitCode, CommandError> {
        let run = self.model.run.display();
        if self.onnx.is_none() && self.safetensors.is_none() {
            return Err(CommandError::usage(
                "name what to write: --onnx FILE for the network, --safetensors FILE for its weights, or both",
            ));
        }
        if let Some(out) = &self.safetensors {
            extension::check(out, "safetensors")?;
        }
        if let Some(out) = &self.onnx {
            extension::check(out, "onnx")?;
        }
        let mut trained = Trained::open(&self.model, &self.compute)?;
        let (options, step) = (trained.options.clone(), trained.step);
        let generator = trained.generator()?;
        let mut text = String::new();
        if let Some(out) = &self.safetensors {
            let state = kiln::nn::save(generator.network());
            let metadata = Metadata::from([("format".to_owned(), "pt".to_owned())]);
            let bytes =
                to_bytes(&state, &metadata).map_err(|error| CommandError::other(error.to_string()))?;
            write_output(out, &bytes)?;
            text += &format!("the weights of {run} after step {step} are in {}\n", out.display());
        }
        if let Some(out) = &self.onnx {
            let state = kiln::nn::save(generator.network());
            let params: Vec<(String, Array)> = state.into_iter().filter_map(array).collect();
            // A model that knows classes takes them as a second input.
            let known = generator.classes() > 0;
            let mut inputs = vec![NetworkInput::floats("z", [generator.latent()])];
            if known {
                inputs.push(NetworkInput::numbers("class", [], generator.classes() as u32));
            }
            let signature =
                Signature { name: "generator", inputs: &inputs, output: "images", device: &options.device };
            let mut failure = None;
            let bytes =
                kiln::onnx::export(&signature, &params, |z| match generator.generate(&z[0], z.get(1)) {
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
            let bytes = bytes.map_err(|error| CommandError::other(error.to_string()))?;
            write_output(out, &bytes)?;
            text += &format!("the generator of {run} after step {step} is in {}\n", out.display());
        }
        output::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn array((name, value): (String, StateValue)) -> Option<(String, Array)> {
    match value {
        StateValue::Tensor(array) => Some((name, array)),
        StateValue::Count(_) | StateValue::Number(_) | StateValue::Text(_) => None,
    }
}
