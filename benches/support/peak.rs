//! The rate at which this machine can multiply and add: the limit that kernels are held against.

use std::hint::black_box;
use std::time::Instant;

/// Independent sums, enough to hide the latency of a fused multiply-add.
const VECTORS: usize = 12;
const LANES: usize = 16;
const ROUNDS: usize = 200_000;

/// One task: `ROUNDS` fused multiply-adds on each of `VECTORS * LANES` numbers.
#[inline(always)]
fn work(seed: f32) -> f32 {
    let mut sums = [[seed; LANES]; VECTORS];
    let (a, b) = (black_box(0.999_f32), black_box(1e-3_f32));
    for _ in 0..ROUNDS {
        for vector in &mut sums {
            for x in vector.iter_mut() {
                *x = x.mul_add(a, b);
            }
        }
    }
    sums.iter().flatten().sum()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,fma")]
fn work_avx512(seed: f32) -> f32 {
    work(seed)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn work_avx2(seed: f32) -> f32 {
    work(seed)
}

#[allow(unsafe_code, reason = "code for a processor's own features can only be called so")]
fn fastest() -> fn(f32) -> f32 {
    #[cfg(target_arch = "x86_64")]
    {
        if std::is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has just been asked for these features.
            return |seed| unsafe { work_avx512(seed) };
        }
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            // SAFETY: the processor has just been asked for these features.
            return |seed| unsafe { work_avx2(seed) };
        }
    }
    work
}

/// The f32 FMA peak with all of rayon's threads, in GFLOP/s: the best of several tries.
pub fn peak_gflops() -> f64 {
    let work = fastest();
    let rate = || {
        let start = Instant::now();
        rayon::broadcast(|cx| black_box(work(cx.index() as f32)));
        let flops = 2 * ROUNDS * VECTORS * LANES * rayon::current_num_threads();
        flops as f64 / start.elapsed().as_secs_f64() / 1e9
    };
    (0..12).map(|_| rate()).fold(0.0, f64::max)
}
