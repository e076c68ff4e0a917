//! Running a kernel: the check of its call, and its watchers.

use crate::backend::{Device, View, ViewMut};
use crate::kernel::Kernel;
use crate::meta::Meta;
use crate::watch;
use smallvec::SmallVec;

impl Device {
    /// Checks a kernel's call and runs it.
    ///
    /// # Panics
    /// When shapes or element types don't fit the kernel, or the kernel fails and the [fault](crate::attempt) is the caller's.
    #[track_caller]
    pub(crate) fn run(&self, kernel: &Kernel, ins: &[View], outs: &mut [ViewMut]) {
        let in_metas: SmallVec<[Meta; 3]> = ins.iter().map(View::meta).collect();
        let out_metas: SmallVec<[Meta; 1]> = outs.iter().map(ViewMut::meta).collect();
        if let Err(error) = kernel.check(&in_metas, &out_metas) {
            panic!("{error}");
        }
        if ins.iter().any(|v| v.storage.device() != self) || outs.iter().any(|v| v.storage.device() != self) {
            panic!("{}: the inputs are on different devices; move them with to_device first", kernel.name());
        }
        self.compute(kernel, ins, outs, |backend, outs| match watch::watched() {
            true => watch::run(backend, kernel, ins, outs),
            false => backend.run(kernel, ins, outs),
        });
    }
}
