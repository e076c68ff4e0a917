//! Models that go to PyTorch and onnxruntime, and come back.
//!
//! The tests look for Python in the environment's `KILN_PYTHON`, or `python3`, and say that they are skipped
//! where it lacks the packages.
#![cfg(feature = "cli")]

use kiln::grad::{Device, Tensor};
use kiln::models;
use kiln::models::nets::dcgan;
use kiln::nn::safetensors::{Metadata, from_bytes, to_bytes};
use kiln::nn::{Ctx, Module, StateDict, StateValue, TensorOptions, Training, load};
use kiln::tensor::random::Key;
use kiln::train::{Checkpoint, RunConfig, RunDir};
use std::fs;
use std::path::Path;
use std::process::Command;

fn python() -> Command {
    Command::new(std::env::var_os("KILN_PYTHON").unwrap_or("python3".into()))
}

fn kiln(folder: &Path, words: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
    let output = command.args(words.split_whitespace()).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "kiln {words}: {}", String::from_utf8_lossy(&output.stderr));
}

fn read(path: &Path) -> StateDict {
    from_bytes(&fs::read(path).unwrap(), &Device::cpu()).unwrap().0
}

fn tensor(state: &StateDict, name: &str) -> Tensor {
    match &state[name] {
        StateValue::Tensor(array) => array.clone().into(),
        other => panic!("{name} is {other:?}"),
    }
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    (a - b).abs().max(..).item().unwrap()
}

/// Whether Python can import these; says that the test is skipped where it can't.
fn python_has(packages: &str) -> bool {
    let found = python().args(["-c", &format!("import {packages}")]).output();
    let has = found.is_ok_and(|output| output.status.success());
    if !has {
        skipped_tests::skip(format_args!("set KILN_PYTHON to a Python with {packages}"));
    }
    has
}

fn run(script: &str, words: [&str; 3], folder: &Path) {
    let script = format!("{}/tests/interchange/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = python().arg(script).args(words).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The model in a run's folder, ready to generate.
fn open(run: &Path) -> Box<dyn Training> {
    let dir = RunDir::open(run).unwrap();
    let config = RunConfig::read(&dir.config()).unwrap();
    let settings = models::read(&config.model, &config.optimizer).unwrap();
    let options = TensorOptions::cpu_f32();
    let checkpoint = Checkpoint::read(&dir.find_checkpoint(None).unwrap(), &options).unwrap();
    let mut model = settings.build(&checkpoint.data, 0, &options).unwrap();
    load(&mut *model, &checkpoint.part("model")).unwrap();
    model
}

#[test]
fn a_dcgan_samples_the_same_images_in_pytorch_and_back() {
    if !python_has("torch, safetensors.torch") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    kiln(
        at,
        "train dcgan --steps 12 --batch-size 16 --set generator.width=8 --set discriminator.width=8 --set latent=16 --out run --quiet",
    );
    kiln(at, "export run --safetensors weights.safetensors");
    let options = TensorOptions::cpu_f32();
    let z = Tensor::normal(Key::new(5), [32, 16], options.dtype, &options.device);
    let here = open(&at.join("run")).generator().unwrap().generate(&z, None).unwrap().signed();

    let points = StateDict::from([("z".to_owned(), StateValue::Tensor(z.clone().into_array()))]);
    fs::write(at.join("points.safetensors"), to_bytes(&points, &Metadata::new()).unwrap()).unwrap();
    run("dcgan.py", ["weights.safetensors", "points.safetensors", "."], at);
    let there = tensor(&read(&at.join("images.safetensors")), "images");
    let off = largest_difference(&here, &there);
    println!("trained here, sampled there: largest difference {off:.1e}");
    assert!(off < 1e-5, "{off}");

    let mut generator = dcgan::generator(28, 1, 16, 8, Key::new(0), &options);
    load(&mut generator, &read(&at.join("trained.safetensors"))).unwrap();
    let back = generator.forward(&z, &mut Ctx::eval());
    let off = largest_difference(&back, &tensor(&read(&at.join("trained_images.safetensors")), "images"));
    println!("trained there, sampled here: largest difference {off:.1e}");
    assert!(off < 1e-5, "{off}");
    assert!(largest_difference(&back, &here) > 1e-3, "the step there changed nothing");
}

#[test]
fn exported_generators_make_the_same_images_in_onnxruntime() {
    if !python_has("onnxruntime, numpy") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for (recipe, small) in [
        ("vae", "--set hidden=16"),
        ("vae-conv", "--set width=4 --set hidden=16"),
        ("gan", ""),
        ("dcgan", "--set generator.width=8 --set discriminator.width=8"),
        ("dcgan-64", "--set generator.width=4 --set discriminator.width=4"),
    ] {
        kiln(
            at,
            &format!("train {recipe} --steps 6 --batch-size 8 --set latent=8 {small} --out {recipe} --quiet"),
        );
        kiln(at, &format!("export {recipe} --onnx {recipe}.onnx"));
        let options = TensorOptions::cpu_f32();
        // Another number than the file was traced with.
        let z = Tensor::normal(Key::new(5), [11, 8], options.dtype, &options.device);
        let images = open(&at.join(recipe)).generator().unwrap().generate(&z, None).unwrap().into_tensor();
        let lines: String = z.to_f64_vec().unwrap().chunks(8).map(line).collect();
        fs::write(at.join("points.txt"), lines).unwrap();
        run("onnx.py", [&format!("{recipe}.onnx"), "points.txt", "images.txt"], at);
        let text = fs::read_to_string(at.join("images.txt")).unwrap();
        let there: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let there = Tensor::from_slice(&there, *images.dims(), &options.device).to_dtype(options.dtype);
        let off = largest_difference(&images, &there);
        println!("{recipe}: largest difference {off:.1e}");
        assert!(off < 1e-5, "{recipe}: {off}");
    }
}

fn line(numbers: &[f64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(f64::to_string).collect();
    format!("{}\n", numbers.join(" "))
}
