//! What may have been meant by a data spec that is none.

use crate::spec::parse;
use crate::usage::nearest;
use crate::{DataKind, KINDS};

/// Beginning of the names of procedural sets.
const BUILTIN: &str = "builtin:";

/// Kinds whose files have their name as an ending.
const ARCHIVES: [&str; 4] = ["zip", "tar", "npy", "npz"];

/// The form that `spec` comes closest to, keeping a path that was given.
pub(crate) fn nearest_form(spec: &str) -> String {
    let Some((kind, rest)) = spec.split_once(':') else {
        return nearest_to_word(spec);
    };
    let names = KINDS.iter().map(|kind| kind.name).filter(|name| !name.starts_with(BUILTIN));
    match nearest(kind, names.chain([BUILTIN.trim_end_matches(':')])) {
        Some("builtin") => nearest_builtin(rest),
        Some(name) => {
            // What was given is kept, unless it is no argument of that kind.
            let kept = format!("{name}:{rest}");
            let kept = parse(&kept).map(|_| kept);
            kept.or_else(|| KINDS.iter().find(|kind| kind.name == name).map(DataKind::form))
                .unwrap_or_default()
        }
        None => forms(|_| true),
    }
}

/// The form closest to a spec without a colon: by its look a path, or the name of a set.
fn nearest_to_word(word: &str) -> String {
    let lower = word.to_lowercase();
    if lower.contains("ubyte") || lower.contains("idx3") {
        return format!("idx:{word}");
    }
    if let Some(kind) = ARCHIVES.into_iter().find(|kind| lower.ends_with(&format!(".{kind}"))) {
        return format!("{kind}:{word}");
    }
    if word.contains(['/', '\\']) {
        let named = ["mnist", "cifar10"].into_iter().find(|kind| lower.contains(kind.trim_end_matches("10")));
        return format!("{}:{word}", named.unwrap_or("folder"));
    }
    let names = KINDS.iter().filter_map(|kind| kind.name.strip_prefix(BUILTIN));
    if let Some(name) = nearest(word, names) {
        return format!("{BUILTIN}{name}");
    }
    // The word may be the kind.
    if word.is_empty() { forms(|_| true) } else { nearest_form(&format!("{word}:")) }
}

/// The procedural set closest to a name.
fn nearest_builtin(name: &str) -> String {
    let names = KINDS.iter().filter_map(|kind| kind.name.strip_prefix(BUILTIN));
    let is_builtin = |kind: &DataKind| kind.name.starts_with(BUILTIN);
    nearest(name, names).map_or_else(|| forms(is_builtin), |name| format!("{BUILTIN}{name}"))
}

/// The forms of some kinds.
fn forms(which: impl Fn(&DataKind) -> bool) -> String {
    let forms: Vec<String> = KINDS.iter().filter(|kind| which(kind)).map(DataKind::form).collect();
    forms.join(" or ")
}

#[cfg(test)]
mod tests {
    use crate::{DataSpec, KINDS};

    #[test]
    fn mistakes_are_answered_with_the_nearest_form() {
        let forms = |builtin: bool| {
            let some = KINDS.iter().filter(|kind| !builtin || kind.name.starts_with("builtin:"));
            some.map(|kind| kind.form()).collect::<Vec<_>>().join(" or ")
        };
        let (builtin, all) = (&forms(true), forms(false));
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
            ("unpaird:x,y", "unpaired:x,y"),
            ("data/mnist", "mnist:data/mnist"),
            ("data/cifar-10-batches-bin", "cifar10:data/cifar-10-batches-bin"),
            ("./faces", "folder:./faces"),
            ("faces.ZIP", "zip:faces.ZIP"),
            ("data/faces.tar", "tar:data/faces.tar"),
            ("data/x.npz", "npz:data/x.npz"),
            ("data/train-images-idx3-ubyte.gz", "idx:data/train-images-idx3-ubyte.gz"),
            ("", &all),
            ("parquet:x", &all),
        ] {
            let error = wrong.parse::<DataSpec>().unwrap_err();
            assert_eq!(error.to_string(), format!("data can't be {wrong:?}; did you mean {right}?"));
        }
    }
}
