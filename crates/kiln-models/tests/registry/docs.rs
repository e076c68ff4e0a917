//! `docs/models.md` says what the registry says. `KILN_BLESS=1` writes it anew.

use kiln_models::FAMILIES;
use std::fmt::Write;

fn page() -> String {
    let mut text = "# Models\n\nWhat can be trained, by family. `kiln recipes show NAME` prints a recipe with an explanation of each setting; \
                    [adding-a-model.md](adding-a-model.md) says how to add one, and [results.md](results.md) what they reach.\n"
        .to_owned();
    for family in FAMILIES {
        let (first, rest) = family.about.split_at(1);
        let _ = write!(text, "\n## {}\n\n{}{rest}. ", family.name, first.to_uppercase());
        let folder = format!("crates/kiln-models/src/{}", family.name);
        let _ = write!(text, "What composes is in its [README](../{folder}/README.md).\n\n");
        text.push_str("| recipe | model | what to expect | it can |\n|---|---|---|---|\n");
        for recipe in family.recipes {
            let table = recipe.table().unwrap();
            let line = |name: &str| table[name].as_str().unwrap().to_owned();
            let abilities = recipe.settings().unwrap().abilities().iter().map(ToString::to_string);
            let abilities = abilities.collect::<Vec<_>>().join(", ");
            let name = recipe.name;
            let link = format!("[`{name}`](../{folder}/recipes/{name}.toml)");
            let _ = writeln!(text, "| {link} | {} | {} | {abilities} |", line("about"), line("expected"));
        }
    }
    text
}

#[test]
fn the_page_of_models_is_the_registrys() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/models.md");
    if std::env::var_os("KILN_BLESS").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    let have = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        have == page(),
        "docs/models.md is not what the registry says; KILN_BLESS=1 cargo test -p kiln-models writes it"
    );
}
