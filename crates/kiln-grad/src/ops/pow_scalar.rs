//! `x^power` for a fixed power.

use crate::case::{self, Case, Domain};
use crate::definition::Definition;
use crate::elementwise::{Saves, Unary};
use crate::op::{Vjp, apply};
use crate::tensor::Tensor;
use kiln_tensor::{DType, Map, Meta};

#[derive(Debug)]
struct PowScalar {
    power: f64,
}

impl Unary for PowScalar {
    const NAME: &'static str = "pow_scalar";
    const SAVES: Saves = Saves::Inputs;

    fn map(&self) -> Map {
        Map::PowScalar(self.power)
    }

    fn vjp(&self, cx: &Vjp, v: &Tensor) -> Option<Tensor> {
        (self.power != 0.0).then(|| v * self.power * cx.input(0).pow_scalar(self.power - 1.0))
    }
}

impl Tensor {
    /// `x^power` for a fixed power.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// assert_eq!(Tensor::from([2.0, 3.0]).pow_scalar(2.0).to_f64_vec()?, [4.0, 9.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn pow_scalar(&self, power: f64) -> Tensor {
        apply(PowScalar { power }, [self])
    }
}

/// Domain, cases and refusals of `pow_scalar`.
pub fn definition() -> Definition {
    type Power = (&'static str, fn(&Tensor) -> Tensor, fn(f64) -> f64, Domain);
    let positive = Domain::Range(0.3, 3.0);
    let powers: [Power; 6] = [
        ("power 1/2", |x| x.pow_scalar(0.5), f64::sqrt, positive),
        ("power 0", |x| x.pow_scalar(0.0), |_| 1.0, Domain::Real),
        ("power 1", |x| x.pow_scalar(1.0), |x| x, Domain::Real),
        ("power 3", |x| x.pow_scalar(3.0), |x| x * x * x, Domain::Real),
        ("power 5/2", |x| x.pow_scalar(2.5), |x| x * x * x.sqrt(), positive),
        ("power -2", |x| x.pow_scalar(-2.0), |x| 1.0 / (x * x), positive),
    ];
    let cases = powers.into_iter().flat_map(|(label, f, reference, domain)| {
        let named = move |case: Case| Case { label: label.to_owned(), ..case };
        case::unary(f, reference, domain).into_iter().map(named)
    });
    Definition::new("x > 0; all x for whole powers ≥ 0", cases.collect())
        .singular("x = 0, power 1/2", [0.0], 0.0, [f64::INFINITY])
        .refuses_metas(&["pow_scalar", "u32[2]"], vec![Meta { dims: [2].into(), dtype: DType::U32 }], |x| {
            x[0].pow_scalar(2.0)
        })
}
