//! The sheets of a run.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kiln_train::RunDir;
use serde::Serialize;

use crate::ReportError;

/// How many sheets a file holds at most.
const MOST_INSIDE: usize = 60;

/// Where the page takes its pictures from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sources {
    /// From inside itself.
    Inside,
    /// From the server that it came from.
    Served,
}

/// A sheet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Sheet {
    step: u64,
    /// Where the picture is.
    src: String,
}

/// Sheets, and how many there would be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Sheets {
    found: usize,
    shown: Vec<Sheet>,
}

impl Sheets {
    pub fn read(run: &RunDir, sources: Sources) -> Result<Sheets, ReportError> {
        let mut steps = steps(run)?;
        let found = steps.len();
        if sources == Sources::Inside {
            steps = thinned(&steps, MOST_INSIDE);
        }
        let shown = steps.into_iter().map(|step| {
            let path = run.sheet(step);
            let src = match sources {
                Sources::Served => format!("/sheets/step-{step}.png"),
                Sources::Inside => {
                    let bytes = fs::read(&path).map_err(ReportError::read(&path))?;
                    format!("data:image/png;base64,{}", STANDARD.encode(bytes))
                }
            };
            Ok(Sheet { step, src })
        });
        Ok(Sheets { found, shown: shown.collect::<Result<_, ReportError>>()? })
    }
}

/// The steps of which there are sheets, ascending.
fn steps(run: &RunDir) -> Result<Vec<u64>, ReportError> {
    let folder = run.sheets();
    let mut steps = Vec::new();
    for entry in fs::read_dir(&folder).map_err(ReportError::read(&folder))? {
        let name = entry.map_err(ReportError::read(&folder))?.file_name();
        let step = name.to_str().and_then(|name| name.strip_prefix("step-")?.strip_suffix(".png"));
        steps.extend(step.and_then(|step| step.parse::<u64>().ok()));
    }
    steps.sort_unstable();
    // The names of other files can be read as the same step.
    steps.dedup();
    steps.retain(|step| run.sheet(*step).is_file());
    Ok(steps)
}

/// At most `most` of them, at least 2, evenly spread, with the first and the last.
fn thinned(steps: &[u64], most: usize) -> Vec<u64> {
    if steps.len() <= most {
        return steps.to_vec();
    }
    (0..most).map(|i| steps[i * (steps.len() - 1) / (most - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_ends_and_is_even() {
        let steps: Vec<u64> = (0..200).collect();
        let thin = thinned(&steps, 60);
        assert_eq!((thin.len(), thin[0], thin[59]), (60, 0, 199));
        assert!(thin.windows(2).all(|pair| (3..=4).contains(&(pair[1] - pair[0]))));
        assert_eq!(thinned(&steps[..60], 60), steps[..60]);
        assert_eq!(thinned(&steps[..61], 60).len(), 60);
    }
}
