//! The kernel vocabulary: every computation a backend can be asked for, as a value.
//!
//! A kernel call is data, so there is one place for validation, tracing and profiling, and a test can
//! generate calls and compare backends.

use crate::backend::{View, ViewMut};
use crate::dims::Dims;
use crate::dtype::DType;
use crate::error::{Result, ShapeError};
use crate::geometry::ConvGeom;
use crate::gpu::{Plan, PlanError};
use crate::meta::Meta;
use crate::random::Key;
use std::fmt::Debug;
use std::sync::Arc;

/// A computation: reads the input views, writes every element of the output views.
///
/// The closed part gives structure; [`Kernel::Fused`] is open: layers, losses and optimisers are fused kernels, kiln's own in
/// [`fused`](crate::fused).
#[derive(Clone, Debug)]
pub enum Kernel {
    /// Every element of the output becomes this value.
    Fill(f64),
    /// The output becomes the input of the same dims, converted to its element type.
    Copy,
    /// The output is added to: `out += in`, same dims.
    Accumulate,
    /// `out = f(in)`, element by element.
    Map(Map),
    /// `out = f(a, b)`, element by element; all three have the same dims.
    Zip(Zip),
    /// `out = 1 if a ? b else 0`, element by element; the output is `U32`.
    Compare(Compare),
    /// `out = if mask { a } else { b }`, element by element; the mask is `U32`.
    Select,
    /// Reduces the axes along which the output has length 1 and the input has not.
    Reduce(Reduce),
    /// The index of the first largest element along `axis`; the output is `U32` with length 1 there.
    ArgMax {
        /// The axis searched.
        axis: usize,
    },
    /// `out[.., m, n] = Σₖ a[.., m, k] · b[.., k, n]`; leading axes are equal.
    Matmul,
    /// The convolution triad's forward: inputs `x [n, ic, ih, iw]`, `w [oc, ic/g, kh, kw]`.
    Conv(ConvGeom),
    /// The triad's derivative for `x`: inputs `y [n, oc, oh, ow]`, `w [oc, ic/g, kh, kw]`; output like `x`.
    ConvTranspose(ConvGeom),
    /// The triad's derivative for `w`: inputs `x` and `y`; output like `w`.
    ConvWeight(ConvGeom),
    /// The sum over each window divided by the number of its cells: `x [n, c, ih, iw]` to `[n, c, oh, ow]`.
    AvgPool(ConvGeom),
    /// The adjoint of [`Kernel::AvgPool`].
    AvgPoolAdjoint(ConvGeom),
    /// For each window the position `iy·iw + ix` of its first largest cell inside the image; `U32`.
    MaxPoolIndex(ConvGeom),
    /// `out[.., i, ..] = x[.., index[.., i, ..], ..]` along `axis`; inputs `x`, `index`, the latter with
    /// the output's dims.
    Gather {
        /// The axis indexed.
        axis: usize,
    },
    /// The output is added to at places: `out[.., index[.., i, ..], ..] += v[.., i, ..]` in a fixed order; inputs `v`,
    /// `index`. From zeros it is the adjoint of [`Kernel::Gather`].
    ScatterAdd {
        /// The axis indexed.
        axis: usize,
    },
    /// Random numbers: element `i` of the output, in order, is number `i` of the key.
    Random {
        /// Key of the numbers.
        key: Key,
        /// Their distribution.
        distribution: Distribution,
    },
    /// A computation that brings its own code.
    Fused(Arc<dyn FusedKernel>),
}

/// A kernel defined outside the closed vocabulary, such as a normalisation or an optimiser's step.
pub trait FusedKernel: Debug + Send + Sync {
    /// A short name for traces and messages.
    fn name(&self) -> &'static str;

    /// Checks the shapes and types of a call.
    ///
    /// # Errors
    /// Says what was given and what was wanted.
    fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError>;

    /// Runs on the CPU; [`View::slice`] and [`ViewMut::slice_mut`] give the elements. Outputs may be
    /// read before they are written, so a kernel can update them in place.
    ///
    /// # Errors
    /// When the call can't be carried out.
    fn cpu(&self, ins: &[View], outs: &mut [ViewMut]) -> Result<()>;

    /// The passes by which a GPU computes a call in `f32`. Every buffer holds its elements in order from its start,
    /// inputs and outputs alike.
    ///
    /// # Errors
    /// [`PlanError`] when no GPU can; unless a kernel says otherwise, none can.
    fn gpu(&self, ins: &[Meta], outs: &[Meta]) -> Result<Plan, PlanError> {
        let _ = (ins, outs);
        Err(PlanError::Unsupported("it brings no shader".to_string()))
    }

