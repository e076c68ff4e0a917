//! Derivatives checked from the command line.

use crate::support::*;
use std::fs;

#[test]
fn ops_are_checked_and_reported() {
    let folder = folder();
    let at = folder.path();
    let text = success(at, "gradcheck tanh conv2d --report r.json");
    for part in
        ["op ", "second order", "tanh ", "conv2d ", "all derivatives are right: ", "0.00 % inconclusive"]
    {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    let report: serde_json::Value = serde_json::from_slice(&fs::read(at.join("r.json")).unwrap()).unwrap();
    assert_eq!(report["passes"], true);
    let ops = report["ops"].as_array().unwrap();
    assert_eq!(ops.len(), 2);
    assert!(ops.iter().all(|op| op["gradient"].as_f64().unwrap() < 1e-8), "{ops:?}");

    // More cases at other points, of first order.
    let text = success(at, "gradcheck exp --cases 20 --seed 7 --order 1 --report r.md");
    let line = text.lines().find(|line| line.starts_with("exp ")).unwrap();
    assert_eq!(line.split_whitespace().nth(1), Some("20"), "{text}");
    assert!(fs::read_to_string(at.join("r.md")).unwrap().contains("| exp | 20 |"));
    success(at, "gradcheck exp --report r.html");
    let page = fs::read_to_string(at.join("r.html")).unwrap();
    assert!(page.contains("<td>exp</td>") && !page.contains("http"), "{page}");
    // On a phone the table scrolls, and not the page.
    assert!(page.contains("width=device-width") && page.contains(r#"<div class="table"><table>"#), "{page}");
}

#[test]
fn mistakes_are_one_sentence() {
    let folder = folder();
    for (words, status, parts) in [
        ("gradcheck conv4d", 2, &["\"conv4d\"", "did you mean conv"] as &[&str]),
        ("gradcheck exp --order 3", 2, &["--order"]),
        ("gradcheck exp --cases 0", 2, &["--cases"]),
        ("gradcheck exp --report r.pdf", 2, &["r.pdf", ".html, .md or .json"]),
        ("gradcheck exp --report no/r.md", 1, &["cannot write no/r.md"]),
        ("gradcheck exp --device tpu", 2, &["'tpu'", "cpu, gpu or gpu:NAME"]),
        ("gradcheck exp --device auto", 2, &["'auto'", "cpu, gpu or gpu:NAME"]),
        ("gradcheck exp --device gpu:NoSuchCard", 1, &["GPU"]),
    ] {
        failure(folder.path(), words, status, parts);
    }
}
