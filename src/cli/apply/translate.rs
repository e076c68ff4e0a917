//! `kiln translate`: pictures as a model sees them otherwise.

use crate::cli::help::examples;
use crate::cli::options::compute::ComputeArgs;
use crate::cli::options::run::RunArgs;
use crate::cli::registry::CommandArgs;
use crate::cli::support::error::CommandError;
use crate::cli::support::trained::Trained;
use crate::cli::support::{output, pictures};
use clap::Args;
use kiln::nn::{Images, PixelRange};
use kiln::train::{TrainError, picture, write_output};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Translate pictures of any size with a trained model, such as noisy ones to clean ones
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("All pictures of a folder", "kiln translate runs/denoise-1 --input photos --out clean"),
]))]
pub struct TranslateArgs {
    #[command(flatten)]
    model: RunArgs,
    /// Picture to translate, or a folder of pictures, each at its own size
    #[arg(long, value_name = "FILE|DIR", help_heading = "Images")]
    input: PathBuf,
    /// Folder to write to, as PNG files with the names of the pictures; made if it doesn't exist
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: PathBuf,
    #[command(flatten)]
    compute: ComputeArgs,
}

impl CommandArgs for TranslateArgs {
    /// Writes the translation of each picture. What can't be read is found before anything is written.
    fn run(&self) -> Result<ExitCode, CommandError> {
        let files = pictures::files(&self.input)?;
        let mut trained = Trained::open(&self.model, &self.compute)?;
        let (options, step) = (trained.options.clone(), trained.step);
        let translator = trained.translator()?;
        let ([channels, _], multiple) = (translator.channels(), translator.multiple());
        let outs: Vec<PathBuf> = files.iter().map(|file| out(&self.out, file)).collect();
        for (file, out) in files.iter().zip(&outs) {
            let same =
                fs::canonicalize(out).is_ok_and(|out| fs::canonicalize(file).is_ok_and(|file| file == out));
            if same {
                let file = file.display();
                return Err(CommandError::usage(format!(
                    "{file} would be overwritten by its translation; name another folder with --out"
                )));
            }
        }
        if let Some((first, second)) = twice(&files, &outs) {
            let (first, second) = (first.display(), second.display());
            return Err(CommandError::usage(format!(
                "{first} and {second} would be written to one file; rename one of them"
            )));
        }
        fs::create_dir_all(&self.out)
            .map_err(|reason| TrainError::Write { path: self.out.clone(), reason })?;
        for (file, out) in files.iter().zip(&outs) {
            let read = pictures::read(file, channels)?;
            let taken = pictures::images(&read, multiple, &options);
            let made = translator.translate(&taken)?.unit();
            // As many times larger as the model makes them, without what was added at the edges.
            let scale = made.dims()[2] / taken.unit().dims()[2];
            let made = made.narrow(2, 0, read.height() * scale).narrow(3, 0, read.width() * scale);
            write_output(out, &picture(&Images::new(made, PixelRange::Unit))?)?;
        }
        let kind = if channels == 1 { "grey" } else { "colours" };
        let count = files.len();
        output::print(&format!(
            "{count} pictures, read as {kind}, translated by step {step} in {}\n",
            self.out.display()
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The file that the translation of a picture is written to.
fn out(folder: &Path, file: &Path) -> PathBuf {
    folder.join(file.file_stem().unwrap_or_default()).with_extension("png")
}

/// Two pictures whose translations have one name.
fn twice<'f>(files: &'f [PathBuf], outs: &[PathBuf]) -> Option<(&'f Path, &'f Path)> {
    let second = (1..outs.len()).find(|&i| outs[..i].contains(&outs[i]))?;
    let first = outs.iter().position(|out| *out == outs[second])?;
    Some((&files[first], &files[second]))
}
