//! Dropout (Srivastava et al., 2014).

use crate::case::Case;
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::reference::Values;
use crate::tensor::Tensor;
use kiln_tensor::random::Key;

impl Tensor {
    /// Each element is 0 with probability `p`, else divided by `1 − p`. Which ones is a function of the
    /// key, so the same call always drops the same elements.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// use kiln_tensor::random::Key;
    /// let y = Tensor::from([1.0; 8]).dropout(0.5, Key::new(1)).to_f64_vec()?;
    /// assert!(y.iter().all(|y| [0.0, 2.0].contains(y)));
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When `p` isn't in `[0, 1)`, or the elements aren't floats.
    #[must_use]
    #[track_caller]
    pub fn dropout(&self, p: f64, key: Key) -> Tensor {
        assert!((0.0..1.0).contains(&p), "dropout: the probability {p} is not in [0, 1)");
        assert_floats("dropout", &[self]);
        let keep = Tensor::bernoulli(key, 1.0 - p, *self.dims(), self.dtype(), self.device());
        self * (keep * (1.0 / (1.0 - p)))
    }
}

/// Domain, cases and refusals of `dropout`.
pub fn definition() -> Definition {
    let case = |(label, dims): (&str, &'static [usize])| {
        Case::new(label, [dims], |x| x[0].dropout(0.4, Key::new(5))).reference(|x| {
            // Element i is kept if number i of the key, of [0, 1), is under 1 - p.
            let kept = (0..).map(|i| f64::from(Key::new(5).uniform(i)) < 0.6);
            let data = x[0].data.iter().zip(kept).map(|(x, kept)| if kept { x / 0.6 } else { 0.0 });
            Values::new(x[0].dims, data.collect::<Vec<_>>())
        })
    };
    let list: [(&str, &[usize]); 4] =
        [("scalar", &[]), ("line", &[7]), ("image", &[2, 3, 2]), ("empty", &[3, 0])];
    Definition::new("all x", list.into_iter().map(case).collect())
        .linear()
        .smooth()
        .refuses(&["dropout", "probability 1 is not in [0, 1)"], [[2]], |x| x[0].dropout(1.0, Key::new(0)))
        .refuses(&["dropout", "probability NaN"], [[2]], |x| x[0].dropout(f64::NAN, Key::new(0)))
}
