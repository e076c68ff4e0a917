//! The state of a run in one file.

use std::path::Path;

use kiln_nn::safetensors::{Metadata, from_bytes, to_bytes};
use kiln_nn::{DataInfo, StateDict, TensorOptions};

use crate::{TrainError, write_atomic};

/// What the metadata's `format` says.
const FORMAT: &str = "kiln-checkpoint";

/// What the metadata's `version` says.
const VERSION: &str = "4";

/// The key of the checksum in the metadata, and its value while the checksum is taken.
const SUM: &str = "\"crc32\":\"";
const NO_SUM: &str = "00000000";

/// The most values an image can have. A file that says more is damaged, and no network is made for it.
const MOST_VALUES: usize = 1 << 28;

/// The state of a run after some step: a safetensors file, which other tools read too, with what else is
/// needed in its metadata: format, version, recipe, step, what is known of the data, and a checksum of all of it.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The recipe of the run.
    pub recipe: String,
    /// Number of steps done then.
    pub step: u64,
    /// Step of the last line of metrics before it, which is on the disk since before the checkpoint was; 0 without any.
    pub logged: u64,
    /// What is known of the data, for which the model was built.
    pub data: DataInfo,
    /// All state of model and loader.
    pub state: StateDict,
}

impl Checkpoint {
    /// Writes the file, whole or not at all. The same state gives the same bytes.
    ///
    /// # Errors
    /// When the file can't be written or the device failed.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let damaged =
            |error: kiln_nn::safetensors::SafetensorsError| TrainError::damaged(path, error.to_string());
        let entry = |name: &str, value: String| (name.to_owned(), value);
        let metadata = Metadata::from([
            entry("format", FORMAT.to_owned()),
            entry("version", VERSION.to_owned()),
            entry("recipe", self.recipe.clone()),
            entry("step", self.step.to_string()),
            entry("logged", self.logged.to_string()),
            entry("data", serde_json::to_string(&self.data).unwrap_or_default()),
            entry("crc32", NO_SUM.to_owned()),
        ]);
        let mut bytes = to_bytes(&self.state, &metadata).map_err(damaged)?;
        if let (sum, Some(at)) = checksum(&bytes) {
            bytes[at..at + NO_SUM.len()].copy_from_slice(sum.as_bytes());
        }
        write_atomic(path, &bytes)
    }

    /// Reads a file, its tensors to the device of `options`.
    ///
    /// # Errors
    /// When it can't be read, isn't a checkpoint, is of another version, or is damaged.
    pub fn read(path: &Path, options: &TensorOptions) -> Result<Checkpoint, TrainError> {
        let bytes = std::fs::read(path).map_err(TrainError::read(path))?;
        Checkpoint::from_bytes(&bytes, options, path)
    }

    /// Reads the bytes of a file, its tensors to the device of `options`; `path` is for messages.
    ///
    /// # Errors
    /// When they aren't a checkpoint, are of another version, or are damaged.
    pub fn from_bytes(bytes: &[u8], options: &TensorOptions, path: &Path) -> Result<Checkpoint, TrainError> {
        let (state, metadata) = from_bytes(bytes, &options.device)
            .map_err(|error| TrainError::damaged(path, error.to_string()))?;
        let get = |name: &str| metadata.get(name).map_or("", String::as_str);
        if get("format") != FORMAT {
            return Err(TrainError::damaged(path, "it is a safetensors file, but not one that a run wrote"));
        }
        if get("version") != VERSION {
            let problem = format!("it has version {}, and this program reads {VERSION}", get("version"));
            return Err(TrainError::damaged(path, problem));
        }
        if get("crc32") != checksum(bytes).0 {
            return Err(TrainError::damaged(path, "its checksum is wrong, so it is damaged"));
        }
        let data: Option<DataInfo> = serde_json::from_str(get("data")).ok();
        let (Ok(step), Some(data)) = (get("step").parse(), data.filter(is_sensible)) else {
            return Err(TrainError::damaged(path, "its step or data is missing or makes no sense"));
        };
        if let Some(named) = step_of_name(path).filter(|named| *named != step) {
            let problem = format!("it is of step {step}, and its name says {named}");
            return Err(TrainError::damaged(path, problem));
        }
        let logged = get("logged").parse().unwrap_or(0);
        Ok(Checkpoint { recipe: get("recipe").to_owned(), step, logged, data, state })
    }

    /// The part of the state whose names begin with `part.`, without that beginning.
    pub fn part(&self, part: &str) -> StateDict {
        let named = |name: &str| Some(name.strip_prefix(part)?.strip_prefix('.')?.to_owned());
        self.state.iter().filter_map(|(name, value)| Some((named(name)?, value.clone()))).collect()
    }
}

