//! Trained models in use: by class, on pictures of any size, and measured.

use crate::support::*;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The smallest form of a recipe, trained for some steps.
fn trained(at: &Path, recipe: &str, options: &str) {
    let all = recipes(at);
    let smallest = &all.iter().find(|(name, _)| name == recipe).unwrap().1;
    success(at, &format!("train {recipe} {smallest} {options} --quiet --out {recipe}"));
}

#[test]
fn a_class_is_asked_for_by_its_number() {
    let folder = folder();
    let at = folder.path();
    trained(at, "cgan", "--steps 3");
    for (words, file) in
        [("--class 3", "a.png"), ("--class 3", "b.png"), ("--class 4", "c.png"), ("", "d.png")]
    {
        success(at, &format!("sample cgan --count 5 {words} --out {file}"));
    }
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| fs::read(at.join(format!("{name}.png"))).unwrap());
    assert!(a == b && a != c && a != d);
    failure(at, "sample cgan --class 10 --out e.png", 2, &["there is no class \"10\"; there are 0 to 9"]);
    failure(at, "sample cgan --class eight --out e.png", 2, &["there is no class \"eight\""]);
    success(at, &format!("{TINY} --quiet --out vae"));
    failure(at, "sample vae --class 1 --out e.png", 2, &["a vae was trained without classes", "cgan"]);
    success(at, "interpolate cgan --count 2 --stops 2 --frames 2 --out w.gif");
    let figures: Value = serde_json::from_str(&success(at, "eval cgan --count 20 --json")).unwrap();
    for name in ["digits", "digits_least", "asked", "asked_least", "asked_sure"] {
        let value = figures["figures"][name].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&value), "{name}: {figures}");
    }
}

#[test]
fn pictures_of_any_size_are_translated_and_keep_their_names() {
    let folder = folder();
    let at = folder.path();
    trained(at, "denoise", "--steps 3");
    fs::create_dir(at.join("in")).unwrap();
    image::RgbImage::from_fn(7, 5, |x, y| image::Rgb([x as u8 * 20, y as u8 * 20, 90]))
        .save(at.join("in/a.png"))
        .unwrap();
    image::GrayImage::from_fn(1, 1, |_, _| image::Luma([77])).save(at.join("in/b c.png")).unwrap();
    image::RgbaImage::from_pixel(30, 4, image::Rgba([9, 99, 200, 255])).save(at.join("in/d.png")).unwrap();
    fs::write(at.join("in/notes.txt"), "no picture").unwrap();
    let text = success(at, "translate denoise --input in --out out");
    assert!(text.starts_with("3 pictures, read as colours, translated by step 3"), "{text}");
    assert_eq!(names(&at.join("out")), ["a.png", "b c.png", "d.png"]);
    for (name, size) in [("a", (7, 5)), ("b c", (1, 1)), ("d", (30, 4))] {
        let picture = image::open(at.join(format!("out/{name}.png"))).unwrap();
        assert_eq!((picture.width(), picture.height()), size, "{name}");
    }
    // One at a time, and again, they are the same.
    success(at, "translate denoise --input in/a.png --out alone");
    assert!(fs::read(at.join("alone/a.png")).unwrap() == fs::read(at.join("out/a.png")).unwrap());
    failure(at, "translate denoise --input in --out in", 2, &["would be overwritten by its translation"]);
    failure(at, "translate denoise --input nowhere.png --out out", 1, &["cannot read nowhere.png"]);
    success(at, &format!("{TINY} --quiet --out vae"));
    failure(
        at,
        "translate vae --input in --out out",
        1,
        &["a vae can't translate images; name a run of denoise"],
    );
    failure(at, "reconstruct denoise --out r.png", 1, &["a denoise can't rebuild images", "vae, vae-conv"]);
    failure(at, "sample denoise --out r.png", 1, &["can't make images out of noise", "cgan", "vae-conv"]);
    let text = success(at, "eval denoise --pictures in");
    assert!(text.contains("psnr ") && text.contains("psnr_degraded"), "{text}");
}

/// The loop and `kiln eval` take the same measures.
#[test]
fn a_run_takes_the_measures_it_is_asked_for() {
    let folder = folder();
    let at = folder.path();
    trained(at, "dcgan", "--steps 2 --set measures=[\"digits\"] --set evaluate_every=2");
    let line = timeless(&at.join("dcgan")).into_iter().find(|line| line["test"].is_object()).unwrap();
    let figures: Value = serde_json::from_str(&success(at, "eval dcgan --json")).unwrap();
    assert_eq!(line["test"]["digits"], figures["figures"]["digits"], "{line} {figures}");
    failure(at, "train gan --set measures=[\"digit\"]", 2, &["`measures` is digit", "a list of digits"]);
    // The classifier answers for what it can read alone.
    success(at, &format!("{TINY} --quiet --out vae"));
    let text = success(at, "eval vae");
    assert!(
        text.contains("neg_elbo") && text.contains("no digits: the built-in classifier reads grey images"),
        "{text}"
    );
}
