//! The files of a run.

use kiln_train::{Follow, History, RunDir};

use super::feed::Source;
use crate::ReportError;
use crate::binned::Binned;
use crate::page::{ReportData, SheetSource};

/// The files of a run, with its metrics as far as they were read.
#[derive(Debug)]
pub(crate) struct RunFiles {
    run: RunDir,
    metrics: Follow<Binned>,
}

impl RunFiles {
    pub fn new(run: RunDir) -> RunFiles {
        let metrics = Follow::new(&run.metrics());
        RunFiles { run, metrics }
    }

    pub fn dir(&self) -> &RunDir {
        &self.run
    }

    pub fn history(&self) -> &History<Binned> {
        self.metrics.history()
    }
}

impl Source for RunFiles {
    type Report = ReportData;

    fn read(&mut self) -> Result<ReportData, ReportError> {
        self.metrics.poll()?;
        ReportData::new(&self.run, self.metrics.history(), SheetSource::Served)
    }
}
