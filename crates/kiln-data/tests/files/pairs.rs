//! Pairs of images, and two sets without pairs.

use image::ImageFormat;
use kiln_data::{Channels, LoadOptions, Parts};

use crate::{encoded, firsts, folder, grey, open, real, red, rgb, sized, write};

/// The first byte of every image and of every target, of both parts.
fn pairs(parts: &Parts) -> Vec<(Vec<u8>, Vec<u8>)> {
    let parts = std::iter::once(&parts.train).chain(&parts.test);
    parts.map(|set| (firsts(set), firsts(set.targets().unwrap()))).collect()
}

#[test]
fn side_by_side_is_split_in_the_middle() {
    let at = folder();
    for (file, value) in [("2.png", 20), ("1.png", 10)] {
        let image = rgb(4, 3, |x, _| if x < 2 { [value, 0, 0] } else { [value + 1, 0, 0] });
        write(at.path(), file, &encoded(&image, ImageFormat::Png));
    }
    let parts = open("paired:{}", at.path(), &sized(2)).unwrap();
    assert_eq!(pairs(&parts), [(vec![10, 20], vec![11, 21])]);
    let targets = parts.train.targets().unwrap();
    assert_eq!((targets.shape(), targets.name().ends_with(" targets")), ([3, 2, 2], true));
}

#[test]
fn two_folders_are_paired_by_name() {
    for [a, b, test_a, test_b] in [
        ["A", "B", "", ""],
        ["a", "b", "", ""],
        ["train_a", "train_b", "test_a", "test_b"],
        ["Training-A", "Training-B", "ValA", "ValB"],
        ["trainA", "trainB", "testA", "testB"],
        ["trainA", "trainB", "valA", "valB"],
        ["A/train", "B/train", "A/test", "B/test"],
        ["train/A", "train/B", "val/A", "val/B"],
    ] {
        let at = folder();
        for (side, add) in [(a, 0), (b, 100)] {
            red(at.path(), &format!("{side}/x/1.png"), 1 + add);
            red(at.path(), &format!("{side}/2.png"), 2 + add);
        }
        if !test_a.is_empty() {
            red(at.path(), &format!("{test_a}/3.png"), 3);
            // The ending may differ, as for photographs and their label maps.
            write(at.path(), &format!("{test_b}/3.bmp"), &encoded(&grey(5, 5, 103), ImageFormat::Bmp));
        }
        let parts = open("paired:{}", at.path(), &sized(1)).unwrap();
        let mut want = vec![(vec![2, 1], vec![102, 101])];
        want.extend((!test_a.is_empty()).then(|| (vec![3], vec![103])));
        assert_eq!(pairs(&parts), want, "{a} {b}");
    }
}

#[test]
fn the_sides_have_channels_of_their_own() {
    let at = folder();
    red(at.path(), "A/1.png", 9);
    write(at.path(), "B/1.png", &encoded(&grey(3, 3, 7), ImageFormat::Png));
    let set = open("paired:{}", at.path(), &sized(2)).unwrap().train;
    assert_eq!((set.shape(), set.targets().unwrap().shape()), ([3, 2, 2], [1, 2, 2]));
    let options = LoadOptions { channels: Some(Channels::Grey), ..sized(2) };
    assert_eq!(open("paired:{}", at.path(), &options).unwrap().train.shape()[0], 1);
}

#[test]
fn two_sets_need_no_pairs() {
    let at = folder();
    for value in 1..=3 {
        red(at.path(), &format!("horse/{value}.png"), value);
    }
    red(at.path(), "zebra/z.png", 9);
    let parts = open("unpaired:{}/horse,{}/zebra", at.path(), &sized(1)).unwrap();
    assert_eq!((firsts(&parts.train), parts.test.is_none()), (vec![1, 2, 3], true));
    assert_eq!(firsts(parts.train.unpaired().unwrap()), [9]);
    assert!(parts.train.targets().is_none());
    assert_eq!((parts.train.name(), parts.train.unpaired().unwrap().name()), ("horse", "zebra"));
}

#[test]
fn two_sets_may_have_parts_held_out() {
    for [a, b, test_a, test_b] in
        [["trainA", "trainB", "testA", "testB"], ["horse/train", "zebra/train", "horse/val", "zebra/test"]]
    {
        let at = folder();
        for (folder, value) in [(a, 1), (b, 2), (test_a, 3), (test_b, 4)] {
            red(at.path(), &format!("{folder}/1.png"), value);
        }
        let spec = format!("unpaired:{{}}/{},{{}}/{}", a.replace("/train", ""), b.replace("/train", ""));
        let parts = open(&spec, at.path(), &sized(1)).unwrap();
        let test = parts.test.unwrap();
        assert_eq!((firsts(&parts.train), firsts(parts.train.unpaired().unwrap())), (vec![1], vec![2]));
        assert_eq!((firsts(&test), firsts(test.unpaired().unwrap())), (vec![3], vec![4]));
    }
}

#[test]
fn real_facades() {
    let Some(facades) = real("facades") else { return };
    let begin = std::time::Instant::now();
    let parts = open("paired:{}", &facades, &LoadOptions::default()).unwrap();
    assert_eq!(parts.info().target, Some([3, 256, 256]));
    let parts = open("paired:{}", &facades, &sized(64)).unwrap();
    println!("400 and 106 pairs in {:.2?}", begin.elapsed());
    let (train, test) = (&parts.train, parts.test.as_ref().unwrap());
    assert_eq!((train.len(), test.len()), (400, 106));
    assert_eq!(open("paired:{}/val", &facades, &sized(8)).unwrap().train.len(), 100);
    assert_eq!((train.shape(), train.targets().unwrap().shape()), ([3, 64, 64], [3, 64, 64]));
    // The label maps, on the right, are mostly walls, which are pure blue.
    let blue = |set: &kiln_data::Dataset| {
        let image = |at: usize| -> Vec<u64> {
            let pixels = set.image(at).unwrap();
            pixels.chunks(4096).map(|plane| plane.iter().map(|&v| u64::from(v)).sum()).collect()
        };
        let [red, _, blue] = (0..set.len()).fold([0u64; 3], |sums, at| {
            let channels = image(at);
            [0, 1, 2].map(|channel| sums[channel] + channels[channel])
        });
        blue as f64 / red as f64
    };
    assert!(blue(train.targets().unwrap()) > 2.0, "{}", blue(train.targets().unwrap()));
    assert!(blue(train) < 1.5, "{}", blue(train));
}
