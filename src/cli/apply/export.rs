//! `kiln export`: a run's networks for other programs.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::run::RunArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::trained::Trained;
use crate::cli::support::{extension, output};
use clap::{Args, ValueEnum};
use kiln::grad::{Array, Device, Error, Tensor};
use kiln::models;
use kiln::nn::safetensors::{Metadata, to_bytes};
use kiln::nn::{
    Ability, Critic, Encoder, Generator, Images, PixelRange, StateDict, StateValue, Translator, save,
};
use kiln::onnx::{NetworkInput, Signature};
use kiln::tensor::random::Key;
use kiln::train::write_output;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write a network of a trained model as ONNX, or its weights as safetensors
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("The generator for onnxruntime, in batches of any size", "kiln export runs/dcgan-1 --onnx generator.onnx"),
    ("The discriminator of the same run", "kiln export runs/dcgan-1 --network discriminator --onnx critic.onnx"),
    ("Weights for PyTorch's load_state_dict", "kiln export runs/dcgan-1 --safetensors generator.safetensors"),
]))]
pub struct ExportArgs {
    #[command(flatten)]
    model: RunArgs,
    /// Network to write: generator, discriminator, encoder or translator [default: the first of them that the model has]
    #[arg(long, value_name = "NAME", hide_possible_values = true, help_heading = "Model")]
    network: Option<ExportedNetwork>,
    /// ONNX file to write; the file says what goes in and out, and in which range
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    onnx: Option<PathBuf>,
    /// Safetensors file to write: the weights, with PyTorch's names and layouts
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    safetensors: Option<PathBuf>,
    #[command(flatten)]
    compute: ComputeArgs,
}

/// A network that other programs can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportedNetwork {
    /// Latent points, and classes where it knows some, to images.
    Generator,
    /// Images, and their classes where it knows some, to logits.
    Discriminator,
    /// Images to codes.
    Encoder,
    /// Images to images.
    Translator,
}

impl ExportedNetwork {
    const ALL: [ExportedNetwork; 4] = [Self::Generator, Self::Translator, Self::Encoder, Self::Discriminator];

    fn name(self) -> &'static str {
        match self {
            Self::Generator => "generator",
            Self::Discriminator => "discriminator",
            Self::Encoder => "encoder",
            Self::Translator => "translator",
        }
    }

    fn ability(self) -> Ability {
        match self {
            Self::Generator => Ability::Generate,
            Self::Discriminator => Ability::Judge,
            Self::Encoder => Ability::Encode,
            Self::Translator => Ability::Translate,
        }
    }
}

