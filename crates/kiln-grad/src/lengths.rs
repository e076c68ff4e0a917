//! Naming lengths and positions of an axis: one length may be left open, and positions counted from the end.

use kiln_tensor::{Dims, ShapeError};

/// Lengths of the axes that elements are to get. Signed ones may hold one −1, which stands for the length that
/// takes all elements. No axis at all is [`Dims::SCALAR`].
pub trait Lengths {
    /// The dims, for `numel` elements.
    ///
    /// # Errors
    /// When there is more than one −1, another negative length, or no length that takes all elements.
    fn dims_for(self, op: &'static str, numel: usize) -> Result<Dims, ShapeError>;
}

macro_rules! plain {
    ($([$($generics:tt)*] $lengths:ty;)*) => {$(
        impl $($generics)* Lengths for $lengths {
            fn dims_for(self, _: &'static str, _: usize) -> Result<Dims, ShapeError> {
                Ok(self.iter().copied().collect())
            }
        }
    )*};
}
plain! {
    [] Dims;
    [] &Dims;
    [] &[usize];
    [] Vec<usize>;
    [<const N: usize>] [usize; N];
    [<const N: usize>] &[usize; N];
}

impl Lengths for &[i32] {
    fn dims_for(self, op: &'static str, numel: usize) -> Result<Dims, ShapeError> {
        let wrong = |what: &str| Err(ShapeError::new(op, format!("{numel} elements as {self:?}: {what}")));
        if self.iter().filter(|&&length| length < 0).count() > 1 || self.iter().any(|&length| length < -1) {
            return wrong("wanted lengths, one of them at most -1 for what is left");
        }
        let known: usize =
            self.iter().filter(|&&length| length >= 0).map(|&length| length as usize).product();
        if self.contains(&-1) && (known == 0 || !numel.is_multiple_of(known)) {
            return wrong("no length in the place of -1 takes all of them");
        }
        Ok(self.iter().map(|&length| if length < 0 { numel / known } else { length as usize }).collect())
    }
}

impl<const N: usize> Lengths for [i32; N] {
    fn dims_for(self, op: &'static str, numel: usize) -> Result<Dims, ShapeError> {
        self[..].dims_for(op, numel)
    }
}

/// Position along an axis; a negative one counts from the end, −1 being the last.
pub trait Place {
    /// The position from the front of an axis of `length`.
    ///
    /// # Panics
    /// When it is before the first; the message names `op`.
    fn place(self, op: &str, length: usize) -> usize;
}

impl Place for usize {
    fn place(self, _: &str, _: usize) -> usize {
        self
    }
}

impl Place for i32 {
    #[track_caller]
    fn place(self, op: &str, length: usize) -> usize {
        let place = if self < 0 { i64::from(self) + length as i64 } else { self.into() };
        assert!(place >= 0, "{op}: there is no place {self} along an axis of length {length}");
        place as usize
    }
}
