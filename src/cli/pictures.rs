//! The pictures of a whole run: its curves, and its sheets as an animation.

use super::failure::Failure;
use kiln::report::gif::{self, Frame, Options};
use kiln::report::{ReportError, curves, thinned};
use kiln::train::{History, LockedRunDir, write_atomic};

/// The most frames an animation of sheets has; they are picked evenly.
const MOST_FRAMES: usize = 60;

/// Writes `curves.png` and `training.gif` from what the run has written so far.
pub fn write(dir: &LockedRunDir) -> Result<(), Failure> {
    let history = History::read(&dir.metrics()).map_err(ReportError::from)?;
    let name = dir.root().file_name().unwrap_or(dir.root().as_os_str()).to_string_lossy();
    match curves::png(&[(&name, &history)]) {
        // A run that was stopped at once has none yet.
        Err(ReportError::NoMetrics) => {}
        picture => write_atomic(&dir.curves(), &picture?)?,
    }
    let steps = dir.sheet_steps()?;
    let frames: Vec<Frame> =
        thinned(&steps, MOST_FRAMES).into_iter().map(|step| Frame::File(dir.sheet(step))).collect();
    let options = Options { most_width: WIDTH, ..Options::default() };
    write_atomic(&dir.animation(), &gif::animate(&frames, &options)?)?;
    Ok(())
}

/// How wide an animation is at most, in pixels; wider ones of many frames take too many megabytes.
const WIDTH: u32 = 400;
