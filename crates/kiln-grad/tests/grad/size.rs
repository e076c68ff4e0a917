//! The core stays small enough to read in an afternoon.

use kiln_grad::ops::REGISTRY;
use std::path::PathBuf;

fn lines(file: &str) -> usize {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).lines().count()
}

#[test]
fn the_core_is_small() {
    let core = [
        "tensor.rs",
        "node.rs",
        "op.rs",
        "sweep.rs",
        "reach.rs",
        "picks.rs",
        "functional.rs",
        "mode.rs",
        "error.rs",
        "axes.rs",
        "elementwise.rs",
        "ops/mod.rs",
    ];
    let mut total = 0;
    for file in core {
        println!("{:>5}  {file}", lines(file));
        total += lines(file);
    }
    // The list of ops may grow.
    total -= REGISTRY.len();
    println!("{total:>5}  lines without the list of ops, of 1800");
    assert!(total <= 1800, "the core has {total} lines");
}

#[test]
fn an_op_fits_two_screens() {
    let ops = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/ops");
    let mut sizes: Vec<(usize, String)> = std::fs::read_dir(ops)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|file| (lines(&format!("ops/{file}")), file))
        .collect();
    sizes.sort();
    let total: usize = sizes.iter().map(|(lines, _)| lines).sum();
    let (largest, file) = sizes.last().unwrap();
    println!("{} files of ops, {total} lines; the largest is {file} with {largest}", sizes.len());
    assert!(*largest <= 240, "{file} has {largest} lines");
}
