//! The table of kinds of data.

use crate::{
    DataError, LoadOptions, Parts, archive, cifar, folder, frames, glyphs, idx, image, moving_glyphs, npy,
    pairs, points, scenes, sprites, stacked, text,
};

/// A kind of data: how it is named in a [`DataSpec`](crate::DataSpec), and how it is opened. A kind is a module that
/// holds such a value, and a line in [`KINDS`].
#[derive(Debug)]
#[non_exhaustive]
pub struct DataKind {
    /// Its name, such as `folder`, or `builtin:glyphs` for a set that is drawn.
    pub name: &'static str,
    /// Words after the name and a colon, such as `DIR`; empty where there are none.
    pub argument: &'static str,
    /// Description of the data, in some words.
    pub about: &'static str,
    /// Whether a text can be the argument.
    pub accepts: fn(&str) -> bool,
    /// Opens the data of an argument; one that is a path begins with the home folder instead of `~`.
    pub open: fn(&str, &LoadOptions) -> Result<Parts, DataError>,
}

/// All kinds of data.
pub const KINDS: &[DataKind] = &[
    glyphs::KIND,
    scenes::KIND,
    scenes::KIND_64,
    moving_glyphs::KIND,
    sprites::KIND,
    points::RING,
    points::GRID,
    points::ROLL,
    idx::MNIST,
    idx::IDX,
    stacked::KIND,
    cifar::KIND,
    npy::NPY,
    npy::NPZ,
    npy::QUICKDRAW,
    folder::KIND,
    archive::ZIP,
    archive::TAR,
    pairs::PAIRED,
    pairs::UNPAIRED,
    image::KIND,
    frames::KIND,
    points::FILE,
    text::KIND,
];

impl DataKind {
    /// How a spec of this kind is written, such as `folder:DIR`.
    pub fn form(&self) -> String {
        if self.argument.is_empty() {
            self.name.to_owned()
        } else {
            format!("{}:{}", self.name, self.argument)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_is_described() {
        for kind in KINDS {
            assert!(kind.about.len() > 10 && !kind.about.ends_with('.'), "{}", kind.name);
            assert_eq!(kind.argument.is_empty(), kind.name.starts_with("builtin:"), "{}", kind.name);
            assert_eq!((kind.accepts)(""), kind.argument.is_empty(), "{}", kind.name);
        }
        let names: BTreeSet<_> = KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), KINDS.len());
    }

    #[test]
    fn the_page_on_data_lists_them() {
        let page = include_str!("../../../docs/data.md");
        let rows: Vec<String> =
            KINDS.iter().map(|kind| format!("| `{}` | {} |", kind.form(), kind.about)).collect();
        let table = rows.join("\n");
        assert!(page.contains(&table), "the table in docs/data.md should be\n{table}");
    }
}
