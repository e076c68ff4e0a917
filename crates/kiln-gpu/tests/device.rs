//! What a GPU device promises beside right numbers.

mod support;

use kiln_gpu::{Adapter, Gpu};
use kiln_tensor::{Array, DType, Device, Error, Kernel, Map, Reduce, Zip};

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
    let Some(device) = device() else { return };
    let mut x = Array::full(1.0, [64], DType::F32, &device);
    for i in 0..10_000 {
        let y = Array::from_slice(&[(i % 8) as f32; 64], [64], &device);
        x = x.zip(Zip::Add, &y);
    }
    assert_eq!(x.to_vec::<f32>().unwrap()[63], 35_001.0);
    let fresh = device.memory().fresh_bytes;
    assert!(fresh < 1 << 20, "{fresh} bytes of buffers for 10000 calls on 256 bytes");
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
