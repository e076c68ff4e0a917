//! The rates at which this machine can multiply and add, and copy memory: the limits that kernels are held against.

use std::hint::black_box;
use std::time::Instant;

/// Independent sums, enough to hide the latency of a fused multiply-add.
const SUMS: usize = 12;
const ROUNDS: usize = 400_000;

/// A task of `ROUNDS` rounds of `SUMS` fused multiply-adds on vectors, and the length of these.
struct Work {
    run: fn(),
    lanes: usize,
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{ROUNDS, SUMS, black_box};
    use std::arch::x86_64::*;

    macro_rules! work {
        ($name:ident, $features:literal, $splat:ident, $fma:ident) => {
            #[target_feature(enable = $features)]
            pub fn $name() {
                let (a, b) = (black_box($splat(0.999)), black_box($splat(1e-3)));
                let mut sums = [a; SUMS];
                for _ in 0..ROUNDS {
                    for sum in &mut sums {
                        *sum = $fma(*sum, a, b);
                    }
                }
                black_box(sums);
            }
        };
    }
    work!(avx512, "avx512f", _mm512_set1_ps, _mm512_fmadd_ps);
    work!(avx2, "avx2,fma", _mm256_set1_ps, _mm256_fmadd_ps);
}

/// Whatever the compiler makes of it, where there is nothing better.
fn portable() {
    let (a, b) = (black_box(0.999_f32), black_box(1e-3_f32));
    let mut sums = [[a; 4]; SUMS];
    for _ in 0..ROUNDS {
        sums.iter_mut().flatten().for_each(|sum| *sum = *sum * a + b);
    }
    black_box(sums);
}

#[allow(unsafe_code, reason = "code for a processor's own features can only be called so")]
fn fastest() -> Work {
    #[cfg(target_arch = "x86_64")]
    {
        if std::is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has just been asked for this feature.
            return Work { run: || unsafe { x86::avx512() }, lanes: 16 };
        }
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            // SAFETY: the processor has just been asked for these features.
            return Work { run: || unsafe { x86::avx2() }, lanes: 8 };
        }
    }
    Work { run: portable, lanes: 4 }
}

/// The f32 FMA peak with all of rayon's threads, in GFLOP/s: the best of several tries.
pub fn peak_gflops() -> f64 {
    let work = fastest();
    let flops = (2 * ROUNDS * SUMS * work.lanes * rayon::current_num_threads()) as f64;
    let rate = || {
        let start = Instant::now();
        rayon::broadcast(|_| (work.run)());
        flops / start.elapsed().as_secs_f64() / 1e9
    };
    (0..20).map(|_| rate()).fold(0.0, f64::max)
}

/// Numbers of each copy: far more than caches hold.
const COPIED: usize = 1 << 24;

/// The rate at which all of rayon's threads copy memory, reads and writes together, in 10⁹ bytes a second: the best of several
/// tries.
pub fn memory_gbytes() -> f64 {
    let copies: Vec<_> =
        rayon::broadcast(|_| std::sync::Mutex::new((vec![1.0_f32; COPIED], vec![0.0_f32; COPIED])));
    let bytes = (2 * size_of::<f32>() * COPIED * copies.len()) as f64;
    let rate = || {
        let start = Instant::now();
        rayon::broadcast(|context| {
            let mut copy = copies[context.index()].lock().expect("no copy has failed");
            let (from, to) = &mut *copy;
            to.copy_from_slice(from);
            black_box(to);
        });
        bytes / start.elapsed().as_secs_f64() / 1e9
    };
    (0..8).map(|_| rate()).fold(0.0, f64::max)
}
