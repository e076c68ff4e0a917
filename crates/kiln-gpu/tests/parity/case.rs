//! A kernel's call as a value, and what it means that two backends agree on it.

use crate::bounds::{Bound, bound};
use crate::rounded::Rounded;
use kiln_tensor::cpu::Cpu;
use kiln_tensor::random::Key;
use kiln_tensor::{Array, Backend, DType, Device, Dims, Kernel, Layout, Meta, Storage, View, ViewMut};
use std::fmt;
use std::sync::Arc;

/// A call that can be made on any device.
#[derive(Clone, Debug)]
pub struct KernelCall {
    pub kernel: Kernel,
    pub ins: Vec<CallTensor>,
    pub outs: Vec<CallTensor>,
    /// Of a fused kernel.
    pub formula: Option<Formula>,
}

/// What a fused kernel computes, of the elements of its inputs and of its outputs before, in naive loops that count
/// how far a GPU may be off.
#[derive(Clone)]
pub struct Formula(Arc<FormulaFn>);

type FormulaFn = dyn Fn(&[Vec<f64>], &[Vec<f64>]) -> Vec<Vec<Rounded>> + Send + Sync;

impl Formula {
    pub fn new(f: impl Fn(&[Vec<f64>], &[Vec<f64>]) -> Vec<Vec<Rounded>> + Send + Sync + 'static) -> Self {
        Formula(Arc::new(f))
    }
}

impl fmt::Debug for Formula {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Formula")
    }
}

/// A tensor of a call: its elements are a function of the seed.
#[derive(Clone, Copy, Debug)]
pub struct CallTensor {
    pub dims: Dims,
    pub values: ValueKind,
    pub form: Form,
    pub seed: u64,
}

/// What a tensor holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueKind {
    /// Floats in ±3.
    Floats,
    /// Floats in ±3, some of them zeros, NaN, infinite, or equal to others.
    Special,
    /// Floats in ±3, some of them NaN.
    Holes,
    /// Floats in 0 to 3.
    Positive,
    /// Floats in 297 to 303.
    FarFromZero,
    /// Floats in ±1e36, whose squares are infinite.
    Immense,
    /// Floats in ±1e-30, whose squares are 0.
    Tiny,
    /// Zeros.
    Zeros,
    /// Floats in ±5e9, many beyond what integers hold.
    Huge,
    /// Words below this number, at least 1.
    Below(u32),
}

/// How a tensor lies in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// In order, not from the start of the storage.
    Dense,
    /// With its axes in reverse.
    Turned,
    /// A part of something larger, every second element of the last axis.
    Window,
    /// Backwards along each axis.
    Backwards,
    /// Repeated along an axis, if it has one by this number; not for outputs.
    Repeated(usize),
}

impl ValueKind {
    pub fn dtype(self) -> DType {
        if let ValueKind::Below(_) = self { DType::U32 } else { DType::F32 }
    }

    fn draw(self, key: Key, i: u64) -> u32 {
        let float = (key.uniform(2 * i) - 0.5) * 6.0;
        let choice = key.word(2 * i + 1);
        match self {
            ValueKind::Floats => float.to_bits(),
            ValueKind::Holes if choice.is_multiple_of(32) => f32::NAN.to_bits(),
            ValueKind::Holes => float.to_bits(),
            ValueKind::Positive => float.abs().to_bits(),
            ValueKind::FarFromZero => (float + 300.0).to_bits(),
            ValueKind::Immense => (float * 3e35).to_bits(),
            ValueKind::Tiny => (float * 3e-31).to_bits(),
            ValueKind::Zeros => 0,
            ValueKind::Huge => (float * 1.7e9).to_bits(),
            ValueKind::Below(n) => choice % n,
            ValueKind::Special => match choice % 16 {
                0 => f32::NAN.to_bits(),
                1 => f32::INFINITY.to_bits(),
                2 => f32::NEG_INFINITY.to_bits(),
                3 => 0.0f32.to_bits(),
                4 => (-0.0f32).to_bits(),
                5..8 => float.round().to_bits(),
                _ => float.to_bits(),
            },
        }
    }
}

