//! Where the time goes.

use kiln_grad::graph::{Profile, ProfileEntry, Profiling};
use kiln_grad::{DType, Device, Tensor, grad, scope};
use std::time::Instant;

fn ones(dims: &[usize]) -> Tensor {
    Tensor::ones(dims, DType::F32, &Device::cpu())
}

fn find<'a>(profile: &'a Profile, kernel: &str, scope: &str, backward: bool) -> &'a ProfileEntry {
    let fits = |e: &&ProfileEntry| (e.kernel, &*e.scope, e.backward) == (kernel, scope, backward);
    profile.entries().iter().find(fits).unwrap_or_else(|| panic!("no {kernel} in {scope:?}: {profile:#?}"))
}

#[test]
fn a_small_graph_is_counted_exactly() {
    let (x, w) = (ones(&[4, 3]).tracked(), ones(&[3, 5]).tracked());
    let bias = ones(&[5]).tracked();
    let start = Instant::now();
    let (_, profile) = Profile::watch(|| {
        let _scope = scope("D");
        let y = {
            let _scope = scope("0");
            x.matmul(&w)
        };
        grad((y + &bias).sum(..), &[&x, &w])
    });
    let wall = start.elapsed().as_secs_f64();
    let counts = |e: &ProfileEntry| (e.calls, e.bytes, e.flops);
    assert_eq!(counts(find(&profile, "matmul", "D.0", false)), (1, 4 * (12 + 15 + 20), 2 * 4 * 3 * 5));
    // dx = v wᵀ and dw = xᵀ v, where v repeats a single 1.
    let bytes = 4 * (1 + 15 + 12) + 4 * (12 + 1 + 15);
    assert_eq!(counts(find(&profile, "matmul", "D.0", true)), (2, bytes, 2 * 2 * 4 * 3 * 5));
    // The bias is repeated over 4 rows and read once.
    assert_eq!(counts(find(&profile, "zip", "D", false)), (1, 4 * (20 + 5 + 20), 20));
    assert_eq!(counts(find(&profile, "reduce", "D", false)), (1, 4 * (20 + 1), 20));
    assert_eq!(
        profile.calls(),
        1 + 2 + 1 + 1 + 1,
        "the last is the fill of the first cotangent: {profile:#?}"
    );
    assert_eq!(profile.flops(), 3 * 120 + 40);
    assert!(profile.seconds() <= profile.wall_seconds() && profile.wall_seconds() <= wall);
    assert!(profile.entries().is_sorted_by(|a, b| a.seconds >= b.seconds));
}

#[test]
fn the_triad_is_counted_exactly() {
    let (x, w) = (ones(&[2, 4, 6, 6]).tracked(), ones(&[6, 2, 3, 3]).tracked());
    let options = kiln_grad::ops::Conv::default().groups(2).padding(1).stride(2);
    let (_, profile) = Profile::watch(|| grad(x.conv2d(&w, options).sum(..), &[&x, &w]));
    let flops = 2 * (2 * 6 * 3 * 3) * (2 * 3 * 3);
    for (kernel, backward) in [("conv", false), ("conv_transpose", true), ("conv_weight", true)] {
        let e = find(&profile, kernel, "", backward);
        assert_eq!((e.calls, e.flops), (1, flops), "{kernel}");
    }
    let (x, w, y) = (2 * 4 * 36, 6 * 2 * 9, 2 * 6 * 9);
    assert_eq!(find(&profile, "conv", "", false).bytes, 4 * (x + w + y));
}

#[test]
fn profiles_add_up_and_print() {
    let x = ones(&[8, 8]);
    let profiling = Profiling::start();
    let _scope = scope("G");
    let _ = x.tanh().matmul(&x);
    let first = profiling.stop();
    let (_, second) = Profile::watch(|| x.tanh());
    let mut both = first.clone();
    both.merge(&second);
    assert_eq!((find(&both, "map", "G", false).calls, both.calls()), (2, 3));
    assert_eq!(both.flops(), first.flops() + second.flops());
    assert!((both.wall_seconds() - first.wall_seconds() - second.wall_seconds()).abs() < 1e-9);
    let text = both.text(1);
    for word in
        ["kernel", "scope", "calls", "GFLOP/s", "GB/s", "share", "all kernels", "elsewhere", "and 1 more"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.iter().any(|line| line.starts_with("G ") && line.contains('%')), "{text}");
    assert!(Profile::default().text(5).contains("elsewhere"));
}
