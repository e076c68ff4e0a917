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
        ("[model]", "[model", "wrong.toml are not valid: unclosed table"),
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
