//! The sheets of a run.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kiln_train::{RunDir, read_regular};
use serde::Serialize;

use crate::{ReportError, thinned};

/// Largest number of sheets in a file.
const MOST_INSIDE: usize = 60;

/// Source of the pictures on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SheetSource {
    /// The page itself.
    Inside,
    /// The server that the page came from.
    Served,
}

/// A sheet of the run, as a picture on the page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct PageSheet {
    step: u64,
    /// Address of the picture.
    src: String,
}

/// The sheets that are shown, and the number of all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct PageSheets {
    found: usize,
    shown: Vec<PageSheet>,
}

impl PageSheets {
    pub fn read(run: &RunDir, sources: SheetSource) -> Result<PageSheets, ReportError> {
        let mut steps = run.sheet_steps()?;
        let found = steps.len();
        if sources == SheetSource::Inside {
            steps = thinned(&steps, MOST_INSIDE);
        }
        let shown = steps.into_iter().map(|step| {
            let path = run.sheet(step);
            let src = match sources {
                SheetSource::Served => format!("/sheets/step-{step}.png"),
                SheetSource::Inside => {
                    let bytes = read_regular(&path).map_err(ReportError::read(&path))?;
                    format!("data:image/png;base64,{}", STANDARD.encode(bytes))
                }
            };
            Ok(PageSheet { step, src })
        });
        Ok(PageSheets { found, shown: shown.collect::<Result<_, ReportError>>()? })
    }
}
