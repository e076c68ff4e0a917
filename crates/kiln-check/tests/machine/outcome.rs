//! What comes of backward passes.

use kiln_grad::GradError;

/// Why a gradient can't be taken; the number is that of the tensor wanted.
#[derive(Debug, PartialEq)]
pub enum GradRefusal {
    NotTracked(usize),
    Detached(usize),
    ResultDetached,
    ResultNotTracked,
    NoPath(usize),
    Other(String),
}

impl GradRefusal {
    /// Its place among the [counts](Coverage::refusals).
    pub fn number(&self) -> usize {
        match self {
            GradRefusal::NotTracked(_) => 0,
            GradRefusal::Detached(_) => 1,
            GradRefusal::ResultDetached => 2,
            GradRefusal::ResultNotTracked => 3,
            GradRefusal::NoPath(_) => 4,
            GradRefusal::Other(error) => panic!("no program leads to this: {error}"),
        }
    }
}

impl From<GradError> for GradRefusal {
    fn from(error: GradError) -> GradRefusal {
        match error {
            GradError::NotTracked { index } => GradRefusal::NotTracked(index),
            GradError::Detached { index, .. } => GradRefusal::Detached(index),
            GradError::ResultDetached { .. } => GradRefusal::ResultDetached,
            GradError::ResultNotTracked => GradRefusal::ResultNotTracked,
            GradError::NoPath { index, .. } => GradRefusal::NoPath(index),
            other => GradRefusal::Other(other.to_string()),
        }
    }
}

/// What programs came by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Coverage {
    /// Gradients that were compared.
    pub gradients: usize,
    /// Those of results that were made of gradients.
    pub second: usize,
    /// How often the live nodes were compared.
    pub counted: usize,
    /// How often a gradient was refused: not tracked, detached, the result detached, the result not
    /// tracked, no path.
    pub refusals: [usize; 5],
}

impl std::ops::Add for Coverage {
    type Output = Coverage;

    fn add(mut self, other: Coverage) -> Coverage {
        self.gradients += other.gradients;
        self.second += other.second;
        self.counted += other.counted;
        self.refusals.iter_mut().zip(other.refusals).for_each(|(a, b)| *a += b);
        self
    }
}
