//! Damaged files: whatever the bytes, a loader gives data or an error. It does not panic, and it takes
//! neither long nor more memory than the bytes justify.
//!
//! Valid files of every format are mutated. `KILN_FUZZ_CASES` is how many inputs there are over all
//! formats; to see what became of them:
//!
//! ```text
//! KILN_FUZZ_CASES=1000000 cargo test --release -p kiln-data --test fuzz -- --nocapture
//! ```

mod found;
mod mutation;
mod seeds;

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kiln_data::inspect::DataSummary;
use kiln_data::picture::{self, MAX_PIXELS};
use kiln_data::{Background, Channels, DataSpec, LoadOptions, ResizePolicy, cifar, folder::captions, idx};
use peak_alloc::PeakAlloc;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Held by the one format whose memory is measured.
static ALONE: Mutex<()> = Mutex::new(());

/// No input may take longer, in the slowest build on the slowest machine.
const LONGEST: Duration = Duration::from_secs(20);

/// One format: the share of the inputs it gets, in per mille; valid files; what makes damaged bytes look
/// whole; the loader, which says whether it took them; and the most memory it may take for so many bytes.
struct Format {
    name: &'static str,
    share: u64,
    seeds: Vec<Vec<u8>>,
    mend: fn(&mut Vec<u8>),
    load: fn(&[u8]) -> bool,
    memory: fn(usize) -> usize,
}

impl Format {
    fn check(&self) {
        let total = std::env::var("KILN_FUZZ_CASES").map_or(400, |cases| cases.parse().unwrap());
        let cases = u32::try_from((total * self.share).div_ceil(1000)).unwrap();
        // After a failure the others may still run.
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        for (at, seed) in self.seeds.iter().enumerate() {
            assert!((self.load)(seed), "{}: seed {at} is not valid", self.name);
        }
        let (begin, taken) = (Instant::now(), Cell::new(0));
        let (most, slowest) = (Cell::new(0), Cell::new(Duration::ZERO));
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        let inputs = mutation::inputs(self.seeds.clone(), self.mend);
        let result = TestRunner::new(config).run(&inputs, |bytes| {
            let (took, memory, time) = self.measure(&bytes);
            taken.set(taken.get() + u32::from(took));
            most.set(most.get().max(memory));
            slowest.set(slowest.get().max(time));
            let allowed = (self.memory)(bytes.len());
            prop_assert!(memory <= allowed, "{memory} bytes of memory, {allowed} allowed");
            prop_assert!(time <= LONGEST, "{time:.1?}");
            Ok(())
        });
        println!(
            "{}: {cases} inputs in {:.1?}, {} accepted; at most {:.1} MiB and {:.1?} for one",
            self.name,
            begin.elapsed(),
            taken.get(),
            most.get() as f64 / 1_048_576.0,
            slowest.get()
        );
        if let Err(error) = result {
            panic!("{}: {error}", self.name);
        }
    }

    /// Whether the loader took the bytes, and the memory and time that it needed.
    fn measure(&self, bytes: &[u8]) -> (bool, usize, Duration) {
        let begin = Instant::now();
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let took = (self.load)(bytes);
        (took, MEMORY.peak_usage().saturating_sub(before), begin.elapsed())
    }
}

/// What a stream may take that expands by less than 1032 times if it is gzip: twice that, because vectors
/// grow by doubling, and the decompressor.
fn stream_memory(len: usize) -> usize {
    2 * 1032 * len + (1 << 18)
}

/// What a picture may take: 32 bytes for each pixel that a file of this length may declare (the decoder's own
/// buffers, 16 bits a channel, the planes), and what a decoder may take beside it.
fn picture_memory(len: usize) -> usize {
    32 * (8 * 1032 * len).min(MAX_PIXELS as usize) + (1 << 27)
}

fn take_picture(bytes: &[u8]) -> bool {
    let Ok(picture) = picture::decode(bytes) else { return false };
    assert_eq!(picture.pixels().len(), picture.channels().count() * picture.height() * picture.width());
    for policy in [ResizePolicy::Fit, ResizePolicy::Crop] {
        assert_eq!(
            picture.resized([5; 2], policy, Background::default()).pixels().len(),
            25 * picture.channels().count()
        );
    }
    assert_eq!(picture.halves().is_some(), picture.width() % 2 == 0);
    assert_eq!(picture.with_channels(Channels::Grey).channels(), Channels::Grey);
    true
}

fn take_idx(bytes: &[u8]) -> bool {
    let images = idx::parse_images(bytes);
    if let Ok(images) = &images {
        assert_eq!(images.pixels.len(), images.count * images.height * images.width);
    }
    let labels = idx::parse_labels(bytes);
    images.is_ok() || labels.is_ok_and(|labels| !labels.is_empty())
}

