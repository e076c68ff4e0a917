//! Data that is missing, damaged, or of another kind: one clear sentence each.

use crate::support::*;
use std::fs;
use std::path::Path;

/// A PNG of 6×4 pixels, red.
fn png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(6, 4, image::Rgb([200, 10, 10]))
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// A JPEG of 16×16 pixels.
fn jpeg() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_fn(16, 16, |x, y| image::Rgb([(x * 16) as u8, (y * 16) as u8, 90]))
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .unwrap();
    bytes.into_inner()
}

fn put(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// An IDX file of bytes with these lengths.
fn idx(lengths: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, lengths.len() as u8];
    lengths.iter().for_each(|length| bytes.extend(length.to_be_bytes()));
    bytes.extend(body);
    bytes
}

/// Everything that can be wrong with files, in one folder.
fn data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (png, jpeg) = (png(), jpeg());
    fs::create_dir(at.join("empty")).unwrap();
    put(at, "texts/notes.txt", b"no images");
    put(at, "file", b"a file, not a folder");
    put(at, "cut-png/a.png", &png);
    put(at, "cut-png/b.png", &png[..png.len() / 2]);
    put(at, "cut-jpeg/a.jpg", &jpeg[..jpeg.len() / 2]);
    put(at, "no-png/a.png", b"GIF89a but not really");
    // A header that asks for 100000×100000 pixels.
    let mut bomb = png.clone();
    bomb[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
    let checksum = crc32fast::hash(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&checksum.to_be_bytes());
    put(at, "bomb/a.png", &bomb);
    put(at, "good/a.png", &png);
    put(at, "good/b.jpg", &jpeg);
    put(at, "alone/A/a.png", &png);
    put(at, "alone/A/b.png", &png);
    put(at, "alone/B/a.png", &png);
    let odd = image::RgbImage::new(7, 4);
    let mut bytes = std::io::Cursor::new(Vec::new());
    odd.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    put(at, "odd/a.png", &bytes.into_inner());
    put(at, "cifar-cut/data_batch_1.bin", &[0; 3073 * 2 - 5]);
    put(at, "cifar-label/data_batch_1.bin", &[77; 3073]);
    put(at, "cut.idx", &idx(&[10, 4, 4], &[0; 100]));
    put(at, "long.idx", &idx(&[1, 2, 2], &[0; 9]));
    put(at, "zero.idx", &idx(&[0, 4, 4], &[]));
    put(at, "huge.idx", &idx(&[u32::MAX, u32::MAX, u32::MAX], &[0; 8]));
    put(at, "labels.idx", &idx(&[4], &[0; 4]));
    put(at, "cut.idx.gz", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x63]);
    put(at, "text.idx", b"{}");
    for part in ["train", "t10k"] {
        put(at, &format!("uneven/{part}-images-idx3-ubyte"), &idx(&[2, 2, 2], &[0; 8]));
        put(at, &format!("uneven/{part}-labels-idx1-ubyte"), &idx(&[3], &[0; 3]));
    }
    folder
}

#[test]
fn damaged_data_is_one_sentence() {
    let folder = data();
    let at = folder.path();
    let before = names(at);
    for (data, parts) in [
        ("folder:nowhere", &["nowhere does not exist"] as &[&str]),
        ("folder:empty", &["empty", "no images"]),
        ("folder:texts", &["texts", "no images"]),
        ("folder:file", &["file", "folder"]),
        ("folder:cut-png", &["cut-png/b.png"]),
        ("folder:cut-jpeg", &["cut-jpeg/a.jpg"]),
        ("folder:no-png", &["no-png/a.png"]),
        ("folder:bomb", &["bomb/a.png", "100000"]),
        ("paired:nowhere", &["nowhere does not exist"]),
        ("paired:alone", &["b.png", "partner"]),
        ("paired:odd", &["odd/a.png", "7"]),
        ("paired:empty", &["empty"]),
        ("unpaired:good,empty", &["empty", "no images"]),
        ("unpaired:good,nowhere", &["nowhere does not exist"]),
        ("cifar10:nowhere", &["nowhere does not exist"]),
        ("cifar10:empty", &["empty", "data_batch_1.bin"]),
        ("cifar10:cifar-cut", &["data_batch_1.bin", "3073"]),
        ("cifar10:cifar-label", &["data_batch_1.bin", "77"]),
        ("mnist:empty", &["empty lacks train-images-idx3-ubyte"]),
        ("mnist:uneven", &["2 images", "3 labels"]),
        ("idx:nowhere", &["cannot read nowhere"]),
        ("idx:good", &["good"]),
        ("idx:cut.idx", &["cut.idx is not usable"]),
        ("idx:long.idx", &["long.idx is not usable"]),
        ("idx:zero.idx", &["zero.idx"]),
        ("idx:huge.idx", &["huge.idx is not usable"]),
        ("idx:labels.idx", &["labels.idx is not usable"]),
        ("idx:cut.idx.gz", &["cut.idx.gz"]),
        ("idx:text.idx", &["text.idx is not usable"]),
    ] {
        failure(at, &format!("data inspect {data}"), 1, parts);
        failure(at, &format!("train vae --data {data}"), 1, parts);
    }
    for (words, status, parts) in [
        ("data inspect builtin:scene", 2, &["did you mean builtin:scenes?"] as &[&str]),
        ("data inspect unpaired:good", 2, &["unpaired:DIR,DIR"]),
        ("data inspect folder:good --image-size 0", 2, &["--image-size", "from 1 to 4096"]),
        ("data inspect folder:good --channels 2", 2, &["channels", "1 (grey), 3 (RGB) or 4"]),
        ("data inspect folder:good --resize stretch", 2, &["'stretch'", "fit, crop"]),
        ("data inspect folder:good --augment flip", 2, &["--sheet"]),
        ("data inspect folder:good --sheet a.jpg", 2, &["a.jpg", "name it a.png"]),
        ("data inspect folder:good --sheet a.png --augment flop", 2, &["flop", "flip"]),
        ("data inspect folder:good --sheet no/a.png", 1, &["cannot write no/a.png"]),
        ("data inspct folder:good", 2, &["'inspct'", "'inspect'"]),
        ("train vae --data folder:good --augment crop=9999", 2, &["9999"]),
        ("train vae --data folder:good --augment flip=2", 2, &["flip"]),
        ("train dcgan --data folder:good --image-size 30 --batch-size 2", 2, &["28, 32 or 64", "30x30"]),
        (
            "train vae-conv --data folder:good --image-size 30 --batch-size 2",
            2,
            &["a multiple of 4", "30x30"],
        ),
    ] {
        failure(at, words, status, parts);
    }
    assert_eq!(names(at), before);
}

#[test]
fn folders_and_pairs_are_trained_on() {
    let folder = data();
    let at = folder.path();
    for name in ["A/a.png", "B/a.png", "A/b.png", "B/b.png"] {
        put(at, &format!("pairs/{name}"), &png());
    }
    for data in ["folder:good", "paired:pairs", "unpaired:pairs/A,good"] {
        let words =
            "--image-size 8 --resize crop --channels 1 --batch-size 2 --steps 3 --set hidden=8 --quiet";
        let out = data.replace([':', '/', ','], "-");
        success(at, &format!("train vae --data {data} {words} --out {out}"));
        success(at, &format!("sample {out} --count 4 --out {out}.png"));
        let table = success(at, &format!("data inspect {data} --sheet sheet.png --image-size 8"));
        assert!(table.contains("2") && at.join("sheet.png").exists(), "{table}");
        fs::remove_file(at.join("sheet.png")).unwrap();
    }
}
