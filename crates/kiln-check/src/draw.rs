//! Points to check a function at, drawn from its domain.

use kiln_grad::{Case, CaseInput, Domain, Tensor};
use kiln_tensor::Device;
use kiln_tensor::random::Key;

/// The inputs of a case, in `f64` on the CPU; the same key gives the same ones.
pub fn draw(case: &Case, key: Key) -> Vec<Tensor> {
    let key = key.purpose("draw");
    let inputs = case.inputs.iter().enumerate();
    inputs.map(|(i, input)| tensor(input, key.step(i as u32))).collect()
}

/// The tensor of one input.
pub fn tensor(input: &CaseInput, key: Key) -> Tensor {
    let n = input.dims.numel();
    let mut stream = key.stream();
    let mut range = |low: f64, high: f64| stream.range(low, high);
    let values: Vec<f64> = match input.domain {
        Domain::Real => (0..n).map(|_| range(-2.0, 2.0)).collect(),
        Domain::Range(low, high) => (0..n).map(|_| range(low, high)).collect(),
        // The middle of a random cell between neighbouring multiples of a half, and up to 0.1 beside it.
        Domain::AwayFromKinks => {
            (0..n).map(|_| range(-4.0, 4.0).floor() * 0.5 + 0.25 + range(-0.1, 0.1)).collect()
        }
        Domain::Distinct => {
            let middle = n as f64 / 2.0;
            let order = key.purpose("order").permutation(n);
            order.iter().map(|&k| (f64::from(k) - middle) * 0.06 + range(-0.005, 0.005)).collect()
        }
    };
    Tensor::from_slice(&values, input.dims, &Device::cpu())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(domain: Domain, n: usize) -> Vec<f64> {
        let case = Case::new("", [[n]], |x| x[0].clone()).on(domain);
        draw(&case, Key::new(3)).remove(0).to_vec().unwrap()
    }

    #[test]
    fn domains_hold_what_they_promise() {
        assert!(values(Domain::Range(0.3, 0.4), 100).iter().all(|x| (0.3..0.4).contains(x)));
        for x in values(Domain::AwayFromKinks, 1000) {
            let to_kink = (x / 0.5 - (x / 0.5).round()).abs() * 0.5;
            assert!(x.abs() < 2.0 && to_kink >= 0.15 - 1e-12, "{x}");
        }
        let mut distinct = values(Domain::Distinct, 60);
        assert!(!distinct.is_sorted() && distinct.iter().all(|x| x.abs() <= 2.0));
        distinct.sort_by(f64::total_cmp);
        assert!(distinct.windows(2).all(|pair| pair[1] - pair[0] >= 0.05));
    }
}
