//! Models that go to PyTorch and onnxruntime, and come back.
//!
//! The tests look for Python in the environment's `KILN_PYTHON`, or `python3`, and say that they are skipped
//! where it lacks the packages.
#![cfg(feature = "cli")]

use kiln::grad::{Device, Tensor};
use kiln::models;
use kiln::models::nets::dcgan;
use kiln::nn::safetensors::{Metadata, from_bytes, to_bytes};
use kiln::nn::{Ctx, Images, Module, PixelRange, StateDict, StateValue, TensorOptions, Training, load};
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

/// Runs a network of the model in eval mode, as the file says it.
fn here(model: &mut dyn Training, network: &str, x: &Tensor) -> Tensor {
    let images = |range| Images::new(x.clone(), range);
    match network {
        "generator" => model.generator().unwrap().generate(x, None).unwrap().into_tensor(),
        "discriminator" => model.critic().unwrap().judge(&images(PixelRange::Signed), None).unwrap(),
        "encoder" => model.encoder().unwrap().encode(&images(PixelRange::Unit), None).unwrap(),
        "translator" => {
            model.translator().unwrap().translate(&images(PixelRange::Unit)).unwrap().into_tensor()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn exported_networks_give_the_same_in_onnxruntime_whatever_the_batch() {
    if !python_has("onnxruntime, numpy") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let options = TensorOptions::cpu_f32();
    let gan = "--set latent=8 --set generator.width=8 --set discriminator.width=8";
    let (point, image) = (vec![8], vec![1, 28, 28]);
    let of = |network: &'static str, dims: &[usize]| (network, dims.to_vec());
    for (recipe, small, networks) in [
        ("vae", "--set latent=8 --set hidden=16", vec![of("generator", &point), of("encoder", &image)]),
        (
            "vae-conv",
            "--set latent=8 --set width=4 --set hidden=16",
            vec![of("generator", &point), of("encoder", &image)],
        ),
        ("gan", "--set latent=8", vec![of("generator", &point), of("discriminator", &image)]),
        ("dcgan", gan, vec![of("generator", &point), of("discriminator", &image)]),
        ("dcgan-32", gan, vec![of("generator", &point), of("discriminator", &[1, 32, 32])]),
        ("denoise", "--set depth=3 --set width=4 --channels 1", vec![of("translator", &[1, 64, 64])]),
    ] {
        kiln(at, &format!("train {recipe} --steps 6 --batch-size 8 {small} --out {recipe} --quiet"));
        let mut model = open(&at.join(recipe));
        for (network, dims) in &networks {
            kiln(at, &format!("export {recipe} --network {network} --onnx net.onnx"));
            // Also numbers that the file was not traced with. A generator is made ready for use at each opening.
            for batch in [1, 2, 7] {
                let dims = [&[batch][..], dims].concat();
                let x = Tensor::normal(Key::new(5), &dims[..], options.dtype, &options.device);
                let x = if *network == "generator" { x } else { x.sigmoid() };
                let want = here(&mut *model, network, &x);
                let values = x.to_f64_vec().unwrap();
                let shape: Vec<f64> = dims.iter().map(|length| *length as f64).collect();
                let lines: String =
                    line(&shape) + &values.chunks(values.len() / batch).map(line).collect::<String>();
                fs::write(at.join("points.txt"), lines).unwrap();
                run("onnx.py", ["net.onnx", "points.txt", "images.txt"], at);
                let text = fs::read_to_string(at.join("images.txt")).unwrap();
                let there: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
                let there = Tensor::from_slice(&there, *want.dims(), &options.device).to_dtype(options.dtype);
                let off = largest_difference(&want, &there);
                println!("{recipe}, {network} of {batch}: largest difference {off:.1e}");
                assert!(off < 1e-5, "{recipe}, {network} of {batch}: {off}");
            }
        }
    }
}

fn line(numbers: &[f64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(f64::to_string).collect();
    format!("{}\n", numbers.join(" "))
}
