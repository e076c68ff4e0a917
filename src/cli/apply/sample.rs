//! `kiln sample`: images from a checkpoint.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::number::{MAX_SEED, SeedList, whole};
use crate::cli::options::run::RunArgs;
use crate::cli::options::truncation::TruncationArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::trained::Trained;
use crate::cli::support::{extension, grid, mixture, output};
use clap::Args;
use kiln::grad::Tensor;
use kiln::metrics::GaussianMixture;
use kiln::nn::{Generator, Images, PixelRange};
use kiln::tensor::random::Key;
use kiln::train::{TrainError, picture};
use std::fs;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The most images that can be asked for.
const MOST: u64 = 1_000_000;

/// The most images that are made at once, which bounds the memory it takes.
const AT_ONCE: usize = 256;

/// The most pixels, of all channels, of a picture of many images.
const MOST_PIXELS: usize = 1 << 28;

/// Generate images with a trained GAN or VAE, as one picture or a folder of files
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("64 images in one picture", "kiln sample runs/dcgan-1 --out grid.png"),
    ("By a mixture of Gaussians on the codes of training images", "kiln sample runs/vae-1 --sampler mixture --out mixture.png"),
    ("A file for each image", "kiln sample vae-1 --count 100 --out made"),
    ("Images of styles nearer to the mean", "kiln sample runs/stylegan-1 --trunc 0.7 --out likely.png"),
    ("One image for each of these seeds", "kiln sample runs/dcgan-1 --seeds 0-35,40 --out picked.png"),
]))]
pub struct SampleArgs {
    #[command(flatten)]
    model: RunArgs,
    /// Number of images, from 1 to 1000000; the first of them are the same whatever their number
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = whole::<1, MOST>, help_heading = "Images")]
    count: u64,
    /// Seed of the noise; the same seed gives the same images
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = whole::<0, MAX_SEED>, help_heading = "Images")]
    seed: u64,
    /// Seeds of single images, such as 0-35,40: one image of each, whatever the others
    #[arg(long, value_name = "LIST", conflicts_with_all = ["count", "seed"], help_heading = "Images")]
    seeds: Option<SeedList>,
    /// Where the codes of an autoencoder come from: its prior, or a mixture of Gaussians that is fitted to the codes of training
    /// images, which makes better images of a model whose codes don't fill the prior
    #[arg(long, value_name = "WHICH", default_value = "prior", value_parser = ["prior", "mixture"],
        hide_possible_values = true, help_heading = "Images")]
    sampler: String,
    /// Number of components of the mixture, from 1 to 256
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = whole::<1, 256>, help_heading = "Images")]
    components: u64,
    /// Class of the images, by number or name, of a model that was trained with classes [default: all, one after the other]
    #[arg(long, value_name = "CLASS", help_heading = "Images")]
    class: Option<String>,
    #[command(flatten)]
    truncation: TruncationArgs,
    /// PNG file to write all images to; or a folder, made if it doesn't exist, for a file of each, 000000.png and so on
    #[arg(long, value_name = "FILE|DIR", help_heading = "Output")]
    out: PathBuf,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl CommandArgs for SampleArgs {
    /// Makes images with the model of a run and writes them as one picture, or one by one.
    fn run(&self) -> Result<ExitCode, CommandError> {
        // A name without an end is a folder's, and one that ends otherwise a picture's of another format.
        let into_folder = self.out.is_dir() || self.out.extension().is_none();
        if !into_folder {
            extension::check(&self.out, "png")?;
        }
        let mut trained = Trained::open(&self.model, &self.compute)?;
        self.truncation.apply(&mut trained)?;
        let class = self.class.as_deref().map(|class| trained.class(class)).transpose()?;
        let count = self.number();
        let mixture = match self.sampler.as_str() {
            "mixture" => Some(mixture::of_codes(&mut trained, self.components as usize)?),
            _ => None,
        };
        let mixture = mixture.as_ref();
        if into_folder {
            self.write_folder(&mut trained, class, mixture)?;
        } else {
            let pixels = trained.data.image.map_or(0, |shape| shape.iter().product::<usize>());
            if count.saturating_mul(pixels) > MOST_PIXELS {
                return Err(CommandError::usage(format!(
                    "{count} images are too many for one picture; name a folder with --out"
                )));
            }
            let generator = trained.generator()?;
            let draw = |range| self.draw(generator, range, class, mixture);
            let parts: Vec<Tensor> = parts(count).map(draw).collect::<Result<_, CommandError>>()?;
            let all = Tensor::concat(&parts.iter().collect::<Vec<_>>(), 0);
            grid::write(&self.out, &Images::new(all, PixelRange::Unit), grid::columns(count))?;
        }
        output::print(&format!("{count} images of step {} in {}\n", trained.step, self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl SampleArgs {
    /// Number of images.
    fn number(&self) -> usize {
        self.seeds.as_ref().map_or(self.count as usize, |seeds| seeds.0.len())
    }

    /// The images of these numbers, values in `[0, 1]`.
    fn draw(
        &self,
        generator: &mut dyn Generator,
        range: Range<usize>,
        class: Option<u32>,
        mixture: Option<&GaussianMixture>,
    ) -> Result<Tensor, CommandError> {
        let key = |seed| Key::new(seed).purpose("sample");
        let draw = |generator: &mut dyn Generator, range, key, class| {
            let images = match mixture {
                None => generator.draw_range(range, key, class),
                Some(mixture) => mixture::draw_range(generator, mixture, range, key, class),
            };
            Ok::<Tensor, CommandError>(images?.unit())
        };
        let Some(seeds) = &self.seeds else {
            return draw(generator, range, key(self.seed), class);
        };
        // Image 0 of each seed: of a class in its turn, where none is asked for.
        let known = generator.classes();
        let one = |at: usize| {
            let class = class.or((known > 0).then_some(at as u32 % known.max(1) as u32));
            draw(generator, 0..1, key(seeds.0[at]), class)
        };
        let images: Vec<Tensor> = range.map(one).collect::<Result<_, CommandError>>()?;
        Ok(Tensor::concat(&images.iter().collect::<Vec<_>>(), 0))
    }

    /// The file of an image in a folder: by its seed, where each has one.
    fn file(&self, number: usize) -> PathBuf {
        self.out.join(match &self.seeds {
            Some(seeds) => format!("seed{:06}.png", seeds.0[number]),
            None => format!("{number:06}.png"),
        })
    }

    /// Writes a file for each image. No file that is there is replaced.
    fn write_folder(
        &self,
        trained: &mut Trained,
        class: Option<u32>,
        mixture: Option<&GaussianMixture>,
    ) -> Result<(), CommandError> {
        let generator = trained.generator()?;
        let count = self.number();
        if let Some(taken) =
            (0..count).map(|number| self.file(number)).find(|path| path.symlink_metadata().is_ok())
        {
            return Err(CommandError::other(format!(
                "{} already exists; name an empty folder with --out",
                taken.display()
            )));
        }
        fs::create_dir_all(&self.out)
            .map_err(|reason| TrainError::Write { path: self.out.clone(), reason })?;
        for range in parts(count) {
            let images = self.draw(generator, range.clone(), class, mixture)?;
            for (at, number) in range.enumerate() {
                write_image(&self.file(number), images.narrow(0, at, 1))?;
            }
        }
        Ok(())
    }
}

/// Writes a new file. It isn't waited for until it is on the disk, which would take longer than to make an image.
fn write_image(path: &Path, image: Tensor) -> Result<(), CommandError> {
    let bytes = picture(&Images::new(image, PixelRange::Unit))?;
    let written = fs::File::create_new(path).and_then(|mut file| file.write_all(&bytes));
    Ok(written.map_err(|reason| TrainError::Write { path: path.to_owned(), reason })?)
}

/// The numbers of images that are made at once.
fn parts(count: usize) -> impl Iterator<Item = Range<usize>> {
    (0..count).step_by(AT_ONCE).map(move |start| start..(start + AT_ONCE).min(count))
}
