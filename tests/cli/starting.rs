//! What a training can start from: a recipe, a file of one's own, another run, a folder of pictures.

use crate::support::*;
use std::fs;

#[test]
fn a_recipe_is_printed_with_its_comments_and_a_file_of_ones_own_trains() {
    let folder = folder();
    let at = folder.path();
    let recipe = success(at, "recipes show vae");
    assert!(recipe.contains("latent = 20               # number of latent dimensions"), "{recipe}");
    let own = recipe.replace("latent = 20 ", "latent = 3 ").replace("hidden = 400", "hidden = 16");
    fs::write(at.join("mine.toml"), own).unwrap();
    success(at, "train mine.toml --data idx:set.idx --batch-size 16 --steps 2 --quiet");
    let config = fs::read_to_string(at.join("runs/mine-1/config.toml")).unwrap();
    assert!(config.contains("recipe = \"mine\"") && config.contains("latent = 3"), "{config}");
    success(at, "sample runs/mine-1 --count 2 --out a.png");
    // What is wrong in it is said by name, and where it is.
    for (from, to, message) in [
        ("latent = 3 ", "lattent = 3 ", "`model.lattent`: unknown field `lattent`"),
        ("kind = \"adam\"", "kind = \"adma\"", "`optimizer.kind`: unknown variant `adma`"),
        ("steps = 3000", "steps = 0", "`steps` is 0"),
        ("[model]", "[model", "wrong.toml are not valid: line 25: unclosed table"),
    ] {
        let own = fs::read_to_string(at.join("mine.toml")).unwrap();
        assert!(own.contains(from), "{from}");
        fs::write(at.join("wrong.toml"), own.replace(from, to)).unwrap();
        let output = kiln(at, "train wrong.toml --data idx:set.idx");
        assert!(!output.status.success() && stderr(&output).contains(message), "{}", stderr(&output));
    }
    failure(at, "train missing.toml", 1, &["cannot read missing.toml"]);
    failure(at, "recipes show vea", 2, &["did you mean vae?"]);
}

#[test]
fn a_run_is_cloned_with_changes() {
    let folder = folder();
    let at = folder.path();
    success(at, &format!("{TINY} --quiet --out runs/first"));
    success(at, "train runs/first --set lr=1e-2 --quiet");
    let config = |run: &str| fs::read_to_string(at.join(run).join("config.toml")).unwrap();
    let (first, clone) = (config("runs/first"), config("runs/vae-1"));
    assert_eq!(first.replace("lr = 0.001", "lr = 0.01"), clone);
    assert_ne!(timeless(&at.join("runs/first")), timeless(&at.join("runs/vae-1")));
    // Without a change it is the same run again.
    success(at, "train runs/first --quiet --out again");
    assert_eq!(timeless(&at.join("runs/first")), timeless(&at.join("again")));
}

#[test]
fn a_folder_is_data() {
    let folder = folder();
    let at = folder.path();
    fs::create_dir(at.join("mine")).unwrap();
    for i in 0..24u8 {
        let picture = image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([i * 10, x as u8 * 3, y as u8 * 3]));
        picture.save(at.join(format!("mine/{i}.png"))).unwrap();
    }
    let small = "--steps 1 --batch-size 4 --set generator.width=2 --set discriminator.width=2 --quiet";
    success(at, &format!("train ./mine {small} --out a"));
    success(at, &format!("train dcgan-64 mine {small} --out b"));
    assert_eq!(timeless(&at.join("a")), timeless(&at.join("b")));
    assert!(fs::read_to_string(at.join("b/config.toml")).unwrap().contains("data = \"folder:mine\""));
    // A name that means two things is not guessed at.
    fs::create_dir(at.join("vae")).unwrap();
    failure(at, "train vae", 2, &["vae is both a recipe and a folder here", "./vae"]);
}

