//! Bounds on what is done at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of seats, each of which one takes and gives back.
#[derive(Clone, Debug)]
pub struct Seats {
    taken: Arc<AtomicUsize>,
    count: usize,
}

/// A seat, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    taken: Arc<AtomicUsize>,
}

impl Seats {
    /// So many seats.
    pub fn new(count: usize) -> Seats {
        Seats { taken: Arc::default(), count }
    }

    /// A seat, unless all are taken.
    pub fn take(&self) -> Option<Seat> {
        let before = self.taken.fetch_add(1, Ordering::Relaxed);
        // Dropped again, and so given back, when it is one too many.
        let seat = Seat { taken: self.taken.clone() };
        (before < self.count).then_some(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_bounded_and_given_back() {
        let seats = Seats::new(3);
        let mut taken: Vec<Seat> = (0..3).map(|_| seats.take().unwrap()).collect();
        assert!(seats.take().is_none() && seats.clone().take().is_none());
        taken.pop();
        taken.push(seats.take().unwrap());
        assert!(seats.take().is_none());
    }
}