    /// Whether the kernel reads its outputs before it writes them, so that what they held matters.
    fn in_place(&self) -> bool {
        false
    }

    /// Number of floating-point operations of a call; unless a kernel says otherwise, one for each element written.
    fn flops(&self, ins: &[Meta], outs: &[Meta]) -> u64 {
        let _ = ins;
        outs.iter().map(|m| m.dims.numel() as u64).sum()
    }
}

/// A function of one number. Floating-point types only.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Map {
    /// `-x`
    Neg,
    /// `|x|`
    Abs,
    /// `-1`, `0` or `1`; `0` at zero.
    Sign,
    /// `eˣ`
    Exp,
    /// `eˣ − 1`, accurate near 0.
    Expm1,
    /// `ln x`
    Ln,
    /// `ln(1 + x)`, accurate near 0.
    Ln1p,
    /// `√x`
    Sqrt,
    /// `1/√x`
    Rsqrt,
    /// `1/x`
    Recip,
    /// `x²`
    Square,
    /// `sin x`
    Sin,
    /// `cos x`
    Cos,
    /// `tanh x`
    Tanh,
    /// `erf x`
    Erf,
    /// The largest integer not above `x`.
    Floor,
    /// `1 / (1 + e⁻ˣ)`
    Sigmoid,
    /// `ln(1 + eˣ)`, without overflow.
    Softplus,
    /// `max(x, 0)`
    Relu,
    /// `x` if positive, else `slope · x`.
    LeakyRelu(f64),
    /// `x` if positive, else `alpha · (eˣ − 1)`.
    Elu(f64),
    /// `x · sigmoid(x)`
    Silu,
    /// `x · Φ(x)` with the normal distribution function Φ.
    Gelu,
    /// `x + c`
    AddScalar(f64),
    /// `x · c`
    MulScalar(f64),
    /// `xᵖ`
    PowScalar(f64),
    /// `min(max(x, low), high)`
    Clamp(f64, f64),
}

/// A function of two numbers. Floating-point types only.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Zip {
    /// `a + b`
    Add,
    /// `a − b`
    Sub,
    /// `a · b`
    Mul,
    /// `a / b`
    Div,
    /// `aᵇ`
    Pow,
    /// The angle of the point `(b, a)`, `arctan(a/b)` in the right quadrant.
    Atan2,
    /// The larger; NaN if either is.
    Max,
    /// The smaller; NaN if either is.
    Min,
    /// `v · (1 − y²)`: tanh's derivative by its value `y`.
    TanhGrad,
    /// `v · y(1 − y)`: the sigmoid's derivative by its value `y`.
    SigmoidGrad,
    /// `v · sigmoid(x)`: softplus's derivative.
    SoftplusGrad,
    /// `v` where `x > 0`, else 0.
    ReluGrad,
    /// `v` where `x > 0`, else `slope · v`.
    LeakyReluGrad(f64),
    /// `v` where `x > 0`, else `alpha · eˣ · v`.
    EluGrad(f64),
    /// `v · s(1 + x(1 − s))` with `s = sigmoid(x)`.
    SiluGrad,
    /// `v · (Φ(x) + x φ(x))`.
    GeluGrad,
}

/// A comparison of two numbers; false if either is NaN, but for `Ne`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `a = b`
    Eq,
    /// `a ≠ b`
    Ne,
    /// `a < b`
    Lt,
    /// `a ≤ b`
    Le,
    /// `a > b`
    Gt,
    /// `a ≥ b`
    Ge,
}

/// Function of many numbers that gives one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    /// Their sum, added in one fixed order; 0 of none.
    Sum,
    /// The largest; −∞ of none; NaN if any is.
    Max,
    /// The smallest; ∞ of none; NaN if any is.
    Min,
}

/// Distribution of random numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Words of 32 random bits; the output is `U32`.
    Words,
    /// Uniform in `[0, 1)`, a multiple of 2⁻²⁴ in every floating-point type.
    Uniform,
    /// 1 with this probability, else 0; in any type.
    Bernoulli(f64),
}

impl Distribution {
    /// A short name for messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Distribution::Words => "words",
            Distribution::Uniform => "uniform",
            Distribution::Bernoulli(_) => "bernoulli",
        }
    }
}

