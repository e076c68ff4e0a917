//! Two handwritten digits that move and bounce: a data set of sequences that needs no download.
//!
//! It is Moving-MNIST (Srivastava, Mansimov and Salakhutdinov, 2015, <https://arxiv.org/abs/1502.04681>) of
//! procedural [`glyphs`](crate::glyphs): in each sequence two digits start anywhere in a field of 64×64, each in a
//! direction of its own, and turn back where they meet an edge. Where they cross, the lighter pixel is seen.
//! A sequence is drawn when it is needed.

use std::sync::Arc;

use kiln_tensor::random::Key;

use crate::glyphs::{PIXELS, SIDE, glyph};
use crate::pixels::{PixelSource, Pixels};
use crate::{DataError, DataKind, Dataset, Parts};

/// `builtin:moving-glyphs`.
pub const KIND: DataKind = DataKind {
    name: "builtin:moving-glyphs",
    argument: "",
    about: "sequences of 20 frames, 64×64: two procedural digits that move and bounce",
    accepts: str::is_empty,
    open: |_, options| parts(options.seed).converted(options),
};

/// Height and width of a frame in pixels.
pub const FIELD: usize = 64;

/// Frames of a sequence.
pub const FRAMES: usize = 20;

/// Digits in a sequence.
pub const DIGITS: usize = 2;

/// Sequences in the training part.
pub const TRAIN: usize = 10_000;

/// Sequences in the part held out.
pub const TEST: usize = 1_000;

/// Speed of a digit in pixels a frame, about 3.6 as in Moving-MNIST: a twentieth of what it may move through, doubled.
const SPEED: f64 = 0.1 * (FIELD - SIDE) as f64;

/// Frames of one sequence of `key`, T×H×W, 0 for black and 255 for full ink. A pure function of its arguments.
pub fn sequence(key: Key, index: u32) -> Vec<u8> {
    let mut stream = key.purpose("motion").step(index).stream();
    let room = (FIELD - SIDE) as f64;
    let mut frames = vec![0; FRAMES * FIELD * FIELD];
    for digit in 0..DIGITS {
        let number = index.wrapping_mul(DIGITS as u32).wrapping_add(digit as u32);
        let (_, ink) = glyph(key, number);
        let start = [stream.range(0.0, room), stream.range(0.0, room)];
        let (sin, cos) = stream.range(0.0, std::f64::consts::TAU).sin_cos();
        let velocity = [SPEED * sin, SPEED * cos];
        for (time, frame) in frames.chunks_exact_mut(FIELD * FIELD).enumerate() {
            let at =
                [0, 1].map(|axis| bounced(start[axis] + velocity[axis] * time as f64, room).round() as usize);
            stamp(frame, &ink, at);
        }
    }
    frames
}

/// Where something is between 0 and `room` that would be `at` if it didn't turn back at the ends.
fn bounced(at: f64, room: f64) -> f64 {
    let at = at.rem_euclid(2.0 * room);
    at.min(2.0 * room - at)
}

/// Puts a digit on a frame, where each is not darker than the other.
fn stamp(frame: &mut [u8], ink: &[u8; PIXELS], [top, left]: [usize; 2]) {
    for (row, line) in ink.chunks_exact(SIDE).enumerate() {
        let under = &mut frame[(top + row) * FIELD + left..][..SIDE];
        under.iter_mut().zip(line).for_each(|(under, &over)| *under = (*under).max(over));
    }
}

/// Sequences that are drawn when they are asked for.
#[derive(Clone, Copy, Debug)]
struct MovingGlyphs {
    seed: u64,
    purpose: &'static str,
    len: usize,
}

impl PixelSource for MovingGlyphs {
    fn rows(&self) -> usize {
        self.len
    }

    fn with_row(&self, row: usize, take: &mut dyn FnMut(&[u8])) -> Result<(), DataError> {
        take(&sequence(Key::new(self.seed).purpose(self.purpose), row as u32));
        Ok(())
    }

    fn digest(&self, checksum: &mut crc32fast::Hasher) {
        checksum.update(format!("{self:?}").as_bytes());
    }
}

/// [`TRAIN`] sequences to train on and [`TEST`] others.
pub fn parts(seed: u64) -> Parts {
    let set = |name: &str, purpose, len| {
        let pixels = Pixels::new(Arc::new(MovingGlyphs { seed, purpose, len }), [FRAMES, 1, FIELD, FIELD]);
        Dataset::of_frames(name, pixels).expect("there are sequences")
    };
    let test = set("moving-glyphs test", "moving-glyphs-test", TEST);
    Parts::new(set("moving-glyphs", "moving-glyphs", TRAIN), Some(test))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_frames_that_change_slowly() {
        let parts = parts(3);
        let info = parts.info();
        assert_eq!((parts.train.len(), info.image, info.frames), (TRAIN, Some([1, 64, 64]), 20));
        let sequence = parts.train.sequence(7).unwrap();
        assert_eq!(sequence, parts.train.sequence(7).unwrap());
        assert_ne!(sequence, parts.train.sequence(8).unwrap());
        assert_ne!(sequence, parts.test.unwrap().sequence(7).unwrap());
        let frames: Vec<&[u8]> = sequence.chunks(FIELD * FIELD).collect();
        assert!(frames.windows(2).all(|pair| pair[0] != pair[1]));
        let ink = |frame: &[u8]| frame.iter().map(|&value| u64::from(value)).sum::<u64>();
        // The ink stays, but for where the digits cross.
        let most = frames.iter().map(|frame| ink(frame)).max().unwrap();
        assert!(frames.iter().all(|frame| 2 * ink(frame) >= most && ink(frame) > 0));
    }

    #[test]
    fn digits_turn_back_at_the_edges() {
        for (at, want) in [(0.0, 0.0), (30.0, 30.0), (36.0, 36.0), (40.0, 32.0), (-5.0, 5.0), (77.0, 5.0)] {
            assert!((bounced(at, 36.0) - want).abs() < 1e-12, "{at}");
        }
    }
}
