//! The two factorisations that a Fréchet distance needs, for matrices given by their columns.
//!
//! Own code, because it is short, and the well-kept crates are large for it: `nalgebra` would add 26 packages to the lock
//! file, one of them without a maintainer, and `faer` more. Both work on columns that threads share out; each column is
//! computed in one order, so that results don't depend on the number of threads.

use rayon::prelude::*;

/// A matrix as its columns.
pub(crate) type Columns = Vec<Vec<f64>>;

/// Largest number of sweeps of Jacobi's method; it converges in about ten.
const MOST_SWEEPS: usize = 60;

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The factor R of a QR decomposition by Householder's reflections: as many rows as the matrix has columns, or rows if those
/// are less, with `RᵀR` equal to the matrix's.
pub(crate) fn r_factor(mut columns: Columns) -> Columns {
    let rows = columns.first().map_or(0, Vec::len);
    let rank = rows.min(columns.len());
    for at in 0..rank {
        let (done, rest) = columns.split_at_mut(at + 1);
        let head = &mut done[at];
        let norm = dot(&head[at..], &head[at..]).sqrt();
        if norm == 0.0 {
            continue;
        }
        // The sign that makes no difference of like numbers.
        let target = if head[at] > 0.0 { -norm } else { norm };
        let mut mirror = head[at..].to_vec();
        mirror[0] -= target;
        let square = dot(&mirror, &mirror);
        head[at] = target;
        head[at + 1..].fill(0.0);
        rest.par_iter_mut().for_each(|column| {
            let factor = 2.0 * dot(&mirror, &column[at..]) / square;
            column[at..].iter_mut().zip(&mirror).for_each(|(value, m)| *value -= factor * m);
        });
    }
    columns.iter_mut().for_each(|column| column.truncate(rank));
    columns
}

/// `A Bᵀ`, for matrices with as many columns each.
pub(crate) fn product_with_transpose(a: &Columns, b: &Columns) -> Columns {
    let (rows, columns) = (a.first().map_or(0, Vec::len), b.first().map_or(0, Vec::len));
    (0..columns)
        .into_par_iter()
        .map(|j| {
            let mut sum = vec![0.0; rows];
            for (a, b) in a.iter().zip(b) {
                sum.iter_mut().zip(a).for_each(|(sum, a)| *sum += a * b[j]);
            }
            sum
        })
        .collect()
}

/// The singular values, in no order, by Jacobi's method (Hestenes, 1958): rotations of pairs of columns until all are
/// orthogonal. Small ones are as exact as large ones.
pub(crate) fn singular_values(mut columns: Columns) -> Vec<f64> {
    // Pairs meet as in a tournament: the first stays, the others go round. Each round's pairs share no column.
    let rows = columns.first().map_or(0, Vec::len);
    if !columns.len().is_multiple_of(2) {
        columns.push(vec![0.0; rows]);
    }
    let total: f64 = columns.iter().map(|column| dot(column, column)).sum();
    // Columns that are rounding errors of the others have no direction.
    let least = (f64::EPSILON * f64::EPSILON) * total;
    let count = columns.len();
    for _ in 0..MOST_SWEEPS {
        let mut turned = false;
        for _ in 1..count {
            turned |= columns
                .par_chunks_exact_mut(2)
                .map(|pair| {
                    let [a, b] = pair else { return false };
                    rotate(a, b, least)
                })
                .reduce(|| false, |a, b| a | b);
            next_round(&mut columns);
        }
        if !turned {
            break;
        }
    }
    columns.iter().map(|column| dot(column, column).sqrt()).collect()
}

/// Moves all columns but the first one seat on, around the table whose seats `2i` and `2i + 1` face each other.
fn next_round(columns: &mut Columns) {
    let count = columns.len();
    // Seats in the order in which they are gone through: the right ones forth, the left ones back.
    let right = (1..count).step_by(2);
    let left = (2..count).step_by(2).rev();
    let seats: Vec<usize> = right.chain(left).collect();
    for pair in seats.windows(2).rev() {
        columns.swap(pair[0], pair[1]);
    }
}

/// Makes two columns orthogonal; whether they weren't.
fn rotate(a: &mut [f64], b: &mut [f64], least: f64) -> bool {
    let (aa, bb, ab) = (dot(a, a), dot(b, b), dot(a, b));
    if aa.min(bb) <= least || ab.abs() <= f64::EPSILON * (aa * bb).sqrt() {
        return false;
    }
    let zeta = (bb - aa) / (2.0 * ab);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = cosine * tangent;
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_tensor::random::Key;

    fn random(rows: usize, columns: usize, seed: u64) -> Columns {
        let key = Key::new(seed);
        (0..columns).map(|j| (0..rows).map(|i| key.normal((j * rows + i) as u64)).collect()).collect()
    }

    #[test]
    fn all_pairs_meet_once_in_a_sweep() {
        for count in [2, 4, 6, 10] {
            let mut columns: Columns = (0..count).map(|i| vec![i as f64]).collect();
            let mut met = std::collections::BTreeSet::new();
            for _ in 1..count {
                for pair in columns.chunks(2) {
                    let (a, b) = (pair[0][0] as usize, pair[1][0] as usize);
                    assert!(met.insert((a.min(b), a.max(b))), "{count}");
                }
                next_round(&mut columns);
            }
            assert_eq!(met.len(), count * (count - 1) / 2);
        }
    }

    #[test]
    fn the_r_factor_has_the_products_of_the_matrix() {
        for (rows, columns) in [(9, 4), (4, 4), (3, 7), (1, 2)] {
            let a = random(rows, columns, 1);
            let r = r_factor(a.clone());
            assert_eq!(r[0].len(), rows.min(columns));
            for i in 0..columns {
                for j in 0..columns {
                    assert!((dot(&a[i], &a[j]) - dot(&r[i], &r[j])).abs() < 1e-13);
                }
            }
        }
    }

    #[test]
    fn singular_values_are_those_of_matrices_that_are_known() {
        let sorted = |columns: Columns| {
            let mut values = singular_values(columns);
            values.retain(|value| *value > 1e-13);
            values.sort_by(f64::total_cmp);
            values
        };
        let near = |have: &[f64], want: &[f64]| {
            assert_eq!(have.len(), want.len(), "{have:?}");
            have.iter().zip(want).for_each(|(a, b)| assert!((a - b).abs() < 1e-14 * b.max(1.0), "{have:?}"));
        };
        // [[3, 0], [4, 5]] has √5 and √45.
        near(&sorted(vec![vec![3.0, 4.0], vec![0.0, 5.0]]), &[5f64.sqrt(), 45f64.sqrt()]);
        // Of rank 1.
        near(&sorted(vec![vec![1.0, 2.0], vec![2.0, 4.0], vec![0.0, 0.0]]), &[5.0]);
        // Sums of squares and, of a square matrix, the product are kept; sizes differ by 12 orders.
        let mut a = random(7, 7, 2);
        a[3].iter_mut().for_each(|value| *value *= 1e-6);
        let squares: f64 = a.iter().map(|column| dot(column, column)).sum();
        let determinant: f64 = r_factor(a.clone()).iter().enumerate().map(|(i, column)| column[i]).product();
        let mut values = singular_values(a);
        // An odd number of columns is filled up by one of zeros.
        values.retain(|value| *value > 0.0);
        assert!((values.iter().map(|v| v * v).sum::<f64>() / squares - 1.0).abs() < 1e-14);
        assert!((values.iter().product::<f64>() / determinant.abs() - 1.0).abs() < 1e-12);
    }
}