impl Kernel {
    /// A short name for traces and messages.
    pub fn name(&self) -> &'static str {
        match self {
            Kernel::Fill(_) => "fill",
            Kernel::Copy => "copy",
            Kernel::Accumulate => "accumulate",
            Kernel::Map(_) => "map",
            Kernel::Zip(_) => "zip",
            Kernel::Compare(_) => "compare",
            Kernel::Select => "select",
            Kernel::Reduce(_) => "reduce",
            Kernel::ArgMax { .. } => "argmax",
            Kernel::Matmul => "matmul",
            Kernel::Conv(_) => "conv",
            Kernel::ConvTranspose(_) => "conv_transpose",
            Kernel::ConvWeight(_) => "conv_weight",
            Kernel::AvgPool(_) => "avg_pool",
            Kernel::AvgPoolAdjoint(_) => "avg_pool_adjoint",
            Kernel::MaxPoolIndex(_) => "max_pool_index",
            Kernel::Gather { .. } => "gather",
            Kernel::ScatterAdd { .. } => "scatter_add",
            Kernel::Random { .. } => "random",
            Kernel::Fused(kernel) => kernel.name(),
        }
    }

    /// Checks the shapes and element types of a call, so that backends need not.
    ///
    /// # Errors
    /// Says what was given and what was wanted.
    pub fn check(&self, ins: &[Meta], outs: &[Meta]) -> Result<(), ShapeError> {
        let fail = |want: &str| {
            let list = |metas: &[Meta]| metas.iter().map(Meta::to_string).collect::<Vec<_>>().join(", ");
            Err(ShapeError::new(
                self.name(),
                format!("got inputs ({}) and outputs ({}); wanted {want}", list(ins), list(outs)),
            ))
        };
        if let Kernel::Fused(kernel) = self {
            return kernel.check(ins, outs);
        }
        let [out] = outs else { return fail("one output") };
        let same_dims = ins.iter().all(|m| m.dims == out.dims);
        let floats = out.dtype.is_float() && ins.iter().all(|m| m.dtype == out.dtype);
        let ok = match self {
            Kernel::Fill(_) => ins.is_empty(),
            Kernel::Copy => ins.len() == 1 && same_dims,
            Kernel::Accumulate | Kernel::Map(_) => ins.len() == 1 && same_dims && floats,
            Kernel::Zip(_) => ins.len() == 2 && same_dims && floats,
            Kernel::Compare(_) => {
                ins.len() == 2 && same_dims && ins[0].dtype == ins[1].dtype && out.dtype == DType::U32
            }
            Kernel::Select => {
                ins.len() == 3
                    && same_dims
                    && ins[0].dtype == DType::U32
                    && ins[1..].iter().all(|m| m.dtype == out.dtype)
            }
            Kernel::Reduce(_) => {
                ins.len() == 1
                    && floats
                    && ins[0].dims.rank() == out.dims.rank()
                    && ins[0].dims.iter().zip(&*out.dims).all(|(&i, &o)| o == i || o == 1)
            }
            Kernel::ArgMax { axis } => {
                ins.len() == 1
                    && *axis < ins[0].dims.rank()
                    && ins[0].dims.with(*axis, 1) == out.dims
                    && (ins[0].dims[*axis] > 0 || out.dims.numel() == 0)
                    && out.dtype == DType::U32
            }
            Kernel::Matmul => {
                ins.len() == 2 && floats && matmul_dims(&ins[0].dims, &ins[1].dims) == Some(out.dims)
            }
            Kernel::Conv(g) => floats && ins.len() == 2 && triad(g, &ins[0], &ins[1], out),
            Kernel::ConvTranspose(g) => floats && ins.len() == 2 && triad(g, out, &ins[1], &ins[0]),
            Kernel::ConvWeight(g) => floats && ins.len() == 2 && triad(g, &ins[0], out, &ins[1]),
            Kernel::AvgPool(g) => floats && ins.len() == 1 && pool(g, ins.first(), out),
            Kernel::AvgPoolAdjoint(g) => floats && ins.len() == 1 && pool(g, Some(out), &ins[0]),
            Kernel::MaxPoolIndex(g) => {
                ins.len() == 1
                    && ins[0].dtype.is_float()
                    && pool(g, ins.first(), out)
                    && out.dtype == DType::U32
            }
            Kernel::Gather { axis } => {
                ins.len() == 2 && indexed(*axis, &ins[0], &ins[1], out) && ins[0].dtype == out.dtype
            }
            Kernel::ScatterAdd { axis } => {
                ins.len() == 2
                    && indexed(*axis, out, &ins[1], &ins[0])
                    && ins[0].dtype == out.dtype
                    && out.dtype.is_float()
            }
            Kernel::Random { distribution, .. } => {
                ins.is_empty()
                    && match distribution {
                        Distribution::Words => out.dtype == DType::U32,
                        Distribution::Uniform => out.dtype.is_float(),
                        Distribution::Bernoulli(p) => (0.0..=1.0).contains(p),
                    }
            }
            Kernel::Fused(_) => unreachable!("checked above"),
        };
        if ok { Ok(()) } else { fail(self.wanted()) }
    }

    fn wanted(&self) -> &'static str {
        match self {
            Kernel::Fill(_) => "no input",
            Kernel::Random { distribution: Distribution::Words, .. } => "no input, and a u32 output",
            Kernel::Random { distribution: Distribution::Uniform, .. } => "no input, and an output of floats",
            Kernel::Random { distribution: Distribution::Bernoulli(_), .. } => {
                "no input, and a probability in [0, 1]"
            }
            Kernel::Copy => "an input and an output of the same dims",
            Kernel::Accumulate | Kernel::Map(_) | Kernel::Zip(_) => {
                "floats of one element type and the same dims everywhere"
            }
            Kernel::Compare(_) => "two inputs of one element type and a u32 output, all of the same dims",
            Kernel::Select => "a u32 mask and two inputs of the output's element type, all of the same dims",
            Kernel::Reduce(_) => "an input whose axes the output keeps or has with length 1",
            Kernel::ArgMax { .. } => "a u32 output like the input with length 1 at a non-empty axis",
            Kernel::Matmul => "[.., m, k] times [.., k, n] to [.., m, n] with equal leading axes",
            Kernel::Conv(_) | Kernel::ConvTranspose(_) | Kernel::ConvWeight(_) => {
                "x [n, ic, ih, iw], w [oc, ic/groups, kh, kw] and y [n, oc, oh, ow] of one float type"
            }
            Kernel::AvgPool(_) | Kernel::AvgPoolAdjoint(_) => {
                "images [n, c, ih, iw] and [n, c, oh, ow] of one float type, as the window's geometry says"
            }
            Kernel::MaxPoolIndex(_) => {
                "images [n, c, ih, iw] of floats and u32 [n, c, oh, ow], as the window's geometry says"
            }
            Kernel::Gather { .. } => {
                "a u32 index with the dims of the gathered tensor, equal to the other's but for the axis"
            }
            Kernel::ScatterAdd { .. } => {
                "floats, and a u32 index of their dims, equal to the output's but for the axis"
            }
            Kernel::Fused(_) => "what the kernel's own check says",
        }
    }
}

