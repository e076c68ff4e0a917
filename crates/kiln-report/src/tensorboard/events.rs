//! A file of events.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use kiln_train::{TrainError, sync_folder};
use prost::Message;

use super::proto::{EventContent, EventProto};

/// The version of the format, from which on readers go by the start of a session to know what to drop.
const VERSION: &str = "brain.Event:2";

const PREFIX: &str = "events.out.tfevents.";

/// An event file that events are appended to.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    file: File,
}

impl EventFile {
    /// Makes a file that comes after those there are: they are read in the order of their names.
    pub fn create(dir: &Path) -> Result<EventFile, TrainError> {
        let unwritable = |reason| TrainError::Write { path: dir.to_owned(), reason };
        fs::create_dir_all(dir).map_err(unwritable)?;
        let mut seconds = now().as_secs();
        for entry in fs::read_dir(dir).map_err(unwritable)? {
            let name = entry.map_err(unwritable)?.file_name();
            // Not later than them, when two are made within a second or the clock was set back.
            seconds =
                seconds.max(seconds_of(&name.to_string_lossy()).map_or(0, |other| other.saturating_add(1)));
        }
        let host = gethostname::gethostname();
        let path =
            dir.join(format!("{PREFIX}{seconds:010}.{}.{}", host.to_string_lossy(), std::process::id()));
        let file =
            File::create_new(&path).map_err(|reason| TrainError::Write { path: path.clone(), reason })?;
        sync_folder(dir);
        let mut file = EventFile { path, file };
        file.add(0, EventContent::FileVersion(VERSION.to_owned()))?;
        Ok(file)
    }

    /// Adds an event of now.
    pub fn add(&mut self, step: u64, what: EventContent) -> Result<(), TrainError> {
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        let event = EventProto { wall_time: now().as_secs_f64(), step, what: Some(what) };
        // One write, so that no record is cut off when the program is stopped.
        self.file
            .write_all(&record(&event.encode_to_vec()))
            .map_err(|reason| TrainError::Write { path: self.path.clone(), reason })
    }

    /// Waits until all events are on the disk.
    pub fn sync(&self) -> Result<(), TrainError> {
        self.file.sync_data().map_err(|reason| TrainError::Write { path: self.path.clone(), reason })
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// The seconds in a file's name.
fn seconds_of(name: &str) -> Option<u64> {
    name.strip_prefix(PREFIX)?.split('.').next()?.parse().ok()
}

/// A TFRecord: the length, its checksum, the data, theirs.
fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    [&length[..], &checksum(&length), data, &checksum(data)].concat()
}

/// A CRC-32C, masked as TFRecord wants it: rotated and shifted, so that the checksum of data that holds
/// checksums means something.
fn checksum(data: &[u8]) -> [u8; 4] {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_have_masked_checksums() {
        // The CRC-32C of "123456789", from the definition of the code, is e3069283.
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(u32::from_le_bytes(checksum(b"123456789")), 0xc78a_b0e5);
        let bytes = record(b"123456789");
        assert_eq!(bytes.len(), 8 + 4 + 9 + 4);
        assert_eq!((&bytes[..8], &bytes[12..21]), (&9u64.to_le_bytes()[..], &b"123456789"[..]));
    }

    #[test]
    fn later_files_have_later_names() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("tensorboard");
        let far = format!("{PREFIX}99999999990.host.1");
        fs::create_dir(&dir).unwrap();
        let first = EventFile::create(&dir).unwrap();
        let second = EventFile::create(&dir).unwrap();
        assert!(first.path < second.path);
        fs::write(dir.join(&far), b"").unwrap();
        assert!(EventFile::create(&dir).unwrap().path > dir.join(&far));
    }
}
