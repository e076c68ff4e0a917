//! `docs/ops.md` is made of the ops' definitions.

use kiln_grad::ops::REGISTRY;
use kiln_grad::{Case, Definition};
use std::path::Path;

const HEAD: &str = "\
# Ops

Every differentiable function of `kiln-grad`, as its file in `crates/kiln-grad/src/ops/` defines it. The first
column is the name of that file. An op is *linear* if it is linear in each input, the others held fixed; *partly* if
that holds for some of its options. A *singular place* is one where it is not differentiable or not finite; behind it
is what the function gives there, and behind the arrow what counts as the gradient. *Cases* are the calls that are
checked: values against naive loops, derivatives of first and second order against difference quotients. *Refused* are
the wrong calls whose error text is tested.

This table is made of the definitions. To write it again:

    KILN_BLESS=1 cargo test -p kiln-grad documentation

| op | what it computes | linear | domain | singular places | cases | refused |
|---|---|---|---|---|---|---|
";

#[test]
fn the_table_of_ops_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ops.md");
    let want = HEAD.to_owned() + &REGISTRY.iter().map(|e| row(e.name, &(e.definition)())).collect::<String>();
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
    let mut text = lines.collect::<Vec<_>>().join(" ");
    while let Some(start) = text.find("](") {
        let end = start + text[start..].find(')').expect("the link ends");
        let open = text[..start].rfind('[').expect("the link begins");
        text.replace_range(start..=end, "");
        text.remove(open);
    }
    text
}
