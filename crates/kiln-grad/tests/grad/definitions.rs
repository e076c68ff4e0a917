//! What is said of each op is true: its values are those of naive loops, at singular places it does what
//! was agreed on, and it refuses what it says it refuses.

use crate::errors::place_of_panic;
use kiln_check::{draw, value_bounds};
use kiln_grad::ops::REGISTRY;
use kiln_grad::reference::Values;
use kiln_grad::{Array, Case, DType, Device, Dims, Refusal, Tensor, vjp};
use kiln_tensor::random::Key;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn every_op_is_defined_in_full() {
    for entry in REGISTRY {
        let (name, definition) = (entry.name, (entry.definition)());
        assert!(!definition.domain.is_empty(), "{name}: where is it defined?");
        assert!(!definition.cases.is_empty(), "{name} has no case");
        for case in &definition.cases {
            assert!(case.reference.is_some(), "{name}, {case:?} has no reference");
        }
        assert!(definition.singular.is_some(), "{name}: say singular(..), or smooth()");
        assert!(definition.refusals.is_some(), "{name}: say refuses(..), or total()");
    }
}

fn values(tensor: &Tensor) -> Values {
    Values::new(*tensor.dims(), tensor.to_f64_vec().unwrap())
}

fn tensor(values: &Values, dtype: DType) -> Tensor {
    Tensor::from_slice(&values.data, values.dims, &Device::cpu()).to_dtype(dtype)
}

fn compare(what: &str, case: &Case, inputs: &[Tensor], eps: f64) {
    let plain: Vec<Values> = inputs.iter().map(values).collect();
    let want = case.reference.as_ref().unwrap()(&plain);
    let got = values(&(case.f)(inputs));
    assert_eq!(got.dims, want.dims, "{what}");
    for (i, bound) in value_bounds(case, &plain, &want, eps).into_iter().enumerate() {
        let (got, want) = (got.data[i], want.data[i]);
        let off = (got - want).abs();
        assert!(
            off <= bound,
            "{what}: element {i} is {got}, and {want} by the reference; {off:e} > {bound:e}"
        );
    }
}

/// With the axes in reverse order in memory.
fn permuted(x: &Tensor) -> Tensor {
    let axes: Vec<usize> = (0..x.rank()).rev().collect();
    x.array().permute(&axes).copy().permute(&axes).into()
}

/// Every second element of a larger array of NaN, which a stray read would show, walked backwards.
fn stepped(x: &Tensor) -> Tensor {
    let room: Dims = x.dims().iter().map(|length| length * 2 + 1).collect();
    let places: Vec<(usize, isize)> = x.dims().iter().map(|&length| (length * 2, -2)).collect();
    let large = x.array().embed(f64::NAN, room, &places);
    let part = |x: Array, (axis, &(start, step)): (usize, &(usize, isize))| {
        let length = start / 2;
        if length == 0 { x.slice(axis, 0, 0, 1) } else { x.slice(axis, start, length, step) }
    };
    places.iter().enumerate().fold(large, part).into()
}

#[test]
fn values_are_those_of_the_references() {
    let mut compared = 0;
    for (entry, seed) in REGISTRY.iter().flat_map(|entry| (0..3).map(move |seed| (entry, seed))) {
        for case in (entry.cases)() {
            let what = |how: &str| format!("{}, {case:?}, {how}, seed {seed}", entry.name);
            let inputs = draw(&case, Key::new(seed).purpose("values"));
            compare(&what("f64"), &case, &inputs, f64::EPSILON);
            for (how, layout) in [("permuted", permuted as fn(&Tensor) -> Tensor), ("stepped", stepped)] {
                compare(&what(how), &case, &inputs.iter().map(layout).collect::<Vec<_>>(), f64::EPSILON);
            }
            // Some calls hold constants in f64 beside their inputs, or are asked for f64.
            let single: Vec<Tensor> = inputs.iter().map(|x| x.to_dtype(DType::F32)).collect();
            compare(&what("f32"), &case, &single, f32::EPSILON.into());
            compared += 4;
        }
    }
    println!("{compared} values of {} ops", REGISTRY.len());
}

/// Dims of rank 0 to 5 with lengths 0, 1, 2, 3, 5, 7, and what broadcasts to them: each input lacks some
/// leading axes, and has length 1 at some others.
fn made_up(case: &Case, key: Key) -> Vec<Dims> {
    let mut stream = key.stream();
    let lengths = [0, 1, 2, 3, 5, 7];
    let all: Vec<usize> = (0..stream.below(6)).map(|_| lengths[stream.below(6) as usize]).collect();
    let mut short = || -> Dims {
        let lead = stream.below(all.len() as u64 + 1) as usize * stream.below(2) as usize;
        all[lead..].iter().map(|&length| if stream.below(3) == 0 { 1 } else { length }).collect()
    };
    case.inputs.iter().map(|_| short()).collect()
}

#[test]
fn functions_of_each_element_take_all_dims() {
    for entry in REGISTRY {
        let Some(case) = (entry.cases)().into_iter().find(|case| case.any_dims) else { continue };
        for step in 0..40 {
            let key = Key::new(11).purpose(entry.name).step(step);
            let case = case.clone().with_dims(&made_up(&case, key));
            let inputs = draw(&case, key);
            let what = format!("{}, {case:?}, step {step}", entry.name);
            compare(&what, &case, &inputs, f64::EPSILON);
            compare(&what, &case, &inputs.iter().map(permuted).collect::<Vec<_>>(), f64::EPSILON);
        }
    }
}

