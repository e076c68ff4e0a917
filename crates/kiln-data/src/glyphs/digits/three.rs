use super::super::dice::Dice;
use super::{Stroke, cornered, smooth};

/// Two bowls that meet in a cusp or a small loop, or a flat top on one bowl.
pub(super) fn three(dice: &mut Dice) -> Vec<Stroke> {
    let (upper, lower) = (dice.range(0.42, 0.6), dice.range(0.5, 0.72));
    let waist = dice.range(0.42, 0.5);
    let inner = dice.range(0.12, 0.34);
    let tail = [
        [0.78 * lower, waist + 0.09],
        [lower, waist + 0.26],
        [0.82 * lower, 0.92],
        [0.45 * lower, 1.0],
        [0.12 * lower, 0.97],
    ];
    let mut tail = tail.to_vec();
    if dice.chance(0.75) {
        tail.push([-0.02, dice.range(0.8, 0.92)]);
    }
    let top = dice.range(0.06, 0.22);
    let arch =
        [[0.03, top], [0.3 * upper, 0.02], [0.65 * upper, 0.0], [upper, 0.13], [0.88 * upper, waist - 0.15]];
    vec![match dice.pick(&[0.6, 0.22, 0.18]) {
        0 => cornered(&[&[&arch[..], &[[inner, waist]]].concat(), &tail]),
        1 => {
            let small = dice.range(0.6, 1.2);
            let turn = [
                [inner + 0.1, waist - 0.02],
                [inner - 0.05 * small, waist + 0.02],
                [inner - 0.09 * small, waist - 0.05 * small],
                [inner + 0.03, waist - 0.06 * small],
                [inner + 0.2, waist + 0.03],
            ];
            smooth(&[&arch[..], &turn, &tail[1..]].concat())
        }
        _ => {
            let (left, right) = ([0.0, dice.range(0.0, 0.08)], [upper + 0.02, dice.range(-0.02, 0.03)]);
            cornered(&[&[left, right], &[[inner + 0.04, waist - 0.04]], &tail])
        }
    }]
}
