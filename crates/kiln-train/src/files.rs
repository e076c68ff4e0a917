//! Files that are there whole or not at all, and files that are read only if they are regular ones.
//!
//! What is written comes into being under a temporary name, is synced, and renamed. A temporary file is locked by the
//! process that writes it, so one that can be locked is the leftover of a process that was killed, and is removed by
//! the next that writes into its folder.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::TrainError;

/// Beginning and end of temporary names. They don't grow with the name of the file, which may be as long as names go.
const TEMPORARY: [&str; 2] = [".kiln-", ".tmp"];

/// The lock in a temporary folder, and in that of a run, which it becomes.
pub(crate) const LOCK: &str = "run.lock";

/// Number of temporary names that are tried.
const TRIES: usize = 100;

/// Number of links that are followed one after the other, as many as systems do.
const MOST_LINKS: usize = 40;

/// Writes a file of kiln's own, such as one in the folder of a run, whole or not at all: aside in the same folder,
/// synced, and renamed. What was there before stays until then, also when the program is killed or the disk is full.
/// A link of this name is replaced and not followed.
///
/// # Errors
/// [`TrainError::Write`].
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    replace(path, None, bytes).map_err(TrainError::write(path))
}

/// Writes a file that a user named: whole or not at all as [`write_atomic`], but through links, and with the
/// permissions of the file that is replaced. What is no regular file, such as a device or a pipe, stays what it is, and
/// the bytes are written into it.
///
/// # Errors
/// [`TrainError::Write`], also when the file that is there may not be written.
pub fn write_output(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    output(path, bytes).map_err(TrainError::write(path))
}

fn output(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // To open it is to ask whether it may be written.
    let mut there = match File::options().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return replace(&led_to(path), None, bytes),
        Err(error) => return Err(error),
    };
    let metadata = there.metadata()?;
    if metadata.is_file() {
        if let Ok(path) = fs::canonicalize(path) {
            return replace(&path, Some(metadata.permissions()), bytes);
        }
        // A file without a name of its own, such as one that standard output was led to and that was removed.
        there.set_len(0)?;
    }
    there.write_all(bytes)
}

/// The path that a link to nothing leads to; any other path as it is.
fn led_to(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        path = folder_of(&path).join(target);
    }
    path
}

/// The bytes of a file of kiln's own, if it is a regular one. A run's folder may come from elsewhere: a link in it could
/// lead to any file of the reader's, and a pipe would be waited for without end.
///
/// # Errors
/// When it can't be read, or is a link or a special file.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens what [`read_regular`] reads.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    check_regular(path)?;
    File::open(path)
}

/// Fails unless there is a regular file.
pub(crate) fn check_regular(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_file() {
        return Ok(());
    }
    Err(io::Error::new(
        ErrorKind::InvalidInput,
        "it is a link or a special file, which no run has in its folder",
    ))
}

fn replace(path: &Path, permissions: Option<Permissions>, bytes: &[u8]) -> io::Result<()> {
    if path.file_name().is_none() || path.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let folder = folder_of(path);
    remove_leftovers_once(folder);
    let mut aside = Aside::create(folder)?;
    let written = aside.fill(permissions, bytes).and_then(|()| fs::rename(&aside.path, path));
    if written.is_err() {
        let _: io::Result<()> = fs::remove_file(&aside.path);
    }
    written?;
    sync_folder(folder);
    Ok(())
}

/// A temporary file, locked as long as this is there.
struct Aside {
    path: PathBuf,
    file: File,
}

