//! Products with the larger tiles, which kiln chooses for calls too large for these tests.

use std::process::Command;

/// The tile is chosen once a process.
#[test]
fn products_agree_with_every_tile() {
    for tile in ["64", "128"] {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "matmul", "linear", "conv", "conv_transpose", "conv_weight"]);
        // Compiling a large tile in software takes seconds, and so does a small call with it.
        let output = child.env("KILN_GPU_TILE", tile).env("KILN_GPU_CASES", "10").output().unwrap();
        let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        assert!(output.status.success(), "with tiles of {tile}: {out}{err}");
    }
}
