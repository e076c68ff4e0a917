//! Cost of a kernel's call: floating-point operations and bytes moved.

use crate::backend::View;
use crate::geometry::ConvGeom;
use crate::kernel::{FusedKernel, Kernel};
use crate::meta::Meta;

impl Kernel {
    /// Number of floating-point operations of a call, by the field's usual count.
    ///
    /// A product of matrices takes `2·m·n·k`. Each member of the convolution triad takes two for each product of the
    /// forward convolution, those with padding included. What is done element by element takes one an element,
    /// whatever the function; a reduction takes one an element read, a pooling one for each tap of each window. What
    /// only moves or makes values takes none. A fused kernel [says itself](FusedKernel::flops).
    pub fn flops(&self, ins: &[Meta], outs: &[Meta]) -> u64 {
        let written = count(outs.first());
        let read = count(ins.first());
        match self {
            Kernel::Fill(_)
            | Kernel::Copy
            | Kernel::Select
            | Kernel::Gather { .. }
            | Kernel::Random { .. } => 0,
            Kernel::Accumulate | Kernel::Map(_) | Kernel::Zip(_) | Kernel::Compare(_) => written,
            Kernel::Reduce(_) | Kernel::ArgMax { .. } | Kernel::ScatterAdd { .. } => read,
            Kernel::Matmul => 2 * written * depth(ins),
            Kernel::Conv(g) => triad(g, outs.first(), ins.first()),
            Kernel::ConvTranspose(g) => triad(g, ins.first(), outs.first()),
            Kernel::ConvWeight(g) => triad(g, ins.get(1), ins.first()),
            Kernel::AvgPool(g) | Kernel::MaxPoolIndex(g) => written * g.kernel_numel() as u64,
            Kernel::AvgPoolAdjoint(g) => read * g.kernel_numel() as u64,
            Kernel::Fused(kernel) => kernel.flops(ins, outs),
        }
    }

    /// Whether the outputs' earlier values go into what is written.
    pub fn in_place(&self) -> bool {
        match self {
            Kernel::Accumulate | Kernel::ScatterAdd { .. } => true,
            Kernel::Fused(kernel) => FusedKernel::in_place(&**kernel),
            _ => false,
        }
    }
}

fn count(meta: Option<&Meta>) -> u64 {
    meta.map_or(0, |m| m.dims.numel() as u64)
}

/// Number of products that an element of a product of matrices sums.
fn depth(ins: &[Meta]) -> u64 {
    ins.first().and_then(|m| m.dims.last()).map_or(0, |&k| k as u64)
}

/// Two operations for each product: each element of `y` sums over a window of `x`'s channels of a group.
fn triad(g: &ConvGeom, y: Option<&Meta>, x: Option<&Meta>) -> u64 {
    let channels = x.and_then(|m| m.dims.get(1)).map_or(0, |&c| c / g.groups.max(1));
    2 * count(y) * (channels * g.kernel_numel()) as u64
}

impl View<'_> {
    /// Bytes of the elements; along a repeated axis (of stride 0) they count once.
    pub fn bytes(&self) -> u64 {
        let axes = self.layout.dims().iter().zip(self.layout.strides());
        let distinct: usize = axes.map(|(&n, &stride)| if stride == 0 { n.min(1) } else { n }).product();
        (distinct * self.storage.dtype().size()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fused::{Adam, BatchNorm, Linear, Softmax};
    use crate::{Activation, Array, DType, Device, Map, Reduce, Window, Zip};
    use std::sync::Arc;

    fn meta(dims: &[usize]) -> Meta {
        Meta { dims: dims.into(), dtype: DType::F32 }
    }

    #[test]
    fn operations_are_counted_as_the_field_does() {
        let flops = |kernel: Kernel, ins: &[&[usize]], outs: &[&[usize]]| {
            let metas = |list: &[&[usize]]| list.iter().map(|dims| meta(dims)).collect::<Vec<_>>();
            kernel.flops(&metas(ins), &metas(outs))
        };
        assert_eq!(flops(Kernel::Matmul, &[&[5, 2, 3], &[5, 3, 4]], &[&[5, 2, 4]]), 5 * 2 * 2 * 3 * 4);
        let linear = Kernel::Fused(Arc::new(Linear(Activation::Relu)));
        assert_eq!(flops(linear, &[&[2, 3], &[4, 3], &[4]], &[&[2, 4]]), 2 * 2 * 3 * 4 + 2 * 4);
        assert_eq!(flops(Kernel::Map(Map::Exp), &[&[2, 3]], &[&[2, 3]]), 6);
        assert_eq!(flops(Kernel::Zip(Zip::Add), &[&[2, 3], &[2, 3]], &[&[2, 3]]), 6);
        assert_eq!(flops(Kernel::Reduce(Reduce::Sum), &[&[2, 3]], &[&[2, 1]]), 6);
        assert_eq!(flops(Kernel::Copy, &[&[2, 3]], &[&[2, 3]]), 0);
        let softmax = Kernel::Fused(Arc::new(Softmax { log: false }));
        assert_eq!(flops(softmax, &[&[2, 3]], &[&[2, 3]]), 30);
        let g = Window::new(3).stride(1).padding(1).geometry([8, 8], [8, 8], 2);
        let (x, w, y): (&[usize], &[usize], &[usize]) = (&[2, 4, 8, 8], &[6, 2, 3, 3], &[2, 6, 8, 8]);
        let want = 2 * (2 * 6 * 8 * 8) * (2 * 9);
        assert_eq!(flops(Kernel::Conv(g), &[x, w], &[y]), want);
        assert_eq!(flops(Kernel::ConvTranspose(g), &[y, w], &[x]), want);
        assert_eq!(flops(Kernel::ConvWeight(g), &[x, y], &[w]), want);
        assert_eq!(flops(Kernel::AvgPool(g), &[x], &[x]), 2 * 4 * 64 * 9);
        let norm = Kernel::Fused(Arc::new(BatchNorm { eps: 1e-5, ..BatchNorm::default() }));
        assert_eq!(flops(norm, &[&[2, 3, 4]], &[&[2, 3, 4], &[3], &[3]]), 24 + 3 + 3);
    }

    #[test]
    fn repeated_elements_are_read_once() {
        let x = Array::zeros([4, 1, 3], DType::F32, &Device::cpu());
        assert_eq!(x.view().bytes(), 48);
        assert_eq!(x.broadcast_to([2, 4, 5, 3]).view().bytes(), 48);
        assert_eq!(x.broadcast_to([0, 4, 5, 3]).view().bytes(), 0);
        assert_eq!(x.slice(0, 0, 2, 2).view().bytes(), 24);
    }

    #[test]
    fn optimisers_work_in_place() {
        let adam = Adam {
            lr: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            weight_decay: 0.0,
            decoupled: false,
            step: 1,
        };
        assert!(Kernel::Fused(Arc::new(adam)).in_place());
        assert!(!Kernel::Fused(Arc::new(BatchNorm { eps: 1e-5, ..BatchNorm::default() })).in_place());
        assert!(Kernel::Accumulate.in_place() && !Kernel::Copy.in_place());
    }
}
