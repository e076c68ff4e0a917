//! An op on another device: its values, its vector-Jacobian products, recorded and not, and the derivatives of
//! those.

use crate::draw::draw;
use crate::point::pull;
use kiln_grad::{Array, Case, DType, Device, Dims, Error, Tensor};
use kiln_tensor::random::Key;

/// A GPU's functions are good to some units in the last place where the CPU's are to one.
const SLACK: f64 = 8.0;
/// Number of times that all given numbers are moved.
const NUDGES: u32 = 6;
/// Denormal numbers may be flushed.
const TINY: f64 = 4e-38;

/// Deviation of one result of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    /// The result that it is about.
    pub quantity: Quantity,
    /// The largest distance of an element from the exact one.
    pub apart: f64,
    /// The largest exact element.
    pub largest: f64,
    /// The largest distance there may be.
    pub allowed: f64,
}

/// A result of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The value.
    Value,
    /// The gradient for an input.
    Gradient {
        /// The input.
        input: usize,
        /// Whether the sweep was recorded, which differentiates the composite of a fused op.
        recorded: bool,
    },
    /// The derivative of a recorded gradient.
    Second {
        /// The input whose gradient it is.
        gradient: usize,
        /// The input it is for; the last is the cotangent.
        input: usize,
    },
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Quantity::Value => f.write_str("the value"),
            Quantity::Gradient { input, recorded } => {
                write!(f, "the {}gradient for input {input}", if *recorded { "recorded " } else { "" })
            }
            Quantity::Second { gradient, input } => {
                write!(f, "the derivative for input {input} of gradient {gradient}")
            }
        }
    }
}

impl Deviation {
    /// Whether it is no more than rounding explains.
    pub fn is_rounding(&self) -> bool {
        self.apart <= self.allowed
    }

    /// The distance in units in the last place of the largest element.
    pub fn ulps(&self) -> f64 {
        if self.apart == 0.0 { 0.0 } else { self.apart / (f64::from(f32::EPSILON) * self.largest).max(TINY) }
    }
}

/// The results of a case in `f32` on `device`, compared with those in `f64` on the CPU.
///
/// How far they may be off is measured: as far as the CPU's `f32` is, as far as the exact result moves when every
/// given number does by one unit in its last place, and one such unit of the largest element, all together eight
/// times. That grows with an op's condition and with cancellation as rounding does, and is some 3e-6 of a
/// well-conditioned result.
///
/// # Errors
/// The failure of the device, which can't be used after it; [`Device::fresh`] can.
pub fn parity(case: &Case, device: &Device, seed: u64) -> Result<Vec<Deviation>, Error> {
    let cpu = &Device::cpu();
    let run = |device, dtype, nudge| Evaluation { case, device, dtype, nudge, seed }.results();
    let have = run(device, DType::F32, None)?;
    let single = run(cpu, DType::F32, None)?;
    let exact = run(cpu, DType::F64, None)?;
    let moved = (0..NUDGES).map(|k| run(cpu, DType::F64, Some(Key::new(seed).purpose("nudge").step(k))));
    let moved: Vec<Results> = moved.collect::<Result<_, _>>()?;
    let deviation = |(i, (quantity, exact)): (usize, &(Quantity, Vec<f64>))| {
        let largest = exact.iter().fold(0.0, |top: f64, x| top.max(x.abs()));
        let moves = moved.iter().map(|moved| distance(&moved[i].1, exact)).fold(0.0, f64::max);
        let natural = distance(&single[i].1, exact) + moves + f64::from(f32::EPSILON) * largest;
        let apart = distance(&have[i].1, exact);
        Deviation { quantity: *quantity, apart, largest, allowed: SLACK * natural + TINY }
    };
    Ok(exact.iter().enumerate().map(deviation).collect())
}

/// Results of a case.
type Results = Vec<(Quantity, Vec<f64>)>;

/// Evaluation of a case: device and type, and whether its numbers are moved.
struct Evaluation<'a> {
    case: &'a Case,
    device: &'a Device,
    dtype: DType,
    nudge: Option<Key>,
    seed: u64,
}

impl Evaluation<'_> {
    /// Numbers of single precision as a tensor; the `i`-th of those that are moved.
    fn tensor(&self, i: u32, numbers: impl Iterator<Item = f64>, dims: Dims) -> Tensor {
        let moved = |(k, number): (usize, f64)| {
            let single = f64::from(number as f32);
            let sign = |key: Key| if key.step(i).uniform(k as u64) < 0.5 { -1.0 } else { 1.0 };
            single * (1.0 + self.nudge.map_or(0.0, sign) * f64::from(f32::EPSILON))
        };
        let numbers: Vec<f64> = numbers.enumerate().map(moved).collect();
        Array::from_f64(&numbers, dims, self.dtype, self.device).into()
    }

    /// Random numbers; never ones alone, which hide mistakes.
    fn random(&self, i: u32, purpose: &str, dims: Dims) -> Tensor {
        let key = Key::new(self.seed).purpose(purpose).step(i);
        self.tensor(100 + i, (0..dims.numel() as u64).map(|k| key.normal(k)), dims)
    }

    fn results(&self) -> Result<Results, Error> {
        let inputs = draw(self.case, Key::new(self.seed));
        let leaf = |(i, x): (usize, &Tensor)| {
            Ok(self.tensor(i as u32, x.to_f64_vec()?.into_iter(), *x.dims()).tracked())
        };
        let xs: Vec<Tensor> = inputs.iter().enumerate().map(leaf).collect::<Result<_, Error>>()?;
        let y = (self.case.f)(&xs);
        let v = self.random(0, "cotangent", *y.dims()).tracked();
        let mut all = vec![(Quantity::Value, y.to_f64_vec()?)];
        let leaves: Vec<&Tensor> = xs.iter().collect();
        let plain = pull(y.clone(), &v, &leaves, false);
        let recorded = pull(y, &v, &leaves, true);
        for (input, (plain, recorded)) in plain.iter().zip(&recorded).enumerate() {
            all.push((Quantity::Gradient { input, recorded: false }, plain.to_f64_vec()?));
            all.push((Quantity::Gradient { input, recorded: true }, recorded.to_f64_vec()?));
        }
        let leaves: Vec<&Tensor> = xs.iter().chain([&v]).collect();
        for (k, gradient) in recorded.into_iter().enumerate() {
            let u = self.random(k as u32, "functional", *gradient.dims());
            for (input, second) in pull(gradient, &u, &leaves, false).iter().enumerate() {
                all.push((Quantity::Second { gradient: k, input }, second.to_f64_vec()?));
            }
        }
        Ok(all)
    }
}

/// The largest distance between elements of two lists; infinite if one is no number where the other is.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "the results have different dims");
    let apart = |(a, b): (&f64, &f64)| match (a - b).abs() {
        _ if a == b || a.is_nan() && b.is_nan() => 0.0,
        apart if apart.is_nan() => f64::INFINITY,
        apart => apart,
    };
    a.iter().zip(b).map(apart).fold(0.0, f64::max)
}
