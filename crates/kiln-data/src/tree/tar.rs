//! Tar archives (POSIX ustar and pax, GNU): each file after a header of its own.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};

use tar::Archive;

use super::archive::{ArchiveError, Contents, Place};

/// How gzip, bzip2, xz and zstd begin.
const COMPRESSED: [&[u8]; 4] = [b"\x1F\x8B", b"BZh", b"\xFD7zXZ\0", b"\x28\xB5\x2F\xFD"];

/// The files by their headers; their contents are passed over.
pub(super) fn contents(stream: &mut BufReader<File>) -> Result<Contents, ArchiveError> {
    let damaged = |detail: String| ArchiveError::Damaged { kind: "tar", detail };
    let failed = |error: std::io::Error| damaged(error.to_string());
    let start = stream.fill_buf().map_err(failed)?;
    if COMPRESSED.iter().any(|magic| start.starts_with(magic)) {
        return Err(ArchiveError::Compressed);
    }
    let end = stream.seek(SeekFrom::End(0)).map_err(failed)?;
    stream.rewind().map_err(failed)?;
    let mut archive = Archive::new(stream);
    let mut contents = Contents::default();
    for entry in archive.entries_with_seek().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.header().entry_type();
        if kind.is_dir() {
            continue;
        }
        let name = entry.path_bytes().into_owned();
        if !kind.is_file() && !kind.is_contiguous() {
            contents.irregular.push(String::from_utf8_lossy(&name).into_owned());
            continue;
        }
        let (start, length) = (entry.raw_file_position(), entry.size());
        if start.checked_add(length).is_none_or(|past| past > end) {
            return Err(damaged("it ends inside a file".to_owned()));
        }
        match String::from_utf8(name) {
            Ok(name) => {
                let place = Place { start, stored: length, length, deflated: false, crc: None };
                contents.files.push((name, place));
            }
            Err(name) => contents.unnamed.push(String::from_utf8_lossy(name.as_bytes()).into_owned()),
        }
    }
    Ok(contents)
}
