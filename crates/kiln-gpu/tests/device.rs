//! What a GPU device promises beside right numbers.

mod support;

use kiln_gpu::{Adapter, Gpu};
use kiln_tensor::{Array, Backend, DType, Device, Error, Kernel, Map, Reduce, Zip};

fn device() -> Option<Device> {
    support::adapter().map(|adapter| Device::new(Gpu::open(&adapter).expect("the adapter opens")))
}

fn ramp(dims: &[usize], device: &Device) -> Array {
    let n = dims.iter().product::<usize>();
    let values: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).sin()).collect();
    Array::from_slice(&values, dims, device)
}

#[test]
fn the_same_call_gives_the_same_bits() {
    let Some(device) = device() else { return };
    let run = || {
        let product = ramp(&[70, 90], &device).matmul(&ramp(&[90, 50], &device));
        product.map(Map::Tanh).reduce(Reduce::Sum, &[0]).to_vec::<f32>().unwrap()
    };
    assert_eq!(run(), run());
}

/// Staging memory is freed as work is done, and buffers are used again.
#[test]
fn many_small_calls_take_little_memory() {
    let Some(device) = device().filter(|_| alone("many_small_calls_take_little_memory")) else { return };
    let mut x = Array::full(1.0, [64], DType::F32, &device);
    let mut before = None;
    for i in 0..10_000 {
        let y = Array::from_slice(&[(i % 8) as f32; 64], [64], &device);
        x = x.zip(Zip::Add, &y);
        // By then all batches have been under way that may be at once.
        if i == 3000 {
            before = resident();
        }
    }
    assert_eq!(x.to_vec::<f32>().unwrap()[63], 35_001.0);
    let fresh = device.memory().fresh_bytes;
    assert!(fresh < 1 << 20, "{fresh} bytes of buffers for 10000 calls on 256 bytes");
    grew_little(before);
}

/// More elements than one axis of a grid has workgroups.
#[test]
fn large_grids_are_folded() {
    let Some(device) = device() else { return };
    let n = 65_535 * 256 + 1000;
    let x = Array::full(1.0, [n], DType::F32, &device);
    let y = x.map(Map::AddScalar(1.0));
    assert_eq!(y.slice(0, n - 2, 2, 1).to_vec::<f32>().unwrap(), [2.0, 2.0]);
    assert_eq!(y.reduce(Reduce::Sum, &[0]).item().unwrap(), 2.0 * n as f64);
}

#[test]
fn a_buffer_beyond_the_limit_is_an_error_that_names_it() {
    let Some(adapter) = support::adapter() else { return };
    let device = Device::new(Gpu::with_default_limits(&adapter).unwrap());
    let x = Array::zeros([1 << 26], DType::F32, &device);
    let error = x.to_vec::<f32>().unwrap_err();
    let (need, have) = (1 << 28, 1 << 27);
    assert_eq!(error, Error::LimitExceeded { what: "a tensor's buffer in bytes".to_string(), need, have });
    assert!(error.to_string().contains("268435456"), "{error}");
}

#[test]
fn a_lost_device_says_so() {
    let Some(adapter) = support::adapter() else { return };
    let gpu = Gpu::open(&adapter).unwrap();
    let device = Device::new(gpu.clone());
    let x = ramp(&[5], &device);
    gpu.lose();
    let error = x.map(Map::Exp).to_vec::<f32>().unwrap_err();
    assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
    assert!(matches!(device.flush().unwrap_err(), Error::DeviceLost { .. }));
}

#[test]
fn f64_is_refused() {
    let Some(device) = device() else { return };
    let error = Array::zeros([3], DType::F64, &device).to_vec::<f64>().unwrap_err();
    assert!(matches!(&error, Error::Unsupported { reason, .. } if reason.contains("f64")), "{error}");
}

#[test]
fn an_index_out_of_range_is_reported() {
    let Some(device) = device() else { return };
    let x = ramp(&[4], &device);
    let index = Array::from_slice(&[1u32, 9, 2], [3], &device);
    let y = Array::compute(&Kernel::Gather { axis: 0 }, &[&x, &index], [3], DType::F32);
    let error = y.to_vec::<f32>().unwrap_err();
    assert_eq!(error, Error::IndexOutOfRange { kernel: "gather", index: 9, len: 4 });
}

