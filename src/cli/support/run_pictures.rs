//! The pictures of a whole run: its curves, and its sheets as an animation.

use super::error::CommandError;
use kiln::report::gif::{self, GifFrame, GifOptions};
use kiln::report::{ReportError, curves, thinned};
use kiln::train::{History, RunDir, write_atomic};

/// The most frames an animation of sheets has; they are picked evenly.
const MOST_FRAMES: usize = 60;

/// The largest width of an animation, in pixels; wider ones of many frames take too many megabytes.
const MOST_WIDTH: u32 = 400;

/// Writes `curves.png` and `training.gif` from what the run has written so far; each where there is something to show.
pub fn write(dir: &RunDir) -> Result<(), CommandError> {
    let history = History::read(&dir.metrics()).map_err(ReportError::from)?;
    let name = dir.root().file_name().unwrap_or(dir.root().as_os_str()).to_string_lossy();
    match curves::png(&[(&name, &history)]) {
        // A run that was stopped at once has none yet.
        Err(ReportError::NoMetrics) => {}
        picture => write_atomic(&dir.curves(), &picture?)?,
    }
    let steps = dir.sheet_steps()?;
    let frames: Vec<GifFrame> =
        thinned(&steps, MOST_FRAMES).into_iter().map(|step| GifFrame::File(dir.sheet(step))).collect();
    if frames.is_empty() {
        return Ok(());
    }
    let options = GifOptions { most_width: MOST_WIDTH, ..GifOptions::default() };
    write_atomic(&dir.animation(), &gif::animate(&frames, &options)?)?;
    Ok(())
}
