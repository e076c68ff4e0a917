//! The same seed, the same bits.

use crate::support::*;
use std::fs;

#[test]
fn results_depend_on_the_seed_but_not_on_the_threads() {
    let folder = folder();
    for (name, more) in [("a", "--threads 1"), ("b", "--threads 2"), ("c", "--threads 2"), ("d", "--seed 1")]
    {
        success(folder.path(), &format!("{TINY} --out {name} {more}"));
    }
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| folder.path().join(name));
    let files =
        ["sheets/step-000000.png", "sheets/latest.png", "checkpoints/step-000012.safetensors", "config.toml"];
    for other in [&b, &c] {
        assert_eq!(timeless(&a), timeless(other));
        for file in files {
            assert!(fs::read(a.join(file)).unwrap() == fs::read(other.join(file)).unwrap(), "{file} differs");
        }
    }
    assert_ne!(timeless(&a), timeless(&d));
    for file in files {
        assert!(fs::read(a.join(file)).unwrap() != fs::read(d.join(file)).unwrap(), "{file} is the same");
    }
}

#[test]
fn convolutions_give_the_same_at_any_number_of_threads() {
    let folder = folder();
    let narrow = ["--set generator.width=4 --set discriminator.width=4", "--set width=4"];
    for (recipe, narrow) in ["dcgan", "vae-conv"].into_iter().zip(narrow) {
        for threads in [1, 2] {
            let words = format!("train {recipe} --steps 3 --batch-size 8 {narrow} --out {recipe}{threads}");
            success(folder.path(), &format!("{words} --threads {threads}"));
        }
        let run = |threads: u32| folder.path().join(format!("{recipe}{threads}"));
        assert_eq!(timeless(&run(1)), timeless(&run(2)));
        for file in ["sheets/latest.png", "checkpoints/step-000003.safetensors"] {
            let [one, two] = [1, 2].map(|threads| fs::read(run(threads).join(file)).unwrap());
            assert!(one == two, "{recipe}: {file} differs");
        }
    }
}
