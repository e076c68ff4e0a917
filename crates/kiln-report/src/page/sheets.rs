//! The sheets of a run.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kiln_train::RunDir;
use serde::Serialize;

use crate::{ReportError, thinned};

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
        let mut steps = run.sheet_steps()?;
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
