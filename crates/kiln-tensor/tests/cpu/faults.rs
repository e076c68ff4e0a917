//! What a failed call means for the caller, for others, and for the device.

use kiln_tensor::random::Key;
use kiln_tensor::{
    Array, DType, Device, Distribution, Error, Kernel, Map, NamedFaults, Reduce, Zip, attempt,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn ramp(n: usize) -> Array {
    let values: Vec<f32> = (0..n).map(|i| i as f32).collect();
    Array::from_slice(&values, [n], &Device::cpu())
}

#[track_caller]
fn gather(x: &Array, index: &[u32]) -> Array {
    let index = Array::from_slice(index, [index.len()], &Device::cpu());
    Array::compute(&Kernel::Gather { axis: 0 }, &[x, &index], [index.numel()], DType::F32)
}

fn text(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("nothing panicked");
    let text = payload.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| payload.downcast_ref::<&str>().unwrap().to_string())
}

const OUT_OF_RANGE: Error = Error::IndexOutOfRange { kernel: "gather", index: 7, len: 3 };
/// Elements that no computer has memory for.
const TOO_MANY: usize = 1 << 46;

#[test]
fn an_index_out_of_range_is_the_callers_fault_and_the_device_goes_on() {
    let x = ramp(3);
    let said = text(|| drop(gather(&x, &[1, 7])));
    assert_eq!(said, "gather: the index 7 is out of range for an axis of length 3");
    assert_eq!(gather(&x, &[2]).to_vec::<f32>(), Ok(vec![2.0]));
    assert_eq!(attempt(|| gather(&x, &[7])).unwrap_err(), OUT_OF_RANGE);
    assert_eq!(x.map(Map::Neg).to_vec::<f32>(), Ok(vec![0.0, -1.0, -2.0]));
    assert_eq!(Device::cpu().status(), Ok(()));
    let other = std::thread::spawn(|| ramp(2).reduce(Reduce::Sum, &[0]).item());
    assert_eq!(other.join().unwrap(), Ok(1.0));
}

#[test]
fn memory_that_can_not_be_had_is_the_callers_fault_and_the_device_goes_on() {
    let cpu = Device::cpu();
    let is_full = |error: &Error| matches!(error, Error::OutOfMemory { bytes } if *bytes == 4 * TOO_MANY);
    assert!(
        text(|| drop(Array::zeros([TOO_MANY], DType::F32, &cpu))).starts_with("out of memory: a buffer of")
    );
    assert!(
        text(|| drop(Array::normal(Key::new(1), [TOO_MANY], DType::F32, &cpu))).starts_with("out of memory")
    );
    let wide = ramp(1).broadcast_to([TOO_MANY]);
    for f in
        [|x: &Array| drop(x.copy()), |x: &Array| drop(x.map(Map::Exp)), |x: &Array| drop(x.zip(Zip::Add, x))]
    {
        assert!(is_full(&attempt(|| f(&wide)).unwrap_err()));
    }
    // Bringing them to the host is no more possible, and is an error there.
    assert!(is_full(&wide.to_vec::<f32>().unwrap_err()));
    assert_eq!(ramp(2).to_vec::<f32>(), Ok(vec![0.0, 1.0]));
}

/// After a fault, what is left of an attempt computes nothing, and says why where values are read.
#[test]
fn an_attempt_ends_with_its_first_fault() {
    let (x, mut kept) = (ramp(3), ramp(3));
    let shared = kept.clone();
    let mut seen = vec![];
    let result = attempt(|| {
        let picked = gather(&x, &[7]);
        // None of these is run, and none panics.
        let sum = picked.zip(Zip::Add, &ramp(1)).reduce(Reduce::Sum, &[0]);
        let _ = gather(&x, &[8]);
        kept.accumulate(&x);
        seen.extend([sum.item(), x.reduce(Reduce::Sum, &[0]).item(), Device::cpu().status().map(|()| 0.0)]);
        seen.push(x.to_f64_vec().map(|all| all[0]));
    });
    assert_eq!(result, Err(OUT_OF_RANGE));
    assert!(seen.iter().all(|seen| *seen == Err(OUT_OF_RANGE)), "{seen:?}");
    // What would have been changed in place is as it was.
    assert_eq!(kept.to_vec::<f32>(), Ok(vec![0.0, 1.0, 2.0]));
    assert_eq!(shared.to_vec::<f32>(), Ok(vec![0.0, 1.0, 2.0]));
}

