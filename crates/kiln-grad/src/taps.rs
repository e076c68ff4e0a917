//! Old pixels that new ones are made of, along one axis of images at another size.

/// For each new pixel the old ones that it is a weighted sum of.
#[derive(Clone, Debug)]
pub(crate) struct Taps {
    /// Number of old pixels.
    pub old: usize,
    /// For each new pixel some places and weights.
    pub lists: Vec<Vec<(usize, f64)>>,
}

impl Taps {
    /// Those of `new` pixels, `f(new pixel)` each.
    pub fn new(old: usize, new: usize, f: impl Fn(usize) -> Vec<(usize, f64)>) -> Taps {
        Taps { old, lists: (0..new).map(f).collect() }
    }

    /// For each old pixel the new ones that it is part of.
    pub fn adjoint(&self) -> Taps {
        let mut lists = vec![vec![]; self.old];
        for (new, taps) in self.lists.iter().enumerate() {
            taps.iter().for_each(|(old, weight)| lists[*old].push((new, *weight)));
        }
        Taps { old: self.lists.len(), lists }
    }

    /// Whether each new pixel is the old one.
    pub fn keep_all(&self) -> bool {
        let keeps = |(new, taps): (usize, &Vec<(usize, f64)>)| **taps == [(new, 1.0)];
        self.old == self.lists.len() && self.lists.iter().enumerate().all(keeps)
    }

    /// Number of taps of the pixel that has most.
    pub fn count(&self) -> usize {
        self.lists.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// Places and weights, as many of each pixel. Those that lack some have more that weigh 0.
    pub fn table(&self) -> (Vec<u32>, Vec<f64>) {
        let count = self.count();
        let padded = |taps: &Vec<(usize, f64)>| {
            let place = taps.first().map_or(0, |(place, _)| *place);
            let mut taps = taps.clone();
            taps.resize(count, (place, 0.0));
            taps
        };
        self.lists.iter().flat_map(padded).map(|(place, weight)| (place as u32, weight)).unzip()
    }
}
