//! Folders of images.

use image::ImageFormat;
use kiln_data::{Channels, LoadOptions, ResizePolicy};

use crate::{encoded, firsts, folder, grey, open, real, red, rgb, sized, write};

#[test]
fn a_flat_folder_has_no_labels() {
    let at = folder();
    for (file, value) in [("b.png", 2), ("a.png", 1), ("sub/c.png", 3)] {
        red(at.path(), file, value);
    }
    let parts = open("folder:{}", at.path(), &sized(1)).unwrap();
    assert_eq!((firsts(&parts.train), parts.train.shape()), (vec![1, 2, 3], [3, 1, 1]));
    assert_eq!((parts.train.labels(), parts.train.captions()), (None, None));
    assert!(parts.test.is_none());
    assert_eq!(parts.train.name(), at.path().file_name().unwrap().to_str().unwrap());
    let parts = open("folder:{}", at.path(), &LoadOptions::default()).unwrap();
    assert_eq!(parts.train.shape(), [3, 1, 1]);
    write(at.path(), "wide.png", &encoded(&grey(9, 2, 1), ImageFormat::Png));
    let parts = open("folder:{}", at.path(), &LoadOptions::default()).unwrap();
    assert_eq!(parts.train.shape(), [3, 64, 64]);
}

#[test]
fn class_folders_are_labels() {
    let at = folder();
    for (file, value) in [("dog/x.png", 3), ("cat/2/a.png", 2), ("cat/1/b.png", 1)] {
        red(at.path(), file, value);
    }
    write(at.path(), "notes.txt", b"");
    let set = open("folder:{}", at.path(), &sized(1)).unwrap().train;
    assert_eq!((firsts(&set), set.labels().unwrap()), (vec![1, 2, 3], &[0, 0, 1][..]));
    assert_eq!((set.classes(), set.class_names().unwrap()), (2, &["cat".to_owned(), "dog".to_owned()][..]));
    red(at.path(), "stray.png", 9);
    assert_eq!(open("folder:{}", at.path(), &sized(1)).unwrap().train.labels(), None);
}

#[test]
fn split_folders_are_parts() {
    let at = folder();
    for (file, value) in [
        ("train/cat/1.png", 1),
        ("train/dog/1.png", 2),
        ("train/eel/1.png", 3),
        ("val/eel/1.png", 4),
        ("other/1.png", 9),
        ("loose.png", 9),
    ] {
        red(at.path(), file, value);
    }
    let parts = open("folder:{}", at.path(), &sized(1)).unwrap();
    let test = parts.test.unwrap();
    assert_eq!((firsts(&parts.train), firsts(&test)), (vec![1, 2, 3], vec![4]));
    assert_eq!((test.labels().unwrap(), test.classes()), (&[2][..], 3));
    assert_eq!(parts.notes[0], "trained on is train, held out is val; other is left out");
    assert_eq!(parts.notes[1], "1 images beside the folder train are left out");
    // With a test part, that is held out.
    red(at.path(), "test/cat/1.png", 5);
    assert_eq!(firsts(&open("folder:{}", at.path(), &sized(1)).unwrap().test.unwrap()), [5]);
    // Any part can be read alone.
    assert_eq!(firsts(&open("folder:{}/val", at.path(), &sized(1)).unwrap().train), [4]);
}

#[test]
fn channels_are_those_of_the_files_or_of_the_options() {
    let at = folder();
    for file in ["train/1.png", "test/1.png"] {
        write(at.path(), file, &encoded(&grey(1, 1, 90), ImageFormat::Png));
    }
    let with = |channels| LoadOptions { channels, ..sized(1) };
    let images = |channels| {
        let parts = open("folder:{}", at.path(), &with(channels)).unwrap();
        let (train, test) = (parts.train, parts.test.unwrap());
        assert_eq!(train.shape(), test.shape());
        (train.images().unwrap(), test.images().unwrap())
    };
    assert_eq!(images(None), (vec![90], vec![90]));
    assert_eq!(images(Some(Channels::Rgb)), (vec![90; 3], vec![90; 3]));
    // One image in colour, of either part, makes all of them RGB, those before it too.
    red(at.path(), "test/2.png", 100);
    assert_eq!(images(None), (vec![90; 3], vec![90, 90, 90, 100, 0, 0]));
    assert_eq!(images(Some(Channels::Grey)), (vec![90], vec![90, 30]));
}

