//! Words of a command or a recipe that are not understood.

use strsim::normalized_damerau_levenshtein;

/// A word of a command or a recipe that can't mean what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} can't be {value:?}; {remedy}")]
pub struct UsageError {
    /// The thing that was to be said, such as `data` or `image size`.
    pub what: &'static str,
    /// The word.
    pub value: String,
    /// Words that would do instead.
    pub remedy: String,
}

impl UsageError {
    /// An error of `what`, for which `value` was written.
    pub(crate) fn new(what: &'static str, value: impl Into<String>, remedy: impl Into<String>) -> Self {
        UsageError { what, value: value.into(), remedy: remedy.into() }
    }
}

/// `did you mean` the candidate most like `word`, or a list of all candidates if none is like it.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    match nearest(word, candidates.iter().copied()) {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => format!("there are {}", candidates.join(", ")),
    }
}

/// Likeness from which on a word is taken for a misspelling: three letters of five, so that words that merely share an
/// ending get the list.
const LIKE: f64 = 0.6;

/// The candidate most like `word`, if one is at all like it.
pub(crate) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // Counts exchanged neighbours as one mistake, which are the most frequent ones.
    let likeness = |candidate: &str| normalized_damerau_levenshtein(&word, candidate);
    candidates
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .filter(|candidate| likeness(candidate) >= LIKE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likely_words_are_found_and_others_get_the_list() {
        let words = ["vae", "vae-conv", "gan", "dcgan"];
        for (typed, meant) in [("vea", "vae"), ("vae_conv", "vae-conv"), ("dcgna", "dcgan"), ("GAN", "gan")] {
            assert_eq!(did_you_mean(typed, words), format!("did you mean {meant}?"), "{typed}");
        }
        assert_eq!(did_you_mean("unrelated", words), "there are vae, vae-conv, gan, dcgan");
        assert_eq!(did_you_mean("wgan-gp", ["vae", "dcgan-64"]), "there are vae, dcgan-64");
    }
}
