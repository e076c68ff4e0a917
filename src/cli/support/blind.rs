//! A sheet of images of several models for a judgement that knows nothing of the models.

use super::error::CommandError;
use super::output;
use super::trained::Trained;
use kiln::grad::Tensor;
use kiln::nn::{Exhibit, Images, PixelRange};
use kiln::tensor::random::Key;
use kiln::train::{TrainError, png, write_output};
use serde_json::json;
use std::path::Path;

/// Writes `sheet.png` into a folder: in each row an image of each model, in an order of the row's own; and beside it
/// `answers.json`, which says for each row which run each column is of. No file that is there is replaced.
pub fn write(
    folder: &Path,
    names: &[String],
    models: &mut [Trained],
    rows: usize,
    seed: u64,
) -> Result<(), CommandError> {
    let [sheet, answers] = ["sheet.png", "answers.json"].map(|name| folder.join(name));
    if let Some(taken) = [&sheet, &answers].into_iter().find(|path| path.symlink_metadata().is_ok()) {
        let taken = taken.display();
        return Err(CommandError::other(format!("{taken} already exists; name another folder with --blind")));
    }
    let key = Key::new(seed).purpose("blind");
    let mut made = Vec::new();
    for (number, trained) in models.iter_mut().enumerate() {
        // Noise of their own: models of one size would make images that look related of the same noise.
        let key = key.purpose(&format!("noise {number}"));
        made.push(trained.generator()?.draw(rows, key, None)?.unit().to_device(&kiln::grad::Device::cpu())?);
    }
    let dims = |images: &Tensor| images.dims()[1..].to_vec();
    if let Some(other) = made.iter().position(|images| dims(images) != dims(&made[0])) {
        return Err(CommandError::other(format!(
            "{} and {} make images of different sizes or channels, by which they would be told apart; compare runs of one size",
            output::name(&names[0]),
            output::name(&names[other])
        )));
    }
    let (mut cells, mut key_of_rows) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let order = key.purpose("order").step(row as u32).permutation(models.len());
        cells.extend(order.iter().map(|model| made[*model as usize].narrow(0, row, 1)));
        key_of_rows.push(order.iter().map(|model| &names[*model as usize]).collect::<Vec<_>>());
    }
    std::fs::create_dir_all(folder)
        .map_err(|reason| TrainError::Write { path: folder.to_owned(), reason })?;
    let all = Images::new(Tensor::concat(&cells.iter().collect::<Vec<_>>(), 0), PixelRange::Unit);
    write_output(
        &sheet,
        &png(&Exhibit::grid(&all, models.len(), "images of different models in each row"))?,
    )?;
    let text = format!("{:#}\n", json!({ "rows": key_of_rows, "seed": seed }));
    Ok(write_output(&answers, text.as_bytes())?)
}
