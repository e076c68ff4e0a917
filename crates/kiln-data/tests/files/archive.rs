//! Archives of image files.

use std::io::{Cursor, Write};
use std::path::Path;

use image::ImageFormat;
use kiln_data::{CacheSize, HostBatch, LoadOptions};
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::{encoded, firsts, folder, grey, open, red, rgb, sized, write};

type Files = Vec<(String, Vec<u8>)>;

fn packed(files: &[(String, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(name.as_str(), SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn tarred(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Pictures of several sizes in classes and parts, with captions and other files.
fn pictures() -> Files {
    let mut files = Vec::new();
    for (at, name) in
        ["train/cat/1", "train/cat/10", "train/dog/2", "train/cat-old/3", "test/dog/1"].iter().enumerate()
    {
        let image = rgb(5 + at as u32, 7, |x, y| [x as u8 * 20, y as u8 * 30, at as u8]);
        let format =
            [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp, ImageFormat::Gif, ImageFormat::WebP][at];
        let ending = format.extensions_str()[0];
        files.push((format!("{name}.{ending}"), encoded(&image, format)));
    }
    let captions = files.iter().map(|(name, _)| format!("{name}\tcaption of {name}\n")).collect::<String>();
    files.push(("captions.tsv".to_owned(), captions.into_bytes()));
    files.push(("train/cat/notes.txt".to_owned(), b"none".to_vec()));
    files.push(("train/cat/.hidden.png".to_owned(), b"none".to_vec()));
    files
}

/// Everything of a set, with the paths of its notes cut off.
fn described(spec: &str, at: &Path, options: &LoadOptions) -> String {
    let parts = open(spec, at, options).unwrap();
    let mut all = format!("{:?} {:?}", parts.info(), parts.notes);
    for set in [Some(&parts.train), parts.test.as_ref()].into_iter().flatten() {
        all += &format!("{:?} {:?} {:?}", set.images().unwrap(), set.labels(), set.captions());
        all += &set.fingerprint();
    }
    for inside in ["zip", "deflated.zip", "tar", "packed.zip", "set"] {
        all = all.replace(&format!("{}/{inside}/", at.display()), "SET/");
    }
    all
}

#[test]
fn an_archive_is_what_its_folder_is() {
    let files = pictures();
    let mut inside: Files =
        files.iter().map(|(name, bytes)| (format!("my set/{name}"), bytes.clone())).collect();
    // As the archiver of macOS adds them.
    inside.push(("__MACOSX/my set/._train".to_owned(), b"none".to_vec()));
    let dotted: Files =
        files.iter().rev().map(|(name, bytes)| (format!("./{name}"), bytes.clone())).collect();
    let at = folder();
    files.iter().for_each(|(name, bytes)| write(at.path(), &format!("set/{name}"), bytes));
    for (name, bytes) in [
        ("zip", packed(&files, CompressionMethod::Stored)),
        ("deflated.zip", packed(&files, CompressionMethod::Deflated)),
        ("tar", tarred(&dotted)),
    ] {
        write(at.path(), name, &bytes);
    }
    write(at.path(), "packed.zip", &packed(&inside, CompressionMethod::Deflated));
    for options in [
        LoadOptions::default(),
        LoadOptions { cache: CacheSize { bytes: 0 }, size: Some(6), ..LoadOptions::default() },
        LoadOptions { skip_broken: true, ..LoadOptions::default() },
    ] {
        let right = described("folder:{}/set", at.path(), &options);
        assert!(right.contains("caption of train/dog/2") && right.contains("1 with .txt"), "{right}");
        for spec in ["zip:{}/zip", "zip:{}/deflated.zip", "tar:{}/tar"] {
            assert_eq!(described(spec, at.path(), &options), right, "{spec}");
        }
        let packed = described("zip:{}/packed.zip", at.path(), &options);
        assert_eq!(packed.replace("SET/my set/", "SET/"), right);
    }
}

#[test]
fn a_damaged_file_in_an_archive_is_named_and_can_be_skipped() {
    let mut files: Files =
        (0..3u8).map(|at| (format!("{at}.png"), encoded(&grey(4, 4, at), ImageFormat::Png))).collect();
    files[1].1 = b"nothing".to_vec();
    let at = folder();
    write(at.path(), "x.zip", &packed(&files, CompressionMethod::Stored));
    let error = open("zip:{}/x.zip", at.path(), &sized(1)).unwrap_err();
    assert!(error.contains("x.zip/1.png is not usable: its content is neither PNG"), "{error}");
    let skipping = LoadOptions { skip_broken: true, ..sized(1) };
    assert_eq!(firsts(&open("zip:{}/x.zip", at.path(), &skipping).unwrap().train), [0, 2]);
    // A byte that changes in the archive is noticed by the checksum there, before anything is decoded.
    let whole = packed(&files[..1], CompressionMethod::Stored);
    let pixel = whole.windows(4).position(|bytes| bytes == b"IDAT").unwrap() + 6;
    let mut damaged = whole.clone();
    damaged[pixel] ^= 1;
    write(at.path(), "y.zip", &damaged);
    let error = open("zip:{}/y.zip", at.path(), &sized(1)).unwrap_err();
    assert!(
        error.contains("y.zip/0.png is not usable: unpacking it failed: it has another checksum"),
        "{error}"
    );
    let tar = tarred(&files);
    write(at.path(), "cut.tar", &tar[..tar.len() - 2000]);
    let error = open("tar:{}/cut.tar", at.path(), &sized(1)).unwrap_err();
    assert!(error.contains("cut.tar is not usable: it is no tar archive, or is damaged"), "{error}");
}

#[test]
fn an_archive_that_changes_ends_what_uses_it() {
    let files = |value| vec![("0.png".to_owned(), encoded(&grey(4, 4, value), ImageFormat::Png))];
    let at = folder();
    write(at.path(), "x.tar", &tarred(&files(1)));
    let options = LoadOptions { cache: CacheSize { bytes: 0 }, ..sized(4) };
    let set = open("tar:{}/x.tar", at.path(), &options).unwrap().train;
    assert!(HostBatch::gather(&set, &[0]).is_ok());
    write(at.path(), "x.tar", &tarred(&files(2)));
    let error = HostBatch::gather(&set, &[0]).unwrap_err().to_string();
    assert!(error.contains("x.tar/0.png has changed since this run first read it"), "{error}");
}

#[test]
fn the_last_of_two_files_with_one_path_counts() {
    let at = folder();
    let file = |value| ("a/0.png".to_owned(), encoded(&grey(1, 1, value), ImageFormat::Png));
    write(at.path(), "x.tar", &tarred(&[file(1), file(2)]));
    assert_eq!(firsts(&open("tar:{}/x.tar", at.path(), &sized(1)).unwrap().train), [2]);
}

#[test]
fn what_no_folder_could_hold_is_counted() {
    let at = folder();
    let mut builder = tar::Builder::new(Vec::new());
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "a.png", "/etc/passwd").unwrap();
    let image = encoded(&grey(1, 1, 7), ImageFormat::Png);
    let mut header = tar::Header::new_gnu();
    header.set_size(image.len() as u64);
    builder.append_data(&mut header, "b.png", &image[..]).unwrap();
    write(at.path(), "x.tar", &builder.into_inner().unwrap());
    let parts = open("tar:{}/x.tar", at.path(), &sized(1)).unwrap();
    assert_eq!(firsts(&parts.train), [7]);
    assert!(parts.notes[0].ends_with("left out: 1 with a link, a pipe or a device instead of content"));
    // An empty archive holds no images, as an empty folder.
    write(at.path(), "none.zip", &packed(&[], CompressionMethod::Stored));
    let error = open("zip:{}/none.zip", at.path(), &sized(1)).unwrap_err();
    assert!(error.contains("none.zip holds no images; files ending in"), "{error}");
    red(at.path(), "plain.png", 1);
    for kind in ["zip", "tar"] {
        let error = open(&format!("{kind}:{{}}/plain.png"), at.path(), &sized(1)).unwrap_err();
        let says = format!("plain.png is not usable: it is no {kind} archive, or is damaged (");
        assert!(error.contains(&says), "{error}");
    }
}
