//! Numbers with dims, and plain ways through them.

use kiln_tensor::Dims;

/// Numbers in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// The lengths of the axes.
    pub dims: Dims,
    /// The numbers, the last axis fastest.
    pub data: Vec<f64>,
}

impl Values {
    /// The numbers `data` with `dims`.
    ///
    /// # Panics
    /// When there are not as many as `dims` says.
    pub fn new(dims: impl Into<Dims>, data: impl Into<Vec<f64>>) -> Values {
        let (dims, data) = (dims.into(), data.into());
        assert!(data.len() == dims.numel(), "{} values for {dims}", data.len());
        Values { dims, data }
    }

    /// `f(index)` for each index within `dims`.
    pub fn build(dims: impl Into<Dims>, mut f: impl FnMut(&[usize]) -> f64) -> Values {
        let dims = dims.into();
        let mut data = Vec::new();
        each_index(dims, |i| data.push(f(i)));
        Values { dims, data }
    }

    /// Zeros.
    pub fn zeros(dims: impl Into<Dims>) -> Values {
        Values::build(dims, |_| 0.0)
    }

    /// Whole numbers, as an index has them.
    pub fn whole(dims: impl Into<Dims>, data: &[u32]) -> Values {
        Values::new(dims, data.iter().map(|&number| f64::from(number)).collect::<Vec<_>>())
    }

    /// The number at `index`.
    pub fn at(&self, index: &[usize]) -> f64 {
        self.data[self.flat(index)]
    }

    /// The place of `index`, to write to.
    pub fn at_mut(&mut self, index: &[usize]) -> &mut f64 {
        let flat = self.flat(index);
        &mut self.data[flat]
    }

    fn flat(&self, index: &[usize]) -> usize {
        index.iter().zip(&*self.dims).fold(0, |flat, (i, length)| flat * length + i)
    }

    /// The number that broadcasting puts at `index` of a larger tensor: the axes are aligned at the last,
    /// and those of length 1 are repeated.
    pub fn stretched(&self, index: &[usize]) -> f64 {
        let own = &index[index.len() - self.dims.rank()..];
        let own: Vec<usize> =
            own.iter().zip(&*self.dims).map(|(&i, &length)| if length == 1 { 0 } else { i }).collect();
        self.at(&own)
    }

    /// The same numbers in the same order with other dims.
    pub fn reshape(&self, dims: impl Into<Dims>) -> Values {
        Values::new(dims, self.data.clone())
    }

    /// `f` of each number.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Values {
        Values { dims: self.dims, data: self.data.iter().map(|&x| f(x)).collect() }
    }

    /// `f` of each pair, with broadcasting.
    ///
    /// # Panics
    /// When the dims don't broadcast.
    pub fn zip(&self, other: &Values, f: impl Fn(f64, f64) -> f64) -> Values {
        let dims = self.dims.broadcast(&other.dims).expect("the dims of a reference broadcast");
        Values::build(dims, |i| f(self.stretched(i), other.stretched(i)))
    }

    /// Each line along `axis` replaced by `f` of it, which may have another length.
    pub fn along(&self, axis: usize, f: impl Fn(&[f64]) -> Vec<f64>) -> Values {
        let length = f(&vec![0.0; self.dims[axis]]).len();
        Values::build(self.dims.with(axis, length), |i| {
            let mut place = i.to_vec();
            let line: Vec<f64> = (0..self.dims[axis])
                .map(|k| {
                    place[axis] = k;
                    self.at(&place)
                })
                .collect();
            f(&line)[i[axis]]
        })
    }

    /// `f` of the numbers along all of `axes`, which stay with length 1.
    pub fn reduce(&self, axes: &[usize], f: impl Fn(&[f64]) -> f64) -> Values {
        let kept = axes.iter().fold(self.dims, |dims, &axis| dims.with(axis, 1));
        let mut groups = vec![Vec::new(); kept.numel()];
        let numbers = Values::new(kept, (0..kept.numel()).map(|flat| flat as f64).collect::<Vec<_>>());
        let group = Values::build(self.dims, |i| numbers.stretched(i));
        for (x, group) in self.data.iter().zip(group.data) {
            groups[group as usize].push(*x);
        }
        Values::new(kept, groups.iter().map(|group| f(group)).collect::<Vec<_>>())
    }

    /// Without `axes`, which have length 1.
    pub fn without(&self, axes: &[usize]) -> Values {
        let dims = self.dims.iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
        self.reshape(dims.map(|(_, &length)| length).collect::<Dims>())
    }
}

/// Calls `f` with each index within `dims`, the last axis fastest.
pub fn each_index(dims: impl Into<Dims>, mut f: impl FnMut(&[usize])) {
    let dims = dims.into();
    let mut index = vec![0; dims.rank()];
    for flat in 0..dims.numel() {
        let mut rest = flat;
        for axis in (0..dims.rank()).rev() {
            index[axis] = rest % dims[axis];
            rest /= dims[axis];
        }
        f(&index);
    }
}

impl From<f64> for Values {
    fn from(number: f64) -> Self {
        Values::new([], [number])
    }
}

impl<const N: usize> From<[f64; N]> for Values {
    fn from(numbers: [f64; N]) -> Self {
        Values::new([N], numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_groups_are_where_they_should_be() {
        let x = Values::new([2, 3], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(x.at(&[1, 0]), 4.0);
        assert_eq!(x.along(0, |line| vec![line[1] - line[0]]), Values::new([1, 3], [3.0; 3]));
        assert_eq!(x.reduce(&[1], |line| line.iter().sum()), Values::new([2, 1], [6.0, 15.0]));
        assert_eq!(x.reduce(&[0, 1], |all| all.iter().sum()).without(&[0, 1]), 21.0.into());
        let row = Values::from([10.0, 20.0, 30.0]);
        assert_eq!(x.zip(&row, |a, b| a + b).data, [11.0, 22.0, 33.0, 14.0, 25.0, 36.0]);
        assert_eq!(Values::zeros([0, 3]).reduce(&[0], |none| none.iter().sum()), Values::zeros([1, 3]));
    }
}
