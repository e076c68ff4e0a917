//! Folders as people have them.

use image::ImageFormat;
use kiln_data::{Channels, LoadOptions};

use crate::{encoded, firsts, folder, grey, open, red, rgb, sized, write};

#[test]
fn a_class_may_be_called_train() {
    let at = folder();
    for (file, value) in [
        ("bus/a.png", 1),
        ("bus/b.png", 2),
        ("car/a.png", 3),
        ("car/b.png", 4),
        ("car/g.png", 5),
        ("train/a.png", 6),
    ] {
        red(at.path(), file, value);
    }
    let parts = open("folder:{}", at.path(), &sized(1)).unwrap();
    assert_eq!(firsts(&parts.train), [1, 2, 3, 4, 5, 6]);
    assert_eq!(parts.info().class_names, ["bus", "car", "train"]);
    assert!(parts.test.is_none());
    assert!(parts.notes[0].starts_with("the folder train is taken for a class"), "{:?}", parts.notes);
}

#[test]
fn parts_may_have_capital_and_long_names() {
    for [train, test] in
        [["Train", "Test"], ["training", "testing"], ["TRAIN", "Validation"], ["train", "dev"]]
    {
        let at = folder();
        for (file, value) in [("cat/a.png", 1), ("dog/a.png", 2)] {
            red(at.path(), &format!("{train}/{file}"), value);
            red(at.path(), &format!("{test}/{file}"), 10 + value);
        }
        let parts = open("folder:{}", at.path(), &sized(1)).unwrap();
        assert_eq!((firsts(&parts.train), firsts(parts.test.as_ref().unwrap())), (vec![1, 2], vec![11, 12]));
        assert_eq!(parts.info().class_names, ["cat", "dog"]);
    }
}

#[test]
fn a_second_part_held_out_is_said_to_be_left_out() {
    let at = folder();
    for (file, value) in [("train/a.png", 1), ("test/a.png", 2), ("val/a.png", 3)] {
        red(at.path(), file, value);
    }
    let parts = open("folder:{}", at.path(), &sized(1)).unwrap();
    assert_eq!(firsts(&parts.test.unwrap()), [2]);
    assert_eq!(parts.notes, ["trained on is train, held out is test; val is left out"]);
}

#[test]
fn images_of_all_usual_formats_are_read_and_others_are_counted() {
    let at = folder();
    let image = rgb(3, 2, |_, _| [200, 30, 60]);
    for (file, format) in [
        ("a.png", ImageFormat::Png),
        ("b.webp", ImageFormat::WebP),
        ("c.gif", ImageFormat::Gif),
        ("d.tif", ImageFormat::Tiff),
        ("e.jfif", ImageFormat::Jpeg),
        ("f.JPE", ImageFormat::Jpeg),
    ] {
        write(at.path(), file, &encoded(&image, format));
    }
    for file in ["a.ppm", "b.ppm", "notes.txt", "LICENSE", ".hidden.ppm"] {
        write(at.path(), file, b"");
    }
    let parts = open("folder:{}", at.path(), &LoadOptions::default()).unwrap();
    assert_eq!((parts.train.len(), parts.train.shape()), (6, [3, 2, 3]));
    assert!(firsts(&parts.train).iter().all(|value| value.abs_diff(200) <= 3), "{:?}", firsts(&parts.train));
    let note = &parts.notes[0];
    assert!(note.starts_with("4 files in "), "{note}");
    assert!(note.ends_with(" left out: 2 with .ppm, 1 with .txt, 1 with no ending"), "{note}");
}

#[test]
fn images_keep_the_size_that_all_files_have() {
    let at = folder();
    for file in ["train/1.png", "train/2.png", "test/1.png"] {
        write(at.path(), file, &encoded(&grey(48, 32, 9), ImageFormat::Png));
    }
    let parts = open("folder:{}", at.path(), &LoadOptions::default()).unwrap();
    assert_eq!((parts.train.shape(), parts.test.unwrap().shape()), ([1, 32, 48], [1, 32, 48]));
    assert_eq!(parts.notes, ["images are 48×32, as all files are"]);
    // A square that is a little larger than a square of files is a border around them.
    let at = folder();
    write(at.path(), "1.png", &encoded(&grey(28, 28, 9), ImageFormat::Png));
    let image = open("folder:{}", at.path(), &sized(32)).unwrap().train.image(0).unwrap();
    assert_eq!(image.iter().filter(|value| **value == 9).count(), 28 * 28);
    assert_eq!((image[32 * 2 + 2], image[32 * 2 + 1], image[32 + 2]), (9, 0, 0));
    // Files of several sizes are scaled, each by itself.
    write(at.path(), "2.png", &encoded(&grey(31, 31, 9), ImageFormat::Png));
    let parts = open("folder:{}", at.path(), &sized(32)).unwrap();
    assert_eq!(parts.train.images().unwrap(), vec![9; 2 * 32 * 32]);
}

#[test]
fn transparency_is_composited_or_kept() {
    let at = folder();
    let clear = image::RgbaImage::from_pixel(2, 1, image::Rgba([10, 20, 30, 0]));
    write(at.path(), "1.png", &encoded(&clear.into(), ImageFormat::Png));
    let images = |background: &str, channels| {
        let options = LoadOptions { background: background.parse().unwrap(), channels, ..sized(2) };
        let parts = open("folder:{}", at.path(), &options).unwrap();
        (parts.train.image(0).unwrap(), parts.notes)
    };
    let (black, notes) = images("black", None);
    assert_eq!(black, [0; 12]);
    assert!(notes[0].starts_with("1 of 1 files may be transparent; behind them is black"), "{notes:?}");
    assert_eq!(images("#ff0001", None).0, [[255; 4], [0; 4], [1; 4]].concat());
    let (kept, notes) = images("white", Some(Channels::Rgba));
    assert_eq!(kept, [[10, 10, 0, 0], [20, 20, 0, 0], [30, 30, 0, 0], [0; 4]].concat());
    assert!(notes.is_empty(), "{notes:?}");
}