/// The step in a name such as `step-000500.safetensors`.
fn step_of_name(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.strip_prefix("step-")?.parse().ok()
}

/// Whether images and frames of such data have values, and not too many.
fn is_sensible(data: &DataInfo) -> bool {
    let values =
        |shape: [usize; 3]| shape.iter().try_fold(1usize, |product, side| product.checked_mul(*side));
    let shapes = [data.image, data.target].into_iter().flatten();
    shapes.map(values).all(|values| values.is_some_and(|values| (1..=MOST_VALUES).contains(&values)))
}

/// The checksum of a file, header and all, taken with [`NO_SUM`] in its place, and where its place is. The header's
/// length is in the first eight bytes.
fn checksum(file: &[u8]) -> (String, Option<usize>) {
    let header = file.first_chunk().map_or(0, |length| u64::from_le_bytes(*length));
    let end = usize::try_from(header).ok().and_then(|header| header.checked_add(8)).unwrap_or(0);
    let header = file.get(..end).unwrap_or_default();
    let at = header.windows(SUM.len()).rposition(|window| window == SUM.as_bytes()).map(|at| at + SUM.len());
    let at = at.filter(|at| at + NO_SUM.len() <= file.len());
    let mut sum = crc32fast::Hasher::new();
    match at {
        Some(at) => {
            sum.update(&file[..at]);
            sum.update(NO_SUM.as_bytes());
            sum.update(&file[at + NO_SUM.len()..]);
        }
        None => sum.update(file),
    }
    (format!("{:08x}", sum.finalize()), at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::{Array, Device};
    use kiln_nn::StateValue;

    fn checkpoint() -> Checkpoint {
        let array = Array::from_slice(&[1.0f32, f32::MIN_POSITIVE, -0.0], [3], &Device::cpu());
        let state = [
            ("model.weight".to_owned(), StateValue::Tensor(array)),
            ("loader.epoch".to_owned(), StateValue::Count(7)),
            ("model.note".to_owned(), StateValue::Text("a \"text\"".to_owned())),
        ];
        let data = DataInfo { classes: 10, ..DataInfo::of_images([1, 28, 28]) };
        Checkpoint { recipe: "toy".into(), step: 12, logged: 10, data, state: state.into() }
    }

    #[test]
    fn a_file_holds_everything_and_is_always_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        checkpoint().write(&a).unwrap();
        let read = Checkpoint::read(&a, &TensorOptions::cpu_f32()).unwrap();
        assert_eq!((read.recipe.as_str(), read.step, read.logged), ("toy", 12, 10));
        assert_eq!(read.data, checkpoint().data);
        assert!(matches!(read.part("loader")["epoch"], StateValue::Count(7)));
        assert_eq!(read.part("model").len(), 2);
        read.write(&b).unwrap();
        assert_eq!(std::fs::read(a).unwrap(), std::fs::read(b).unwrap());
    }

    #[test]
    fn damage_anywhere_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("step-000012.safetensors");
        checkpoint().write(&path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let refuse = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let error = Checkpoint::read(&path, &TensorOptions::cpu_f32()).unwrap_err().to_string();
            assert!(error.contains("is not a usable checkpoint"), "{error}");
        };
        for length in [0, 5, 8, 100, whole.len() - 1] {
            refuse(&whole[..length]);
        }
        refuse(b"not a safetensors file at all");
        for shape in [[1, 0, 28], [3, 1 << 20, 1 << 20], [usize::MAX; 3]] {
            Checkpoint { data: DataInfo::of_images(shape), ..checkpoint() }.write(&path).unwrap();
            refuse(&std::fs::read(&path).unwrap());
        }
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        refuse(&flipped);
        // The step is in the header.
        let at = whole.windows(11).position(|window| window == b"\"step\":\"12\"").unwrap();
        let mut later = whole.clone();
        later[at + 9] = b'3';
        refuse(&later);
        // It is in the name too.
        let renamed = path.with_file_name("step-000013.safetensors");
        std::fs::write(&renamed, &whole).unwrap();
        let error = Checkpoint::read(&renamed, &TensorOptions::cpu_f32()).unwrap_err().to_string();
        assert!(error.contains("it is of step 12, and its name says 13"), "{error}");
    }
}
