//! Reports as JSON and as Markdown, and what many of them come to.

use kiln_check::{CheckKind, CheckOptions, CheckReport, CheckSummary, Verdict, gradients};
use kiln_grad::Tensor;

/// `x²`, twice: once with the gradient of `1.5·x²`.
fn report(wrong: bool) -> CheckReport {
    let square = |x: &[Tensor]| {
        let extra = (x[0].square() - x[0].square().detach()) * 0.5;
        if wrong { x[0].square() + extra } else { x[0].square() }
    };
    CheckOptions::new()
        .order(1)
        .gradients(square, &[Tensor::from([[0.5, 1.0], [2.0, -3.0]])])
        .labelled("a | b")
}

#[test]
fn reports_are_json() {
    let json = serde_json::to_value(report(true)).unwrap();
    let check = &json["checks"][0];
    assert_eq!((&json["label"], &check["kind"]), (&"a | b".into(), &"gradient".into()));
    assert_eq!(check["tally"]["inconclusive"], 0);
    assert_eq!(check["worst"][0]["index"].as_array().unwrap().len(), 2);
    let ratio = check["hint"]["ratio"]["ratio"].as_f64().unwrap();
    assert!((ratio - 1.5).abs() < 1e-9, "{ratio}");
    assert!(json["seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn reports_are_markdown() {
    let text = report(true).to_markdown();
    assert!(text.starts_with("### a \\| b: mismatch\n"), "{text}");
    for part in
        ["| gradient for input 0 | gradient | mismatch |", "Hint: constant ratio 1.5", "| 0 | [1, 1] |"]
    {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let pass = report(false).to_markdown();
    assert!(pass.contains(" 0 mismatch") && !pass.contains("Hint"), "{pass}");
}

#[test]
fn summaries_name_the_worst() {
    let kink = gradients(|x| x[0].abs(), &[Tensor::from([0.0])]).labelled("kink");
    let reports = [report(false), report(true).labelled("wrong"), kink];
    let summary = CheckSummary::of(&reports);
    assert_eq!((summary.reports, summary.open.len(), summary.passes()), (3, 2, false));
    let worst = summary.worst.iter().find(|worst| worst.kind == CheckKind::Gradient).unwrap();
    assert_eq!(worst.label, "wrong");
    assert!((0.01..1.0).contains(&worst.error), "{worst:?}");
    assert!(summary.inconclusive_share > 0.0 && summary.seconds > 0.0);
    assert!(summary.to_markdown().contains("### wrong: mismatch"));
    assert_eq!(serde_json::to_value(&summary).unwrap()["worst"][0]["label"], "wrong");

    let good = CheckSummary::of(&[report(false)]);
    good.assert_pass();
    assert!(good.worst.iter().all(|worst| worst.error < 1e-8), "{good:?}");
    assert!(CheckSummary::of(&[]).passes());
    assert_eq!(reports[2].verdict(), Verdict::Inconclusive);
}

#[test]
#[should_panic(expected = "wrong: mismatch")]
fn summaries_panic_with_the_reports() {
    CheckSummary::of(&[report(false), report(true).labelled("wrong")]).assert_pass();
}
