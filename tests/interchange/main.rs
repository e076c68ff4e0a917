//! Weights that go to PyTorch and come back.
//!
//! The tests look for Python in the environment's `KILN_PYTHON`, or `python3`, and say that they are skipped
//! where it has no `torch` and `safetensors`.
#![cfg(feature = "cli")]

use kiln::grad::{Device, Tensor};
use kiln::models::ModelConfig;
use kiln::models::gan::dcgan_generator;
use kiln::nn::safetensors::{Metadata, from_bytes, to_bytes};
use kiln::nn::{Ctx, Module, Place, StateDict, StateValue, load};
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

#[test]
fn a_dcgan_samples_the_same_images_in_pytorch_and_back() {
    let found = python().args(["-c", "import torch, safetensors.torch"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        println!("skipped: set KILN_PYTHON to a Python with torch and safetensors");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    kiln(at, "train dcgan --steps 12 --batch-size 16 --set width=8 --set latent=16 --out run --quiet");
    kiln(at, "export run --safetensors weights.safetensors");

    // The images of some points, made here.
    let dir = RunDir::open(&at.join("run")).unwrap();
    let config = RunConfig::read(&dir.config()).unwrap();
    let model: ModelConfig = config.model.clone().try_into().unwrap();
    let place = Place::cpu_f32();
    let checkpoint = Checkpoint::read(&dir.find_checkpoint(None).unwrap(), &place).unwrap();
    let mut model = model.build(checkpoint.shape, 0, &place).unwrap();
    load(&mut *model, &checkpoint.part("model")).unwrap();
    let z = Tensor::normal(Key::new(5), [32, 16], place.dtype, &place.device);
    let here = model.generator().unwrap().generate(&z).unwrap().signed();

    let points = StateDict::from([("z".to_owned(), StateValue::Tensor(z.clone().into_array()))]);
    fs::write(at.join("points.safetensors"), to_bytes(&points, &Metadata::new()).unwrap()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interchange/dcgan.py");
    let output = python()
        .args([script, "weights.safetensors", "points.safetensors", "."])
        .current_dir(at)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let there = tensor(&read(&at.join("images.safetensors")), "images");
    let off = largest_difference(&here, &there);
    println!("trained here, sampled there: largest difference {off:.1e}");
    assert!(off < 1e-5, "{off}");

    let mut generator = dcgan_generator(28, 1, 16, 8, Key::new(0), &place);
    load(&mut generator, &read(&at.join("trained.safetensors"))).unwrap();
    let back = generator.forward(&z, &mut Ctx::eval());
    let off = largest_difference(&back, &tensor(&read(&at.join("trained_images.safetensors")), "images"));
    println!("trained there, sampled here: largest difference {off:.1e}");
    assert!(off < 1e-5, "{off}");
    assert!(largest_difference(&back, &here) > 1e-3, "the step there changed nothing");
}
