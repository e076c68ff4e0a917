//! TensorBoard's own reader reads what is written.
//!
//! The test needs Python with `tensorboard`; the environment variable `KILN_PYTHON` names the interpreter.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use kiln_data::{Parts, glyphs};
use kiln_nn::TensorOptions;
use kiln_report::TensorBoard;
use kiln_train::{Data, Event, Observer, RunConfig};
use serde::Deserialize;

/// Reads all event files of a folder and prints what TensorBoard would show.
const READER: &str = r#"
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0})
events.Reload()
tags = events.Tags()
image = lambda e: (e.step, e.width, e.height, e.encoded_image_string.hex())
print(json.dumps({
    "scalars": {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in tags["scalars"]},
    "images": {tag: [image(e) for e in events.Images(tag)] for tag in tags["images"]},
}))
"#;

#[derive(Debug, PartialEq, Deserialize)]
struct Shown {
    scalars: BTreeMap<String, Vec<(u64, f32)>>,
    images: BTreeMap<String, Vec<(u64, u32, u32, String)>>,
}

/// What TensorBoard shows of a folder; nothing where it isn't installed.
fn shown(dir: &Path) -> Option<Shown> {
    let python = std::env::var_os("KILN_PYTHON").unwrap_or_else(|| "python3".into());
    let has = Command::new(&python).args(["-c", "import tensorboard"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        let python = python.display();
        skipped_tests::skip(format_args!(
            "{python} can't import tensorboard; set KILN_PYTHON to one that can"
        ));
        return None;
    }
    let output = Command::new(&python).args(["-c", READER]).arg(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// The steps after `from` until `to`, with metrics at each tenth, and a sheet at each twentieth.
fn train(dir: &Path, from: u64, to: u64, offset: f64) {
    let config = "recipe = 'toy'\ndata = ''\nsteps = 60\nbatch_size = 1\nsheet_every = 20\ncheckpoint_every = 30\n[model]";
    let config: RunConfig = toml::from_str(config).unwrap();
    let data = Data::new(Parts::new(glyphs::dataset(0, 4), None), TensorOptions::cpu_f32()).unwrap();
    let mut writer = TensorBoard::create(&dir.join("tensorboard")).unwrap();
    let mut tell = |event: Event| writer.event(&event).unwrap();
    tell(Event::Start { config: &config, data: &data, parameters: 7, step: from });
    for step in from..=to {
        let path = dir.join(format!("step-{step:06}.png"));
        if step.is_multiple_of(20) && (step > from || step == 0) {
            image::GrayImage::from_pixel(6, 4, image::Luma([step as u8])).save(&path).unwrap();
            tell(Event::Sheet { step, path: &path, caption: "" });
        }
        if step == from {
            continue;
        }
        let metrics = [("d_loss".to_owned(), step as f64 + offset), ("g_loss".to_owned(), 0.1)];
        let metrics = step.is_multiple_of(10).then_some(&metrics[..]);
        tell(Event::Step { step, epoch: 0, metrics, images_per_second: 250.5 });
        if step.is_multiple_of(30) {
            tell(Event::Evaluated { step, metrics: &[("fid".to_owned(), offset - 1e-9)] });
        }
    }
}

fn hex(path: &Path) -> String {
    std::fs::read(path).unwrap().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn tensorboard_shows_everything_and_drops_what_a_killed_run_left() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    train(dir, 0, 50, 0.25);
    let sheet = |step: u64| (step, 6, 4, hex(&dir.join(format!("step-{step:06}.png"))));
    let Some(first) = shown(&dir.join("tensorboard")) else { return };
    let tens = |to: u64| (10..=to).step_by(10);
    let scalars = |d_loss: Vec<f32>, test: &[(u64, f32)]| {
        let steps = tens(10 * d_loss.len() as u64);
        let all = |value: f32| steps.clone().map(|step| (step, value)).collect::<Vec<_>>();
        let (g_loss, speed) = (all(0.1), all(250.5));
        BTreeMap::from([
            ("train/d_loss".to_owned(), steps.zip(d_loss).collect()),
            ("train/g_loss".to_owned(), g_loss),
            ("speed/images_per_second".to_owned(), speed),
            ("test/fid".to_owned(), test.to_vec()),
        ])
    };
    let expected = scalars(vec![10.25, 20.25, 30.25, 40.25, 50.25], &[(30, 0.25)]);
    assert_eq!(first.scalars, expected);
    assert_eq!(first.images, BTreeMap::from([("sheet".to_owned(), [0, 20, 40].map(sheet).to_vec())]));

    // It was killed after step 50 and goes on from its checkpoint of step 30.
    train(dir, 30, 60, 0.5);
    let both = shown(&dir.join("tensorboard")).unwrap();
    let expected = scalars(vec![10.25, 20.25, 30.25, 40.5, 50.5, 60.5], &[(30, 0.25), (60, 0.5)]);
    assert_eq!(both.scalars, expected);
    assert_eq!(both.images, BTreeMap::from([("sheet".to_owned(), [0, 20, 40, 60].map(sheet).to_vec())]));
}