impl CallTensor {
    /// The whole storage and the view of it.
    pub fn layout(&self) -> (usize, Layout) {
        let dims = self.dims;
        let rank = dims.rank();
        let whole = |lengths: Dims| Layout::contiguous(lengths);
        let (whole, view) = match self.form {
            Form::Repeated(axis) if axis < rank => {
                let whole = whole(dims.with(axis, 1));
                (whole, whole.broadcast(&dims))
            }
            Form::Turned => {
                let order: Vec<usize> = (0..rank).rev().collect();
                let whole = whole(order.iter().map(|&i| dims[i]).collect());
                (whole, whole.permute(&order))
            }
            Form::Window if rank > 0 => {
                let larger = |i| if i + 1 == rank { 2 * dims[i] + 3 } else { dims[i] + 2 };
                let whole = whole((0..rank).map(larger).collect());
                let step = |axis| if axis + 1 == rank { 2 } else { 1 };
                (whole, (0..rank).fold(whole, |view, i| view.slice(i, 1, dims[i], step(i))))
            }
            Form::Backwards => {
                let whole = whole(dims);
                let last = |axis: usize| dims[axis].max(1) - 1;
                (whole, (0..rank).fold(whole, |view, i| view.slice(i, last(i), dims[i], -1)))
            }
            _ => {
                let whole = whole([dims.numel() + 8].into());
                let view = whole.slice(0, 3, dims.numel(), 1).reshape(&dims);
                (whole, view.expect("a run of elements takes any dims"))
            }
        };
        (whole.numel() + 5, view)
    }

    /// The storage's words.
    pub fn words(&self) -> Vec<u32> {
        let key = Key::new(self.seed);
        (0..self.layout().0 as u64).map(|i| self.values.draw(key, i)).collect()
    }

    pub fn storage(&self, device: &Device) -> Storage {
        let words = self.words();
        let array = match self.values.dtype() {
            DType::U32 => Array::from_slice(&words, [words.len()], device),
            _ => Array::from_slice(bytemuck::cast_slice::<u32, f32>(&words), [words.len()], device),
        };
        array.storage().clone()
    }

    fn positions(&self) -> Vec<usize> {
        let layout = self.layout().1;
        let mut all = vec![layout.offset()];
        for (&length, &step) in layout.dims().iter().zip(layout.strides()) {
            let along = |at: usize| (0..length as isize).map(move |i| at.wrapping_add_signed(i * step));
            all = all.into_iter().flat_map(along).collect();
        }
        all
    }

    /// The elements in order, as floats of 64 bits.
    fn elements(&self) -> Vec<f64> {
        let words = self.words();
        self.positions().into_iter().map(|at| number(self.values.dtype(), words[at])).collect()
    }
}

fn number(dtype: DType, word: u32) -> f64 {
    if dtype == DType::U32 { f64::from(word) } else { f64::from(f32::from_bits(word)) }
}

impl KernelCall {
    /// Runs the call on the GPU and compares with the CPU.
    pub fn check(&self, gpu: &(impl Backend + Clone)) -> Result<(), String> {
        let have = self.run(gpu, &Device::new(gpu.clone())).map_err(|error| format!("gpu: {error}"))?;
        self.compare(&have)
    }

