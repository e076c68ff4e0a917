//! Files that are not what they should be, among others that are.

use image::ImageFormat;
use kiln_data::inspect::DataSummary;
use kiln_data::{CacheSize, HostBatch, LoadOptions};

use crate::{encoded, firsts, folder, grey, open, red, sized, write};

fn skipping() -> LoadOptions {
    LoadOptions { skip_broken: true, ..sized(1) }
}

/// A PNG whose header is whole and whose pixels are not.
fn torn() -> Vec<u8> {
    let whole = encoded(&grey(40, 40, 9), ImageFormat::Png);
    whole[..whole.len() - 20].to_vec()
}

#[test]
fn all_broken_headers_are_named_up_to_a_bound() {
    let at = folder();
    red(at.path(), "good.png", 1);
    for file in 0..104 {
        write(at.path(), &format!("bad {file:03}.png"), b"nothing");
    }
    let error = open("folder:{}", at.path(), &sized(1)).unwrap_err();
    assert!(error.starts_with("104 of 105 files are not usable: "), "{error}");
    assert!(error.contains("bad 000.png") && error.contains("bad 099.png") && !error.contains("bad 100.png"));
    let end = ", and 4 more; mend or remove them, or leave them out with --skip-broken";
    assert!(error.ends_with(end), "{error}");
}

#[test]
fn broken_files_are_skipped_on_request_and_named() {
    let at = folder();
    for (file, value) in [("cat/1.png", 1), ("cat/3.png", 3), ("dog/1.png", 4)] {
        red(at.path(), file, value);
    }
    write(at.path(), "cat/2.png", b"nothing");
    write(at.path(), "dog/2.png", &torn());
    let parts = open("folder:{}", at.path(), &skipping()).unwrap();
    assert_eq!((firsts(&parts.train), parts.train.labels().unwrap()), (vec![1, 3, 4], &[0, 0, 1][..]));
    let note = &parts.notes[0];
    assert!(note.starts_with("2 of 5 files left out because they are broken: "), "{note}");
    assert!(note.contains("cat/2.png") && note.contains("dog/2.png"), "{note}");
    // Where none is left, there is nothing to go on with.
    write(at.path(), "cat/1.png", b"nothing");
    write(at.path(), "cat/3.png", b"nothing");
    write(at.path(), "dog/1.png", b"nothing");
    let error = open("folder:{}", at.path(), &skipping()).unwrap_err();
    assert!(error.starts_with("5 of 5 files are not usable: "), "{error}");
}

#[test]
fn a_broken_side_takes_its_partner_with_it() {
    let at = folder();
    for (file, value) in [("1.png", 1), ("2.png", 2), ("3.png", 3), ("4.png", 4)] {
        red(at.path(), &format!("A/{file}"), value);
        red(at.path(), &format!("B/{file}"), 10 * value);
    }
    write(at.path(), "A/2.png", b"nothing");
    write(at.path(), "B/4.png", &torn());
    let error = open("paired:{}", at.path(), &sized(1)).unwrap_err();
    assert!(error.contains("A/2.png is not usable: "), "{error}");
    let parts = open("paired:{}", at.path(), &skipping()).unwrap();
    assert_eq!((firsts(&parts.train), firsts(parts.train.targets().unwrap())), (vec![1, 3], vec![10, 30]));
    let note = &parts.notes[0];
    assert!(note.starts_with("2 of 8 files left out because they are broken: "), "{note}");
    assert!(note.contains("A/2.png") && note.contains("B/4.png"), "{note}");
    assert!(note.ends_with("; with them 2 that belong to the same pairs or sequences"), "{note}");
    // Two sets without pairs lose what is broken of each.
    let parts = open("unpaired:{}/A,{}/B", at.path(), &skipping()).unwrap();
    let second = parts.train.unpaired().unwrap();
    assert_eq!((firsts(&parts.train), firsts(second)), (vec![1, 3, 4], vec![10, 20, 30]));
    // So does a file with both sides in it.
    let at = folder();
    for (file, value) in [("1.png", 1), ("2.png", 2)] {
        write(at.path(), file, &encoded(&grey(2, 1, value), ImageFormat::Png));
    }
    write(at.path(), "3.png", b"nothing");
    write(at.path(), "4.png", &encoded(&grey(3, 1, 4), ImageFormat::Png));
    let parts = open("paired:{}", at.path(), &skipping()).unwrap();
    assert_eq!((firsts(&parts.train), firsts(parts.train.targets().unwrap())), (vec![1, 2], vec![1, 2]));
}

#[test]
fn a_broken_frame_takes_its_sequence_with_it() {
    let at = folder();
    for (sequence, first) in [("a", 10), ("b", 20), ("c", 30)] {
        (0..2).for_each(|frame| red(at.path(), &format!("{sequence}/{frame}.png"), first + frame));
    }
    write(at.path(), "b/1.png", b"nothing");
    let error = open("frames:{}", at.path(), &sized(1)).unwrap_err();
    assert!(error.contains("b/1.png is not usable: "), "{error}");
    let parts = open("frames:{}", at.path(), &skipping()).unwrap();
    let firsts: Vec<u8> = (0..2).map(|index| parts.train.sequence(index).unwrap()[0]).collect();
    assert_eq!((parts.train.len(), firsts), (2, vec![10, 30]));
    let note = &parts.notes[0];
    assert!(note.starts_with("1 of 6 files left out because they are broken: "), "{note}");
    assert!(note.ends_with("; with them 1 that belong to the same pairs or sequences"), "{note}");
}

#[test]
fn what_headers_do_not_tell_is_found_by_looking_at_all_or_when_it_is_needed() {
    let at = folder();
    red(at.path(), "a.png", 1);
    for file in ["b.png", "c.png"] {
        write(at.path(), file, &torn());
    }
    // A small set is decoded at once, if there is room for it.
    let error = open("folder:{}", at.path(), &sized(4)).unwrap_err();
    assert!(error.starts_with("2 of 3 files are not usable: "), "{error}");
    let options = LoadOptions { cache: CacheSize { bytes: 0 }, ..sized(4) };
    let parts = open("folder:{}", at.path(), &options).unwrap();
    let error = DataSummary::of(&parts).unwrap_err().to_string();
    assert!(error.starts_with("2 of 3 files are not usable: "), "{error}");
    assert!(error.contains("b.png") && error.contains("c.png"), "{error}");
    assert!(HostBatch::gather(&parts.train, &[0]).is_ok());
    let error = HostBatch::gather(&parts.train, &[0, 2, 1]).unwrap_err().to_string();
    assert!(error.contains("c.png is not usable: "), "{error}");
}
