//! What a person is told.

use std::path::Path;

use image::ImageFormat;

use crate::{encoded, folder, grey, open, red, sized, write};

/// The files that a mistake needs, the spec, and the sentence; in both `{}` is the folder.
type Mistake = (&'static [(&'static str, fn() -> Vec<u8>)], &'static str, &'static str);

fn png() -> Vec<u8> {
    encoded(&grey(2, 2, 9), ImageFormat::Png)
}

fn odd() -> Vec<u8> {
    encoded(&grey(3, 2, 9), ImageFormat::Png)
}

fn half_a_jpeg() -> Vec<u8> {
    let whole = encoded(&grey(9, 9, 9), ImageFormat::Jpeg);
    whole[..whole.len() - 4].to_vec()
}

fn empty() -> Vec<u8> {
    Vec::new()
}

fn half_a_png() -> Vec<u8> {
    png()[..50].to_vec()
}

fn gzip() -> Vec<u8> {
    b"\x1F\x8B\x08\0\0\0\0\0\0\0".to_vec()
}

fn huge() -> Vec<u8> {
    let mut bytes = encoded(&grey(2, 2, 9), ImageFormat::Bmp);
    bytes[18..22].copy_from_slice(&30_000u32.to_le_bytes());
    bytes
}

fn text() -> Vec<u8> {
    b"no image".to_vec()
}

fn captions_without_tab() -> Vec<u8> {
    b"1.png\tone\n2.png two\n".to_vec()
}

fn captions_for_one() -> Vec<u8> {
    b"1.png\tone\n".to_vec()
}

const MISTAKES: &[Mistake] = &[
    (&[], "folder:{}/none", "{}/none does not exist; check the path"),
    (
        &[("a.txt", text)],
        "folder:{}",
        "{} holds no images but 1 with .txt; files ending in .png, .jpg, .jpeg, .jpe, .jfif, .bmp, .gif, .tif, .tiff \
         or .webp were looked for, in it and in the folders below it",
    ),
    (
        &[("a.png", png)],
        "folder:{}/a.png",
        "{}/a.png is not a folder; name the folder that the data lies in, or an archive as zip:FILE or tar:FILE",
    ),
    (
        &[("1.png", empty)],
        "folder:{}",
        "{}/1.png is not usable: it is empty; copy or download it again, or remove it",
    ),
    (
        &[("1.png", png)],
        "idx:{}",
        "{} is a folder; name a file in it, or a folder of image files as folder:DIR, one in MNIST's layout as \
         mnist:DIR",
    ),
    (
        &[("a.tar", gzip)],
        "tar:{}/a.tar",
        "{}/a.tar is not usable: it is compressed as a whole, so no file in it can be read by itself; decompress it, \
         as with gunzip",
    ),
    (
        &[("train/1.png", png), ("test/notes.txt", text)],
        "folder:{}",
        "{}/test holds no images but 1 with .txt; files ending in .png, .jpg, .jpeg, .jpe, .jfif, .bmp, .gif, .tif, \
         .tiff or .webp were looked for, in it and in the folders below it",
    ),
    (
        &[("train/cat/1.png", png), ("train/dog/1.png", png), ("test/eel/1.png", png)],
        "folder:{}",
        "{}/test holds eel/1.png, which lies in none of the class folders to train on (cat, dog); move or remove \
         it",
    ),
    (
        &[("1.png", text)],
        "folder:{}",
        "{}/1.png is not usable: its content is neither PNG, JPEG, BMP, GIF, TIFF nor WebP, whatever its name \
         says; convert or remove it",
    ),
    (
        &[("1.jpg", half_a_jpeg)],
        "folder:{}",
        "{}/1.jpg is not usable: it is cut off before the end of its image; copy or download it again",
    ),
    (
        &[("1.png", half_a_png)],
        "folder:{}",
        "{}/1.png is not usable: decoding failed: unexpected end of file; copy or \
         download it again, or convert it",
    ),
    (
        &[("1.bmp", huge)],
        "folder:{}",
        "{}/1.bmp is not usable: it is 30000×2 pixels; a side may have 16384 and the image 67108864, so scale it \
         down",
    ),
    (
        &[("1.png", png), ("2.png", png), ("captions.tsv", captions_without_tab)],
        "folder:{}",
        "{}/captions.tsv is not usable: line 2 has no tab between a file and its caption; write one",
    ),
    (
        &[("1.png", png), ("2.png", png), ("captions.tsv", captions_for_one)],
        "folder:{}",
        "{}/captions.tsv is not usable: it has no caption for 2.png; add a line for it, or remove the image",
    ),
    (
        &[("1.png", odd)],
        "paired:{}",
        "{}/1.png is not usable: it is 3 pixels wide, and two images side by side have an even width; mend or \
         remove it",
    ),
    (
        &[("A/1.png", png), ("B/1.png", png), ("B/2.png", png), ("B/3.png", png)],
        "paired:{}",
        "{}/B holds 2 images without a partner in {}/A, the first of them 2.png; give the two of a pair equal \
         names",
    ),
    (
        &[("A/1.png", png), ("A/1.jpg", png), ("B/1.png", png)],
        "paired:{}",
        "{}/A holds both 1.jpg and 1.png, which are one name in a pair; remove or rename one",
    ),
    (&[("trainB/1.png", png)], "paired:{}", "{} holds trainB but not trainA; pairs need both"),
    (
        &[("trainA/1.png", png), ("trainB/1.png", png), ("valA/1.png", png)],
        "paired:{}",
        "{} holds valA but not valB; pairs need both",
    ),
    (&[("A/1.png", png)], "unpaired:{}/A,{}/B", "{}/B does not exist; check the path"),
    (&[("a/1.png", png)], "paired:{}", "{} holds a but not b; pairs need both"),
    (
        &[("photo/1.png", png), ("map/1.png", png)],
        "paired:{}",
        "{} holds the folders map and photo with images of equal names, which may be the two sides of pairs; call \
         them A and B",
    ),
];

