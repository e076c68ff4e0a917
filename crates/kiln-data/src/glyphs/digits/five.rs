use super::super::dice::Dice;
use super::{Stroke, cornered, smooth};

/// A stem, a bowl and a top: the top last and apart, first and joined, or the whole like an S.
pub(super) fn five(dice: &mut Dice) -> Vec<Stroke> {
    let left = dice.range(0.08, 0.2);
    let top = dice.range(0.52, 0.9);
    let waist = dice.range(0.38, 0.5);
    let width = dice.range(0.5, 0.7);
    let bowl = [
        [0.5 * width + 0.04, waist - 0.06],
        [0.88 * width, waist + 0.06],
        [width, waist + 0.24],
        [0.8 * width, 0.93],
        [0.4 * width, 1.01],
        [0.02, dice.range(0.86, 1.0)],
    ];
    let stem = [[left, 0.04], [left - 0.03, 0.5 * waist], [left - 0.06, waist]];
    let tip = [top, dice.range(-0.15, 0.06)];
    match dice.pick(&[0.45, 0.33, 0.22]) {
        0 => {
            let gap = dice.range(-0.04, 0.07);
            vec![cornered(&[&stem, &bowl]), smooth(&[[left + gap, 0.05], [0.5 * (left + top), 0.03], tip])]
        }
        1 => vec![cornered(&[&[tip, [0.5 * (left + top), 0.02], stem[0]], &stem[1..], &bowl])],
        _ => {
            let curve = [
                tip,
                [0.55 * top, 0.0],
                [left + 0.02, 0.1],
                [left - 0.04, 0.27],
                [left + 0.1, waist],
                [0.8 * width, waist + 0.14],
                [0.95 * width, waist + 0.32],
                [0.7 * width, 0.95],
                [0.3 * width, 1.0],
                [-0.02, dice.range(0.86, 0.97)],
            ];
            vec![smooth(&curve)]
        }
    }
}
