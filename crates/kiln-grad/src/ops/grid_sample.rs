//! Images read at places between their pixels (Jaderberg et al., 2015).

use crate::case::{Case, Domain};
use crate::definition::Definition;
use crate::op::assert_floats;
use crate::reference::Values;
use crate::sample::{GridSample, Outside};
use crate::tensor::Tensor;
use kiln_tensor::DType;

impl Tensor {
    /// Images `[n, c, h, w]` read at the places of `grid [n, oh, ow, 2]`, each as `(x, y)` from −1 to 1 across the
    /// image: `[n, c, oh, ow]`. The gradient reaches the images and the grid.
    ///
    /// ```
    /// use kiln_grad::{Tensor, ops::GridSample};
    /// let image = Tensor::from([[1.0, 3.0]]).reshape([1, 1, 1, 2]);
    /// let middle = Tensor::from([[0.0, 0.0]]).reshape([1, 1, 1, 2]);
    /// assert_eq!(image.grid_sample(&middle, GridSample::default()).item()?, 2.0);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When these aren't images and a grid for them.
    #[must_use]
    #[track_caller]
    pub fn grid_sample(&self, grid: &Tensor, options: GridSample) -> Tensor {
        assert_floats("grid_sample", &[self, grid]);
        let fits =
            self.rank() == 4 && grid.rank() == 4 && self.dims()[0] == grid.dims()[0] && grid.dims()[3] == 2;
        assert!(
            fits && !self.dims()[2..].contains(&0),
            "grid_sample: got {} at {}; wanted images [n, c, h, w] and a grid [n, oh, ow, 2]",
            self.dims(),
            grid.dims()
        );
        let [n, c, h, w] = [0, 1, 2, 3].map(|axis| self.dims()[axis]);
        let [oh, ow] = [grid.dims()[1], grid.dims()[2]];
        // In pixels, along x and y.
        let mut place = Vec::new();
        for (i, length) in [w, h].into_iter().enumerate() {
            let (length, along) = (length as f64, grid.select_at(3, i).reshape([n, 1, oh * ow]));
            let along = match options.align_corners {
                true => (along + 1.0) * ((length - 1.0) / 2.0),
                false => ((along + 1.0) * length - 1.0) * 0.5,
            };
            place.push(match options.outside {
                Outside::Zeros => along,
                Outside::Border => along.clamp(0.0, length - 1.0),
                Outside::Reflection => {
                    along.reflected(length, options.align_corners).clamp(0.0, length - 1.0)
                }
            });
        }
        let (x, y) = (&place[0], &place[1]);
        let pixels = self.flatten(2);
        let sampled = if options.nearest {
            pixels.at_pixels(&x.round(), &y.round(), [h, w])
        } else {
            let (left, top) = (x.floor(), y.floor());
            let (right, below) = (x - &left, y - &top);
            let corner = |dx: f64, dy: f64, weight: Tensor| {
                pixels.at_pixels(&(&left + dx), &(&top + dy), [h, w]) * weight
            };
            corner(0.0, 0.0, (1.0 - &right) * (1.0 - &below))
                + corner(1.0, 0.0, &right * (1.0 - &below))
                + corner(0.0, 1.0, (1.0 - &right) * &below)
                + corner(1.0, 1.0, right * below)
        };
        sampled.reshape([n, c, oh, ow])
    }

    /// Places along an axis, brought between its mirrors.
    #[track_caller]
    fn reflected(&self, length: f64, align_corners: bool) -> Tensor {
        let (first, apart) = if align_corners { (0.0, length - 1.0) } else { (-0.5, length) };
        if apart == 0.0 {
            return self * 0.0;
        }
        let from_first = (self - first).abs();
        let mirrors = (from_first.detach() / apart).floor();
        let odd = &mirrors - (&mirrors * 0.5).floor() * 2.0;
        let along = from_first - mirrors * apart;
        // Behind an odd number of mirrors one goes backwards.
        &along + (apart - &along * 2.0) * odd + first
    }

    /// Elements of rows of pixels `[n, c, h·w]` at whole numbers `[n, 1, places]`; 0 outside.
    #[track_caller]
    fn at_pixels(&self, x: &Tensor, y: &Tensor, [h, w]: [usize; 2]) -> Tensor {
        let (right, below) = (w as f64 - 1.0, h as f64 - 1.0);
        let inside = x.ge(0.0).and(&x.le(right)).and(&y.ge(0.0)).and(&y.le(below));
        let place = y.detach().clamp(0.0, below) * w as f64 + x.detach().clamp(0.0, right);
        let places =
            inside.select(&place, &Tensor::zeros([], place.dtype(), place.device())).to_dtype(DType::U32);
        let index = places.broadcast_to(self.dims().with(2, x.dims()[2]));
        self.gather(2, &index).masked_fill(&inside.not(), 0.0)
    }