fn matmul_dims(a: &Dims, b: &Dims) -> Option<Dims> {
    let rank = a.rank();
    let fits = rank >= 2 && b.rank() == rank && a[..rank - 2] == b[..rank - 2] && a[rank - 1] == b[rank - 2];
    fits.then(|| a.with(rank - 1, b[rank - 1]))
}

/// Whether `x`, `w` and `y` are the three sides of a convolution of this geometry.
fn triad(g: &ConvGeom, x: &Meta, w: &Meta, y: &Meta) -> bool {
    let ([n, ic, ih, iw], [oc, icg, kh, kw], [m, oc2, oh, ow]) = (&*x.dims, &*w.dims, &*y.dims) else {
        return false;
    };
    n == m
        && oc == oc2
        && g.is_possible()
        && g.groups > 0
        && icg * g.groups == *ic
        && oc % g.groups == 0
        && [*ih, *iw] == g.input
        && [*kh, *kw] == g.kernel
        && [*oh, *ow] == g.output
}

fn pool(g: &ConvGeom, x: Option<&Meta>, y: &Meta) -> bool {
    let Some(x) = x else { return false };
    let ([n, c, ih, iw], [m, d, oh, ow]) = (&*x.dims, &*y.dims) else { return false };
    n == m && c == d && g.is_possible() && [*ih, *iw] == g.input && [*oh, *ow] == g.output
}

/// Whether `index` picks `y` out of `x` along `axis`.
fn indexed(axis: usize, x: &Meta, index: &Meta, y: &Meta) -> bool {
    index.dtype == DType::U32
        && axis < x.dims.rank()
        && index.dims == y.dims
        && x.dims.rank() == y.dims.rank()
        && (0..x.dims.rank()).all(|i| i == axis || x.dims[i] == y.dims[i])
}
