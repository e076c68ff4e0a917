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
    for file in 0..14 {
        write(at.path(), &format!("bad {file:02}.png"), b"nothing");
    }
    let error = open("folder:{}", at.path(), &sized(1)).unwrap_err();
    assert!(error.starts_with("14 of 15 files are not usable: "), "{error}");
    assert!(error.contains("bad 00.png") && error.contains("bad 09.png") && !error.contains("bad 10.png"));
    assert!(
        error.ends_with(", and 4 more; mend or remove them, or leave them out with skip_broken"),
        "{error}"
    );
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
