//! What a set of files takes of memory while it is trained on.

use std::fs;
use std::sync::Arc;

use image::{DynamicImage, GrayImage};
use kiln_data::{CacheSize, DataSpec, HostBatch, LoadOptions, Sampler};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes an image may take beside the cache.
const EACH: usize = 64;

/// 20,000 files in class folders, which at 832×832 in colour are 41.5 GB decoded: links to a few files, as they would
/// fill a disk otherwise.
#[test]
fn forty_gigabytes_of_images_take_their_index_and_the_cache() {
    const FILES: usize = 20_000;
    const SIDE: usize = 832;
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join(".image.png");
    DynamicImage::from(GrayImage::new(4, 4)).save(&image).unwrap();
    for class in 0..10 {
        fs::create_dir(folder.path().join(format!("class {class}"))).unwrap();
    }
    for number in 0..FILES {
        let link = folder.path().join(format!("class {}/{number:06}.png", number % 10));
        fs::hard_link(&image, link).unwrap();
    }
    let bound = 8 << 20;
    let options = LoadOptions {
        size: Some(SIDE),
        channels: Some(kiln_data::Channels::Rgb),
        cache: CacheSize { bytes: bound },
        ..LoadOptions::default()
    };
    let before = MEMORY.current_usage();
    let spec: DataSpec = format!("folder:{}", folder.path().display()).parse().unwrap();
    let set = spec.open(&options).unwrap().train;
    assert!(FILES * set.shape().iter().product::<usize>() > 40_000_000_000);
    let (set, held_out) = set.hold_out(FILES / 10).unwrap();
    let set = Arc::new(set);
    let mut sampler = Sampler::new(set.clone(), 2, 1).unwrap();
    for _ in 0..6 {
        HostBatch::gather(&set, sampler.next_samples()).unwrap();
    }
    let taken = MEMORY.current_usage() - before;
    let allowed = FILES * EACH + bound as usize + (1 << 19);
    assert!(taken <= allowed, "{taken} bytes, {allowed} allowed");
    println!("{} bytes an image beside the cache", (taken.saturating_sub(bound as usize)) / FILES);
    drop(held_out);
}
