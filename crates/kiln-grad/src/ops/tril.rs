//! Matrices of which one triangle is kept.

use crate::case::Case;
use crate::definition::Definition;
use crate::tensor::Tensor;
use kiln_tensor::DType;

impl Tensor {
    /// Matrices `[.., rows, columns]` with 0 above a diagonal: 0 is the main one, those above it are positive.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.tril(0).to_f64_vec()?, [1.0, 0.0, 3.0, 4.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this has fewer than two axes.
    #[must_use]
    #[track_caller]
    pub fn tril(&self, diagonal: i32) -> Tensor {
        self.masked_fill(&self.above("tril", diagonal), 0.0)
    }

    /// Matrices `[.., rows, columns]` with 0 below a diagonal: 0 is the main one, those above it are positive.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.triu(1).to_f64_vec()?, [0.0, 2.0, 0.0, 0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When this has fewer than two axes.
    #[must_use]
    #[track_caller]
    pub fn triu(&self, diagonal: i32) -> Tensor {
        self.masked_fill(&self.above("triu", diagonal.saturating_sub(1)).not(), 0.0)
    }

    /// 1 above a diagonal, `column − row > diagonal`, else 0.
    #[track_caller]
    fn above(&self, op: &str, diagonal: i32) -> Tensor {
        assert!(self.rank() >= 2, "{op}: got {}; wanted matrices [.., rows, columns]", self.dims());
        let [rows, columns] = [self.dim(-2), self.dim(-1)];
        // Whole numbers have no sign, so both sides are moved up.
        let shift = i64::from(diagonal).clamp(-(rows as i64), columns as i64);
        let index = |length: usize, from: i64| {
            let from = from.max(0) as f64;
            Tensor::arange(from, from + length as f64, 1.0, DType::U32, self.device())
        };
        index(columns, -shift).gt(index(rows, shift).unsqueeze(1))
    }
}

/// Domain, cases and refusals of `tril`.
pub fn definition() -> Definition {
    let case = |label, dims: &'static [usize], lower: bool, diagonal: i32| {
        let call = move |x: &[Tensor]| if lower { x[0].tril(diagonal) } else { x[0].triu(diagonal) };
        Case::new(label, [dims], call).reference(move |x| {
            crate::reference::Values::build(x[0].dims, |i| {
                let [row, column] = *i.last_chunk().expect("a matrix has two axes");
                let ahead = column as i64 - row as i64 - i64::from(diagonal);
                if (lower && ahead <= 0) || (!lower && ahead >= 0) { x[0].at(i) } else { 0.0 }
            })
        })
    };
    let cases = vec![
        case("lower", &[3, 3], true, 0),
        case("lower, above", &[2, 4], true, 1),
        case("lower, below", &[2, 3, 2], true, -2),
        case("upper", &[3, 3], false, 0),
        case("upper, above", &[2, 3, 4], false, 2),
        case("upper, far below", &[3, 2], false, -7),
        case("nothing", &[0, 3], false, 0),
    ];
    Definition::new("all x", cases)
        .linear()
        .smooth()
        .refuses(&["tril", "[3]", "wanted matrices"], [[3]], |x| x[0].tril(0))
        .refuses(&["triu", "[3]", "wanted matrices"], [[3]], |x| x[0].triu(0))
}
