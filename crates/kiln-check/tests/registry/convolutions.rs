//! Random convolutions.

use crate::{ops, parallel};
use kiln_check::{CheckOptions, case, conv_cases, in_parallel};
use kiln_tensor::random::Key;

#[test]
fn random_convolutions_pass_both_orders() {
    let jobs = conv_cases(Key::new(7)).take(parallel::scaled(180)).enumerate().collect();
    let reports =
        in_parallel(jobs, |(i, one)| case(&one, &CheckOptions::new().seed(i as u64).jacobian_up_to(36)));
    ops::judge(&reports);
}

#[test]
fn every_forced_kind_comes() {
    let labels: Vec<String> = conv_cases(Key::new(1)).take(18).map(|case| case.label).collect();
    let kinds = [
        "Groups",
        "Depthwise",
        "Asymmetric",
        "LargeWindow",
        "SkippingPoint",
        "NoImage",
        "OutputPadding",
        "NotFirst",
    ];
    for kind in kinds {
        for op in ["conv2d", "conv_transpose2d"] {
            assert!(labels.iter().any(|label| label.starts_with(&format!("{op} {kind} "))), "{op} {kind}");
        }
    }
    let again: Vec<String> = conv_cases(Key::new(1)).take(18).map(|case| case.label).collect();
    assert_eq!(labels, again);
}