#[test]
fn attempts_nest_and_end_also_by_a_panic() {
    let x = ramp(3);
    let outer = attempt(|| {
        let inner = attempt(|| gather(&x, &[7]));
        assert_eq!(inner.unwrap_err(), OUT_OF_RANGE);
        let caught = catch_unwind(AssertUnwindSafe(|| attempt(|| x.map(Map::Exp).reshape([2]))));
        assert!(caught.is_err());
        gather(&x, &[1]).item()
    });
    assert_eq!(outer, Ok(Ok(1.0)));
    // In no attempt again.
    assert!(!text(|| drop(gather(&x, &[7]))).is_empty());
}

/// An array that a failed call should have made has no values to compute with.
#[test]
fn what_a_failed_call_leaves_behind_is_no_array() {
    let (x, mut left) = (ramp(3), None);
    let error = attempt(|| left = Some(gather(&x, &[7]))).unwrap_err();
    let left = left.unwrap();
    assert_eq!(left.to_vec::<f32>(), Err(error.clone()));
    assert_eq!(text(|| drop(left.map(Map::Exp))), error.to_string());
    assert_eq!(attempt(|| x.zip(Zip::Add, &left)).unwrap_err(), error);
    assert_eq!(attempt(|| Array::concat(&[&x, &left], 0)).unwrap_err(), error);
}

#[test]
fn a_part_of_an_op_tells_its_faults_in_the_ops_name() {
    let part = |index: u32| {
        let (x, faults) = (ramp(3), NamedFaults::of("embedding"));
        let picked = gather(&x, &[index]);
        faults.end();
        picked
    };
    assert_eq!(part(2).item(), Ok(2.0));
    let said = "embedding: the index 7 is out of range for an axis of length 3";
    assert_eq!(text(|| drop(part(7))), said);
    assert_eq!(attempt(|| part(7)).unwrap_err().to_string(), said);
    assert_eq!(attempt(|| (gather(&ramp(3), &[7]), part(8))).unwrap_err(), OUT_OF_RANGE);
}

/// The number of elements wraps around to 0, or to few.
#[test]
fn dims_that_no_memory_holds_are_refused() {
    let cpu = Device::cpu();
    let dims = [1_usize << 40, 1 << 40];
    let one = ramp(1);
    let makers: [(&str, &dyn Fn()); 9] = [
        ("zeros", &|| drop(Array::zeros(dims, DType::F32, &cpu))),
        ("full", &|| drop(Array::full(1.0, dims, DType::U32, &cpu))),
        ("from_slice", &|| drop(Array::from_slice::<f32>(&[], dims, &cpu))),
        ("from_slice", &|| drop(Array::from_f64(&[], dims, DType::F32, &cpu))),
        ("normal", &|| drop(Array::normal(Key::new(1), dims, DType::F32, &cpu))),
        ("uniform", &|| drop(Array::random(Key::new(1), Distribution::Uniform, dims, DType::F32, &cpu))),
        ("broadcast_to", &|| drop(one.broadcast_to(dims))),
        ("reshape", &|| drop(one.slice(0, 0, 0, 1).reshape([1 << 40, 1 << 40]))),
        ("zeros", &|| drop(Array::zeros([1 << 40, 0, 1 << 40], DType::F32, &cpu))),
    ];
    for (op, make) in makers {
        let said = text(make);
        assert!(
            said.starts_with(&format!("{op}: [1099511627776")) && said.contains("more elements"),
            "{said}"
        );
    }
}

#[test]
fn random_numbers_say_what_they_can_not_be() {
    let cpu = Device::cpu();
    let random =
        |distribution, dtype| text(|| drop(Array::random(Key::new(1), distribution, [2], dtype, &cpu)));
    assert_eq!(
        random(Distribution::Uniform, DType::U32),
        "uniform: u32 can't hold numbers in [0, 1); use f32 or f64"
    );
    for p in [1.5, -0.1, f64::NAN] {
        let said = random(Distribution::Bernoulli(p), DType::F32);
        assert_eq!(said, format!("bernoulli: the probability is {p}; it must be in [0, 1]"));
    }
    assert_eq!(random(Distribution::Words, DType::F32), "words: f32 can't hold words of 32 bits; use u32");
    assert!(text(|| drop(ramp(0).argmax(0))).starts_with("argmax: there is no largest of no elements"));
}
