//! Pairs of images, and two sets without pairs.

use image::ImageFormat;
use kiln_data::{Channels, LoadOptions, Source};

use crate::{encoded, firsts, folder, grey, load, real, red, rgb, sized, write};

/// The first byte of every image and of every target, of both parts.
fn pairs(source: &Source) -> Vec<(Vec<u8>, Vec<u8>)> {
    let parts = std::iter::once(&source.train).chain(&source.test);
    parts.map(|set| (firsts(set), firsts(set.targets().unwrap()))).collect()
}

#[test]
fn side_by_side_is_split_in_the_middle() {
    let at = folder();
    for (file, value) in [("2.png", 20), ("1.png", 10)] {
        let image = rgb(4, 3, |x, _| if x < 2 { [value, 0, 0] } else { [value + 1, 0, 0] });
        write(at.path(), file, &encoded(&image, ImageFormat::Png));
    }
    let source = load("paired:{}", at.path(), &sized(2)).unwrap();
    assert_eq!(pairs(&source), [(vec![10, 20], vec![11, 21])]);
    let targets = source.train.targets().unwrap();
    assert_eq!((targets.shape(), targets.name().ends_with(" targets")), ([3, 2, 2], true));
}

#[test]
fn two_folders_are_paired_by_name() {
    for [a, b, test_a, test_b] in [
        ["A", "B", "", ""],
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
        let source = load("paired:{}", at.path(), &sized(1)).unwrap();
        let mut want = vec![(vec![2, 1], vec![102, 101])];
        want.extend((!test_a.is_empty()).then(|| (vec![3], vec![103])));
        assert_eq!(pairs(&source), want, "{a} {b}");
    }
}

#[test]
fn the_sides_have_channels_of_their_own() {
    let at = folder();
    red(at.path(), "A/1.png", 9);
    write(at.path(), "B/1.png", &encoded(&grey(3, 3, 7), ImageFormat::Png));
    let set = load("paired:{}", at.path(), &sized(2)).unwrap().train;
    assert_eq!((set.shape(), set.targets().unwrap().shape()), ([3, 2, 2], [1, 2, 2]));
    let options = LoadOptions { channels: Some(Channels::Grey), ..sized(2) };
    assert_eq!(load("paired:{}", at.path(), &options).unwrap().train.channels(), 1);
}

#[test]
fn two_sets_need_no_pairs() {
    let at = folder();
    for value in 1..=3 {
        red(at.path(), &format!("horse/{value}.png"), value);
    }
    red(at.path(), "zebra/z.png", 9);
    let source = load("unpaired:{}/horse,{}/zebra", at.path(), &sized(1)).unwrap();
    assert_eq!((firsts(&source.train), source.test), (vec![1, 2, 3], None));
    assert_eq!((firsts(source.train.unpaired().unwrap()), source.train.targets()), (vec![9], None));
    assert_eq!((source.train.name(), source.train.unpaired().unwrap().name()), ("horse", "zebra"));
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
        let source = load(&spec, at.path(), &sized(1)).unwrap();
        let test = source.test.unwrap();
        assert_eq!((firsts(&source.train), firsts(source.train.unpaired().unwrap())), (vec![1], vec![2]));
        assert_eq!((firsts(&test), firsts(test.unpaired().unwrap())), (vec![3], vec![4]));
    }
}

#[test]
fn real_facades() {
    let Some(facades) = real("facades") else { return };
    let begin = std::time::Instant::now();
    let source = load("paired:{}", &facades, &LoadOptions::default()).unwrap();
    println!("400 and 106 pairs in {:.2?}", begin.elapsed());
    let (train, test) = (&source.train, source.test.as_ref().unwrap());
    assert_eq!((train.len(), test.len()), (400, 106));
    assert_eq!(load("paired:{}/val", &facades, &sized(8)).unwrap().train.len(), 100);
    assert_eq!((train.shape(), train.targets().unwrap().shape()), ([3, 64, 64], [3, 64, 64]));
    // The label maps, on the right, are mostly walls, which are pure blue.
    let blue = |set: &kiln_data::Dataset| {
        let image =
            |at: usize| set.image(at).chunks(4096).map(|plane| plane.iter().map(|&v| u64::from(v)).sum());
        let [red, _, blue] = (0..set.len()).fold([0u64; 3], |sums, at| {
            let channels: Vec<u64> = image(at).collect();
            [0, 1, 2].map(|channel| sums[channel] + channels[channel])
        });
        blue as f64 / red as f64
    };
    assert!(blue(train.targets().unwrap()) > 2.0, "{}", blue(train.targets().unwrap()));
    assert!(blue(train) < 1.5, "{}", blue(train));
}
