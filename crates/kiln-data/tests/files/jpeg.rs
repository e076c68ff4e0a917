//! JPEG files of all kinds, held against libjpeg-turbo. `jpeg_samplings.py` made them.

use std::collections::HashMap;
use std::io::Read;

use flate2::read::GzDecoder;
use image::ImageFormat;
use kiln_data::picture::{Picture, PictureError, decode};

use crate::{encoded, rgb};

/// The files by `SAMPLING/WIDTHxHEIGHT` and name.
fn samplings() -> HashMap<String, HashMap<String, Vec<u8>>> {
    let mut archive = tar::Archive::new(GzDecoder::new(&include_bytes!("jpeg_samplings.tar.gz")[..]));
    let mut files: HashMap<String, HashMap<String, Vec<u8>>> = HashMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let (picture, name) = path.rsplit_once('/').unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.entry(picture.to_owned()).or_default().insert(name.to_owned(), bytes);
    }
    files
}

/// The largest difference of two pictures of one size.
fn difference(a: &Picture, b: &Picture) -> u8 {
    assert_eq!((a.channels(), a.height(), a.width()), (b.channels(), b.height(), b.width()));
    a.pixels().iter().zip(b.pixels()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn every_sampling_and_scan_script_is_read_right_or_refused_by_name() {
    let files = samplings();
    let (mut read, mut refused) = (0, Vec::new());
    for (of, files) in &files {
        let right = decode(&files["right.png"]).unwrap();
        for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".jpg")) {
            match decode(bytes) {
                Ok(picture) => {
                    let difference = difference(&picture, &right);
                    assert!(difference <= 4, "{of}/{name} differs by {difference}");
                    read += 1;
                }
                Err(PictureError::Sampling) => refused.push(of.split('/').next().unwrap()),
                Err(error) => panic!("{of}/{name}: {error}"),
            }
        }
    }
    println!("{read} files read, {} refused", refused.len());
    refused.sort_unstable();
    refused.dedup();
    // Where a component is neither sampled as often as the finest nor once.
    assert!(refused.iter().all(|sampling| *sampling == "4x1,2x1,2x1"), "{refused:?}");
    assert!(read >= 380, "{read}");
}

#[test]
fn a_file_that_lacks_only_its_end_marker_is_read() {
    for (of, files) in samplings().iter().filter(|(of, _)| of.ends_with("33x17") && of.starts_with("2x")) {
        for name in ["together.jpg", "apart.jpg", "progressive.jpg"] {
            let whole = &files[name];
            let right = decode(whole).unwrap();
            for behind in [2, 1] {
                assert_eq!(decode(&whole[..whole.len() - behind]).unwrap(), right, "{of}/{name}");
            }
            // Of the scans before the last, none is the whole picture.
            let scans = whole.windows(2).enumerate().filter(|(_, pair)| *pair == [0xFF, 0xDA]);
            for (at, _) in scans {
                assert!(matches!(decode(&whole[..at]), Err(PictureError::Truncated)), "{of}/{name} at {at}");
            }
            let error = decode(&whole[..whole.len() - 4]).unwrap_err();
            assert!(matches!(error, PictureError::Truncated), "{of}/{name}: {error}");
        }
    }
}

#[test]
fn colours_are_those_of_adobes_segment() {
    let jpeg = encoded(&rgb(8, 8, |_, _| [200, 30, 60]), ImageFormat::Jpeg);
    // Instead of the segment of JFIF, one of Adobe that says that the components are RGB already.
    let length = 2 + usize::from(u16::from_be_bytes([jpeg[4], jpeg[5]]));
    let adobe = |transform| [&[0xFF, 0xEE, 0, 14][..], b"Adobe", &[0, 100, 0, 0, 0, 0, transform]].concat();
    let with = |transform| [&jpeg[..2], &adobe(transform), &jpeg[2 + length..]].concat();
    let at = |bytes: &[u8]| {
        let picture = decode(bytes).unwrap();
        [0, 64, 128].map(|at| picture.pixels()[at])
    };
    let near = |found: [u8; 3], want: [u8; 3]| found.iter().zip(want).all(|(a, b)| a.abs_diff(b) <= 3);
    assert!(near(at(&with(1)), [200, 30, 60]), "{:?}", at(&with(1)));
    // Luma 84, blue 114, red 211.
    assert!(near(at(&with(0)), [84, 114, 211]), "{:?}", at(&with(0)));
}
