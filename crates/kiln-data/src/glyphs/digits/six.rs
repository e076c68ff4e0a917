use super::super::dice::Dice;
use super::{Stroke, smooth};

/// A sweep down from the right that closes into a bowl, which may curl inside or stay open.
pub(super) fn six(dice: &mut Dice) -> Vec<Stroke> {
    let width = dice.range(0.4, 0.62);
    let bowl = dice.range(0.42, 0.62);
    let start = dice.range(0.22, 0.52);
    let curve = dice.range(-0.02, 0.1);
    let mut points = vec![
        [start, dice.range(-0.02, 0.06)],
        [0.62 * start - 0.02, 0.12 - curve * 0.3],
        [0.26 * start - curve, 0.34],
        [-0.01 - 0.5 * curve, 0.62],
        [0.09 * width, 0.86],
        [0.45 * width, 1.0],
        [0.85 * width, 0.92],
        [width, 0.98 - 0.5 * bowl],
        [0.8 * width, 1.02 - 0.9 * bowl],
        [0.46 * width, 1.0 - 0.93 * bowl],
    ];
    match dice.pick(&[0.4, 0.35, 0.25]) {
        0 => points.extend([[0.16 * width, 1.0 - 0.68 * bowl], [0.03 * width, 1.02 - 0.45 * bowl]]),
        1 => points.push([0.14 * width, 1.0 - 0.7 * bowl]),
        _ => points.extend([[0.2 * width, 1.0 - 0.66 * bowl], [0.24 * width, 1.0 - 0.36 * bowl]]),
    }
    vec![smooth(&points)]
}
