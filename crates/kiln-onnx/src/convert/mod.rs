//! Conversion of kiln's ops to ONNX's operators.

mod elementwise;
mod reduce;
mod views;
mod windows;

use crate::OnnxError;
use crate::builder::Builder;
use crate::traced_op::TracedOp;
use crate::value::{Elem, OnnxValue};
use kiln_grad::Portable;
use kiln_tensor::Kernel;

/// Writes the nodes of one op.
pub(crate) fn convert(b: &mut Builder, call: &TracedOp) -> Result<OnnxValue, OnnxError> {
    let (Some(portable), Some(other)) = (&call.a.portable, &call.b.portable) else {
        return Err(OnnxError::Undescribed { op: call.a.op, location: call.a.site.location });
    };
    let (settings, others) = (settings(portable), settings(other));
    if settings != others {
        return Err(call.batch(format!("it is called with {settings} or {others}")));
    }
    match (portable, other) {
        (Portable::Kernel(kernel), _) => of_kernel(b, call, kernel),
        (Portable::Select { mask }, Portable::Select { mask: other }) => {
            elementwise::select(b, call, [mask, other])
        }
        (Portable::Gather { axis, index }, Portable::Gather { index: other, .. }) => {
            views::gather(b, call, *axis, [index, other])
        }
        (Portable::Normalize { axes, eps, centred, activation }, _) => {
            reduce::normalize(b, call, axes, *eps, *centred, *activation)
        }
        (Portable::Bias(activation), _) => reduce::bias(b, call, *activation),
        (Portable::Linear(activation), _) => reduce::linear(b, call, *activation),
        (Portable::Softmax { log }, _) => reduce::softmax(b, call, *log),
        (Portable::LogSumExp { axes }, _) => reduce::logsumexp(b, call, axes),
        (Portable::Reshape, _) => views::reshape(b, call),
        (Portable::BroadcastTo, _) => views::broadcast_to(b, call),
        (Portable::Permute { axes }, _) => views::permute(b, call, axes),
        (Portable::Slice { parts }, Portable::Slice { parts: other }) => views::slice(b, call, parts, other),
        (Portable::Embed { places }, _) => views::embed(b, call, places),
        (Portable::Concat { axis }, _) => views::concat(b, call, *axis),
        _ => Err(call.unsupported(RARE)),
    }
}

const RARE: &str = "networks rarely compute it going forward, and there is no rule for it";

/// Parameters of an op besides tensors, which must be the same for all batch sizes. The parts of a
/// slice may differ where they are the whole.
fn settings(portable: &Portable) -> String {
    match portable {
        // Whatever a kernel is made of shows in its debugging form, numbers with all their digits.
        Portable::Kernel(kernel) => format!("{kernel:?}"),
        Portable::Gather { axis, .. } | Portable::ScatterAdd { axis, .. } | Portable::Concat { axis } => {
            format!("axis {axis}")
        }
        Portable::Normalize { axes, eps, centred, activation } => {
            format!("axes {axes:?}, eps {eps:?}, centred {centred} and {activation:?}")
        }
        Portable::Bias(activation) | Portable::Linear(activation) => format!("{activation:?}"),
        Portable::Softmax { log } => format!("log {log}"),
        Portable::LogSumExp { axes } | Portable::Permute { axes } => format!("axes {axes:?}"),
        Portable::Embed { places } => format!("places {places:?}"),
        _ => String::new(),
    }
}

fn of_kernel(b: &mut Builder, call: &TracedOp, kernel: &Kernel) -> Result<OnnxValue, OnnxError> {
    match kernel {
        Kernel::Copy => {
            let x = b.input(call, 0)?;
            let elem = Elem::of(call.a.output.dtype());
            // A mask stays one until an op takes numbers.
            Ok(if x.elem == Elem::Bool && elem == Elem::I64 { x } else { b.cast(x, elem) })
        }
        Kernel::Map(f) => elementwise::map(b, call, *f),
        Kernel::Zip(f) => elementwise::zip(b, call, *f),
        Kernel::Compare(f) => elementwise::compare(b, call, *f),
        Kernel::Reduce(f) => reduce::reduce(b, call, *f),
        Kernel::ArgMax { axis } => reduce::argmax(b, call, *axis),
        Kernel::Matmul => reduce::matmul(b, call),
        Kernel::Conv(geom) => windows::conv(b, call, geom),
        Kernel::ConvTranspose(geom) => windows::conv_transpose(b, call, geom),
        Kernel::AvgPool(geom) => windows::avg_pool(b, call, geom),
        Kernel::MaxPoolIndex(geom) => windows::max_pool_index(b, call, geom),
        _ => Err(call.unsupported(RARE)),
    }
}
