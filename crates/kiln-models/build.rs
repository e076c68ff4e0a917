//! Lists the recipes of each family, so that a recipe is a file and nothing else: `src/FAMILY/recipes/NAME.toml`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let source = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("src");
    // A new family is a new folder.
    println!("cargo::rerun-if-changed={}", source.display());
    let mut code = String::new();
    for folder in sorted(&source)? {
        let recipes = folder.join("recipes");
        if !recipes.is_dir() {
            continue;
        }
        println!("cargo::rerun-if-changed={}", recipes.display());
        let family = name(&folder).to_uppercase();
        let _ = writeln!(code, "/// Recipes of a family.\npub(crate) const {family}: &[Recipe] = &[");
        for file in sorted(&recipes)?.iter().filter(|file| file.extension().is_some_and(|end| end == "toml"))
        {
            println!("cargo::rerun-if-changed={}", file.display());
            let _ = writeln!(code, "    Recipe {{ name: {:?}, text: include_str!({file:?}) }},", name(file));
        }
        code.push_str("];\n");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("recipes.rs"), code)
}

/// What is in a folder, in the order of names.
fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    // By name without its end, so that `vae` comes before `vae-conv`.
    paths.sort_by_key(|path| name(path));
    Ok(paths)
}

/// The name of a file without its end.
fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
