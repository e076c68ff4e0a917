//! Whether an image's numbers may depend on the images beside it.

use std::cell::Cell;
use std::marker::PhantomData;

/// Number of images in a batch that methods are chosen for where batches are not to matter.
const NOMINAL: usize = 64;

thread_local! {
    /// Number of [`BatchInvariance`] values of this thread.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// While one lives, what its thread has computed for an image doesn't depend on the images beside it, to the bit: methods of convolutions, which
/// round differently, are chosen as for batches of 64 images, whatever their size. Otherwise they are chosen for the batch at
/// hand, which is faster where it is small.
#[derive(Debug)]
pub struct BatchInvariance(PhantomData<*const ()>);

impl BatchInvariance {
    /// From now on, until it is dropped.
    #[must_use]
    pub fn hold() -> Self {
        HELD.set(HELD.get() + 1);
        BatchInvariance(PhantomData)
    }
}

impl Clone for BatchInvariance {
    fn clone(&self) -> Self {
        BatchInvariance::hold()
    }
}

impl Drop for BatchInvariance {
    fn drop(&mut self) {
        HELD.set(HELD.get() - 1);
    }
}

/// Number of images that a method is chosen for, of a batch of `images`.
pub fn images_to_plan_for(images: usize) -> usize {
    if HELD.get() > 0 { NOMINAL } else { images }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_count_again_when_the_last_is_dropped() {
        let one = BatchInvariance::hold();
        let two = one.clone();
        drop(one);
        assert_eq!(images_to_plan_for(3), NOMINAL);
        drop(two);
        assert_eq!(images_to_plan_for(3), 3);
    }
}
