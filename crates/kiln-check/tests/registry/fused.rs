//! Fused ops against the plain ops they stand for.

use kiln_check::composite;
use kiln_grad::Tensor;
use kiln_tensor::Device;
use kiln_tensor::random::Key;

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
#[should_panic(expected = "wanted that of an op with a composite")]
fn plain_ops_have_no_composite() {
    composite(|x| x[0].exp(), &[normal("x", &[3])]);
}