    /// The grid by which [`grid_sample`](Self::grid_sample) makes images of `size` of those that each of these matrices
    /// `[n, 2, 3]` maps: `(x, y)` is the matrix times `(x, y, 1)` of the new image.
    ///
    /// ```
    /// use kiln_grad::Tensor;
    /// let same = Tensor::from([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).unsqueeze(0);
    /// assert_eq!(same.affine_grid([1, 2], true).to_f64_vec()?, [-1.0, 0.0, 1.0, 0.0]);
    /// # Ok::<(), kiln_grad::Error>(())
    /// ```
    ///
    /// # Panics
    /// When these aren't such matrices.
    #[must_use]
    #[track_caller]
    pub fn affine_grid(&self, size: [usize; 2], align_corners: bool) -> Tensor {
        let fits = self.rank() == 3 && self.dims()[1..] == [2, 3];
        assert!(fits, "affine_grid: got {}; wanted matrices [n, 2, 3]", self.dims());
        let number = |i: usize, length: usize| match align_corners {
            true if length == 1 => 0.0,
            true => 2.0 * i as f64 / (length - 1) as f64 - 1.0,
            false => (2 * i + 1) as f64 / length as f64 - 1.0,
        };
        let [h, w] = size;
        let rows = (0..h).flat_map(|y| (0..w).flat_map(move |x| [number(x, w), number(y, h), 1.0]));
        let numbers: Vec<f64> = rows.collect();
        let base = Tensor::from_f64(&numbers, [h * w, 3], self.dtype(), self.device());
        base.matmul(&self.transpose(1, 2)).reshape([self.dims()[0], h, w, 2])
    }
}

/// Domain, cases and refusals of `grid_sample`.
pub fn definition() -> Definition {
    let plain = |x: &[Values], options: GridSample| {
        let (image, grid) = (&x[0], &x[1]);
        let [h, w] = [image.dims[2], image.dims[3]];
        Values::build([image.dims[0], image.dims[1], grid.dims[1], grid.dims[2]], |i| {
            let along = |k: usize, length: usize| {
                let at = grid.at(&[i[0], i[2], i[3], k]);
                let length = length as f64;
                let at = if options.align_corners {
                    (at + 1.0) / 2.0 * (length - 1.0)
                } else {
                    ((at + 1.0) * length - 1.0) / 2.0
                };
                let (first, last) =
                    if options.align_corners { (0.0, length - 1.0) } else { (-0.5, length - 0.5) };
                let mut at = at;
                while options.outside == Outside::Reflection && !(first..=last).contains(&at) {
                    at = if at < first { 2.0 * first - at } else { 2.0 * last - at };
                }
                let at = if options.outside == Outside::Zeros { at } else { at.clamp(0.0, length - 1.0) };
                if options.nearest { at.round() } else { at }
            };
            let (x, y) = (along(0, w), along(1, h));
            let weight = |a: f64, b: usize| (1.0 - (a - b as f64).abs()).max(0.0);
            let cells = (0..h).flat_map(|row| (0..w).map(move |column| (row, column)));
            cells
                .map(|(row, column)| {
                    image.at(&[i[0], i[1], row, column]) * weight(x, column) * weight(y, row)
                })
                .sum()
        })
    };
    let case = |label, image: [usize; 4], grid: [usize; 4], options: GridSample, domain: Domain| {
        Case::new(label, [image, grid], move |x| x[0].grid_sample(&x[1], options))
            .input_on(1, domain)
            .reference(move |x| plain(x, options))
    };
    // Inside one cell, and beyond the edge: where the function is smooth.
    let (cell, beyond) = (Domain::Range(0.1, 0.55), Domain::Range(1.1, 1.3));
    let g = GridSample::default();
    let cases = vec![
        case("bilinear", [2, 2, 3, 3], [2, 2, 1, 2], g, cell),
        case("corners", [1, 2, 3, 3], [1, 1, 3, 2], g.align_corners(), cell),
        case("half outside", [1, 1, 2, 3], [1, 2, 2, 2], g, beyond),
        case("border", [1, 1, 2, 3], [1, 2, 2, 2], g.border(), beyond),
        case("reflection", [1, 1, 2, 3], [1, 2, 2, 2], g.reflection(), Domain::Range(1.6, 1.9)),
        case("far reflection", [1, 1, 2, 3], [1, 2, 2, 2], g.reflection(), Domain::Range(-3.4, -3.1)),
        case(
            "reflection at corners",
            [1, 1, 2, 3],
            [1, 2, 2, 2],
            g.reflection().align_corners(),
            Domain::Range(1.1, 1.9),
        ),
        case("nearest", [1, 2, 3, 3], [1, 2, 2, 2], g.nearest(), Domain::Range(-0.2, 0.2)),
        Case::new("affine", [[2, 2, 3]], |x| x[0].affine_grid([2, 3], false)).reference(|x| {
            Values::build([2, 2, 3, 2], |i| {
                let at = [(i[2] as f64 - 1.0) / 1.5, i[1] as f64 - 0.5, 1.0];
                (0..3).map(|k| x[0].at(&[i[0], i[3], k]) * at[k]).sum()
            })
        }),
    ];
    Definition::new("places other than those of pixels", cases)
        .smooth()
        .refuses(&["grid_sample", "at [1, 2, 2, 3]", "wanted images"], [[1, 1, 2, 2], [1, 2, 2, 3]], |x| {
            x[0].grid_sample(&x[1], GridSample::default())
        })
        .refuses(&["affine_grid", "[2, 3]", "wanted matrices [n, 2, 3]"], [[2, 3]], |x| {
            x[0].affine_grid([2, 2], false)
        })
}
