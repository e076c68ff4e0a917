//! What is known of image files before they are decoded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Listing, SIZE};
use crate::picture::{self, Header, PictureError};
use crate::pixels::{CacheBudget, Decoding, ImageFiles, PixelSource, Pixels, in_parallel};
use crate::{Channels, DataError, LoadOptions};

/// The longest side at which images keep the size of their files without being asked.
pub const MOST_NATIVE: usize = 256;

/// Files of up to so many bytes in all, and pixels of up to [`AT_ONCE_DECODED`], are decoded when they are opened, so that
/// what is broken is known before anything is done with them.
const AT_ONCE: u64 = 1 << 24;

/// Pixels of up to so many bytes are decoded at once.
const AT_ONCE_DECODED: u64 = 1 << 26;

/// The image files of a folder, by their names and headers.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    /// The files.
    pub listing: Listing,
    /// Number of files of each `[height, width]`.
    sizes: BTreeMap<[usize; 2], usize>,
    /// Bytes of all files.
    bytes: u64,
    /// Whether any has colours.
    colour: bool,
    /// Number of files that may be transparent.
    transparent: usize,
    /// The checksum of names, lengths and headers.
    checksum: u32,
}

impl Index {
    /// Reads the header of each file. Where `halves`, a file holds two images side by side.
    pub fn read(
        listing: Listing,
        options: &LoadOptions,
        halves: bool,
        notes: &mut Vec<String>,
    ) -> Result<Index, DataError> {
        let [index] = Index::read_rows([listing], 1, options, halves, notes)?;
        Ok(index)
    }

    /// Reads the header of each file of listings of one length. `per_row` files that follow each other belong together,
    /// as the frames of a sequence do, and so do the files at one place of each listing, as the sides of a pair:
    /// where one is broken and to be skipped, they are left out with it.
    pub fn read_rows<const N: usize>(
        listings: [Listing; N],
        per_row: usize,
        options: &LoadOptions,
        halves: bool,
        notes: &mut Vec<String>,
    ) -> Result<[Index; N], DataError> {
        listings.iter().for_each(|listing| notes.extend(listing.note()));
        let each = listings[0].names.len();
        let total = N * each;
        let read = in_parallel((0..total).collect(), |at: usize| {
            // Boxed, so that a header takes its own size.
            let listing = &listings[at / each];
            read_header(listing, listing.names.get(at % each), options, halves).map_err(Box::new)
        })?;
        let broken_rows: BTreeSet<usize> = (0..total)
            .zip(&read)
            .filter(|(_, header)| header.is_err())
            .map(|(at, _)| at % each / per_row)
            .collect();
        let is_whole = |at: usize| !broken_rows.contains(&(at % each / per_row));
        let (mut headers, mut broken) = (vec![Vec::with_capacity(each); N], Vec::new());
        for (at, header) in read.into_iter().enumerate() {
            match header {
                Ok(header) if is_whole(at) => headers[at / each].push(header),
                Ok(_) => {}
                Err(error) => broken.push(*error),
            }
        }
        if !broken.is_empty() {
            let all_images = broken.iter().all(DataError::is_broken_image);
            if !options.skip_broken || headers[0].is_empty() || !all_images {
                return Err(DataError::of_files(total, broken));
            }
            let mut note = DataError::left_out(total, &broken);
            let with_them = total - broken.len() - headers.iter().map(Vec::len).sum::<usize>();
            if with_them > 0 {
                note += &format!("; with them {with_them} that belong to the same pairs or sequences");
            }
            notes.push(note);
        }
        let mut headers = headers.into_iter();
        Ok(listings.map(|listing| {
            let names = (0..each).filter(|&at| is_whole(at)).map(|at| listing.names.get(at)).collect();
            let listing = Listing { names, ..listing };
            Index::of(listing, &headers.next().unwrap_or_default(), halves)
        }))
    }

    fn of(listing: Listing, headers: &[Header], halves: bool) -> Index {
        let (mut sizes, mut bytes, mut colour, mut transparent) = (BTreeMap::new(), 0, false, 0);
        let mut checksum = crc32fast::Hasher::new();
        for (name, header) in listing.names.iter().zip(headers) {
            let Header { length, height, width, .. } = *header;
            let width_of_one = if halves { width / 2 } else { width };
            *sizes.entry([height as usize, width_of_one as usize]).or_default() += 1;
            bytes += length;
            colour |= header.colour;
            transparent += usize::from(header.alpha);
            checksum.update(name.as_bytes());
            checksum.update(&[0]);
            checksum.update(&length.to_le_bytes());
            [height, width].into_iter().for_each(|side| checksum.update(&side.to_le_bytes()));
        }
        Index { listing, sizes, bytes, colour, transparent, checksum: checksum.finalize() }
    }

