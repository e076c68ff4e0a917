//! Files that must not change while they are trained on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use kiln_grad::Array;
use kiln_nn::{Buffer, StateVisitor, Stateful};
use kiln_tensor::Device;

use super::PixelSource;

/// The checksum of each file once it was read, 4 bytes a file.
#[derive(Debug)]
pub(crate) struct Checksums {
    /// 0 where a file was not read yet.
    known: Box<[AtomicU32]>,
    /// A bit a file: whether something was made of it that a checkpoint may hold. What is only prepared ahead depends
    /// on the time, and no checkpoint may.
    used: Box<[AtomicU64]>,
}

impl Checksums {
    /// None known yet of so many files.
    pub fn new(files: usize) -> Checksums {
        let known = (0..files).map(|_| AtomicU32::new(0)).collect();
        Checksums { known, used: (0..files.div_ceil(64)).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Whether the content of a file is what it was when it was read before, if it was.
    pub fn agree(&self, file: usize, content: &[u8]) -> bool {
        let now = crc32fast::hash(content).max(1);
        let before = self.known[file].compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        before.map_or_else(|before| before == now, |_| true)
    }

    /// Notes that a file was made use of.
    pub fn mark(&self, file: usize) {
        self.used[file / 64].fetch_or(1 << (file % 64), Ordering::Relaxed);
    }

    /// The checksum of each file that was made use of, and 0 of others.
    fn saved(&self) -> Vec<u32> {
        let used = |file: usize| self.used[file / 64].load(Ordering::Relaxed) >> (file % 64) & 1 == 1;
        let known = self.known.iter().enumerate();
        known.map(|(file, sum)| if used(file) { sum.load(Ordering::Relaxed) } else { 0 }).collect()
    }

    /// Goes back to what was saved.
    fn restore(&self, saved: &[u32]) {
        self.used.iter().for_each(|bits| bits.store(0, Ordering::Relaxed));
        for (file, (&sum, known)) in saved.iter().zip(&self.known).enumerate() {
            known.store(sum, Ordering::Relaxed);
            if sum != 0 {
                self.mark(file);
            }
        }
    }
}

/// The checksums of all files that a data set has made use of, as the state of a run: 4 bytes a file, a U32 tensor for
/// each set of files. Saved with a checkpoint and loaded again, they tell when a file has changed since. A set
/// that is not of files has none.
#[derive(Clone, Debug, Default)]
pub struct FileChecksums {
    pub(crate) sources: Vec<Arc<dyn PixelSource>>,
}

impl FileChecksums {
    /// Adds files, once each.
    pub(crate) fn add(&mut self, source: &Arc<dyn PixelSource>) {
        if source.files().is_some() && !self.sources.iter().any(|known| Arc::ptr_eq(known, source)) {
            self.sources.push(source.clone());
        }
    }
}

impl Stateful for FileChecksums {
    fn visit(&mut self, v: &mut StateVisitor) {
        for (number, files) in self.sources.iter().filter_map(|source| source.files()).enumerate() {
            let before = files.checksums().saved();
            let cpu = Device::cpu();
            let buffer = Buffer::new(Array::from_slice(&before, [before.len()], &cpu));
            v.buffer(&number.to_string(), &buffer);
            let after = buffer.array().to_vec::<u32>().expect("it is on the CPU, and of this type");
            if after != before {
                files.checksums().restore(&after);
                // What was decoded before may be of other contents.
                files.forget();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_content_is_noticed_and_only_what_was_used_is_saved() {
        let sums = Checksums::new(70);
        assert!(sums.agree(69, b"one") && sums.agree(69, b"one") && !sums.agree(69, b"two"));
        assert!(sums.agree(3, b"three"));
        assert_eq!(sums.saved(), [0; 70]);
        sums.mark(69);
        let saved = sums.saved();
        assert_eq!((saved[3], saved[69]), (0, crc32fast::hash(b"one")));
        let later = Checksums::new(70);
        later.restore(&saved);
        assert!(later.agree(3, b"other") && !later.agree(69, b"two") && later.agree(69, b"one"));
        assert_eq!(later.saved(), saved);
    }
}
