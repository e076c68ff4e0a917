//! Tests that failing checks print: what they say, and that they compile and repeat the failure.

use kiln_check::{Call, CheckOptions, Verdict, call};
use kiln_grad::ops::Conv;
use kiln_grad::{Device, Tensor};

/// `x²`, with a gradient that is wrong where `x` is above 1.
pub fn wrong_square(x: &Tensor) -> Tensor {
    let (square, above) = (x.square(), x.gt(Tensor::from(1.0)));
    &square + above.select(&((&square - square.detach()) * 0.25), &square.zeros_like())
}

/// What goes wrong survives rounding to decimals, but not to halves: no element would be above 1.
fn failing() -> Call {
    let x = Tensor::from([[0.31372, -0.4423], [1.123456789, 0.05]]);
    Call::new("|x| wrong_square(&x[0])", [x], |x| wrong_square(&x[0]))
        .using("super::reproduction::wrong_square")
}

fn convolution() -> Call {
    let options = Conv { padding: [[1, 0], [0, 2]], ..Conv::default().stride([2, 1]) };
    let x = Tensor::from_slice(&[0.5, -1.0, 1.5, 2.0], [1, 1, 2, 2], &Device::cpu());
    let w = Tensor::from_slice(&[0.1, 1e-300, -0.0], [1, 1, 1, 3], &Device::cpu());
    Call::new(format!("|x| x[0].conv2d(&x[1], {options:?})"), [x, w], move |x| x[0].conv2d(&x[1], options))
        .linear()
        .using("kiln_grad::ops::Conv")
}

fn empty() -> Call {
    call!(|x| x[0].exp() * &x[1], [Tensor::from([[0.0; 0]; 2]), Tensor::from(2.5)])
}

/// The file beside this one, which is compiled and run with the tests.
fn generated() -> String {
    let options = CheckOptions::new();
    let all = CheckOptions::new().order(1).directions(4).jacobian_up_to(10).seed(9).tolerance(4.0);
    let failure = failing().by_crates().check(&options).unwrap_err();
    let parts = [
        "//! Tests as failing checks print them; written by `reproduction.rs`.\n".to_string(),
        convolution().by_crates().as_test("a_convolution", &options),
        empty().by_crates().as_test("no_elements", &all),
        format!("#[should_panic(expected = \"only the last index of axis 0 is wrong\")]\n{}", failure.test),
    ];
    parts.join("\n")
}

#[test]
fn the_printed_tests_are_those_compiled() {
    let text = generated();
    if std::env::var_os("KILN_BLESS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/registry/generated.rs"), &text).unwrap();
    }
    assert_eq!(text, include_str!("generated.rs"), "run with KILN_BLESS=1 to write the file anew");
}

#[test]
fn a_printed_test_has_the_call_and_the_data() {
    let failure = failing().check(&CheckOptions::new().seed(3)).unwrap_err();
    assert_eq!(failure.report.verdict(), Verdict::Mismatch);
    for part in [
        "#[test]\nfn the_gradient_is_right() {",
        "    use super::reproduction::wrong_square;\n",
        "Tensor::from_slice::<f64>(&[0.3, -0.4, 1.1, 0.1], [2, 2], &Device::cpu()),",
        "CheckOptions::new().seed(3).gradients(|x| wrong_square(&x[0]), &inputs)",
    ] {
        assert!(failure.test.contains(part), "{part}:\n{}", failure.test);
    }
    let text = failure.to_string();
    assert!(text.contains("mismatch") && text.contains("paste this test") && text.contains(&failure.test));
}

#[test]
fn numbers_keep_their_bits() {
    let odd = [1e-300, -0.0, f64::NAN, f64::INFINITY, 0.1 + 0.2, 5e-324];
    let text = call!(|t| t[0].exp(), [Tensor::from(odd)]).as_test("odd", &CheckOptions::new());
    let list = "&[1e-300, -0.0, f64::NAN, f64::INFINITY, 0.30000000000000004, 5e-324]";
    assert!(text.contains(list) && text.contains("|t| t[0].exp()"), "{text}");
}

#[test]
fn a_pasted_test_names_the_one_crate_that_a_user_has() {
    let text = convolution().as_test("conv", &CheckOptions::new());
    for path in ["kiln::check::CheckOptions", "kiln::grad::{Device, Tensor}", "kiln::grad::ops::Conv"] {
        assert!(text.contains(&format!("    use {path};\n")), "{path}:\n{text}");
    }
    assert!(!text.contains("kiln_"), "{text}");
}

#[test]
fn what_passes_is_no_failure() {
    convolution().check(&CheckOptions::new()).unwrap().assert_pass();
    let kink = call!(|x| x[0].abs(), [Tensor::from([0.0])]);
    assert_eq!(kink.check(&CheckOptions::new()).unwrap().verdict(), Verdict::Inconclusive);
}
