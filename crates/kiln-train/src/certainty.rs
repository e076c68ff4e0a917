//! Whether a discriminator is never wrong any more.

/// Share of samples from which on it counts as never wrong.
const SURE: f64 = 0.995;

/// Number of times in a row that this has to be read before it is worth a word: a good discriminator is sure for a while.
const TIMES: u32 = 20;

/// The shares of samples that a discriminator takes for what they are, among the metrics: those whose names end with
/// `_right`.
#[derive(Default)]
pub(crate) struct Certainty {
    /// The step from which on all shares were near 1.
    pub since: u64,
    times: u32,
    said: bool,
}

impl Certainty {
    /// Takes note of what was read at a step; whether all shares have been near 1 for the twentieth time in a row, for the
    /// first time.
    pub fn note(&mut self, step: u64, values: &[(String, f64)]) -> bool {
        let mut shares = values.iter().filter(|(name, _)| name.ends_with("_right")).peekable();
        if shares.peek().is_none() {
            return false;
        }
        if !shares.all(|(_, share)| *share >= SURE) {
            self.times = 0;
            return false;
        }
        if self.times == 0 {
            self.since = step;
        }
        self.times += 1;
        self.times >= TIMES && !std::mem::replace(&mut self.said, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_said_once_when_no_sample_was_mistaken_for_long() {
        let mut certainty = Certainty::default();
        let mut read = |step: u64, real: f64, fake: f64| {
            let shares = [("d_loss", 0.1), ("d_real_right", real), ("d_fake_right", fake)];
            certainty.note(step, &shares.map(|(name, value)| (name.to_owned(), value)))
        };
        assert!((0..50).all(|step| !read(step, 1.0, 0.9)));
        assert!((50..69).all(|step| !read(step, 1.0, 0.999)));
        assert!(read(69, 1.0, 1.0) && !read(70, 1.0, 1.0));
        assert!((71..200).all(|step| !read(step, 1.0, if step == 90 { 0.5 } else { 1.0 })));
        assert_eq!(certainty.since, 91);
        // Other models have no such shares.
        assert!((0..50).all(|step| !Certainty::default().note(step, &[("loss".to_owned(), 1.0)])));
    }
}