fn take_cifar(bytes: &[u8]) -> bool {
    let Ok(batch) = cifar::parse(bytes) else { return false };
    assert_eq!(batch.pixels.len(), batch.labels.len() * 3072);
    assert!(batch.labels.iter().all(|&label| label < 10));
    true
}

fn take_captions(bytes: &[u8]) -> bool {
    let Ok(captions) = captions::parse(bytes) else { return false };
    assert!(captions.len() <= bytes.len());
    captions.get("a/2.png".as_ref()).is_none_or(|caption| caption.len() <= bytes.len())
}

/// Opens the bytes as a file of a kind of data, and looks at all that is in it.
fn take_file(kind: &str, bytes: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    let spec: DataSpec = format!("{kind}:{}", path.display()).parse().unwrap();
    let options = LoadOptions { size: Some(5), ..LoadOptions::default() };
    let Ok(parts) = spec.open(&options) else { return false };
    DataSummary::of(&parts).is_ok()
}

#[test]
fn zip_files() {
    let load = |bytes: &[u8]| take_file("zip", bytes);
    Format { name: "zip", share: 30, seeds: seeds::zip(), mend: |_| {}, load, memory: picture_memory }
        .check();
}

#[test]
fn tar_files() {
    let load = |bytes: &[u8]| take_file("tar", bytes);
    Format { name: "tar", share: 30, seeds: seeds::tar(), mend: |_| {}, load, memory: picture_memory }
        .check();
}

#[test]
fn npy_files() {
    let load = |bytes: &[u8]| take_file("npy", bytes);
    Format { name: "npy", share: 40, seeds: seeds::npy(), mend: |_| {}, load, memory: stream_memory }.check();
}

#[test]
fn npz_files() {
    let load = |bytes: &[u8]| take_file("npz", bytes);
    Format { name: "npz", share: 30, seeds: seeds::npz(), mend: |_| {}, load, memory: picture_memory }
        .check();
}

#[test]
fn idx_files() {
    let seeds = seeds::idx();
    Format { name: "IDX", share: 250, seeds, mend: |_| {}, load: take_idx, memory: stream_memory }.check();
}

#[test]
fn gzip_files() {
    let seeds = seeds::idx().iter().chain(&seeds::cifar()).map(|plain| seeds::gzip(plain)).collect();
    let load = |bytes: &[u8]| take_idx(bytes) | take_cifar(bytes);
    Format { name: "gzip", share: 150, seeds, mend: seeds::mend_gzip, load, memory: stream_memory }.check();
}

#[test]
fn cifar_files() {
    let seeds = seeds::cifar();
    Format { name: "CIFAR-10", share: 200, seeds, mend: |_| {}, load: take_cifar, memory: stream_memory }
        .check();
}

#[test]
fn captions_files() {
    let seeds = seeds::captions();
    let memory = |len: usize| 64 * len + (1 << 14);
    Format { name: "captions", share: 200, seeds, mend: |_| {}, load: take_captions, memory }.check();
}

#[test]
fn png_files() {
    let (seeds, mend) = (seeds::png(), seeds::mend_png as fn(&mut Vec<u8>));
    Format { name: "PNG", share: 80, seeds, mend, load: take_picture, memory: picture_memory }.check();
}

#[test]
fn jpeg_files() {
    let (seeds, mend) = (seeds::jpeg(), seeds::mend_jpeg as fn(&mut Vec<u8>));
    Format { name: "JPEG", share: 60, seeds, mend, load: take_picture, memory: picture_memory }.check();
}

#[test]
fn gif_files() {
    let seeds = seeds::gif();
    Format { name: "GIF", share: 40, seeds, mend: |_| {}, load: take_picture, memory: picture_memory }
        .check();
}

#[test]
fn tiff_files() {
    let seeds = seeds::tiff();
    Format { name: "TIFF", share: 40, seeds, mend: |_| {}, load: take_picture, memory: picture_memory }
        .check();
}

#[test]
fn webp_files() {
    let seeds = seeds::webp();
    // A file of one colour declares any size.
    let memory = |_: usize| 32 * MAX_PIXELS as usize + (1 << 27);
    Format { name: "WebP", share: 40, seeds, mend: |_| {}, load: take_picture, memory }.check();
}

#[test]
fn bmp_files() {
    let seeds = seeds::bmp();
    Format { name: "BMP", share: 60, seeds, mend: |_| {}, load: take_picture, memory: picture_memory }
        .check();
}