    /// The size that all images have, if they have one.
    pub fn uniform(&self) -> Option<[usize; 2]> {
        let mut sizes = self.sizes.keys();
        sizes.next().copied().filter(|_| sizes.next().is_none())
    }

    /// The images as they will be decoded, small sets at once, `per_row` files to a row, that many frames to a sample.
    pub fn into_pixels(
        self,
        look: &Look,
        halves: bool,
        per_row: usize,
        options: &LoadOptions,
        budget: &Arc<CacheBudget>,
    ) -> Result<Pixels, DataError> {
        let decoding = Decoding {
            channels: look.channels,
            size: look.size,
            uniform: self.uniform(),
            resize: options.resize,
            background: options.background,
            halves,
        };
        let Listing { tree, names, .. } = self.listing;
        let files = ImageFiles::new(tree, names, per_row, decoding, self.checksum, budget);
        let [height, width] = look.size;
        let decoded = (files.rows() * per_row * decoding.len()) as u64;
        let pixels = Pixels::new(Arc::new(files), [per_row, look.channels.count(), height, width]);
        if self.bytes <= AT_ONCE && decoded <= options.cache.bytes.min(AT_ONCE_DECODED) {
            pixels.read_all()?;
        }
        Ok(pixels)
    }
}

/// The header of a file; where broken files are skipped, the file is decoded too.
fn read_header(
    listing: &Listing,
    name: &str,
    options: &LoadOptions,
    halves: bool,
) -> Result<Header, DataError> {
    let header = Header::read(&listing.tree, name)?;
    let refuse = |problem| picture::refuse(&listing.tree.path_of(name), problem);
    if halves && header.width % 2 == 1 {
        return Err(refuse(PictureError::OddWidth { width: header.width as usize }));
    }
    if options.skip_broken {
        picture::decode(&picture::content(&listing.tree, name)?).map_err(refuse)?;
    }
    Ok(header)
}

/// The size and the channels that the images of some files get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// `[height, width]`.
    pub size: [usize; 2],
    /// The channels.
    pub channels: Channels,
}

impl Look {
    /// The look that is asked for, or that suits all files of these indices: the parts of a data set, or of one of its sides.
    /// `most` is the longest side at which files keep their size.
    pub fn of(
        indices: &[&Index],
        options: &LoadOptions,
        most: usize,
        notes: &mut Vec<String>,
    ) -> Result<Look, DataError> {
        let size = match options.checked_size()? {
            Some(side) => [side; 2],
            None => native_size(indices, most, notes),
        };
        let colour = indices.iter().any(|index| index.colour);
        let transparent: usize = indices.iter().map(|index| index.transparent).sum();
        let shows_behind = transparent > 0 && options.channels != Some(Channels::Rgba);
        if shows_behind {
            let total: usize = indices.iter().map(|index| index.listing.names.len()).sum();
            notes.push(format!(
                "{transparent} of {total} files may be transparent; behind them is {} (choose another with \
                 --background, or keep their opacity with --channels 4)",
                options.background
            ));
        }
        let colour = colour || shows_behind && !options.background.is_grey();
        let channels = options.channels.unwrap_or(if colour { Channels::Rgb } else { Channels::Grey });
        Ok(Look { size, channels })
    }
}

/// The common size of all files; one for files without, and a sentence on why.
fn native_size(indices: &[&Index], most: usize, notes: &mut Vec<String>) -> [usize; 2] {
    let mut sizes: BTreeMap<[usize; 2], usize> = BTreeMap::new();
    for (size, count) in indices.iter().flat_map(|index| &index.sizes) {
        *sizes.entry(*size).or_default() += count;
    }
    let shown = |[height, width]: [usize; 2]| format!("{width}×{height}");
    if let (Some((&size, _)), 1) = (sizes.first_key_value(), sizes.len()) {
        if size[0].max(size[1]) <= most {
            notes.push(format!("images are {}, as all files are", shown(size)));
            return size;
        }
        notes.push(format!(
            "images are {SIZE}×{SIZE}, scaled down from files of {}; choose another size with --image-size",
            shown(size)
        ));
        return [SIZE; 2];
    }
    let area = |size: &&[usize; 2]| size[0] * size[1];
    let [Some(least), Some(greatest)] = [sizes.keys().min_by_key(area), sizes.keys().max_by_key(area)] else {
        return [SIZE; 2];
    };
    let sensible = sensible_side(&sizes, most);
    let advice = if sensible == SIZE {
        String::new()
    } else {
        format!(
            "; half of them are at least {sensible} on both sides, so --image-size {sensible} may suit better"
        )
    };
    notes.push(format!(
        "images are {SIZE}×{SIZE}, as files have {} sizes from {} to {}{advice}",
        sizes.len(),
        shown(*least),
        shown(*greatest)
    ));
    [SIZE; 2]
}

