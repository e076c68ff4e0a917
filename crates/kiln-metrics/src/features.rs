//! Sets of feature vectors.

/// Feature vectors of a set of samples, one a row, in `f64`. What a network says of images, or pixels, or points.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureSet {
    dims: usize,
    values: Vec<f64>,
}

impl FeatureSet {
    /// Vectors of `dims` numbers, one after the other.
    ///
    /// # Panics
    /// When `dims` is 0, or the values are not a whole number of vectors.
    #[track_caller]
    pub fn new(dims: usize, values: Vec<f64>) -> Self {
        assert!(
            dims > 0 && values.len().is_multiple_of(dims),
            "features: {} values are not a whole number of vectors of {dims}",
            values.len()
        );
        FeatureSet { dims, values }
    }

    /// Number of vectors.
    pub fn len(&self) -> usize {
        self.values.len() / self.dims
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Length of a vector.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// All values, a vector after the other.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// A vector.
    ///
    /// # Panics
    /// When there is none of this number.
    #[track_caller]
    pub fn row(&self, at: usize) -> &[f64] {
        &self.values[at * self.dims..(at + 1) * self.dims]
    }

    /// All vectors in their order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.dims)
    }

    /// The vectors of these numbers.
    ///
    /// # Panics
    /// When there is none of a number.
    #[track_caller]
    pub fn select(&self, numbers: impl IntoIterator<Item = usize>) -> FeatureSet {
        let values = numbers.into_iter().flat_map(|at| self.row(at)).copied().collect();
        FeatureSet { dims: self.dims, values }
    }

    /// Adds the vectors of another set.
    ///
    /// # Panics
    /// When they have another length.
    #[track_caller]
    pub fn extend(&mut self, other: &FeatureSet) {
        self.check_dims(other, "extend");
        self.values.extend_from_slice(&other.values);
    }

    /// The mean vector.
    pub(crate) fn mean(&self) -> Vec<f64> {
        let mut mean = vec![0.0; self.dims];
        for row in self.rows() {
            mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        let count = self.len() as f64;
        mean.iter_mut().for_each(|sum| *sum /= count);
        mean
    }

    #[track_caller]
    pub(crate) fn check_dims(&self, other: &FeatureSet, measure: &str) {
        assert!(
            self.dims == other.dims,
            "{measure}: vectors of {} and of {} numbers; both sets need those of one network",
            self.dims,
            other.dims
        );
    }
}
