//! Image files that are decoded when they are needed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use image::ImageFormat;
use kiln_data::{CacheSize, Dataset, FileChecksums, HostBatch, LoadOptions, Prefetch, Sampler};

use crate::{encoded, folder, open, rgb, sized, write};

fn fill(at: &Path) {
    for value in 0..60u8 {
        let image = rgb(6, 6, |x, y| [value, x as u8, y as u8]);
        write(at, &format!("{}/{value:02}.png", value % 3), &encoded(&image, ImageFormat::Png));
    }
}

fn options(cache: u64) -> LoadOptions {
    LoadOptions { cache: CacheSize { bytes: cache }, ..LoadOptions::default() }
}

fn set(at: &Path, cache: u64) -> Dataset {
    open("folder:{}", at, &options(cache)).unwrap().train
}

/// The batches of two epochs and more, from the one after `before` on.
fn batches(set: Dataset, before: usize) -> Vec<HostBatch> {
    let set = Arc::new(set);
    let sampler = Sampler::new(set.clone(), 7, 3).unwrap();
    let mut cursor = sampler.clone();
    (0..before).for_each(|_| {
        cursor.next_samples();
    });
    let mut prefetch =
        Prefetch::new(sampler, 2, move |samples| HostBatch::gather(&set, samples.samples())).unwrap();
    prefetch.seek(cursor.cursor()).unwrap();
    (before..20).map(|_| prefetch.next_batch().unwrap().batch).collect()
}

#[test]
fn files_give_the_bits_of_a_set_in_memory_whatever_is_kept() {
    let at = folder();
    fill(at.path());
    let files = set(at.path(), 0);
    let memory = Dataset::new("memory", files.shape(), files.images().unwrap())
        .and_then(|set| set.with_labels(files.labels().unwrap().to_vec(), 3))
        .unwrap();
    let want = batches(memory, 0);
    // Nothing is kept, a part, or all; and a run that begins in the middle.
    for cache in [0, 20 * 108, 1 << 30] {
        assert_eq!(batches(set(at.path(), cache), 0), want, "{cache}");
        assert_eq!(batches(set(at.path(), cache), 11), want[11..], "{cache}");
    }
    // A part held out is a view of the same files.
    let (kept, held) = set(at.path(), 0).hold_out(6).unwrap();
    assert_eq!((kept.len(), held.len()), (54, 6));
    assert_eq!(held.image(0).unwrap(), files.image(9).unwrap());
}

/// Another image of as many bytes, with the same header.
fn change(path: &Path) {
    let before = fs::read(path).unwrap();
    let others = (100..=255).map(|value| {
        let image = rgb(6, 6, |x, y| [value, x as u8, y as u8]);
        encoded(&image, ImageFormat::Png)
    });
    let same_length = others.into_iter().find(|after| after.len() == before.len()).unwrap();
    fs::write(path, same_length).unwrap();
}

#[test]
fn a_file_that_changes_is_named() {
    let at = folder();
    fill(at.path());
    let (kept, fresh) = (set(at.path(), 1 << 30), set(at.path(), 0));
    let before = kept.image(4).unwrap();
    assert_eq!(fresh.image(4).unwrap(), before);
    let path = at.path().join("0/12.png");
    change(&path);
    // What is kept is not read again.
    assert_eq!(kept.image(4).unwrap(), before);
    let error = fresh.image(4).unwrap_err().to_string();
    let says = "has changed since this run first read it; put it back as it was, or start a new run";
    assert_eq!(error, format!("{} {says}", path.display()));
    assert_eq!(fresh.fingerprint(), set(at.path(), 0).fingerprint());
}

#[test]
fn what_was_used_must_be_the_same_when_a_run_goes_on() {
    let at = folder();
    fill(at.path());
    let first = set(at.path(), 0);
    let mut checksums = FileChecksums::default();
    first.add_files(&mut checksums);
    let empty = kiln_nn::save(&mut checksums);
    // Both are read, but only one is made use of.
    HostBatch::gather(&first, &[4, 5]).unwrap();
    first.mark_used(&[4]);
    let saved = kiln_nn::save(&mut checksums);
    assert_eq!((empty.len(), saved.len()), (1, 1));
    ["0/12.png", "0/15.png"].iter().for_each(|file| change(&at.path().join(file)));

    let later = set(at.path(), 0);
    // Something of it may be decoded before the run is restored.
    later.image(4).unwrap();
    let mut again = FileChecksums::default();
    later.add_files(&mut again);
    kiln_nn::load(&mut again, &saved).unwrap();
    let error = later.image(4).unwrap_err().to_string();
    assert!(error.contains("0/12.png has changed since this run first read it"), "{error}");
    later.image(5).unwrap();
    later.mark_used(&[5]);
    // A set in memory has no files.
    let mut none = FileChecksums::default();
    Dataset::new("memory", [1, 1, 1], vec![1]).unwrap().add_files(&mut none);
    assert!(kiln_nn::save(&mut none).is_empty());
}

#[test]
fn another_name_length_or_size_is_another_fingerprint() {
    let at = folder();
    fill(at.path());
    let before = set(at.path(), 0).fingerprint();
    assert!(before.starts_with("60 images of 3x6x6, checksum "), "{before}");
    assert_ne!(open("folder:{}", at.path(), &sized(5)).unwrap().train.fingerprint(), before);
    fs::rename(at.path().join("0/00.png"), at.path().join("0/01.png")).unwrap();
    let renamed = set(at.path(), 0).fingerprint();
    assert_ne!(renamed, before);
    write(at.path(), "0/01.png", &encoded(&rgb(6, 6, |_, _| [1, 2, 3]), ImageFormat::Png));
    assert_ne!(set(at.path(), 0).fingerprint(), renamed);
}

#[test]
fn both_sides_of_a_file_come_of_one_reading() {
    let at = folder();
    for value in 0..5u8 {
        let image = rgb(4, 2, |x, _| if x < 2 { [value, 0, 0] } else { [value + 100, 0, 0] });
        write(at.path(), &format!("{value}.png"), &encoded(&image, ImageFormat::Png));
    }
    for cache in [0, 1 << 20] {
        let set = open("paired:{}", at.path(), &options(cache)).unwrap().train;
        let batch = HostBatch::gather(&set, &[3, 1]).unwrap();
        let firsts = |images: Option<kiln_data::HostImages>| {
            let images = images.unwrap();
            (images.pixels[0] * 255.0, images.pixels[12] * 255.0)
        };
        assert_eq!((firsts(batch.images), firsts(batch.targets)), ((3.0, 1.0), (103.0, 101.0)));
    }
}
