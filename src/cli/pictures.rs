//! The pictures of a whole run: its curves, and its sheets as an animation.

use super::failure::Failure;
use kiln::report::gif::{self, Frame, Options};
use kiln::report::{ReportError, curves};
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
    let frames: Vec<Frame> = thinned(&steps).map(|step| Frame::File(dir.sheet(step))).collect();
    let options = Options { most_width: WIDTH, ..Options::default() };
    write_atomic(&dir.animation(), &gif::animate(&frames, &options)?)?;
    Ok(())
}

/// How wide an animation is at most, in pixels; wider ones of many frames take too many megabytes.
const WIDTH: u32 = 400;

/// At most [`MOST_FRAMES`] of them, the first and the last among these.
fn thinned(steps: &[u64]) -> impl Iterator<Item = u64> {
    let count = steps.len().min(MOST_FRAMES);
    let last = steps.len().saturating_sub(1);
    (0..count).map(move |i| steps[if count > 1 { i * last / (count - 1) } else { 0 }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_and_last_stay() {
        let thinned = |steps: u64| thinned(&(0..steps).collect::<Vec<_>>()).collect::<Vec<_>>();
        assert!(thinned(0).is_empty());
        assert_eq!(thinned(1), [0]);
        assert_eq!(thinned(3), [0, 1, 2]);
        let many = thinned(1000);
        assert_eq!((many.len(), many[0], many[59]), (MOST_FRAMES, 0, 999));
        assert!(many.is_sorted_by(|a, b| a < b));
    }
}