impl Aside {
    /// Makes one that wasn't there, so that nothing else is written to.
    fn create(folder: &Path) -> io::Result<Aside> {
        for _ in 0..TRIES {
            let path = folder.join(temporary_name());
            match File::create_new(&path) {
                // Another process may take it for a leftover before it is locked.
                Ok(file) if is_ours(&file) && path.exists() => return Ok(Aside { path, file }),
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    fn fill(&mut self, permissions: Option<Permissions>, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        permissions.map_or(Ok(()), |permissions| self.file.set_permissions(permissions))?;
        self.file.sync_all()
    }
}

/// Makes a folder that is there with all that `fill` writes into it, or not at all; the folders above are made first.
///
/// # Errors
/// Those of `fill`, and [`TrainError::Write`], also when there is something of this name.
pub(crate) fn create_folder(
    root: &Path,
    fill: impl Fn(&Path) -> Result<(), TrainError>,
) -> Result<(), TrainError> {
    let above = folder_of(root);
    remove_leftovers_once(above);
    // The lock goes with the folder when it gets its name, and ends with this function.
    let (aside, _lock) = folder_aside(above).map_err(TrainError::write(root))?;
    let made = fill(&aside).and_then(|()| fs::rename(&aside, root).map_err(TrainError::write(root)));
    if made.is_err() {
        let _: io::Result<()> = fs::remove_dir_all(&aside);
    }
    made?;
    // The folder above may be as new as this one.
    sync_folder(above);
    sync_folder(folder_of(above));
    Ok(())
}

/// A new temporary folder, with its lock.
fn folder_aside(above: &Path) -> io::Result<(PathBuf, File)> {
    for _ in 0..TRIES {
        let path = above.join(temporary_name());
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            made => made?,
        }
        // Another process may take it for a leftover before it is locked.
        match File::create_new(path.join(LOCK)) {
            Ok(lock) if is_ours(&lock) && path.join(LOCK).exists() => return Ok((path, lock)),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// A name that can't be foreseen.
fn temporary_name() -> String {
    let [begin, end] = TEMPORARY;
    format!("{begin}{:016x}{end}", RandomState::new().hash_one(std::process::id()))
}

fn is_temporary(name: &OsStr) -> bool {
    let [begin, end] = TEMPORARY.map(str::as_bytes);
    let name = name.as_encoded_bytes();
    name.starts_with(begin) && name.ends_with(end)
}

/// Whether a new temporary file is this process's: it took the lock, or there are no locks on this file system, and
/// nothing is taken for a leftover.
fn is_ours(file: &File) -> bool {
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// Removes the leftovers in a folder when this process first writes into it: to list a large folder takes time.
fn remove_leftovers_once(folder: &Path) {
    static SEEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    if SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned()) {
        remove_leftovers(folder);
    }
}

/// Removes the temporary files and folders that no process has locked. What can't be removed stays: it harms nothing.
pub(crate) fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_temporary(&entry.file_name()) {
            let _: io::Result<()> = remove_leftover(&entry.path());
        }
    }
}

fn remove_leftover(path: &Path) -> io::Result<()> {
    let is_left = |lock: &Path| -> io::Result<bool> { Ok(open_regular(lock)?.try_lock().is_ok()) };
    if !fs::symlink_metadata(path)?.is_dir() {
        return if is_left(path)? { fs::remove_file(path) } else { Ok(()) };
    }
    match is_left(&path.join(LOCK)) {
        Ok(true) => fs::remove_dir_all(path),
        Ok(false) => Ok(()),
        // Killed before there was a lock; if another process is just about to make it, it takes another name.
        Err(_) => fs::remove_dir(path),
    }
}

/// The folder that a path is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes names in a folder last through a power cut. Not all systems can open a folder; its files are whole in any case.
pub fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _: io::Result<()> = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn replaces_whole_files_and_leaves_nothing_aside() {
        let folder = tempfile::tempdir().unwrap();
        // As long as names go.
        let path = folder.path().join("n".repeat(255));
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"two").unwrap();
        write_output(&path, b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(names(folder.path()).len(), 1);
    }

    #[test]
    fn a_failure_names_the_file_and_leaves_nothing_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), b"").unwrap();
        for write in [write_atomic, write_output] {
            let error = write(&path, b"one").unwrap_err().to_string();
            assert!(error.starts_with("cannot write ") && error.contains("taken"), "{error}");
            assert_eq!(names(folder.path()), ["taken"]);
            assert!(write(&folder.path().join("no/such"), b"one").is_err());
            assert!(write(Path::new(".."), b"one").is_err() && write(Path::new("."), b"one").is_err());
        }
    }

    #[test]
    fn leftovers_are_removed_and_what_is_being_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let writing = Aside::create(folder.path()).unwrap();
        let (making, lock) = folder_aside(folder.path()).unwrap();
        let left = |name: &str| folder.path().join(format!(".kiln-{name}.tmp"));
        fs::write(left("0123456789abcdef"), b"half").unwrap();
        fs::create_dir(left("a")).unwrap();
        fs::create_dir(left("b")).unwrap();
        fs::write(left("b").join(LOCK), b"").unwrap();
        fs::write(left("b").join("config.toml"), b"half").unwrap();
        fs::write(folder.path().join("mine.tmp"), b"mine").unwrap();
        remove_leftovers(folder.path());
        assert_eq!(names(folder.path()).len(), 3);
        assert!(writing.path.exists() && making.join(LOCK).exists());
        drop((writing, lock));
        // Anything that is written into the folder removes them, once in a process.
        write_output(&folder.path().join("out"), b"whole").unwrap();
        assert_eq!(names(folder.path()), ["mine.tmp", "out"]);
    }

    #[cfg(unix)]
    mod special {
        use super::*;
        use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
        use std::process::Command;
        use std::thread;

        fn fifo(path: &Path) {
            assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
        }

        #[test]
        fn an_output_goes_through_links_keeps_its_mode_and_into_what_is_no_file() {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            fs::create_dir(at("elsewhere")).unwrap();
            fs::write(at("elsewhere/file"), b"old").unwrap();
            fs::set_permissions(at("elsewhere/file"), Permissions::from_mode(0o640)).unwrap();
            symlink("elsewhere/file", at("link")).unwrap();
            symlink("elsewhere/new", at("dangling")).unwrap();
            for name in ["link", "dangling"] {
                write_output(&at(name), b"new").unwrap();
                assert!(at(name).is_symlink());
                assert_eq!(fs::read(at(name)).unwrap(), b"new");
            }
            let mode = fs::metadata(at("elsewhere/file")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o640);
            symlink("round", at("round")).unwrap();
            assert!(write_output(&at("round"), b"new").is_err());

            fifo(&at("pipe"));
            let path = at("pipe");
            let reader = thread::spawn(move || fs::read(path).unwrap());
            write_output(&at("pipe"), b"through").unwrap();
            assert_eq!(reader.join().unwrap(), b"through");
            assert!(fs::symlink_metadata(at("pipe")).unwrap().file_type().is_fifo());
            write_output(Path::new("/dev/null"), b"gone").unwrap();
            assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        }

        #[test]
        fn kilns_own_files_are_regular() {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            fs::write(at("secret"), b"secret").unwrap();
            symlink("secret", at("link")).unwrap();
            fifo(&at("pipe"));
            for name in ["link", "pipe", "."] {
                let error = read_regular(&at(name)).unwrap_err();
                assert!(error.to_string().contains("a link or a special file"), "{name}: {error}");
            }
            assert_eq!(read_regular(&at("none")).unwrap_err().kind(), ErrorKind::NotFound);
            // What is written takes the place of a link.
            write_atomic(&at("link"), b"new").unwrap();
            assert_eq!(fs::read(at("secret")).unwrap(), b"secret");
            assert_eq!(read_regular(&at("link")).unwrap(), b"new");
        }
    }
}
