//! Where the two sides lie, and which files make a pair.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::DataError;
use crate::file::name_of;
use crate::folder::{FolderError, HELD_OUT, Listing, PartFolders, TRAIN, first_folder};
use crate::tree::FileTree;

/// Where the pairs of one part lie.
#[derive(Clone, Debug)]
pub(super) enum PairLayout {
    /// Side by side in every file of a folder.
    SideBySide(FileTree),
    /// Under equal names in two folders.
    Folders([FileTree; 2]),
}

impl PairLayout {
    /// The pairs to train on, those held out, and what was left out.
    pub fn find(folder: &FileTree) -> Result<(PairLayout, Option<PairLayout>, Vec<String>), DataError> {
        for train in TRAIN {
            let Some(train) = sides(folder, train)? else { continue };
            let mut held_out = Vec::new();
            for part in HELD_OUT {
                held_out.extend(sides(folder, part)?);
            }
            let more = held_out.iter().skip(1).flatten();
            let more: Vec<String> = more.map(|side| name_of(&side.path())).collect();
            let note = (!more.is_empty()).then(|| format!("{} are left out", more.join(", ")));
            let test = held_out.into_iter().next().map(PairLayout::Folders);
            return Ok((PairLayout::Folders(train), test, note.into_iter().collect()));
        }
        let parts = PartFolders::of(folder)?;
        let train = PairLayout::of_part(&parts.train)?;
        let test = parts.test.as_ref().map(PairLayout::of_part).transpose()?;
        if let (PairLayout::Folders([a, b]), None) = (&train, &test) {
            let (train, test, notes) = both_parts(a, b)?;
            return Ok((PairLayout::Folders(train), test.map(PairLayout::Folders), notes));
        }
        Ok((train, test, parts.notes))
    }

    fn of_part(folder: &FileTree) -> Result<PairLayout, DataError> {
        Ok(match sides(folder, "")? {
            Some(sides) => PairLayout::Folders(sides),
            None => PairLayout::SideBySide(folder.clone()),
        })
    }
}

/// A folder's name in small letters, without what joins the part and the side in it: `train_A` is `traina`.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|character| !matches!(character, '_' | '-' | ' ' | '.'))
        .collect::<String>()
        .to_lowercase()
}

/// The folders in `folder` called `part` with an A and a B after it, in small or capital letters.
fn sides(folder: &FileTree, part: &str) -> Result<Option<[FileTree; 2]>, DataError> {
    let names = folder.folders()?;
    let find = |side: &str| names.iter().find(|name| plain(name) == format!("{part}{side}"));
    // The side that is missing, spelled as the other is.
    let other = |found: &str, side: char| {
        let end = found.len() - 1;
        let side = if found.ends_with(char::is_lowercase) { side.to_ascii_lowercase() } else { side };
        format!("{}{side}", &found[..end])
    };
    let one_sided = |found: &String, side| {
        let missing = other(found, side);
        Err(FolderError::OneSided { found: found.clone(), missing }.of(&folder.path()))
    };
    match (find("a"), find("b")) {
        (Some(a), Some(b)) => Ok(Some([folder.join(a), folder.join(b)])),
        (None, None) => Ok(None),
        (Some(found), None) => one_sided(found, 'B'),
        (None, Some(found)) => one_sided(found, 'A'),
    }
}

/// Where files are to hold a pair each, but are the two sides of pairs in two folders of other names than A and B.
pub(super) fn check_side_by_side(listing: &Listing) -> Result<(), DataError> {
    let mut sides: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for name in listing.names.iter() {
        let Some(folder) = first_folder(name) else { return Ok(()) };
        sides.entry(folder).or_default().push(stem(&name[folder.len()..]).to_owned());
        if sides.len() > 2 {
            return Ok(());
        }
    }
    let mut sides = sides.into_iter();
    match (sides.next(), sides.next()) {
        (Some((a, of_a)), Some((b, of_b))) if of_a == of_b => {
            Err(FolderError::UnnamedSides(a.to_owned(), b.to_owned()).of(&listing.tree.path()))
        }
        _ => Ok(()),
    }
}

/// A path without its ending.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The folders of one part, one for each side.
type SideFolders = [FileTree; 2];

/// The folders of A and B to train on, where both have one, those held out, and what was left out.
pub(super) fn both_parts(
    a: &FileTree,
    b: &FileTree,
) -> Result<(SideFolders, Option<SideFolders>, Vec<String>), DataError> {
    let [a, b] = [parts_or_siblings(a)?, parts_or_siblings(b)?];
    let mut notes = a.notes;
    notes.extend(b.notes);
    if a.test.is_some() != b.test.is_some() {
        let alone = a
            .test
            .as_ref()
            .or(b.test.as_ref())
            .map_or(String::new(), |tree| tree.path().display().to_string());
        notes.push(format!("{alone} is left out, as the other side has no part held out"));
    }
    Ok(([a.train, b.train], a.test.zip(b.test).map(|(a, b)| [a, b]), notes))
}

/// The parts in a folder; or for one called `trainA`, `testA` beside it.
fn parts_or_siblings(tree: &FileTree) -> Result<PartFolders, DataError> {
    let parts = PartFolders::of(tree)?;
    let FileTree::Folder(folder) = tree else { return Ok(parts) };
    let name = folder.file_name().and_then(|name| name.to_str()).map(plain).unwrap_or_default();
    let sides: Vec<&str> = TRAIN.iter().filter_map(|train| name.strip_prefix(train)).collect();
    let (Some(side), Some(parent), None) = (sides.last(), folder.parent(), &parts.test) else {
        return Ok(parts);
    };
    // The folder of a relative path may be the current one.
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let beside = FileTree::Folder(parent.to_owned()).folders()?;
    let mut siblings = HELD_OUT.iter().filter_map(|part| {
        let wanted = format!("{part}{side}");
        beside.iter().find(|name| plain(name) == wanted)
    });
    let sibling = siblings.next().map(|name| FileTree::Folder(folder.with_file_name(name)));
    Ok(PartFolders { test: sibling, ..parts })
}

/// The files of both folders such that those at the same place are a pair.
pub(super) fn match_up(a: &FileTree, b: &FileTree) -> Result<[Listing; 2], DataError> {
    let listings = [Listing::new(a)?, Listing::new(b)?];
    let by_name = |listing: &Listing| -> Result<BTreeMap<PathBuf, String>, DataError> {
        let mut files = BTreeMap::new();
        for file in listing.names.iter() {
            if let Some(twin) = files.insert(Path::new(file).with_extension(""), file.to_owned()) {
                return Err(FolderError::Ambiguous(twin, file.to_owned()).of(&listing.tree.path()));
            }
        }
        Ok(files)
    };
    let sides = [by_name(&listings[0])?, by_name(&listings[1])?];
    for (here, there, folder, other) in [(0, 1, a, b), (1, 0, b, a)] {
        let alone = sides[here].iter().filter(|(name, _)| !sides[there].contains_key(*name));
        let mut alone = alone.map(|(_, file)| file.clone()).peekable();
        if let Some(file) = alone.peek().cloned() {
            let problem = FolderError::NoPartner { file, other: other.path(), count: alone.count() };
            return Err(problem.of(&folder.path()));
        }
    }
    let [a, b] = listings;
    let [a_files, b_files] = sides.map(|files| files.values().map(String::as_str).collect());
    Ok([Listing { names: a_files, ..a }, Listing { names: b_files, ..b }])
}
