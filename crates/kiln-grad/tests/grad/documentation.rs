//! `docs/ops.md` is made of the ops' definitions and of the documentation of [`Tensor`](kiln_grad::Tensor)'s methods.

use kiln_grad::ops::REGISTRY;
use kiln_grad::{Case, Definition};
use std::fmt::Write;
use std::path::Path;

const HEAD: &str = "\
# Ops

First every op as it is checked, then [every method](#methods) with its signature and an example.

Every differentiable function of `kiln-grad`, as its file in `crates/kiln-grad/src/ops/` defines it. The first
column is the name of that file. An op is *linear* if it is linear in each input, the others held fixed; *partly* if
that holds for some of its options. A *singular place* is one where it is not differentiable or not finite; behind it
is what the function gives there, and behind the arrow what counts as the gradient. *Cases* are the calls that are
checked: values against naive loops, derivatives of first and second order against difference quotients. *Refused* are
the wrong calls whose error text is tested.

This page is made of the definitions and of the comments in the code, whose examples are run. To write it again:

    KILN_BLESS=1 cargo test -p kiln-grad documentation

| op | what it computes | linear | domain | singular places | cases | refused |
|---|---|---|---|---|---|---|
";

#[test]
fn the_page_of_ops_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ops.md");
    let rows = REGISTRY.iter().map(|e| row(e.name, &(e.definition)()));
    let want = HEAD.to_owned() + &rows.collect::<String>() + &page(&methods());
    if std::env::var_os("KILN_BLESS").is_some() {
        std::fs::write(&path, &want).unwrap();
    }
    let have = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(have == want, "docs/ops.md is stale; write it again with KILN_BLESS=1");
}

fn row(name: &str, definition: &Definition) -> String {
    let linear = |case: &Case| case.linear;
    let linear = match &definition.cases {
        cases if cases.iter().all(linear) => "yes",
        cases if cases.iter().any(linear) => "partly",
        _ => "no",
    };
    let list = |values: &[f64]| values.iter().map(|&x| number(x)).collect::<Vec<_>>().join(", ");
    let places = definition.singular.iter().flatten().map(|place| {
        let gradients: Vec<String> =
            place.gradients.iter().map(|g| list(&g.data)).filter(|g| !g.is_empty()).collect();
        let gradients = if gradients.is_empty() { "none".to_owned() } else { gradients.join(" and ") };
        format!("{}: {} → {gradients}", place.at, list(&place.value.data))
    });
    let places: Vec<String> = places.collect();
    let cells = [
        format!("`{name}`"),
        summary(name),
        linear.to_owned(),
        definition.domain.to_owned(),
        if places.is_empty() { "none".to_owned() } else { places.join("; ") },
        definition.cases.len().to_string(),
        definition.refusals.iter().flatten().count().to_string(),
    ];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

fn number(x: f64) -> String {
    match x {
        f64::INFINITY => "∞".to_owned(),
        f64::NEG_INFINITY => "−∞".to_owned(),
        x if x < 0.0 => format!("−{}", -x),
        x => x.to_string(),
    }
}

/// The first paragraph of the op's file, without its links.
fn summary(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/ops/{name}.rs"));
    let source = std::fs::read_to_string(path).unwrap();
    let lines = source.lines().map_while(|line| line.strip_prefix("//! "));
    unlinked(lines.collect::<Vec<_>>().join(" "))
}

/// Text without its links.
fn unlinked(mut text: String) -> String {
    while let Some(start) = text.find("](") {
        let end = start + text[start..].find(')').expect("the link ends");
        let open = text[..start].rfind('[').expect("the link begins");
        text.replace_range(start..=end, "");
        text.remove(open);
    }
    text
}

/// A method of `Tensor`.
struct Method {
    name: String,
    signature: String,
    /// First paragraph of its documentation.
    summary: String,
    /// Names that it has elsewhere.
    aliases: Vec<String>,
    /// The code of its example, without the lines that are hidden.
    example: Vec<String>,
}

/// The methods that the files of ops and `make.rs` add to `Tensor`, but for `try_` forms and what has no example of its
/// own because a macro writes it.
fn methods() -> Vec<Method> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<_> =
        std::fs::read_dir(source.join("ops")).unwrap().map(|file| file.unwrap().path()).collect();
    files.push(source.join("make.rs"));
    let mut methods: Vec<Method> =
        files.iter().flat_map(|file| of_source(&std::fs::read_to_string(file).unwrap())).collect();
    methods.sort_by(|a, b| a.name.cmp(&b.name));
    methods
}

fn of_source(source: &str) -> Vec<Method> {
    let (mut methods, mut docs, mut aliases, mut inside) = (Vec::new(), Vec::new(), Vec::new(), false);
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        inside = (inside || line == "impl Tensor {") && line != "}";
        let line = line.trim();
        if let Some(doc) = line.strip_prefix("///") {
            docs.push(doc.strip_prefix(' ').unwrap_or(doc).to_owned());
        } else if let Some(alias) = line.strip_prefix("#[doc(alias = \"") {
            aliases.push(alias.trim_end_matches("\")]").to_owned());
        } else if let Some(rest) = line.strip_prefix("pub fn ").filter(|_| inside) {
            let mut signature = rest.to_owned();
            while !signature.ends_with('{') {
                signature = signature + " " + lines.next().expect("the signature ends").trim();
            }
            let signature = signature.trim_end_matches(['{', ' ']).replace("( ", "(").replace(", )", ")");
            let name = signature.split(['(', '<']).next().unwrap().to_owned();
            if !name.starts_with("try_") && !name.starts_with('$') {
                let summary =
                    docs.iter().take_while(|doc| !doc.is_empty()).cloned().collect::<Vec<_>>().join(" ");
                let code =
                    docs.iter().skip_while(|doc| *doc != "```").skip(1).take_while(|doc| *doc != "```");
                let example = code.filter(|doc| !doc.starts_with("# ")).cloned().collect();
                methods.push(Method { name, signature, summary, aliases: aliases.clone(), example });
            }
        }
        if !line.starts_with("///") && !line.starts_with("#[") {
            docs.clear();
            aliases.clear();
        }
    }
    methods
}

#[test]
fn every_method_has_an_example() {
    let without = methods().into_iter().filter(|method| method.example.is_empty());
    assert_eq!(without.map(|method| method.name).collect::<Vec<_>>(), Vec::<String>::new());
}

fn page(methods: &[Method]) -> String {
    let mut page = "\n## Methods\n\n".to_owned()
        + "Comparisons, `eq`, `ne`, `lt`, `le`, `gt` and `ge`, take a tensor or a number, `x.gt(0.0)`, and give a mask. "
        + "Panics and other details are in the documentation of the code.\n";
    for Method { name, signature, summary, aliases, example } in methods {
        let called = match aliases.as_slice() {
            [] => String::new(),
            aliases => format!(" (elsewhere `{}`)", aliases.join("`, `")),
        };
        let example = example.join("\n");
        let plain = unlinked(summary.clone());
        writeln!(page, "\n### `{name}`{called}\n\n`fn {signature}`\n\n{plain}\n\n```rust\n{example}\n```")
            .unwrap();
    }
    page
}

#[test]
fn the_page_on_adding_an_op_shows_real_files() {
    let page = include_str!("../../../../docs/adding-an-op.md");
    for (name, text) in [
        ("softsign.rs", include_str!("../../src/ops/softsign.rs")),
        ("exp.rs", include_str!("../../src/ops/exp.rs")),
    ] {
        assert!(page.contains(text.trim_end()), "docs/adding-an-op.md doesn't show {name} as it is");
    }
}