#[test]
fn every_mistake_is_one_sentence_that_names_the_file() {
    for (files, spec, says) in MISTAKES {
        let at = folder();
        for (file, content) in *files {
            write(at.path(), file, &content());
        }
        // What headers don't tell is found when an image is decoded.
        let error =
            open(spec, at.path(), &sized(2)).map(|parts| parts.train.images().unwrap_err().to_string());
        let error = error.unwrap_or_else(|error| error);
        assert_eq!(error, says.replace("{}", at.path().to_str().unwrap()), "{spec}");
    }
}

#[test]
fn what_can_not_be_read_is_named() {
    // Links to nothing stand for files without permission, which a privileged user could read.
    #[cfg(unix)]
    for (link, spec) in
        [("2.png", "folder:{}"), ("captions", "folder:{}"), ("data_batch_1.bin", "cifar10:{}")]
    {
        let at = folder();
        red(at.path(), "1.png", 1);
        let path = at.path().join(link);
        std::os::unix::fs::symlink("nothing", &path).unwrap();
        let error = open(spec, at.path(), &sized(2)).unwrap_err();
        assert!(error.starts_with(&format!("cannot read {}: ", path.display())), "{error}");
        assert!(error.ends_with("; check that it is there and that you may read it"), "{error}");
    }
    let error = open("idx:/no/such/file", Path::new(""), &sized(2)).unwrap_err();
    assert!(error.starts_with("cannot read /no/such/file: "), "{error}");
}

#[test]
fn impossible_sizes_are_refused_before_anything_is_decoded() {
    let at = folder();
    write(at.path(), "1.png", &text());
    for size in [0, 4097] {
        let error = open("folder:{}", at.path(), &sized(size)).unwrap_err();
        assert_eq!(error, format!("image size can't be \"{size}\"; choose from 1 to 4096"));
    }
}
