//! Files of a run with damage at random: whatever the bytes, reading them ends soon, with a value or an error.
//!
//! `KILN_FUZZ_CASES` says how many inputs each test tries; those that once went wrong are tests of their own.

use std::path::Path;

use kiln_grad::{Array, DType, Device};
use kiln_nn::{StateValue, TensorOptions};
use kiln_tensor::random::{Key, Stream};
use kiln_train::{Checkpoint, History, RunConfig};

fn cases() -> u32 {
    std::env::var("KILN_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(2000)
}

/// Bytes that mean something in headers.
const TELLING: [u64; 12] =
    [0, 1, 7, 8, 127, 255, 256, 65_535, u32::MAX as u64, 1 << 33, i64::MAX as u64, u64::MAX];

/// Damages `bytes` in one to four places.
fn damage(bytes: &mut Vec<u8>, draw: &mut Stream, words: &[&str]) {
    for _ in 0..=draw.below(4) {
        let at = draw.below(bytes.len() as u64 + 1) as usize;
        match draw.below(8) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] ^= 1 << draw.below(8),
            2 if at < bytes.len() => bytes[at] = draw.below(256) as u8,
            3 => {
                let value = TELLING[draw.below(TELLING.len() as u64) as usize].to_le_bytes();
                let end = (at + 8).min(bytes.len());
                bytes.splice(at..end, value[..end - at].iter().copied());
            }
            4 => {
                let word = words[draw.below(words.len() as u64) as usize];
                let end = (at + draw.below(word.len() as u64 + 1) as usize).min(bytes.len());
                bytes.splice(at..end, word.bytes());
            }
            5 => {
                let end = (at + draw.below(40) as usize).min(bytes.len());
                bytes.drain(at..end);
            }
            6 => {
                let end = (at + draw.below(40) as usize).min(bytes.len());
                let part = bytes[at..end].to_vec();
                let to = draw.below(bytes.len() as u64 + 1) as usize;
                bytes.splice(to..to, part);
            }
            // A number in a text becomes another.
            _ => {
                if let Some(digit) = bytes[at..].iter().position(u8::is_ascii_digit) {
                    let value = TELLING[draw.below(TELLING.len() as u64) as usize].to_string();
                    bytes.splice(at + digit..at + digit + 1, value.bytes());
                }
            }
        }
    }
}

/// Tries damaged forms of `whole`; how many were still read.
fn fuzz(name: &str, whole: &[u8], words: &[&str], read: impl Fn(&[u8]) -> bool) -> u32 {
    assert!(read(whole), "{name}: the whole file can't be read");
    let mut still = 0;
    for case in 0..cases() {
        let mut bytes = whole.to_vec();
        damage(&mut bytes, &mut Key::new(1).purpose(name).step(case).stream(), words);
        still += u32::from(read(&bytes));
    }
    println!("{name}: {} inputs, {still} of them still readable", cases());
    still
}

fn checkpoint() -> Vec<u8> {
    let device = Device::cpu();
    let state = [
        ("model.weight", StateValue::Tensor(Array::from_slice(&[1.0f32, 2.0, 3.0, 4.0], [2, 2], &device))),
        ("model.empty", StateValue::Tensor(Array::zeros([0, 3], DType::F64, &device))),
        ("loader.epoch", StateValue::Count(7)),
        ("data", StateValue::Text("100 images of 1x2x2".to_owned())),
    ];
    let state = state.map(|(name, value)| (name.to_owned(), value)).into();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    Checkpoint {
        recipe: "toy".into(),
        step: 12,
        logged: 9,
        data: kiln_nn::DataInfo::of_images([1, 2, 2]),
        state,
    }
    .write(&path)
    .unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn checkpoints() {
    let words =
        ["\"F32\"", "\"BF16\"", "[0,0]", "{\"", "}", "\"__metadata__\":", "\"shape\":[1,1]", "\\u0000"];
    let options = TensorOptions::cpu_f32();
    let whole = checkpoint();
    fuzz("checkpoint", &whole, &words, |bytes| {
        Checkpoint::from_bytes(bytes, &options, Path::new("file")).is_ok()
    });
}

/// Most damage to a checkpoint is found by its checksum; a plain safetensors file has none.
#[test]
fn safetensors() {
    let words = ["\"F32\"", "\"I64\"", "\"U8\"", "[0,0]", "[]", "{\"", "}", ",", "\"data_offsets\":[0,16]"];
    let whole = checkpoint();
    let read = |bytes: &[u8]| {
        let listed = kiln_nn::safetensors::list(bytes).is_ok();
        let read = kiln_nn::safetensors::from_bytes(bytes, &Device::cpu()).is_ok();
        assert!(listed || !read, "what can be read can be listed");
        read
    };
    assert!(
        fuzz("safetensors", &whole, &words, read) > 0,
        "all damage is noticed, so the values aren't reached"
    );
}

/// A header that claims to be longer than memory.
#[test]
fn a_huge_header_takes_no_memory() {
    for length in [1 << 27, 1 << 40, u64::MAX] {
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend([b' '; 64]);
        let error = kiln_nn::safetensors::from_bytes(&bytes, &Device::cpu()).unwrap_err();
        assert!(error.to_string().contains("not a valid safetensors file"), "{error}");
    }
}

#[test]
fn configs() {
    let words = ["[model]", "= nan", "= 1e999", "\"", "'''", "[[", "steps = -1", "= 1979-05-27", "\u{fffd}"];
    let config = RunConfig { data: "builtin:glyphs".into(), ..RunConfig::new("toy", 20, 4) };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    config.write(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    fuzz("config", &whole, &words, |bytes| RunConfig::from_bytes(bytes, &path).is_ok());
}

#[test]
fn histories() {
    let words = ["\"step\":", "{}", "null", "[[[[", "1e400", "-0", "\"test\":{", "\\ud800", "\n\n"];
    let whole = b"{\"step\":10,\"epoch\":0,\"seconds\":1.5,\"loss\":0.5}\n\
                  {\"step\":20,\"epoch\":1,\"seconds\":2.5,\"loss\":0.25}\n\
                  {\"step\":20,\"epoch\":1,\"test\":{\"loss\":0.5}}\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.jsonl");
    fuzz("history", whole, &words, |bytes| {
        std::fs::write(&path, bytes).unwrap();
        History::read(&path).is_ok()
    });
}
