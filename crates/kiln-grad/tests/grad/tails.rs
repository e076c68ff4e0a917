//! Values where digits are easily lost, against mpmath at 30 digits.

use kiln_grad::{DType, Device, Tensor, grad, grad_recorded};

fn number(x: f64, dtype: DType) -> Tensor {
    kiln_grad::Array::from_f64(&[x], [1], dtype, &Device::cpu()).into()
}

/// Stops unless the two differ by at most a part `most` of the number wanted.
#[track_caller]
fn near(what: &str, have: &Tensor, want: f64, most: f64) {
    let have = have.to_f64_vec().unwrap()[0];
    assert!((have - want).abs() <= most * want.abs(), "{what} is {have:e}, not {want:e}");
}

/// `x`, and `gelu` with its first two derivatives there.
const GELU: [[f64; 4]; 11] = [
    [-0.5, -0.15426876936299345, 0.13250487534383716, 0.616_114_321_837_524_1],
    [-1.5, -0.1002108019032871, -0.12746919222997953, -0.032_379_398_916_472_93],
    [-3.0, -0.0040496940948902836, -0.011945647204183927, -0.03102293888356605],
    [-5.0, -1.4332578593959696e-6, -7.146_946_001_792_295e-6, -3.4194548838888847e-5],
    [-8.0, -4.976_768_459_417_427e-15, -3.979607261086796e-14, -3.1324080717928732e-13],
    [-13.0, -7.952_313_719_414_843e-38, -1.0337304440113356e-36, -1.3358042354201375e-35],
    [-20.0, -5.507_248_237_212_468e-88, -1.1014360483133464e-86, -2.1973374481395857e-85],
    [-30.0, -1.472_014_178_144_456e-196, -4.416_031_690_708_495e-195, -1.3233342291209357e-193],
    [2.5, 2.4844758366855597, 1.037_611_085_908_145, -0.074_495_277_097_666_29],
    [6.0, 5.999_999_994_080_474, 1.0000000354687095, -2.065_800_168_939_917e-7],
    [9.5, 9.5, 1.0, -8.9166e-19],
];

#[test]
fn gelu_keeps_its_digits_far_below_0() {
    for [x, value, slope, curve] in GELU {
        for (dtype, most) in [(DType::F64, 1e-12), (DType::F32, 3e-6)] {
            // Numbers that are denormal in a type have few digits.
            if dtype == DType::F32 && value.abs() < 1e-36 {
                continue;
            }
            let x = number(x, dtype).tracked();
            let y = x.gelu();
            near("gelu", &y, value, most);
            let dy = grad_recorded(y.sum(..), &[&x]).remove(0);
            near("its slope", &dy, slope, most);
            if curve.abs() > 1e-18 {
                near("its curve", &grad(dy.sum(..), &[&x])[0], curve, 5.0 * most);
            }
        }
    }
}

/// What falls faster than a line grows is 0 at the end of it, and nothing overflows on the way.
#[test]
fn gates_are_finite_wherever_they_can_be() {
    for dtype in [DType::F32, DType::F64] {
        for f in [Tensor::gelu, Tensor::silu] {
            for x in [1e19, 2e19, 3e38, f64::INFINITY] {
                for x in [x, -x] {
                    let x = number(x, dtype).tracked();
                    let y = f(&x);
                    let positive = x.item().unwrap() > 0.0;
                    assert_eq!(y.item().unwrap(), if positive { x.item().unwrap() } else { 0.0 }, "{x:?}");
                    let dy = grad_recorded(y.sum(..), &[&x]).remove(0);
                    assert_eq!(dy.item().unwrap(), f64::from(positive), "the slope at {x:?}");
                    if x.item().unwrap().is_finite() {
                        assert_eq!(grad(dy.sum(..), &[&x])[0].item().unwrap(), 0.0, "the curve at {x:?}");
                    }
                }
            }
        }
    }
}

/// `ln(1 + e^−x)` and its slope: the loss of a logit that is right, and how it is learned from.
#[test]
fn the_loss_of_a_confident_logit_keeps_its_digits() {
    let golden = [
        (10.0, 4.539_889_921_686_465e-5, 4.539_786_870_243_439e-5),
        (12.0, 6.144_193_477_732_806e-6, 6.144_174_602_214_718e-6),
        (15.0, 3.059_022_737_137_205e-7, 3.059_022_269_256_247e-7),
        (30.0, 9.357_622_968_839_737e-14, 9.357_622_968_839_299e-14),
    ];
    for (x, loss, slope) in golden {
        for (dtype, most) in [(DType::F64, 1e-14), (DType::F32, 5e-7)] {
            for (x, target, sign) in [(x, 1.0, -1.0), (-x, 0.0, 1.0)] {
                let (x, t) = (number(x, dtype).tracked(), number(target, dtype));
                let y = x.binary_cross_entropy(&t);
                near("the loss", &y, loss, most);
                near("its slope", &grad(y, &[&x])[0], sign * slope, most);
                let recorded = grad_recorded(x.binary_cross_entropy(&t), &[&x]).remove(0);
                near("its recorded slope", &recorded, sign * slope, most);
            }
        }
    }
    for (x, t) in [(f64::INFINITY, 1.0), (f64::NEG_INFINITY, 0.0)] {
        let (x, t) = (number(x, DType::F32).tracked(), number(t, DType::F32));
        let y = x.binary_cross_entropy(&t);
        assert_eq!(y.item().unwrap(), 0.0);
        assert_eq!(grad(y, &[&x])[0].item().unwrap(), 0.0);
    }
}