    /// Compares the words of each output's whole storage after the call with the CPU's.
    pub fn compare(&self, have: &[Vec<u32>]) -> Result<(), String> {
        let limits: Vec<Vec<(f64, f64)>> = match bound(&self.kernel) {
            _ if self.formula.is_some() => self.formula_limits()?,
            Bound::Exact => {
                let want = self.run(&Cpu::new(), &Device::cpu()).map_err(|error| format!("cpu: {error}"))?;
                return self.outs.iter().zip(have.iter().zip(&want)).try_for_each(|(out, (have, want))| {
                    self.unharmed(out, have)?;
                    let at =
                        out.positions().into_iter().find(|&at| !same(out.values.dtype(), have[at], want[at]));
                    at.map_or(Ok(()), |at| {
                        let [have, want] = [have[at], want[at]].map(|word| number(out.values.dtype(), word));
                        Err(format!("position {at} of the output is {have:e}, not {want:e}"))
                    })
                });
            }
            Bound::Elements(bound) => {
                let want = self.reference(|x| x);
                let ins: Vec<Vec<f64>> = self.ins.iter().map(CallTensor::elements).collect();
                let before: Vec<Vec<f64>> = self.outs.iter().map(CallTensor::elements).collect();
                let of = |want: &Vec<f64>| {
                    let bound = |(i, &want): (usize, &f64)| {
                        let at = |list: &Vec<f64>| list.get(i).copied().unwrap_or(0.0);
                        let given: Vec<f64> = ins.iter().chain(&before).map(at).collect();
                        (want, bound(&given, want))
                    };
                    want.iter().enumerate().map(bound).collect()
                };
                want.iter().map(of).collect()
            }
            Bound::Scaled(factor) => {
                let want = self.reference(|x| x);
                let scale = self.reference(f64::abs);
                let factor = factor(&self.metas(&self.ins), &self.metas(&self.outs));
                let pair = |(want, scale): (Vec<f64>, Vec<f64>)| {
                    want.into_iter().zip(scale).map(|(want, scale)| (want, factor * scale)).collect()
                };
                want.into_iter().zip(scale).map(pair).collect()
            }
        };
        for (out, (have, limits)) in self.outs.iter().zip(have.iter().zip(limits)) {
            self.unharmed(out, have)?;
            for (at, (want, bound)) in out.positions().into_iter().zip(limits) {
                let have = number(out.values.dtype(), have[at]);
                // Denormal numbers may be flushed.
                let close =
                    (have - want).abs() <= bound + 4e-38 || have == want || (have.is_nan() && want.is_nan());
                if !close {
                    return Err(format!(
                        "position {at} of the output is {have:e}, not {want:e} within {bound:e}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// For each element of the outputs the CPU's result in 64 bits, which is near the formula's, and how far a GPU
    /// may be from it.
    fn formula_limits(&self) -> Result<Vec<Vec<(f64, f64)>>, String> {
        let Some(Formula(formula)) = &self.formula else { return Ok(vec![]) };
        let [ins, before] =
            [&self.ins, &self.outs].map(|all| all.iter().map(CallTensor::elements).collect::<Vec<_>>());
        let pair = |(want, formula): (f64, Rounded)| {
            let apart = (want - formula.value).abs();
            // The two may differ by their own rounding, and at a kink by as much as the formula says.
            let allowed = formula.error + 1e-9 * want.abs() + 1e-12;
            if apart > allowed && want != formula.value {
                return Err(format!("the CPU has {want:e}, the formula {formula:?}"));
            }
            Ok((want, formula.error))
        };
        let both = self.reference(|x| x).into_iter().zip(formula(&ins, &before));
        both.map(|(want, formula)| want.into_iter().zip(formula).map(pair).collect()).collect()
    }

    fn metas(&self, tensors: &[CallTensor]) -> Vec<Meta> {
        tensors.iter().map(|t| Meta { dims: t.dims, dtype: t.values.dtype() }).collect()
    }

    /// The words of each output's whole storage after the call.
    pub fn run(&self, backend: &dyn Backend, device: &Device) -> kiln_tensor::Result<Vec<Vec<u32>>> {
        let ins: Vec<(Storage, Layout)> =
            self.ins.iter().map(|t| (t.storage(device), t.layout().1)).collect();
        let mut outs: Vec<(Storage, Layout)> =
            self.outs.iter().map(|t| (t.storage(device), t.layout().1)).collect();
        device.status()?;
        let views: Vec<View> = ins.iter().map(|(storage, layout)| View { storage, layout }).collect();
        let mut writes: Vec<ViewMut> =
            outs.iter_mut().map(|(storage, layout)| ViewMut { storage, layout: *layout }).collect();
        self.kernel.check(&self.metas(&self.ins), &self.metas(&self.outs))?;
        backend.run(&self.kernel, &views, &mut writes)?;
        let read = |(storage, _): &(Storage, Layout)| backend.read(storage, 0..storage.len()).wait();
        outs.iter().map(read).map(|bytes| Ok(bytemuck::pod_collect_to_vec(&bytes?))).collect()
    }

    /// The call on the CPU in 64 bits, with every float changed by `change` first.
    fn reference(&self, change: impl Fn(f64) -> f64) -> Vec<Vec<f64>> {
        let cpu = Device::cpu();
        let dense = |t: &CallTensor| {
            let elements: Vec<f64> = t.elements().into_iter().map(&change).collect();
            let array = Array::from_slice(&elements, t.dims, &cpu);
            if t.values.dtype() == DType::U32 { array.to_dtype(DType::U32) } else { array }
        };
        let ins: Vec<Array> = self.ins.iter().map(dense).collect();
        let mut outs: Vec<Storage> = self.outs.iter().map(|t| dense(t).storage().clone()).collect();
        let views: Vec<View> = ins.iter().map(Array::view).collect();
        let whole = |(storage, t): (_, &CallTensor)| ViewMut { storage, layout: Layout::contiguous(t.dims) };
        let mut writes: Vec<ViewMut> = outs.iter_mut().zip(&self.outs).map(whole).collect();
        Cpu::new().run(&self.kernel, &views, &mut writes).expect("the CPU computes in f64");
        writes.iter().map(|out| out.view().to_f64_vec().expect("it is in memory")).collect()
    }

    /// Whether nothing was written beside an output's elements.
    fn unharmed(&self, out: &CallTensor, have: &[u32]) -> Result<(), String> {
        let mut written = vec![false; have.len()];
        out.positions().into_iter().for_each(|at| written[at] = true);
        let before = out.words();
        match (0..have.len()).find(|&at| !written[at] && have[at] != before[at]) {
            Some(at) => Err(format!("position {at} beside the output was written")),
            None => Ok(()),
        }
    }
}

/// Whether two words are the same number; NaNs are, whatever their bits.
fn same(dtype: DType, a: u32, b: u32) -> bool {
    let [x, y] = [a, b].map(f32::from_bits);
    a == b || dtype != DType::U32 && (x.is_nan() && y.is_nan())
}