#[test]
fn an_unknown_adapter_is_an_error_that_lists_what_there_is() {
    let Some(adapter) = support::adapter() else { return };
    let error = Adapter::choose(Some("no such adapter")).unwrap_err().to_string();
    assert!(error.contains("no such adapter") && error.contains(adapter.name()), "{error}");
}

/// Reads that are started before the first is waited for share a submission, and still see what their tensor
/// held when they were started.
#[test]
fn reads_see_the_values_of_their_time() {
    let Some(adapter) = support::adapter() else { return };
    let gpu = Gpu::open(&adapter).unwrap();
    let device = Device::new(gpu.clone());
    let mut x = Array::full(0.0, [4], DType::F32, &device);
    let one = Array::full(1.0, [4], DType::F32, &device);
    let mut pending = vec![];
    for _ in 0..20 {
        x.accumulate(&one);
        (0..3).for_each(|_| pending.push(gpu.read(x.storage(), 0..1)));
    }
    assert_eq!(device.copy_on_write_count(), 0);
    for (i, read) in pending.into_iter().enumerate().rev() {
        let value: f32 = bytemuck::pod_read_unaligned(&read.wait().unwrap());
        assert_eq!(value, (i / 3 + 1) as f32);
    }
}

/// A dense layer's training: forward, backward, step, and the loss now and then.
#[test]
fn a_thousand_steps_take_no_more_memory_than_a_hundred() {
    let Some(device) = device().filter(|_| alone("a_thousand_steps_take_no_more_memory_than_a_hundred"))
    else {
        return;
    };
    let mut w = ramp(&[32, 16], &device);
    let mut step = |i: usize| {
        let x = Array::from_slice(&[(i % 7) as f32 / 7.0; 8 * 32], [8, 32], &device);
        let y = x.matmul(&w).map(Map::Tanh);
        let grad = x.transpose(0, 1).matmul(&y.zip(Zip::TanhGrad, &y));
        w.accumulate(&grad.map(Map::MulScalar(-1e-3)));
        if i.is_multiple_of(10) {
            assert!(y.map(Map::Square).reduce(Reduce::Sum, &[0, 1]).item().unwrap().is_finite());
        }
    };
    (0..100).for_each(&mut step);
    let (fresh, before) = (device.memory().fresh_bytes, resident());
    (100..1100).for_each(&mut step);
    assert_eq!(device.memory().fresh_bytes, fresh, "bytes of buffers");
    grew_little(before);
}

/// Whether this process runs nothing but the test of this name, whose memory is then the process's. If not,
/// the test is run by a process of its own.
fn alone(test: &str) -> bool {
    if std::env::var_os("KILN_TEST_ALONE").is_some() {
        return true;
    }
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let output = child.args(["--exact", test, "--nocapture"]).env("KILN_TEST_ALONE", "1").output().unwrap();
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{out}{err}");
    print!("{out}");
    false
}

/// The resident memory of this process, in bytes, where the system tells.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<usize>().ok()? << 10)
}

fn grew_little(before: Option<usize>) {
    if let (Some(before), Some(after)) = (before, resident()) {
        let grown = after.saturating_sub(before);
        println!("{before} bytes were resident, and {grown} more are");
        assert!(grown < 4 << 20, "{grown} more bytes are resident");
    }
}

/// What one device compiled, the next one of the same kind reads from a file.
#[test]
fn compiled_shaders_are_kept() {
    let Some(adapter) = support::adapter() else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    let run = |cache: &std::path::Path| {
        let mut child = std::process::Command::new(&program);
        child.args(["--exact", "the_same_call_gives_the_same_bits"]).env("KILN_CACHE_DIR", cache);
        assert!(child.output().unwrap().status.success());
    };
    let place = folder.path().join("new");
    run(&place);
    if !adapter.features().contains(&"PIPELINE_CACHE") {
        return assert!(!place.exists());
    }
    let files: Vec<_> = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("wanted one file: {files:?}") };
    let whole = std::fs::read(file).unwrap();
    assert!(whole.len() > 8);
    run(&place);
    // A damaged file is no cache, and is written anew.
    std::fs::write(file, &whole[..whole.len() / 2]).unwrap();
    run(&place);
    assert!(std::fs::read(file).unwrap().len() > whole.len() / 2);
    // Nor is there one where no folder can be.
    run(&file.join("below a file"));
}
