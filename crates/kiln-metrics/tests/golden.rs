//! Measures against NumPy, SciPy, scikit-image and PyTorch: `tests/golden/measures.py` in the root package.

use kiln_metrics::{
    FeatureSet, PixelSet, PixelSpace, classifier_score, density_coverage, frechet_distance, kernel_distance,
    l1, memorised_share, ms_ssim, mse, nearest, power_spectrum, precision_recall, psnr, ssim,
};
use serde_json::Value;

fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/measures.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

#[track_caller]
fn agree(name: &str, have: f64, want: &Value) {
    let want = want.as_f64().unwrap();
    let off = (have - want).abs() / want.abs().max(1.0);
    println!("{name}: {have}, off by {off:.1e}");
    assert!(off <= 1e-10, "{name}: {have} instead of {want}");
}

/// The hash of `tests/golden/common.py`.
fn hash(i: u32, salt: u32) -> f64 {
    let mut x = i.wrapping_add(salt.wrapping_mul(0x9E37_79B9));
    x = (x ^ (x >> 16)).wrapping_mul(0x85EB_CA6B);
    x = (x ^ (x >> 13)).wrapping_mul(0xC2B2_AE35);
    f64::from(x ^ (x >> 16)) / 2_147_483_648.0 - 1.0
}

/// The picture of the script, and the same with noise.
fn picture(spec: &Value) -> [PixelSet; 2] {
    let [side, salt] = ["side", "salt"].map(|name| spec[name].as_u64().unwrap() as usize);
    let (mut clean, mut noisy) = (Vec::new(), Vec::new());
    for channel in 0..3 {
        for at in 0..side * side {
            let [y, x] = [at / side, at % side].map(|place| place as f64 / side as f64);
            let value = 0.5 + 0.4 * (5.0 * x + channel as f64).sin() * (7.0 * y - channel as f64).cos();
            clean.push(value);
            noisy.push((value + 0.1 * hash((at * 3 + channel) as u32, salt as u32)).clamp(0.0, 1.0));
        }
    }
    [clean, noisy].map(|values| PixelSet::new([1, 3, side, side], values))
}

#[test]
fn distances_of_sets_are_those_of_scipy() {
    let golden = golden();
    let [real, made] = ["real", "made"].map(|name| FeatureSet::new(6, floats(&golden[name])));
    agree("frechet", frechet_distance(&real, &made).unwrap(), &golden["frechet"]);
    agree("kernel", kernel_distance(&real, &made).unwrap(), &golden["kernel"]);
    let [few, others] = ["few", "few_others"].map(|name| FeatureSet::new(20, floats(&golden[name])));
    agree("frechet of few", frechet_distance(&few, &others).unwrap(), &golden["frechet_few"]);
    let probabilities = FeatureSet::new(5, floats(&golden["probabilities"]));
    let score = classifier_score(&probabilities, 5).unwrap();
    agree("score", score.mean, &golden["classifier_score"][0]);
    agree("its deviation", score.deviation, &golden["classifier_score"][1]);
}

#[test]
fn neighbours_are_those_of_scipy() {
    let golden = golden();
    let [real, made] = ["real", "made"].map(|name| FeatureSet::new(6, floats(&golden[name])));
    let want = &golden["manifold"];
    let shares = precision_recall(&real, &made, 3).unwrap();
    agree("precision", shares.precision, &want["precision"]);
    agree("recall", shares.recall, &want["recall"]);
    let shares = density_coverage(&real, &made, 5).unwrap();
    agree("density", shares.density, &want["density"]);
    agree("coverage", shares.coverage, &want["coverage"]);
    agree("memorised", memorised_share(&real, &made).unwrap(), &want["memorised"]);
    let found: Vec<f64> = nearest(&made, &real, 1).iter().map(|known| known[0].index as f64).collect();
    assert_eq!(found, floats(&want["nearest"]));
}

#[test]
fn errors_of_pictures_are_those_of_scikit_image() {
    let golden = golden();
    let want = &golden["errors"];
    let [clean, noisy] = picture(want);
    agree("mse", mse(&clean, &noisy)[0], &want["mse"]);
    agree("l1", l1(&clean, &noisy)[0], &want["l1"]);
    agree("ssim", ssim(&clean, &noisy).unwrap()[0], &want["ssim"]);
    let psnr_in = |space: PixelSpace, border: usize| {
        let [a, b] = [&clean, &noisy].map(|set| set.to(space).cropped(border));
        psnr(&a, &b)[0]
    };
    agree("psnr", psnr_in(PixelSpace::Channels, 0), &want["psnr"]);
    agree("psnr of luma", psnr_in(PixelSpace::Luma, 0), &want["psnr_luma"]);
    agree("psnr of studio luma", psnr_in(PixelSpace::StudioLuma, 0), &want["psnr_studio"]);
    agree("psnr of it, cropped", psnr_in(PixelSpace::StudioLuma, 4), &want["psnr_studio_cropped"]);
    let want = &golden["ms_ssim"];
    let [clean, noisy] = picture(want);
    agree("ms_ssim", ms_ssim(&clean, &noisy).unwrap()[0], &want["value"]);
}

#[test]
fn spectra_are_those_of_numpy() {
    let pixels = PixelSet::new([3, 2, 10, 13], (0..780).map(|i| hash(i, 50)).collect());
    let golden = golden();
    let want = golden["spectrum"].as_array().unwrap();
    let spectrum = power_spectrum(&pixels);
    assert_eq!(spectrum.len(), want.len());
    spectrum
        .iter()
        .zip(want)
        .enumerate()
        .for_each(|(at, (have, want))| agree(&format!("at {at}"), *have, want));
}
