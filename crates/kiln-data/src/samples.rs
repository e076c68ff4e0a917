//! The samples of one batch, by their indices.

#[cfg(doc)]
use crate::Dataset;

/// Which samples make up a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Samples<'a> {
    /// Indices into the data set.
    pub indices: &'a [u32],
    /// As many indices into its [`unpaired`](Dataset::unpaired) second set, if images of it are wanted.
    pub unpaired: Option<&'a [u32]>,
}

impl<'a> From<&'a [u32]> for Samples<'a> {
    /// Samples of the data set alone.
    fn from(indices: &'a [u32]) -> Self {
        Samples { indices, unpaired: None }
    }
}

impl<'a, const N: usize> From<&'a [u32; N]> for Samples<'a> {
    /// Samples of the data set alone.
    fn from(indices: &'a [u32; N]) -> Self {
        Samples { indices, unpaired: None }
    }
}

impl<'a> From<&'a Vec<u32>> for Samples<'a> {
    /// Samples of the data set alone.
    fn from(indices: &'a Vec<u32>) -> Self {
        Samples { indices, unpaired: None }
    }
}
