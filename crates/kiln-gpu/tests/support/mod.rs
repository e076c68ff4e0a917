//! The device that tests run on.

use kiln_gpu::{Adapter, Gpu};
use std::sync::OnceLock;

/// The best adapter, or `None` if there is none: then the test is skipped, which fails where `KILN_REQUIRE_GPU=1` is set.
#[allow(dead_code, reason = "some test programs need only the device that is shared")]
pub fn adapter() -> Option<Adapter> {
    choose().inspect_err(|problem| skipped_tests::skip(problem)).ok()
}

fn choose() -> Result<Adapter, String> {
    let adapter = Adapter::choose(None).map_err(|error| error.to_string());
    let required = std::env::var("KILN_REQUIRE_GPU").is_ok_and(|v| v == "1");
    assert!(adapter.is_ok() || !required, "{adapter:?}");
    adapter
}

/// A device with just the limits that every WebGPU device has; all tests of a program share it.
#[allow(dead_code, reason = "some test programs open devices of their own")]
pub fn gpu() -> Option<&'static Gpu> {
    static GPU: OnceLock<Result<Gpu, String>> = OnceLock::new();
    let open = || choose().map(|a| Gpu::with_default_limits(&a).expect("the adapter has the default limits"));
    GPU.get_or_init(open).as_ref().inspect_err(|problem| skipped_tests::skip(problem)).ok()
}
