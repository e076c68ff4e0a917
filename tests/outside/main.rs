//! kiln's ops and losses against PyTorch: values, vector-Jacobian products and second order of the cases in
//! `tests/golden/ops.json`, in f64.

mod call;
mod file;
mod loss;

use call::Call;
use file::{dims, floats, golden, hash, hash_fill, integer, list, text};
use kiln_grad::{GradError, Sweep, Tensor, try_grad};
use serde_json::Value;

const CASES: usize = 282;
const SECOND_ORDER_CASES: usize = 124;
/// Allowed deviation, relative to `max(1, |expected|)`.
const TOLERANCE: f64 = 1e-10;

#[test]
fn hash_is_that_of_the_file() {
    let file = golden();
    let check = &file["hash_check"];
    assert_eq!(hash_fill(check).to_f64_vec().unwrap(), floats(&check["values"]));
}

#[test]
fn ops_agree_with_torch() {
    let file = golden();
    let cases = file["cases"].as_array().unwrap();
    let mut report = Report::default();
    for case in cases {
        // Shown if an op panics.
        println!("{}", text(&case["name"]));
        run_case(case, &mut report);
    }
    println!(
        "{} cases, {} of them in second order; {} numbers, the worst off by {:.1e} ({})",
        report.cases, report.second_order_cases, report.numbers, report.worst, report.worst_at
    );
    assert_eq!((report.cases, report.second_order_cases), (CASES, SECOND_ORDER_CASES));
    assert!(report.failures.is_empty(), "{}", report.failures.join("\n"));
}

/// What the comparisons found.
#[derive(Default)]
struct Report {
    cases: usize,
    second_order_cases: usize,
    numbers: usize,
    worst: f64,
    worst_at: String,
    failures: Vec<String>,
}

impl Report {
    fn compare(&mut self, what: &str, got: &Tensor, expected: &Value) {
        let (got, expected) = (got.to_f64_vec().unwrap(), floats(expected));
        assert_eq!(got.len(), expected.len(), "{what}: the number of elements");
        let off = |(got, expected): (&f64, &f64)| (got - expected).abs() / expected.abs().max(1.0);
        // NaN, which no comparison finds, counts as infinitely wrong.
        let finite = |off: f64| if off.is_nan() { f64::INFINITY } else { off };
        let worst = got.iter().zip(&expected).map(off).map(finite).fold(0.0, f64::max);
        self.numbers += got.len();
        if worst > self.worst {
            (self.worst, self.worst_at) = (worst, what.to_owned());
        }
        if worst > TOLERANCE {
            self.failures.push(format!("{what}: off by {worst:.1e}\n  got {got:?}\n  not {expected:?}"));
        }
    }
}

fn run_case(case: &Value, report: &mut Report) {
    let name = text(&case["name"]);
    let xs: Vec<Tensor> = list(&case["inputs"]).iter().map(|input| hash_fill(input).tracked()).collect();
    let consts: Vec<Tensor> = case.get("consts").map_or(&[][..], list).iter().map(hash_fill).collect();
    let all = Call { op: text(&case["op"]), params: &case["params"], x: &xs, consts: &consts };
    let (y, extra) = all.run();
    let y = y.reshape(dims(&case["dims"]));
    report.compare(&format!("{name}, output"), &y, &case["output"]);
    for (key, expected) in case.get("extra").and_then(Value::as_object).into_iter().flatten() {
        let found = extra.iter().find(|(name, _)| name == key).expect(key);
        report.compare(&format!("{name}, {key}"), &found.1, expected);
    }

    let cotangent = hash(dims(&case["dims"]), integer(&case["cot_salt"]) as u32, 1.0, 0.0).tracked();
    let mut wanted: Vec<&Tensor> = xs.iter().collect();
    // PyTorch gives zeros for what a result doesn't depend on; here it can't be asked for.
    if let Err(GradError::NoPath { index, .. }) = Sweep::new(y.clone(), cotangent.clone(), &wanted, false) {
        assert_eq!(index + 1, wanted.len(), "{name}: another than the last");
        report.compare(&format!("{name}, vjp {index}"), &wanted[index].zeros_like(), &case["vjps"][index]);
        wanted.pop();
    }
    let second = case.get("second");
    for recording in [false, true] {
        let sweep = Sweep::new(y.clone(), cotangent.clone(), &wanted, recording);
        let vjps = sweep.unwrap_or_else(|error| panic!("{name}: {error}")).finish(&wanted);
        assert_eq!(wanted.len(), vjps.len());
        for (k, (vjp, expected)) in vjps.iter().zip(list(&case["vjps"])).enumerate() {
            report.compare(&format!("{name}, vjp {k}, recorded: {recording}"), vjp, expected);
        }
        if let (Some(second), true) = (second, recording) {
            second_order(name, second, &vjps, &xs, &cotangent, report);
            report.second_order_cases += 1;
        }
    }
    report.cases += 1;
}

/// The gradients of `s = Σ ⟨w_k, vjp_k⟩` with respect to the inputs and the cotangent.
fn second_order(
    name: &str,
    second: &Value,
    vjps: &[Tensor],
    xs: &[Tensor],
    cotangent: &Tensor,
    report: &mut Report,
) {
    let weighted = vjps.iter().zip(list(&second["w_salts"])).map(|(vjp, salt)| {
        let w = hash(*vjp.dims(), integer(salt) as u32, 1.0, 0.0);
        (w * vjp).sum(..)
    });
    let s = weighted.reduce(|a, b| a + b).unwrap();
    // Where a vjp doesn't depend on an input there is no path, and the gradient is zero.
    let gradient = |x: &Tensor| match try_grad(s.clone(), &[x]) {
        Ok(gradients) => gradients[0].clone(),
        Err(GradError::NoPath { .. }) => x.zeros_like(),
        Err(error) => panic!("{name}: {error}"),
    };
    assert_eq!(list(&second["grads"]).len(), xs.len());
    for (k, (x, expected)) in xs.iter().zip(list(&second["grads"])).enumerate() {
        report.compare(&format!("{name}, second order for input {k}"), &gradient(x), expected);
    }
    report.compare(
        &format!("{name}, second order for the cotangent"),
        &gradient(cotangent),
        &second["grad_cot"],
    );
}
