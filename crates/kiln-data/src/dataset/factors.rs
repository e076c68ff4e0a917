//! Factors of variation that are known.

use super::Dataset;

/// What samples were made of: for each, the values of a few named factors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factors {
    names: Vec<&'static str>,
    sizes: Vec<usize>,
    /// The values of a sample as one number, of which the last factor changes fastest.
    combinations: Vec<u32>,
}

impl Factors {
    /// Factors of these names and numbers of values, and of each sample its combination of values as one number, of which the
    /// last factor changes fastest.
    pub(crate) fn new<const N: usize>(
        names: [&'static str; N],
        sizes: [usize; N],
        combinations: Vec<u32>,
    ) -> Factors {
        Factors { names: names.to_vec(), sizes: sizes.to_vec(), combinations }
    }

    /// Names of the factors.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Number of values of each factor.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// The value of a factor for each sample.
    ///
    /// # Panics
    /// When there is no such factor.
    pub fn values(&self, factor: usize) -> Vec<u32> {
        let faster: usize = self.sizes[factor + 1..].iter().product();
        let value = |combination: &u32| (*combination as usize / faster % self.sizes[factor]) as u32;
        self.combinations.iter().map(value).collect()
    }

    pub(super) fn select(&self, indices: &[u32]) -> Factors {
        let combinations = indices.iter().map(|&index| self.combinations[index as usize]).collect();
        Factors { combinations, ..self.clone() }
    }
}

impl Dataset {
    /// The same with known factors, one combination each.
    pub(crate) fn with_factors(self, factors: Factors) -> Dataset {
        debug_assert_eq!(factors.combinations.len(), self.len());
        Dataset { factors: Some(factors), ..self }
    }

    /// What samples were made of, if it is known.
    pub fn factors(&self) -> Option<&Factors> {
        self.factors.as_ref()
    }
}
