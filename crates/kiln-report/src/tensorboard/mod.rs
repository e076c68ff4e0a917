//! Event files, which TensorBoard shows.

mod events;
mod proto;

use std::io;
use std::path::Path;

use image::{ImageDecoder, ImageReader};
use kiln_train::{Event, Observer, TrainError, read_regular};

use events::EventFile;
use proto::{EventContent, ImageProto, SessionLog, SessionStatus, SummaryProto, SummaryValue, ValueContent};

/// Writes what happens in a run as TensorBoard shows it: metrics as scalars `train/<name>` and
/// `test/<name>`, the speed as the scalar `speed/images_per_second`, and sheets as the image `sheet`.
///
/// Show a run with `tensorboard --logdir <the run's folder>`, several with the folder of the runs. Metrics
/// are stored there as `f32`.
#[derive(Debug)]
pub struct TensorBoard {
    file: EventFile,
}

impl TensorBoard {
    /// Makes a new event file in this folder, and the folder if there is none. A run that is resumed gets a
    /// further file, which tells TensorBoard to forget what came after the step it goes on from.
    ///
    /// # Errors
    /// [`TrainError::Write`].
    pub fn create(dir: &Path) -> Result<TensorBoard, TrainError> {
        Ok(TensorBoard { file: EventFile::create(dir)? })
    }

    fn summary(&mut self, step: u64, values: Vec<SummaryValue>) -> Result<(), TrainError> {
        self.file.add(step, EventContent::Summary(SummaryProto { value: values }))
    }
}

impl Observer for TensorBoard {
    fn event(&mut self, event: &Event) -> Result<(), TrainError> {
        match *event {
            Event::Start { step, .. } => {
                let start = SessionLog { status: SessionStatus::Start.into() };
                // TensorBoard drops what has this step or a later one, and what the checkpoint's step
                // wrote is to stay.
                self.file.add(step + 1, EventContent::SessionLog(start))
            }
            Event::Step { step, metrics: Some(metrics), images_per_second, .. } => {
                let mut values = scalars("train", metrics);
                values.push(scalar("speed/images_per_second".to_owned(), images_per_second));
                self.summary(step, values)
            }
            Event::Evaluated { step, metrics } => self.summary(step, scalars("test", metrics)),
            Event::Sheet { step, path, .. } => {
                let image =
                    image(path).map_err(|reason| TrainError::Read { path: path.to_owned(), reason })?;
                let value =
                    SummaryValue { tag: "sheet".to_owned(), content: Some(ValueContent::Image(image)) };
                self.summary(step, vec![value])
            }
            _ => Ok(()),
        }
    }

    fn sync(&mut self) -> Result<(), TrainError> {
        self.file.sync()
    }
}

fn scalars(part: &str, metrics: &[(String, f64)]) -> Vec<SummaryValue> {
    metrics.iter().map(|(name, value)| scalar(format!("{part}/{name}"), *value)).collect()
}

fn scalar(tag: String, value: f64) -> SummaryValue {
    SummaryValue { tag, content: Some(ValueContent::Number(value as f32)) }
}

/// The file as it is, with what TensorBoard wants to know about it.
fn image(path: &Path) -> io::Result<ImageProto> {
    let encoded = read_regular(path)?;
    let decoder = ImageReader::new(io::Cursor::new(&encoded))
        .with_guessed_format()?
        .into_decoder()
        .map_err(io::Error::other)?;
    let (width, height) = decoder.dimensions();
    let channels = decoder.color_type().channel_count();
    drop(decoder);
    let size = |side: u32| i32::try_from(side).map_err(io::Error::other);
    Ok(ImageProto { height: size(height)?, width: size(width)?, colorspace: channels.into(), encoded })
}