impl CommandArgs for ExportArgs {
    /// Writes a network: its weights as safetensors, or all of it as ONNX.
    fn run(&self) -> Result<ExitCode, CommandError> {
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
        let kind = self.network(&trained)?;
        let facts = ExportFacts::of(&trained, kind);
        let mut network = OpenNetwork::of(&mut trained, kind)?;
        let state = network.state();
        let (run, step, name) = (self.model.run.display(), facts.step, kind.name());
        let mut text = String::new();
        if let Some(out) = &self.safetensors {
            let metadata = Metadata::from([("format".to_owned(), "pt".to_owned())]);
            let bytes =
                to_bytes(&state, &metadata).map_err(|error| CommandError::other(error.to_string()))?;
            write_output(out, &bytes)?;
            text +=
                &format!("the weights of the {name} of {run} after step {step} are in {}\n", out.display());
        }
        if let Some(out) = &self.onnx {
            let (bytes, signature) = onnx(&mut network, &facts, state)?;
            write_output(out, &bytes)?;
            text += &format!("the {name} of {run} after step {step} is in {}\n{signature}\n", out.display());
        }
        output::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl ExportArgs {
    /// The network that is asked for, or the first that the model has.
    fn network(&self, trained: &Trained) -> Result<ExportedNetwork, CommandError> {
        let config = &trained.config;
        let abilities = models::read(&config.model, &config.optimizer)?.abilities();
        let all = ExportedNetwork::ALL.into_iter().filter(|network| abilities.contains(&network.ability()));
        let all: Vec<ExportedNetwork> = all.collect();
        let names: Vec<&str> = all.iter().map(|network| network.name()).collect();
        let wanted = self.network.or(all.first().copied()).filter(|network| all.contains(network));
        wanted.ok_or_else(|| {
            CommandError::other(format!(
                "a {} has no {}; what can be exported of it is its {}",
                config.recipe,
                self.network.map_or("network for other programs", ExportedNetwork::name),
                names.join(" and ")
            ))
        })
    }
}

/// What is known of a network beside its numbers.
struct ExportFacts {
    network: &'static str,
    recipe: String,
    data: String,
    step: u64,
    /// The dims of an image that it was trained on.
    image: Vec<usize>,
    class_names: Vec<String>,
    device: Device,
}

impl ExportFacts {
    fn of(trained: &Trained, network: ExportedNetwork) -> ExportFacts {
        let Trained { config, step, data, options, .. } = trained;
        ExportFacts {
            network: network.name(),
            recipe: config.recipe.clone(),
            data: config.data.clone(),
            step: *step,
            image: data.image.unwrap_or_default().to_vec(),
            class_names: data.class_names.clone(),
            device: options.device.clone(),
        }
    }
}

/// A network of a model, ready for use.
enum OpenNetwork<'m> {
    Generator(&'m mut dyn Generator),
    Discriminator(&'m mut dyn Critic),
    Encoder(&'m mut dyn Encoder),
    Translator(&'m mut dyn Translator),
}

impl OpenNetwork<'_> {
    fn of(trained: &mut Trained, network: ExportedNetwork) -> Result<OpenNetwork<'_>, CommandError> {
        Ok(match network {
            ExportedNetwork::Generator => OpenNetwork::Generator(trained.generator()?),
            ExportedNetwork::Discriminator => OpenNetwork::Discriminator(trained.critic()?),
            ExportedNetwork::Encoder => OpenNetwork::Encoder(trained.encoder()?),
            ExportedNetwork::Translator => OpenNetwork::Translator(trained.translator()?),
        })
    }

    fn state(&mut self) -> StateDict {
        save(match self {
            OpenNetwork::Generator(network) => network.network(),
            OpenNetwork::Discriminator(network) => network.network(),
            OpenNetwork::Encoder(network) => network.network(),
            OpenNetwork::Translator(network) => network.network(),
        })
    }

    /// One pass, on what [`ports`](OpenNetwork::ports) describes.
    fn run(&mut self, x: &[Tensor]) -> Result<Tensor, Error> {
        let images = |range| Images::new(x[0].clone(), range);
        match self {
            OpenNetwork::Generator(network) => network.generate(&x[0], x.get(1)).map(Images::into_tensor),
            OpenNetwork::Discriminator(network) => {
                let range = network.range();
                network.judge(&images(range), x.get(1))
            }
            OpenNetwork::Encoder(network) => network.encode(&images(PixelRange::Unit), x.get(1)),
            OpenNetwork::Translator(network) => {
                network.translate(&images(PixelRange::Unit)).map(Images::into_tensor)
            }
        }
    }

    /// What goes in and comes out, of a model of images of these dims.
    fn ports(&mut self, image: &[usize]) -> Result<Ports, Error> {
        let unit = PixelRange::Unit;
        Ok(match self {
            OpenNetwork::Generator(network) => {
                let (latent, classes) = (network.latent(), network.classes());
                let range = network.draw(1, Key::new(0), None)?.range();
                let about = format!("latent points [batch, {latent}], standard normal");
                let input = PortText { name: "z", about };
                Ports { dims: vec![latent], classes, range, input, output: PortText::images("images", range) }
            }
            OpenNetwork::Discriminator(network) => {
                let (range, classes) = (network.range(), network.classes());
                let about = "logits [batch, 1], larger for images that look more real".to_owned();
                let (input, output) = (PortText::images("images", range), PortText { name: "logits", about });
                Ports { dims: image.to_vec(), classes, range, input, output }
            }
            OpenNetwork::Encoder(network) => {
                let output =
                    PortText { name: "codes", about: "the most likely codes of the images".to_owned() };
                let input = PortText::images("images", unit);
                let classes = network.classes();
                Ports { dims: image.to_vec(), classes, range: unit, input, output }
            }
            OpenNetwork::Translator(network) => {
                let [channels, _] = network.channels();
                let dims = [&[channels][..], image.get(1..).unwrap_or_default()].concat();
                let (input, output) =
                    (PortText::images("images", unit), PortText::images("translated", unit));
                Ports { dims, classes: 0, range: unit, input, output }
            }
        })
    }
}

/// What goes into a network and comes out.
struct Ports {
    /// The dims of a sample of the first input.
    dims: Vec<usize>,
    /// Number of classes, whose numbers are the second input; 0 without.
    classes: usize,
    /// Range of the images that go in or come out.
    range: PixelRange,
    input: PortText,
    output: PortText,
}

/// An input or output in words.
struct PortText {
    name: &'static str,
    about: String,
}

impl PortText {
    fn images(name: &'static str, range: PixelRange) -> PortText {
        let range = match range {
            PixelRange::Unit => "[0, 1], 0 black and 1 white",
            PixelRange::Signed => "[-1, 1], -1 black and 1 white",
        };
        PortText { name, about: format!("images [batch, channels, height, width] in {range}") }
    }
}

/// The ONNX file, and its inputs and output in words.
fn onnx(
    network: &mut OpenNetwork,
    facts: &ExportFacts,
    state: StateDict,
) -> Result<(Vec<u8>, String), CommandError> {
    let Ports { dims, classes, range, input, output } = network.ports(&facts.image)?;
    let ExportFacts { network: name, recipe, data, step, class_names, device, .. } = facts;
    let mut inputs = vec![NetworkInput::floats(input.name, &dims[..]).about(&input.about)];
    let about_classes = format!("numbers of classes from 0 to {}", classes.saturating_sub(1));
    if classes > 0 {
        inputs.push(NetworkInput::numbers("class", [], classes as u32).about(&about_classes));
    }
    let range = if range == PixelRange::Unit { "0 1" } else { "-1 1" };
    let mut metadata = vec![
        ("network", (*name).to_owned()),
        ("recipe", recipe.clone()),
        ("data", data.clone()),
        ("step", step.to_string()),
        ("image_range", range.to_owned()),
    ];
    if classes > 0 {
        metadata.push(("class_names", class_names.join(",")));
    }
    let about = format!("The {name} of a {recipe} trained on {data}, after step {step}.");
    let signature = Signature::new(name, &inputs, output.name, device);
    let signature = signature.about(&about).output_about(&output.about).metadata(&metadata);
    let params: Vec<(String, Array)> = state.into_iter().filter_map(array).collect();
    let mut failure = None;
    let bytes = kiln::onnx::export(&signature, &params, |x| {
        network.run(x).unwrap_or_else(|error| {
            failure = Some(error);
            x[0].clone()
        })
    });
    if let Some(error) = failure {
        return Err(error.into());
    }
    let bytes = bytes.map_err(|error| CommandError::other(error.to_string()))?;
    let mut text = format!("in   {}: {}\n", input.name, input.about);
    if classes > 0 {
        text += &format!("in   class: {about_classes}\n");
    }
    Ok((bytes, text + &format!("out  {}: {}", output.name, output.about)))
}

fn array((name, value): (String, StateValue)) -> Option<(String, Array)> {
    match value {
        StateValue::Tensor(array) => Some((name, array)),
        StateValue::Count(_) | StateValue::Number(_) | StateValue::Text(_) => None,
    }
}
