//! What comes of backward passes.

use kiln_grad::GradError;

/// Why a gradient can't be taken; the number is that of the tensor wanted.
#[derive(Debug, PartialEq)]
pub enum Refusal {
    NotTracked(usize),
    Detached(usize),
    ResultDetached,
    ResultNotTracked,
    NoPath(usize),
    Other(String),
}

impl Refusal {
    /// Its place among the [counts](Seen::refusals).
    pub fn number(&self) -> usize {
        match self {
            Refusal::NotTracked(_) => 0,
            Refusal::Detached(_) => 1,
            Refusal::ResultDetached => 2,
            Refusal::ResultNotTracked => 3,
            Refusal::NoPath(_) => 4,
            Refusal::Other(error) => panic!("no program leads to this: {error}"),
        }
    }
}

impl From<GradError> for Refusal {
    fn from(error: GradError) -> Refusal {
        match error {
            GradError::NotTracked { index } => Refusal::NotTracked(index),
            GradError::Detached { index, .. } => Refusal::Detached(index),
            GradError::ResultDetached { .. } => Refusal::ResultDetached,
            GradError::ResultNotTracked => Refusal::ResultNotTracked,
            GradError::NoPath { index, .. } => Refusal::NoPath(index),
            other => Refusal::Other(other.to_string()),
        }
    }
}

/// What programs came by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
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

impl std::ops::Add for Seen {
    type Output = Seen;

    fn add(mut self, other: Seen) -> Seen {
        self.gradients += other.gradients;
        self.second += other.second;
        self.counted += other.counted;
        self.refusals.iter_mut().zip(other.refusals).for_each(|(a, b)| *a += b);
        self
    }
}