#[test]
fn what_is_said_twice_is_refused() {
    let folder = folder();
    let at = folder.path();
    fs::create_dir(at.join("mine")).unwrap();
    image::GrayImage::new(4, 4).save(at.join("mine/a.png")).unwrap();
    for (words, parts) in [
        (
            "--image-size 32 --set image_size=64",
            &["--image-size and --set image_size=", "leave one of them out"] as &[&str],
        ),
        ("--steps 3 --set steps=4", &["--steps and --set steps="]),
        ("--epochs 3 --set steps=4", &["--epochs and --set steps="]),
        ("--set lr=1 --set optimizer.lr=2", &["optimizer.lr is set twice"]),
        ("--data idx:set.idx --set data=builtin:glyphs", &["--data and --set data="]),
    ] {
        failure(at, &format!("train vae {words}"), 2, parts);
    }
    failure(
        at,
        "train ./mine idx:set.idx",
        2,
        &["./mine is the data already, and idx:set.idx would be other data"],
    );
    assert_eq!(names(at), ["mine", "set.idx"]);
    // A size that is asked for is taken, and said once.
    let small = "--steps 1 --batch-size 4 --set generator.width=2 --set discriminator.width=2 --quiet";
    success(at, &format!("train dcgan-32 --image-size 64 {small} --out a"));
    let config = fs::read_to_string(at.join("a/config.toml")).unwrap();
    assert!(config.contains("image_size = 64") && !config.contains("image_size = 32"), "{config}");
    assert!(success(at, "info a").contains("1x64x64"));
}

#[test]
fn a_batch_is_no_larger_than_the_set() {
    let folder = folder();
    let at = folder.path();
    let output = kiln(at, &format!("{} --out run", TINY.replace("--batch-size 16", "--batch-size 91")));
    assert!(output.status.success(), "{}", stderr(&output));
    let said = "a step has 90 images instead of 91, as there are 90 to train on";
    assert!(stderr(&output).contains(said), "{}", stderr(&output));
    assert!(fs::read_to_string(at.join("run/config.toml")).unwrap().contains("batch_size = 90\n"));
    success(at, "train --resume run --steps 14 --quiet");
}

#[test]
fn a_folder_of_images_is_trained_at_the_size_of_its_files() {
    let folder = folder();
    let at = folder.path();
    let small = "--steps 1 --batch-size 4 --set generator.width=2 --set discriminator.width=2";
    for (size, recipe, side) in
        [(28, "dcgan", 28), (20, "dcgan", 28), (32, "dcgan-32", 32), (48, "dcgan-64", 64)]
    {
        let mine = format!("mine{size}");
        fs::create_dir(at.join(&mine)).unwrap();
        for i in 0..8u8 {
            let picture = image::RgbImage::from_fn(size, size, |x, y| image::Rgb([i * 30, x as u8, y as u8]));
            picture.save(at.join(format!("{mine}/{i}.png"))).unwrap();
        }
        let output = kiln(at, &format!("train ./{mine} {small} --out run{size}"));
        let said = stderr(&output);
        assert!(output.status.success(), "{said}");
        assert!(
            said.contains(&format!(
                "training {recipe} at {side}×{side} pixels, for images of {size}×{size}, as all files are"
            )),
            "{said}"
        );
        assert!(said.contains(&format!("8 images of 3x{side}x{side}, colours")), "{said}");
        assert!(said.contains(" parameters, checkpoints of "), "{said}");
    }
    let output = kiln(at, &format!("train mine28 --image-size 32 --channels 1 {small} --out other"));
    assert!(
        stderr(&output).contains("training dcgan-32 at 32×32 pixels, as --image-size says"),
        "{}",
        stderr(&output)
    );
    assert!(stderr(&output).contains("images of 1x32x32, grey"), "{}", stderr(&output));
    // A folder is data for every command that reads data.
    for words in ["data inspect mine28", "train vae --data mine28 --steps 1 --quiet --set hidden=4 --out vae"]
    {
        success(at, words);
    }
    success(at, "reconstruct vae --data mine32 --out pairs.png");
}

#[test]
fn all_settings_of_a_recipe_can_be_looked_up() {
    let folder = folder();
    let at = folder.path();
    let all: serde_json::Value = serde_json::from_str(&success(at, "recipes --json")).unwrap();
    for recipe in all.as_array().unwrap() {
        let explained = recipe["explained"].as_array().unwrap();
        for name in
            ["micro_batches", "optimizer.clip_norm", "evaluate_every", "augment", "image_size", "uses.start"]
        {
            let setting = explained.iter().find(|setting| setting["name"] == name).unwrap();
            assert!(setting["about"].as_str().unwrap().len() > 9, "{setting}");
        }
        let text = success(at, &format!("recipes show {}", recipe["name"].as_str().unwrap()));
        assert!(text.contains("# micro_batches = 1") && text.contains("# clip_norm = …"), "{text}");
    }
    failure(
        at,
        "train vae --lr 0.1",
        2,
        &["--lr is no option but a setting of the recipe; use --set lr=0.1"],
    );
}
