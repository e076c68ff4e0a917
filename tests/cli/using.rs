//! Trained models in use: by class, on pictures of any size, and measured.

use crate::support::*;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The smallest form of a recipe, trained for some steps.
fn trained(at: &Path, recipe: &str, options: &str) {
    let all = recipes(at);
    let smallest = &all.iter().find(|(name, _)| name == recipe).unwrap().1;
    success(at, &format!("train {recipe} {smallest} --batch-size 4 {options} --quiet --out {recipe}"));
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

#[test]
fn samples_are_the_same_in_one_picture_in_files_and_in_any_number() {
    let folder = folder();
    let at = folder.path();
    trained(at, "dcgan", "--steps 2");
    success(at, &format!("{TINY} --quiet --out vae"));
    // Of one of them more than are made at once.
    for (run, count) in [("vae", 260), ("dcgan", 7)] {
        let few = success(at, &format!("sample {run} --count 3 --out {run}-few"));
        assert!(few.starts_with("3 images of step "), "{few}");
        assert_eq!(names(&at.join(format!("{run}-few"))), ["000000.png", "000001.png", "000002.png"]);
        success(at, &format!("sample {run} --count {count} --out {run}-many"));
        assert_eq!(names(&at.join(format!("{run}-many"))).len(), count);
        for name in ["000000.png", "000001.png", "000002.png"] {
            let [few, many] =
                ["few", "many"].map(|set| fs::read(at.join(format!("{run}-{set}")).join(name)).unwrap());
            assert!(few == many, "{run} {name}");
        }
    }
    // No bound at 4096, and each image stands in its place of the picture.
    success(at, "sample vae --count 4200 --out all.png");
    let all = image::open(at.join("all.png")).unwrap().to_luma8();
    let one = image::open(at.join("vae-many/000259.png")).unwrap().to_luma8();
    let (scale, columns) = (9, 65);
    let corner = |index: u32| 2 + index * (10 * scale + 2);
    for (x, y, pixel) in one.enumerate_pixels() {
        let [left, top] = [corner(259 % columns), corner(259 / columns)];
        assert_eq!(all.get_pixel(left + x * scale, top + y * scale), pixel, "{x} {y}");
    }
    failure(
        at,
        "sample vae --count 2 --out vae-few",
        1,
        &["vae-few/000000.png already exists", "an empty folder"],
    );
    failure(at, "sample dcgan --count 1000000 --out b.png", 2, &["too many for one picture", "--out"]);
    failure(at, "sample vae --count 1000001 --out b", 2, &["--count", "from 1 to 1000000"]);
}

#[test]
fn each_network_of_a_model_is_exported_by_its_name() {
    let folder = folder();
    let at = folder.path();
    trained(at, "cgan", "--steps 2");
    trained(at, "denoise", "--steps 2");
    success(at, &format!("{TINY} --quiet --out vae"));
    let text = success(at, "export cgan --onnx g.onnx");
    for part in [
        "the generator of cgan after step 2",
        "z: latent points [batch, ",
        "class: numbers of classes from 0 to 9",
        "in [-1, 1]",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let text = success(at, "export cgan --network discriminator --onnx d.onnx --safetensors d.safetensors");
    assert!(
        text.contains("images [batch, channels, height, width] in [-1, 1]") && text.contains("logits"),
        "{text}"
    );
    let text = success(at, "export vae --network encoder --onnx e.onnx");
    assert!(text.contains("in [0, 1]") && text.contains("codes"), "{text}");
    assert!(success(at, "export denoise --onnx t.onnx").contains("translated: images"));
    assert_ne!(fs::read(at.join("g.onnx")).unwrap(), fs::read(at.join("d.onnx")).unwrap());
    failure(
        at,
        "export vae --network discriminator --onnx a.onnx",
        1,
        &["a vae has no discriminator", "generator and encoder"],
    );
    failure(at, "export vae --network critic --onnx a.onnx", 2, &["'critic'", "--network"]);
}
