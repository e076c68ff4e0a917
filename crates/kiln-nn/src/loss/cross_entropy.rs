//! Cross-entropy over classes.

use kiln_grad::Tensor;
use kiln_tensor::NamedFaults;

/// The mean of `−ln softmax(logits)[label]` over all labels: logits `[n, classes, ..]` against labels
/// `U32 [n, ..]`, each below `classes`. Finite for all finite logits.
///
/// # Panics
/// When the dims don't fit, or a label is out of range. (A GPU finds that later, and returns it where values are read.)
#[must_use]
#[track_caller]
pub fn cross_entropy(logits: &Tensor, labels: &Tensor) -> Tensor {
    assert!(
        logits.rank() >= 2 && logits.dims().remove(1) == *labels.dims(),
        "cross_entropy: logits {} don't fit labels {}; wanted [n, classes, ..] and [n, ..]",
        logits.dims(),
        labels.dims()
    );
    let (logs, labels) = (logits.log_softmax(1), labels.unsqueeze(1));
    let faults = NamedFaults::of("cross_entropy");
    let picked = logs.gather(1, &labels);
    faults.end();
    -picked.mean(..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::grad;

    #[test]
    fn values() {
        let x = Tensor::from([[1.0, 2.0, -0.5], [0.0, -1.0, 3.0]]);
        let value = cross_entropy(&x, &Tensor::from([1_u32, 0])).item().unwrap();
        assert!((value - 1.7187114678050561).abs() < 1e-14, "{value}");
        // The same two samples as the two pixels of one image.
        let image = x.transpose(0, 1).unsqueeze(0);
        let pixels = cross_entropy(&image, &Tensor::from([[1_u32, 0]])).item().unwrap();
        assert!((pixels - value).abs() < 1e-14, "{pixels}");
    }

    #[test]
    fn extreme_logits() {
        let x = Tensor::from([[1e4_f32, -1e4], [1e4, -1e4]]).tracked();
        let loss = cross_entropy(&x, &Tensor::from([0_u32, 1]));
        assert_eq!(loss.item().unwrap(), 1e4);
        assert_eq!(grad(loss, &[&x])[0].to_f64_vec().unwrap(), [0.0, 0.0, 0.5, -0.5]);
    }

    #[test]
    #[should_panic(expected = "cross_entropy: logits [2, 3] don't fit labels [3]")]
    fn labels_that_do_not_fit() {
        let _ = cross_entropy(&Tensor::from([[0.0; 3]; 2]), &Tensor::from([0_u32; 3]));
    }
}
