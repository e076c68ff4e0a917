use super::super::dice::Dice;
use super::{Stroke, cornered, smooth};

/// Open or closed at the top, with a separate stem or in one stroke.
pub(super) fn four(dice: &mut Dice) -> Vec<Stroke> {
    let bar = dice.range(0.44, 0.64);
    let right = dice.range(0.56, 0.8);
    let stem = right * dice.range(0.66, 0.9);
    let foot = stem + dice.normal(-0.03, 0.04);
    let drop = dice.normal(0.0, 0.03);
    match dice.pick(&[0.46, 0.2, 0.2, 0.14]) {
        0 => {
            // Open: an L, then a stem through its foot.
            let left = dice.range(0.0, 0.14);
            let corner = [dice.range(-0.03, 0.04), bar];
            let bow = dice.range(-0.03, 0.05);
            vec![
                cornered(&[
                    &[[left, dice.range(0.0, 0.1)], [0.5 * left - bow, 0.55 * bar], corner],
                    &[[0.5 * right, bar + 0.5 * drop], [right, bar + drop]],
                ]),
                smooth(&[[stem, dice.range(-0.02, 0.16)], [0.5 * (stem + foot), 0.5], [foot, 1.0]]),
            ]
        }
        1 => {
            // Closed: a slope from the top of the stem.
            let top = stem - dice.range(0.0, 0.06);
            vec![
                cornered(&[
                    &[[top, 0.0], [0.5 * top - 0.02, 0.5 * bar], [0.0, bar + 0.05]],
                    &[[0.5 * right, bar + 0.05 + 0.5 * drop], [right, bar + 0.04 + drop]],
                ]),
                smooth(&[[stem, dice.range(0.0, 0.12)], [0.5 * (stem + foot), 0.5], [foot, 1.0]]),
            ]
        }
        2 => {
            // A cup, and down its right side: one stroke like a y.
            let rim = dice.range(-0.03, 0.1);
            let cup = [
                [0.06, 0.03],
                [0.0, 0.26],
                [0.08, 0.45],
                [0.3 * right + 0.1, 0.5],
                [stem - 0.06, 0.36],
                [stem + 0.02, rim],
            ];
            vec![cornered(&[&cup, &[[stem, 0.36], [0.5 * (stem + foot), 0.66], [foot, 1.0]]])]
        }
        _ => {
            // The bar loops up into the stem without a lift.
            let loops = [
                [0.4 * right, bar + 0.01],
                [0.85 * right, bar - 0.06],
                [right, 0.24],
                [stem + 0.03, dice.range(0.02, 0.1)],
                [stem - 0.05, 0.3],
                [stem - 0.06, 0.62],
                [foot - 0.05, 1.0],
            ];
            vec![cornered(&[&[[0.12, 0.02], [0.05, 0.55 * bar], [0.0, bar]], &loops])]
        }
    }
}