#[test]
fn at_singular_places_what_was_agreed_on_holds() {
    for (entry, dtype) in REGISTRY.iter().flat_map(|entry| [(entry, DType::F64), (entry, DType::F32)]) {
        for singular in (entry.definition)().singular.unwrap() {
            let what = format!("{} at {}, {dtype}", entry.name, singular.at);
            let inputs: Vec<Tensor> = singular.inputs.iter().map(|x| tensor(x, dtype).tracked()).collect();
            let y = (singular.f)(&inputs);
            same(&format!("{what}: the value"), &y, &singular.value);
            let gradients = vjp(y.clone(), &y.ones_like(), &inputs.iter().collect::<Vec<_>>());
            assert_eq!(gradients.len(), singular.gradients.len(), "{what}");
            for (i, (got, want)) in gradients.iter().zip(&singular.gradients).enumerate() {
                same(&format!("{what}: gradient {i}"), got, want);
            }
        }
    }
}

#[track_caller]
fn same(what: &str, got: &Tensor, want: &Values) {
    let want = values(&tensor(want, got.dtype()));
    let got = values(got);
    let equal = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan());
    assert!(
        got.dims == want.dims && got.data.iter().zip(&want.data).all(equal),
        "{what} is {got:?}, not {want:?}"
    );
}

#[test]
fn what_is_refused_is_refused_in_words() {
    for entry in REGISTRY {
        for refusal in (entry.definition)().refusals.unwrap() {
            let what = format!("{} of {refusal:?}", entry.name);
            let text = refused(&what, &refusal);
            let op = text.split(':').next().unwrap_or_default();
            let named = op.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            assert!(named, "{what}: {text:?} does not begin with an op's name");
            for word in refusal.words {
                assert!(text.contains(word), "{what}: {word:?} is not in {text:?}");
            }
            let Some(attempt) = &refusal.attempt else { continue };
            let error = attempt(&inputs(&refusal)).expect_err(&what);
            assert_eq!(error.to_string(), text, "{what}: the try_ form says something else");
        }
    }
}

/// A refused call is a mistake of the caller, so the panic names the line of the call: it lies in the op's
/// definition, or is that of the function itself where it is called through a pointer.
#[test]
fn refusals_name_the_line_of_the_call() {
    for entry in REGISTRY {
        let file = format!("src/ops/{}.rs", entry.name);
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        let source = std::fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = source.lines().collect();
        let definition = lines.iter().position(|line| line.starts_with("pub fn definition")).unwrap();
        for refusal in (entry.definition)().refusals.unwrap() {
            let place = place_of_panic(AssertUnwindSafe(|| drop((refusal.f)(&inputs(&refusal)))));
            let (panicked, line) = place.rsplit_once(':').unwrap();
            let line = line.parse::<usize>().unwrap() - 1;
            assert!(
                panicked.ends_with(&file) && (line > definition || lines[line].contains("pub fn")),
                "{}, {refusal:?} panics at {place}",
                entry.name
            );
        }
    }
}

/// Wrong element types are told of in the words of the function that was called, also if it is made of others.
#[test]
fn wrong_types_are_refused_in_the_words_of_the_function() {
    // Their first cases compute more than the function, or the functions of the file have other names.
    let made_of_others = |name: &str| ["split", "atan2", "maximum", "minimum", "resample"].contains(&name);
    let mut wrong = Vec::new();
    for entry in REGISTRY.iter().filter(|entry| !made_of_others(entry.name)) {
        let case = (entry.cases)().remove(0);
        let tensors = |dtype: fn(usize) -> DType| -> Vec<Tensor> {
            let inputs = case.inputs.iter().enumerate();
            inputs.map(|(i, input)| Tensor::zeros(input.dims, dtype(i), &Device::cpu())).collect()
        };
        let integers = tensors(|_| DType::U32);
        let mixed = tensors(|i| if i == 0 { DType::F32 } else { DType::F64 });
        for inputs in [integers, mixed] {
            let Err(payload) = catch_unwind(AssertUnwindSafe(|| (case.f)(&inputs))) else { continue };
            let text = payload.downcast_ref::<String>().expect("the text has values");
            let op = text.split(':').next().unwrap_or_default();
            if !op.contains(entry.name) {
                wrong.push(format!("{}: {text}", entry.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn inputs(refusal: &Refusal) -> Vec<Tensor> {
    refusal.inputs.iter().map(|meta| Tensor::zeros(meta.dims, meta.dtype, &Device::cpu())).collect()
}

/// The text of the panic.
fn refused(what: &str, refusal: &Refusal) -> String {
    let call = || (refusal.f)(&inputs(refusal));
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(y) => panic!("{what} is not refused, but gives {y:?}"),
        Err(payload) => match payload.downcast::<String>() {
            Ok(text) => *text,
            Err(payload) => payload.downcast_ref::<&str>().expect("panics have a text").to_string(),
        },
    }
}
