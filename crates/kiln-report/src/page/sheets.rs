//! The sheets of a run.

use std::fs::{self, File};
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kiln_train::{RunDir, read_regular};
use serde::Serialize;

use super::steps::StepsChange;
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

/// The sheets that are shown, and the number of all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PageSheets {
    found: usize,
    steps: Vec<u64>,
    /// Addresses of the pictures, if they are inside of the page.
    pictures: Option<Vec<String>>,
}

/// What a page doesn't know of the sheets yet.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct SheetsChange<'a> {
    found: usize,
    shown: StepsChange<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pictures: Option<&'a [String]>,
}

impl PageSheets {
    pub fn read(run: &RunDir, sources: SheetSource) -> Result<PageSheets, ReportError> {
        let mut steps = run.sheet_steps()?;
        steps.retain(|step| is_own(run, *step));
        let found = steps.len();
        let mut pictures = None;
        if sources == SheetSource::Inside {
            steps = thinned(&steps, MOST_INSIDE);
            let picture = |step: &u64| {
                let path = run.sheet(*step);
                let bytes = read_regular(&path).map_err(ReportError::read(&path))?;
                Ok(format!("data:image/png;base64,{}", STANDARD.encode(bytes)))
            };
            pictures = Some(steps.iter().map(picture).collect::<Result<_, ReportError>>()?);
        }
        Ok(PageSheets { found, steps, pictures })
    }

    /// Steps of the sheets that are shown.
    pub fn steps(&self) -> &[u64] {
        &self.steps
    }

    /// What has changed since; `None` if nothing has.
    pub fn since(&self, before: Option<&PageSheets>) -> Option<SheetsChange<'_>> {
        (before != Some(self)).then(|| SheetsChange {
            found: self.found,
            shown: StepsChange::between(&self.steps, before.map_or(&[], |before| &before.steps)),
            pictures: self.pictures.as_deref(),
        })
    }
}

/// The file of a sheet. Links are not followed: they could lead to pictures that aren't the run's.
pub(crate) fn open_sheet(run: &RunDir, step: u64) -> io::Result<File> {
    if is_own(run, step) { File::open(run.sheet(step)) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// Whether a sheet is a file of the run, and not a link to one, nor in a folder that is.
fn is_own(run: &RunDir, step: u64) -> bool {
    let is_folder = fs::symlink_metadata(run.sheets()).is_ok_and(|found| found.is_dir());
    is_folder && fs::symlink_metadata(run.sheet(step)).is_ok_and(|found| found.is_file())
}