/// The largest power of two, from 16, that the shorter side of half of the files reaches.
fn sensible_side(sizes: &BTreeMap<[usize; 2], usize>, most: usize) -> usize {
    let mut sides: Vec<(usize, usize)> =
        sizes.iter().map(|(size, count)| (size[0].min(size[1]), *count)).collect();
    sides.sort_unstable();
    let half = sides.iter().map(|(_, count)| count).sum::<usize>().div_ceil(2);
    let mut before = 0;
    let median = sides.iter().find(|(_, count)| {
        before += count;
        before >= half
    });
    let median = median.map_or(SIZE, |(side, _)| *side).clamp(16, most.max(16));
    1 << median.ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::FileTree;

    fn index(sizes: &[[u32; 2]]) -> Index {
        let names: Vec<String> = (0..sizes.len()).map(|at| format!("{at}.png")).collect();
        let names = names.iter().map(String::as_str).collect();
        let listing = Listing { tree: FileTree::Folder("data".into()), names, left_out: BTreeMap::new() };
        let header =
            |&[height, width]: &[u32; 2]| Header { length: 9, height, width, colour: false, alpha: true };
        Index::of(listing, &sizes.iter().map(header).collect::<Vec<_>>(), false)
    }

    fn look(indices: &[&Index], options: &LoadOptions) -> (Look, Vec<String>) {
        let mut notes = Vec::new();
        (Look::of(indices, options, MOST_NATIVE, &mut notes).unwrap(), notes)
    }

    #[test]
    fn the_common_size_of_the_files_is_taken_and_said() {
        let options = LoadOptions::default();
        let (looks, notes) = look(&[&index(&[[32, 48]; 3]), &index(&[[32, 48]])], &options);
        assert_eq!((looks.size, looks.channels), ([32, 48], Channels::Grey));
        assert_eq!(notes[0], "images are 48×32, as all files are");
        assert!(notes[1].starts_with("4 of 4 files may be transparent; behind them is black"), "{notes:?}");
        let (looks, notes) = look(&[&index(&[[32, 48]]), &index(&[[32, 49]])], &options);
        assert_eq!(looks.size, [64; 2]);
        assert!(notes[0].contains("files have 2 sizes from 48×32 to 49×32; half"), "{notes:?}");
        assert!(notes[0].ends_with("so --image-size 32 may suit better"), "{notes:?}");
        let (looks, notes) = look(&[&index(&[[3000, 4000]])], &options);
        assert_eq!(looks.size, [64; 2]);
        assert!(notes[0].contains("64×64, scaled down from files of 4000×3000"), "{notes:?}");
        let (looks, _) = look(&[&index(&[[32, 48]])], &LoadOptions { size: Some(20), ..options });
        assert_eq!(looks.size, [20; 2]);
    }

    #[test]
    fn a_coloured_background_needs_colours() {
        let background = "#ff0000".parse().unwrap();
        let options = LoadOptions { background, ..LoadOptions::default() };
        assert_eq!(look(&[&index(&[[2, 2]])], &options).0.channels, Channels::Rgb);
        let options = LoadOptions { channels: Some(Channels::Rgba), ..options };
        assert_eq!(
            look(&[&index(&[[2, 2]])], &options),
            (
                Look { size: [2, 2], channels: Channels::Rgba },
                vec!["images are 2×2, as all files are".into()]
            )
        );
    }

    #[test]
    fn the_sensible_side_suits_half_of_the_files() {
        for (sizes, want) in
            [(&[[300, 200], [100, 900], [70, 70]][..], 64), (&[[300, 500]], 256), (&[[2, 500]], 16)]
        {
            assert_eq!(sensible_side(&index(sizes).sizes, MOST_NATIVE), want, "{sizes:?}");
        }
    }

    #[test]
    fn whatever_the_index_says_is_in_its_checksum() {
        let one = index(&[[2, 3], [4, 5]]).checksum;
        assert_eq!(one, index(&[[2, 3], [4, 5]]).checksum);
        assert_ne!(one, index(&[[2, 3], [4, 6]]).checksum);
        assert_ne!(one, index(&[[2, 3]]).checksum);
    }
}
