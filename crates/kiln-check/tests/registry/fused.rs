//! Fused ops against the plain ops they stand for.

use kiln_check::{Check, CheckOptions, Verdict, composite};
use kiln_grad::{Array, Forward, Meta, Op, ShapeError, Tensor, Vjp, apply};
use kiln_tensor::Activation;
use kiln_tensor::random::Key;
use kiln_tensor::{Device, Map};

fn normal(stream: &str, dims: &[usize]) -> Tensor {
    Tensor::normal(Key::new(2).purpose(stream), dims, kiln_grad::DType::F64, &Device::cpu())
}

#[test]
fn batch_norm_is_its_composite() {
    let x = normal("x", &[4, 3, 5]);
    let (weight, bias) = (normal("weight", &[3]), normal("bias", &[3]));
    composite(|x| x[0].batch_norm(None, 1e-5).0, std::slice::from_ref(&x)).assert_pass();
    composite(|x| x[0].batch_norm(Some((&x[1], &x[2])), 1e-5).0, &[x, weight, bias]).assert_pass();
}

#[test]
fn norms_with_activations_are_their_composites() {
    let inputs = [normal("x", &[4, 3, 5]), normal("weight", &[3]), normal("bias", &[3])];
    for f in [Activation::Relu, Activation::LeakyRelu(0.2), Activation::LeakyRelu(-0.5)] {
        composite(|x| x[0].batch_norm_then(Some((&x[1], &x[2])), 1e-5, f).0, &inputs).assert_pass();
        composite(|x| x[0].instance_norm_then(Some((&x[1], &x[2])), 1e-5, f), &inputs).assert_pass();
    }
}

#[test]
fn biases_with_activations_are_their_composites() {
    for f in [Activation::Identity, Activation::Relu, Activation::LeakyRelu(0.2)] {
        for dims in [&[4, 3, 5][..], &[6, 3]] {
            let inputs = [normal("x", dims), normal("bias", &[3])];
            composite(|x| x[0].bias_then(&x[1], f), &inputs).assert_pass();
        }
    }
}

#[test]
fn dense_layers_are_their_composites() {
    for f in [Activation::Identity, Activation::Relu, Activation::LeakyRelu(0.2)] {
        for dims in [&[4, 5][..], &[2, 3, 5]] {
            let inputs = [normal("x", dims), normal("weight", &[3, 5]), normal("bias", &[3])];
            composite(|x| x[0].linear_then(&x[1], &x[2], f), &inputs).assert_pass();
        }
    }
}

#[test]
fn binary_cross_entropy_is_its_composite() {
    let inputs = [normal("x", &[4, 3]), normal("t", &[4, 3])];
    composite(|x| x[0].binary_cross_entropy(&x[1]), &inputs).assert_pass();
}

/// `x²` as if it were fused, with one of its two sides wrong.
#[derive(Debug)]
struct FusedSquare {
    /// What the rule is off by.
    rule: f64,
    /// What the composite is off by.
    plain: f64,
}

impl Op for FusedSquare {
    fn name(&self) -> &'static str {
        "fused square"
    }

    fn shape(&self, ins: &[Meta]) -> Result<Meta, ShapeError> {
        Ok(ins[0])
    }

    fn forward(&self, cx: &mut Forward) -> Array {
        cx.save_inputs();
        cx.input(0).map(Map::Square)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(v * cx.input(0) * (2.0 + self.rule))]
    }

    fn composite(&self, ins: &[Tensor]) -> Option<Tensor> {
        Some(ins[0].square() * (1.0 + self.plain))
    }
}

#[test]
fn a_wrong_side_of_a_fused_op_is_caught() {
    let verdicts = |rule: f64, plain: f64| {
        let report = composite(|x| apply(FusedSquare { rule, plain }, [&x[0]]), &[normal("x", &[4])]);
        report.checks.iter().map(Check::verdict).collect::<Vec<_>>()
    };
    assert_eq!(verdicts(0.0, 0.0), [Verdict::Pass, Verdict::Pass]);
    assert_eq!(verdicts(1e-8, 0.0), [Verdict::Pass, Verdict::Mismatch]);
    assert_eq!(verdicts(0.0, 1e-8), [Verdict::Mismatch, Verdict::Mismatch]);
}

/// A recorded sweep goes through the composite, so a wrong one shows in a plain check too.
#[test]
fn a_composite_that_differs_shows_in_recorded_sweeps() {
    let fused = |x: &[Tensor]| apply(FusedSquare { rule: 0.0, plain: 1e-8 }, [&x[0]]);
    let report = CheckOptions::new().order(1).gradients(fused, &[normal("x", &[4])]);
    let wrong: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| check.verdict() == Verdict::Mismatch)
        .map(|check| &check.name[..])
        .collect();
    assert_eq!(wrong, ["recorded and unrecorded"]);
}

#[test]
#[should_panic(expected = "wanted that of an op with a composite")]
fn plain_ops_have_no_composite() {
    composite(|x| x[0].exp(), &[normal("x", &[3])]);
}
