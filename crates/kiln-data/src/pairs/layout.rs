//! Where the two sides lie, and which files make a pair.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::DataError;
use crate::folder::{FolderError, HELD_OUT, Listing, Parts};

/// Where the pairs of one part lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pairs {
    /// Side by side in every file of a folder.
    SideBySide(PathBuf),
    /// Under equal names in two folders.
    Folders([PathBuf; 2]),
}

impl Pairs {
    /// The pairs to train on, and those held out.
    pub fn find(folder: &Path) -> Result<(Pairs, Option<Pairs>), DataError> {
        if let Some(train) = sides(folder, "train")? {
            let test = HELD_OUT.iter().find_map(|part| sides(folder, part).transpose()).transpose()?;
            return Ok((Pairs::Folders(train), test.map(Pairs::Folders)));
        }
        let parts = Parts::of(folder);
        let train = Pairs::of_part(&parts.train)?;
        let test = parts.test.as_deref().map(Pairs::of_part).transpose()?;
        if let (Pairs::Folders([a, b]), None) = (&train, &test) {
            let (train, test) = both_parts(a, b);
            return Ok((Pairs::Folders(train), test.map(Pairs::Folders)));
        }
        Ok((train, test))
    }

    fn of_part(folder: &Path) -> Result<Pairs, DataError> {
        Ok(sides(folder, "")?.map_or_else(|| Pairs::SideBySide(folder.to_owned()), Pairs::Folders))
    }
}

/// The folders in `folder` called `name` with an `A` and a `B` after it.
fn sides(folder: &Path, name: &str) -> Result<Option<[PathBuf; 2]>, DataError> {
    let names = ["A", "B"].map(|side| format!("{name}{side}"));
    let paths = names.each_ref().map(|name| folder.join(name));
    let one_sided = |[found, missing]: [String; 2]| Err(FolderError::OneSided { found, missing }.of(folder));
    match (paths[0].is_dir(), paths[1].is_dir()) {
        (true, true) => Ok(Some(paths)),
        (false, false) => Ok(None),
        (true, false) => one_sided(names),
        (false, true) => {
            let [a, b] = names;
            one_sided([b, a])
        }
    }
}

/// The folders of A and B to train on, and where both have one, those held out.
pub(super) fn both_parts(a: &Path, b: &Path) -> ([PathBuf; 2], Option<[PathBuf; 2]>) {
    let [a, b] = [a, b].map(parts_or_siblings);
    let test = a.test.zip(b.test).map(|(a, b)| [a, b]);
    ([a.train, b.train], test)
}

/// The parts in a folder; or for one called `trainA`, `testA` beside it.
fn parts_or_siblings(folder: &Path) -> Parts {
    let parts = Parts::of(folder);
    let side = folder.file_name().and_then(|name| name.to_str()?.strip_prefix("train"));
    match side {
        Some(side) if parts.test.is_none() => {
            let siblings = HELD_OUT.map(|part| folder.with_file_name(format!("{part}{side}")));
            Parts { test: siblings.into_iter().find(|path| path.is_dir()), ..parts }
        }
        _ => parts,
    }
}

/// The files of both folders such that those at the same place are a pair.
pub(super) fn match_up(a: &Path, b: &Path) -> Result<[Listing; 2], DataError> {
    let by_name = |folder: &Path| -> Result<BTreeMap<PathBuf, PathBuf>, DataError> {
        let mut files = BTreeMap::new();
        for file in Listing::new(folder)?.files {
            if let Some(twin) = files.insert(file.with_extension(""), file.clone()) {
                return Err(FolderError::Ambiguous(twin, file).of(folder));
            }
        }
        Ok(files)
    };
    let sides = [by_name(a)?, by_name(b)?];
    for (here, there, folder, other) in [(0, 1, a, b), (1, 0, b, a)] {
        let alone = sides[here].iter().filter(|(name, _)| !sides[there].contains_key(*name));
        let mut alone = alone.map(|(_, file)| file.clone()).peekable();
        if let Some(file) = alone.peek().cloned() {
            let problem = FolderError::NoPartner { file, other: other.to_owned(), count: alone.count() };
            return Err(problem.of(folder));
        }
    }
    let [a_files, b_files] = sides.map(|files| files.into_values().collect());
    Ok([Listing { folder: a.to_owned(), files: a_files }, Listing { folder: b.to_owned(), files: b_files }])
}
