//! `kiln data inspect`: what data holds.

use crate::cli::help::examples;
use crate::cli::options::image::ImageArgs;
use crate::cli::options::{threads, words};
use crate::cli::registry::CommandArgs;
use crate::cli::support::data::{self, DataRequest};
use crate::cli::support::error::CommandError;
use crate::cli::support::{extension, grid, output};
use clap::Args;
use kiln::data::inspect::{DataSummary, Spread};
use kiln::train::{SHEET_COLUMNS, held_out_of};
use std::path::PathBuf;
use std::process::ExitCode;

/// Print the number of images, their size, values and classes; write a sheet of them
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("The built-in digits", "kiln data inspect builtin:glyphs"),
    ("Photos as training would read them, with a picture of the first", "kiln data inspect folder:photos --image-size 64 --resize crop --sheet photos.png"),
    ("The same with random augmentation", "kiln data inspect folder:photos --sheet augmented.png --augment flip,crop=4"),
]))]
pub struct InspectArgs {
    /// Data, as for `kiln train --data`: builtin:glyphs, folder:DIR, mnist:DIR, …
    #[arg(add = words::data())]
    data: String,
    #[command(flatten)]
    images: ImageArgs,
    /// PNG file to write: images of every class, both sides and both parts
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    sheet: Option<PathBuf>,
    /// Random changes of the images on the sheet, as for `kiln train --augment`
    #[arg(long, value_name = "LIST", requires = "sheet", help_heading = "Output")]
    augment: Option<String>,
}

impl CommandArgs for InspectArgs {
    fn run(&self) -> Result<ExitCode, CommandError> {
        threads::start_all()?;
        if let Some(out) = &self.sheet {
            extension::check(out, "png")?;
        }
        let augment = self.augment.as_deref().map(data::augment).transpose()?;
        let parts = DataRequest::new(&self.data, &self.images).open()?;
        let mut text = DataSummary::of(&parts)?.to_string();
        let held_out = match (&parts.test, held_out_of(parts.train.len())) {
            (Some(_), _) => None,
            (None, 0) => Some("training holds none of so few out, and tests nothing".to_owned()),
            (None, count) => Some(format!("training holds {count} of them out, spread evenly over the set")),
        };
        for note in parts.notes.iter().chain(&held_out) {
            text += &format!("\nnote: {note}\n");
        }
        if let Some(out) = &self.sheet {
            let Some(spread) = Spread::of(&parts, SHEET_COLUMNS, augment.as_ref())? else {
                return Err(CommandError::usage("this data has no images for a sheet; leave out --sheet"));
            };
            grid::write(out, &spread.to_images(), spread.columns())?;
            text += &format!("\nthe rows of {}:\n", out.display());
            for (row, title) in spread.titles().enumerate() {
                text += &format!("{:4}  {title}\n", row + 1);
            }
        }
        output::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
