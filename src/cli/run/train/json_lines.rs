//! The events of a run, as lines of JSON on standard output.

use super::model_size::ModelSize;
use crate::cli::support::output;
use kiln::train::{Event, Observer, TrainError};
use serde_json::{Map, Value, json};

/// Prints each event as an object with the field `event`.
pub struct JsonLines {
    size: ModelSize,
    notes: Vec<String>,
    steps: u64,
}

impl JsonLines {
    /// The lines of a run with a model of this size, and what was decided about it.
    pub fn new(size: ModelSize, notes: Vec<String>) -> Self {
        JsonLines { size, notes, steps: 0 }
    }
}

impl Observer for JsonLines {
    fn event(&mut self, event: &Event) -> Result<(), TrainError> {
        let line = match *event {
            Event::Start { config, data, parameters, step } => {
                self.steps = config.steps;
                json!({
                    "event": "start", "recipe": config.recipe, "data": config.data, "step": step,
                    "steps": config.steps, "batch_size": config.batch_size, "seed": config.seed,
                    "images": data.train().len(), "shape": data.info().image, "parameters": parameters,
                    "checkpoint_bytes": self.size.checkpoint, "notes": self.notes,
                })
            }
            Event::Gap { from, to } => json!({ "event": "gap", "from": from, "to": to }),
            Event::Step { metrics: None, .. } => return Ok(()),
            Event::Step { step, epoch, metrics: Some(metrics), images_per_second } => json!({
                "event": "step", "step": step, "steps": self.steps, "epoch": epoch,
                "images_per_second": images_per_second, "metrics": object(metrics),
            }),
            Event::Sheet { step, path, .. } => {
                json!({ "event": "sheet", "step": step, "path": path.to_string_lossy() })
            }
            Event::Evaluated { step, metrics } => {
                json!({ "event": "test", "step": step, "metrics": object(metrics) })
            }
            Event::Checkpoint { step, path } => {
                json!({ "event": "checkpoint", "step": step, "path": path.to_string_lossy() })
            }
            Event::Replay { from, to } => json!({ "event": "replay", "from": from, "to": to }),
            Event::NoGradient { since, names } => {
                json!({ "event": "no_gradient", "since": since, "names": names })
            }
            Event::Certain { since } => json!({ "event": "certain", "since": since }),
            Event::Stopped { step, .. } => json!({ "event": "stopped", "step": step }),
            Event::Finished { step, seconds } => {
                json!({ "event": "finished", "step": step, "seconds": seconds })
            }
            _ => return Ok(()),
        };
        output::print_json_line(&line).map_err(|failure| TrainError::Write {
            path: "standard output".into(),
            reason: std::io::Error::other(failure.message),
        })
    }
}

fn object(metrics: &[(String, f64)]) -> Map<String, Value> {
    metrics.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
}
