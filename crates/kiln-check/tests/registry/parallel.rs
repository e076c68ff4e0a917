//! How many checks are run.

/// `count` times what the environment variable `KILN_CASES` says, 1 if it says nothing.
pub fn scaled(count: usize) -> usize {
    let factor = std::env::var("KILN_CASES").ok().and_then(|text| text.parse::<f64>().ok()).unwrap_or(1.0);
    (count as f64 * factor).ceil() as usize
}
