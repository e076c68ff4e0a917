//! Derivatives of functions: gradients, Jacobian products, Hessian products.

use crate::error::GradError;
use crate::op::or_panic;
use crate::sweep::Sweep;
use crate::tensor::Tensor;
use kiln_tensor::join_attempt;

/// The gradients of the single number `y` with respect to each of `xs`.
///
/// It takes `y`, and the graph behind it is dropped as the sweep passes. To keep it for another sweep,
/// hand over `y.clone()`.
///
/// # Panics
/// Where [`try_grad`] returns an error.
#[track_caller]
pub fn grad(y: Tensor, xs: &[&Tensor]) -> Vec<Tensor> {
    named("grad", try_grad(y, xs))
}

/// Like [`grad`], and the gradients can be differentiated again.
///
/// # Panics
/// Where [`try_grad_recorded`] returns an error.
#[track_caller]
pub fn grad_recorded(y: Tensor, xs: &[&Tensor]) -> Vec<Tensor> {
    named("grad_recorded", try_grad_recorded(y, xs))
}

/// The gradients of the single number `y` with respect to each of `xs`.
///
/// # Errors
/// When `y` has more than one element, or a gradient can't be taken; says why.
pub fn try_grad(y: Tensor, xs: &[&Tensor]) -> Result<Vec<Tensor>, GradError> {
    swept(from_scalar(y, xs, false), xs)
}

/// Like [`try_grad`], with `None` for each of `xs` that `y` doesn't depend on.
///
/// # Errors
/// As [`try_grad`], but for that.
pub fn try_grad_allow_unused(y: Tensor, xs: &[&Tensor]) -> Result<Vec<Option<Tensor>>, GradError> {
    let one = one(&y)?;
    let sweep = Sweep::allow_unused(y, one, xs, false)?;
    Ok(join_attempt(|| sweep.finish_some(xs))?)
}

/// Like [`try_grad`], and the gradients can be differentiated again.
///
/// # Errors
/// As [`try_grad`].
pub fn try_grad_recorded(y: Tensor, xs: &[&Tensor]) -> Result<Vec<Tensor>, GradError> {
    swept(from_scalar(y, xs, true), xs)
}

/// The value, or a panic at the caller's place that names the function called.
#[track_caller]
fn named<T>(function: &str, result: Result<T, GradError>) -> T {
    or_panic(result.map_err(|error| format!("{function}: {error}")))
}

/// The gradients of a sweep. A fault of its kernels, such as too little memory, is found here, since those don't know the caller's
/// line.
fn swept(sweep: Result<Sweep, GradError>, xs: &[&Tensor]) -> Result<Vec<Tensor>, GradError> {
    let sweep = sweep?;
    Ok(join_attempt(|| sweep.finish(xs))?)
}

fn from_scalar(y: Tensor, xs: &[&Tensor], recording: bool) -> Result<Sweep, GradError> {
    let one = one(&y)?;
    Sweep::new(y, one, xs, recording)
}

/// The cotangent of a single number with respect to itself.
fn one(y: &Tensor) -> Result<Tensor, GradError> {
    if y.numel() == 1 { Ok(y.ones_like()) } else { Err(GradError::NotScalar { y: y.meta() }) }
}

/// The vector-Jacobian product `vᵀ·∂y/∂x` for each of `xs`; `v` has the dims of `y`. The products are
/// not recorded; those of [`vjp_recorded`] are.
///
/// # Panics
/// When `v` doesn't fit `y`, or a gradient can't be taken; says why.
#[track_caller]
pub fn vjp(y: Tensor, v: &Tensor, xs: &[&Tensor]) -> Vec<Tensor> {
    named("vjp", swept(Sweep::new(y, v.clone(), xs, false), xs))
}

/// Like [`vjp`], and the products can be differentiated again, for `v` too if it is tracked.
///
/// # Panics
/// When `v` doesn't fit `y`, or a gradient can't be taken; says why.
#[track_caller]
pub fn vjp_recorded(y: Tensor, v: &Tensor, xs: &[&Tensor]) -> Vec<Tensor> {
    named("vjp_recorded", Sweep::new(y, v.clone(), xs, true)).finish(xs)
}

/// The value `f(x)` and the Jacobian-vector product `∂f/∂x · u`, for `u` with the dims of `x`.
///
/// The vector-Jacobian product is linear in `v`; differentiating it for `v` gives its transpose
/// (Townsend, "A new trick for calculating Jacobian vector products", 2017).
///
/// # Panics
/// When `u` doesn't fit `x`, or `f(x)` doesn't depend on `x`.
#[track_caller]
pub fn jvp(f: impl FnOnce(&Tensor) -> Tensor, x: &Tensor, u: &Tensor) -> (Tensor, Tensor) {
    let x = x.tracked();
    let y = f(&x);
    let value = y.detach();
    let v = y.zeros_like().tracked();
    let sweep = Sweep::new(y, v.clone(), &[&x], true);
    let product = named("jvp", swept(sweep, &[&x])).remove(0);
    if !product.is_tracked() {
        // The gradient is zero whatever v is, so the function is constant.
        return (value.clone(), value.zeros_like());
    }
    (value, vjp(product, u, &[&v]).remove(0))
}

/// The gradient of the single number `f(x)`, and its Hessian times `u`, for `u` with the dims of `x`.
///
/// # Panics
/// When `f(x)` has more than one element or doesn't depend on `x`, or `u` doesn't fit `x`.
#[track_caller]
pub fn hvp(f: impl FnOnce(&Tensor) -> Tensor, x: &Tensor, u: &Tensor) -> (Tensor, Tensor) {
    let x = x.tracked();
    let gradient = grad_recorded(f(&x), &[&x]).remove(0);
    let value = gradient.detach();
    // A linear function has a constant gradient, and no path from it back to x.
    let product = match Sweep::new(gradient, u.clone(), &[&x], false) {
        Err(GradError::ResultNotTracked | GradError::ResultDetached { .. } | GradError::NoPath { .. }) => {
            x.zeros_like()
        }
        sweep => named("hvp", swept(sweep, &[&x])).remove(0),
    };
    (value, product)
}
