//! Tests as failing checks print them; written by `reproduction.rs`.

#[test]
fn a_convolution() {
    use kiln_check::CheckOptions;
    use kiln_grad::{Device, Tensor};
    use kiln_grad::ops::Conv;
    let inputs: Vec<Tensor> = vec![
        Tensor::from_slice::<f64>(&[0.5, -1.0, 1.5, 2.0], [1, 1, 2, 2], &Device::cpu()),
        Tensor::from_slice::<f64>(&[0.1, 1e-300, -0.0], [1, 1, 1, 3], &Device::cpu()),
    ];
    let report = CheckOptions::new().linear().gradients(|x| x[0].conv2d(&x[1], Conv { stride: [2, 1], padding: [[1, 0], [0, 2]], dilation: [1, 1], groups: 1, output_padding: [0, 0] }), &inputs);
    report.assert_pass();
}

#[test]
fn no_elements() {
    use kiln_check::CheckOptions;
    use kiln_grad::{Device, Tensor};
    let inputs: Vec<Tensor> = vec![
        Tensor::from_slice::<f64>(&[], [2, 0], &Device::cpu()),
        Tensor::from_slice::<f64>(&[2.5], [], &Device::cpu()),
    ];
    let report = CheckOptions::new().order(1).directions(4).jacobian_up_to(10).seed(9).tolerance(4.0).gradients(|x| x[0].exp() * &x[1], &inputs);
    report.assert_pass();
}

#[should_panic(expected = "only the last index of axis 0 is wrong")]
#[test]
fn the_gradient_is_right() {
    use kiln_check::CheckOptions;
    use kiln_grad::{Device, Tensor};
    use super::reproduction::wrong_square;
    let inputs: Vec<Tensor> = vec![
        Tensor::from_slice::<f64>(&[0.3, -0.4, 1.1, 0.1], [2, 2], &Device::cpu()),
    ];
    let report = CheckOptions::new().gradients(|x| wrong_square(&x[0]), &inputs);
    report.assert_pass();
}
