//! Zip archives (PKWARE's APPNOTE): a directory at the end says where the files are.

use std::fs::File;
use std::io::BufReader;

use zip::{CompressionMethod, ZipArchive};

use super::archive::{ArchiveError, Contents, Place};

/// The files by the directory; each one's own header is read for its length.
pub(super) fn contents(stream: &mut BufReader<File>) -> Result<Contents, ArchiveError> {
    let damaged =
        |error: zip::result::ZipError| ArchiveError::Damaged { kind: "zip", detail: error.to_string() };
    let mut archive = ZipArchive::new(stream).map_err(damaged)?;
    let mut contents = Contents::default();
    for number in 0..archive.len() {
        let entry = archive.by_index_raw(number).map_err(damaged)?;
        if entry.is_dir() {
            continue;
        }
        // Some programs of Windows write its separator.
        let file = entry.name().map_err(damaged)?.replace('\\', "/");
        if entry.is_symlink() {
            contents.irregular.push(file);
            continue;
        }
        if entry.encrypted() {
            return Err(ArchiveError::Encrypted { file });
        }
        let deflated = match entry.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            method => return Err(ArchiveError::Method { file, method: method.to_string() }),
        };
        let start = entry
            .data_start()
            .ok_or_else(|| ArchiveError::Damaged { kind: "zip", detail: format!("{file} has no place") })?;
        let (stored, length) = (entry.compressed_size(), entry.size());
        let crc = Some(entry.crc32());
        contents.files.push((file, Place { start, stored, length, deflated, crc }));
    }
    Ok(contents)
}
