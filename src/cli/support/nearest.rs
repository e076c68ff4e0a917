//! Did you mean …? The word that a mistyped one stands for.

/// The candidate most like `word`, or a list of all of them if none is like it.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let word = word.to_lowercase();
    // Counts exchanged neighbours as one mistake, which are the most frequent ones.
    let likeness = |candidate: &str| strsim::normalized_damerau_levenshtein(&word, candidate);
    let best = candidates.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match best {
        Some(best) if likeness(best) >= 0.5 => format!("did you mean {best}?"),
        _ => format!("there are {}", candidates.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likely_words_are_found_and_others_get_the_list() {
        let words = ["vae", "vae-conv", "gan", "dcgan"];
        for (typed, meant) in [("vea", "vae"), ("vae_conv", "vae-conv"), ("dcgna", "dcgan"), ("GAN", "gan")] {
            assert_eq!(nearest(typed, words), format!("did you mean {meant}?"), "{typed}");
        }
        assert_eq!(nearest("unrelated", words), "there are vae, vae-conv, gan, dcgan");
    }
}
