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
    let figures: Value =
        serde_json::from_str(&success(at, "eval cgan --count 20 --measures digits --json")).unwrap();
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
    failure(
        at,
        "reconstruct denoise --out r.png",
        1,
        &["a denoise can't rebuild images", "vae, vae-8bit, vae-conv"],
    );
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
    // The loop makes 1000 images of the seed of the run.
    let eval = "eval dcgan --count 1000 --measures digits --json";
    let figures: Value = serde_json::from_str(&success(at, eval)).unwrap();
    assert_eq!(line["test"]["digits"], figures["figures"]["digits"], "{line} {figures}");
    failure(at, "eval dcgan --measures fid", 2, &["digits, distances, memorised, cas"]);
    failure(at, "train gan --set measures=[\"digit\"]", 2, &["`measures` is digit", "a list of digits"]);
    // The classifier answers for what it can read alone.
    success(at, &format!("{TINY} --quiet --out vae"));
    let text = success(at, "eval vae --count 40 --measures digits");
    assert!(
        text.contains("neg_elbo") && text.contains("no digits: the built-in classifier reads grey images"),
        "{text}"
    );
}

/// Every checkpoint that was kept, with the spread over seeds and what real images get; the page of the run shows it.
#[test]
fn all_checkpoints_are_measured_with_seeds_and_floors() {
    let folder = folder();
    let at = folder.path();
    let small = "train vae --data idx:set.idx --steps 4 --batch-size 16 --set hidden=16 --set latent=4";
    success(at, &format!("{small} --set checkpoint_every=1 --set keep_checkpoints=all --quiet --out vae"));
    assert!(success(at, "info vae").contains("checkpoints  after step 0, 1, 2, 3, 4"));
    let eval = "eval vae --all-checkpoints --seeds 0-1 --count 40 --measures distances,memorised";
    let text = success(at, &format!("{eval} --json"));
    let all: Value = serde_json::from_str(&text).unwrap();
    let checkpoints = all["checkpoints"].as_array().unwrap();
    let steps: Vec<u64> = checkpoints.iter().map(|one| one["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, [0, 1, 2, 3, 4]);
    for checkpoint in checkpoints {
        for name in ["kernel", "precision", "coverage", "memorised"] {
            let figures = checkpoint["figures"].as_array().unwrap();
            let figure = figures.iter().find(|figure| figure["name"] == name).unwrap();
            assert!(figure["deviation"].is_number() && figure["floor"].is_number(), "{figure}");
        }
    }
    // Few images have no Fréchet distance, and this is said with network and counts.
    assert!(
        all["figures"]["frechet"].is_null() && text.contains("no Fréchet distance: with fewer than 2000")
    );
    assert!(
        text.contains("distances by the features of scenes-") && text.contains("40 made images beside 40")
    );
    let table = success(at, &format!("{eval} --device cpu"));
    assert!(
        table.contains("vae after step 2") && table.contains("±") && table.contains("real images"),
        "{table}"
    );
    success(at, "report vae");
    assert!(fs::read_to_string(at.join("vae/report.html")).unwrap().contains("\"deviation\":"));
    success(at, "eval vae --nearest nearest.png");
    assert!(image::open(at.join("nearest.png")).is_ok());
}

/// Which image is whose is in the answers alone.
#[test]
fn a_blind_comparison_keeps_its_answers_apart() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --quiet --out a"));
    success(at, &format!("{TINY} --seed 1 --quiet --out b"));
    success(at, "compare a b --blind judge --rows 12");
    let answers: Value = serde_json::from_slice(&fs::read(at.join("judge/answers.json")).unwrap()).unwrap();
    let rows = answers["rows"].as_array().unwrap();
    let first = |name: &str| rows.iter().filter(|row| row[0] == name).count();
    assert!(
        rows.len() == 12 && first("a") + first("b") == 12 && first("a") > 0 && first("b") > 0,
        "{answers}"
    );
    assert!(image::open(at.join("judge/sheet.png")).is_ok());
    failure(at, "compare a b --blind judge", 1, &["judge/sheet.png already exists"]);
    trained(at, "dcgan", "--steps 1");
    failure(at, "compare a dcgan --blind other", 1, &["make images of different sizes"]);
    failure(at, "compare a b --rows 3", 2, &["--blind"]);
}

/// A group less itself leaves what was added.
#[test]
fn latent_points_are_added_and_subtracted() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --quiet --out vae"));
    success(at, "arithmetic vae --plus 3 --plus 0-1 --minus 0-1 --out sum.png");
    let sum = image::open(at.join("sum.png")).unwrap().into_luma8();
    // A row for each group, each with its mean behind it; the result begins the last.
    let side = (sum.height() - 2) / 4;
    let tile = |row: u32| image::imageops::crop_imm(&sum, 2, 2 + row * side, side - 2, side - 2).to_image();
    assert!(tile(0) == tile(3) && tile(0) != tile(1));
    failure(at, "arithmetic vae --plus 0-64 --out x.png", 2, &["at most 64 seeds"]);
}

/// `--seeds` gives one image for each seed, the same alone and among others.
#[test]
fn an_image_is_a_function_of_its_seed() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --quiet --out vae"));
    let text = success(at, "sample vae --seeds 3,0-1 --out three");
    assert!(text.starts_with("3 images of step "), "{text}");
    assert_eq!(names(&at.join("three")), ["seed000000.png", "seed000001.png", "seed000003.png"]);
    success(at, "sample vae --seed 3 --count 1 --out one");
    let [a, b] = ["three/seed000003.png", "one/000000.png"].map(|name| fs::read(at.join(name)).unwrap());
    assert_eq!(a, b);
    success(at, "sample vae --seeds 0-8 --out nine.png");
    failure(at, "sample vae --seeds 3-1 --out x.png", 2, &["numbers and ranges such as 0-35,40"]);
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