#[test]
fn mixed_sizes_become_squares() {
    let at = folder();
    write(at.path(), "tall.png", &encoded(&grey(2, 4, 50), ImageFormat::Png));
    write(at.path(), "wide.png", &encoded(&grey(8, 4, 70), ImageFormat::Bmp));
    let images = |resize| {
        let options = LoadOptions { resize, channels: Some(Channels::Grey), ..sized(4) };
        open("folder:{}", at.path(), &options).unwrap().train.images().unwrap()
    };
    let wide = [[0; 4], [70; 4], [70; 4], [0; 4]].concat();
    assert_eq!(images(ResizePolicy::Fit), [[0, 50, 50, 0].repeat(4), wide].concat());
    assert_eq!(images(ResizePolicy::Crop), [[50; 16], [70; 16]].concat());
}

#[test]
fn captions_go_with_their_images() {
    let at = folder();
    for (file, value) in [("train/1.png", 1), ("train/2.png", 2), ("test/1.png", 3)] {
        red(at.path(), file, value);
    }
    write(
        at.path(),
        "captions.tsv",
        b"file\tcaption\n2.png\ttwo\ntrain/1.png\tone\ttag\ntest/1.png\tthree\n",
    );
    let parts = open("folder:{}", at.path(), &sized(1)).unwrap();
    assert_eq!(parts.train.captions().unwrap(), ["one", "two"]);
    assert_eq!(parts.test.unwrap().captions().unwrap(), ["three"]);
    // The captions in the part's own folder come first.
    write(at.path(), "train/captions.tsv", b"1.png\tmine\n2.png\tmine too\n");
    assert_eq!(open("folder:{}", at.path(), &sized(1)).unwrap().train.caption(1), Some("mine too"));
}

#[test]
fn any_number_of_threads_gives_the_same_data() {
    let at = folder();
    for value in 0..=255u8 {
        let image = rgb(3 + u32::from(value) % 7, 5, |x, y| [value, x as u8, y as u8]);
        write(at.path(), &format!("{}/{value}.png", value % 3), &encoded(&image, ImageFormat::Png));
    }
    for value in 0..40 {
        red(at.path(), &format!("1/more {value}.png"), value);
    }
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let set = open("folder:{}", at.path(), &sized(6))?.train;
            assert_eq!((set.len(), set.classes()), (296, 3));
            Ok::<_, String>((set.images().map_err(|error| error.to_string())?, set.fingerprint()))
        })
    };
    assert_eq!(with(3).unwrap(), with(1).unwrap());
    // All damaged files are named, the first of them first.
    for file in ["0/3.png", "0/99.png", "2/101.png"] {
        write(at.path(), file, b"\x89PNG\r\n\x1a\n");
    }
    let error = with(3).unwrap_err();
    assert_eq!(error, with(1).unwrap_err());
    let names: Vec<usize> =
        ["3 of 296", "0/3.png", "0/99.png", "2/101.png"].map(|name| error.find(name).unwrap()).to_vec();
    assert!(names.is_sorted(), "{error}");
}

#[test]
fn real_emoji() {
    let Some(emoji) = real("emoji") else { return };
    let set = open("folder:{}", &emoji, &sized(32)).unwrap().train;
    assert_eq!((set.len(), set.shape(), set.labels()), (1609, [3, 32, 32], None));
    let captions = set.captions().unwrap();
    assert!(captions.iter().any(|caption| caption == "grinning face with big eyes"));
    // The face is yellow, and its transparent corner is black.
    let face = captions.iter().position(|caption| caption == "grinning face").unwrap();
    let face_pixels = set.image(face).unwrap();
    let pixel = |row: usize, column: usize| [0, 1, 2].map(|c| face_pixels[(32 * c + row) * 32 + column]);
    assert_eq!(pixel(0, 0), [0, 0, 0]);
    let [red, green, blue] = pixel(6, 16);
    assert!(red > 220 && green > 150 && blue < 100, "{red} {green} {blue}");
}

#[test]
fn real_bmp_and_grey_png() {
    let (Some(sr), Some(denoise)) = (real("sr"), real("denoise")) else { return };
    assert_eq!(open("folder:{}/T91", &sr, &sized(16)).unwrap().train.shape(), [3, 16, 16]);
    let grey = open("folder:{}/Train400", &denoise, &sized(180)).unwrap().train;
    assert_eq!((grey.len(), grey.shape()), (400, [1, 180, 180]));
}
