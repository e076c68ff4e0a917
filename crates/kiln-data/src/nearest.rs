//! What somebody may have meant by a data spec that is none.

use strsim::levenshtein;

use crate::spec::{BUILTIN, KINDS, parse};

/// The form that `spec` comes closest to, keeping a path that was given.
pub(crate) fn nearest_form(spec: &str) -> String {
    let Some((kind, rest)) = spec.split_once(':') else {
        return nearest_to_word(spec);
    };
    let lower = kind.to_lowercase();
    let kinds = KINDS.iter().map(|&(kind, argument)| (kind, Some(argument)));
    let kinds = std::iter::once(("builtin", None)).chain(kinds);
    match nearest(&lower, kinds, |(kind, _)| kind) {
        Some((_, None)) => nearest_builtin(rest),
        Some((kind, Some(argument))) => {
            // What was given is kept unless it is not the two folders that `unpaired` takes.
            let keep =
                !rest.is_empty() && (kind != "unpaired" || parse(&format!("unpaired:{rest}")).is_some());
            format!("{kind}:{}", if keep { rest } else { argument })
        }
        None => all_forms(),
    }
}

/// The form closest to a spec without a colon: by its look a path, or the name of a set.
fn nearest_to_word(word: &str) -> String {
    let lower = word.to_lowercase();
    if lower.contains("ubyte") || lower.contains("idx3") {
        return format!("idx:{word}");
    }
    if word.contains(['/', '\\']) {
        let named = ["mnist", "cifar10"].into_iter().find(|kind| lower.contains(kind.trim_end_matches("10")));
        return format!("{}:{word}", named.unwrap_or("folder"));
    }
    if let Some((name, _)) = nearest(&lower, BUILTIN.iter(), |(name, _)| name) {
        return format!("builtin:{name}");
    }
    // The word may be the kind.
    if word.is_empty() { all_forms() } else { nearest_form(&format!("{word}:")) }
}

/// The procedural set closest to a name.
fn nearest_builtin(name: &str) -> String {
    let found = nearest(&name.to_lowercase(), BUILTIN.iter(), |(name, _)| name);
    found.map_or_else(builtin_forms, |(name, _)| format!("builtin:{name}"))
}

/// The choice whose name is closest to `word`, if at most half of the name is wrong.
fn nearest<T>(word: &str, choices: impl Iterator<Item = T>, name: impl Fn(&T) -> &str) -> Option<T> {
    let nearest = choices.min_by_key(|choice| levenshtein(name(choice), word))?;
    (levenshtein(name(&nearest), word) <= name(&nearest).len() / 2).then_some(nearest)
}

fn builtin_forms() -> String {
    BUILTIN.map(|(name, _)| format!("builtin:{name}")).join(" or ")
}

fn all_forms() -> String {
    let kinds = KINDS.map(|(kind, argument)| format!("{kind}:{argument}"));
    format!("{} or {}", builtin_forms(), kinds.join(" or "))
}

#[cfg(test)]
mod tests {
    use crate::DataSpec;

    #[test]
    fn mistakes_are_answered_with_the_nearest_form() {
        let builtin = "builtin:glyphs or builtin:scenes or builtin:scenes-64";
        let all = format!(
            "{builtin} or mnist:DIR or idx:FILE or cifar10:DIR or folder:DIR or paired:DIR or \
             unpaired:DIR,DIR"
        );
        for (wrong, right) in [
            ("builtin:glyph", "builtin:glyphs"),
            ("builtin:Scene", "builtin:scenes"),
            ("builtin:scenes64", "builtin:scenes-64"),
            ("builtin:scenes-32", "builtin:scenes-64"),
            ("builtin:", builtin),
            ("builtin", builtin),
            ("glyphs", "builtin:glyphs"),
            ("scenes", "builtin:scenes"),
            ("built-in:glyphs", "builtin:glyphs"),
            ("mnist", "mnist:DIR"),
            ("mnist:", "mnist:DIR"),
            ("mnsit:data/x", "mnist:data/x"),
            ("MNIST:data/x", "mnist:data/x"),
            ("idx", "idx:FILE"),
            ("cifar:data/x", "cifar10:data/x"),
            ("cifar-10:data/x", "cifar10:data/x"),
            ("folders:x", "folder:x"),
            ("pair:x", "paired:x"),
            ("unpaired:x", "unpaired:DIR,DIR"),
            ("unpaired:x,", "unpaired:DIR,DIR"),
            ("unpaired:x,y,z", "unpaired:DIR,DIR"),
            ("unpaird:x,y", "unpaired:x,y"),
            ("data/mnist", "mnist:data/mnist"),
            ("data/cifar-10-batches-bin", "cifar10:data/cifar-10-batches-bin"),
            ("./faces", "folder:./faces"),
            ("data/train-images-idx3-ubyte.gz", "idx:data/train-images-idx3-ubyte.gz"),
            ("", &all),
            ("parquet:x", &all),
        ] {
            let error = wrong.parse::<DataSpec>().unwrap_err();
            assert_eq!(error.suggestion, right, "for {wrong:?}");
            assert!(error.to_string().contains(right));
        }
    }
}
