//! The device that tests run on.

use kiln_gpu::{Adapter, Gpu};
use std::sync::OnceLock;

/// The best adapter, or `None` if there is none, which fails where `KILN_REQUIRE_GPU=1` is set.
pub fn adapter() -> Option<Adapter> {
    match Adapter::choose(None) {
        Ok(adapter) => Some(adapter),
        Err(error) if std::env::var("KILN_REQUIRE_GPU").is_ok_and(|v| v == "1") => panic!("{error}"),
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    }
}

/// A device with just the limits that every WebGPU device has; all tests of a program share it.
#[allow(dead_code, reason = "some test programs open devices of their own")]
pub fn gpu() -> Option<&'static Gpu> {
    static GPU: OnceLock<Option<Gpu>> = OnceLock::new();
    let open =
        || adapter().map(|a| Gpu::with_default_limits(&a).expect("the adapter has the default limits"));
    GPU.get_or_init(open).as_ref()
}
