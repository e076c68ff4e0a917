use super::super::dice::Dice;
use super::{Stroke, cornered};

/// A loop, closed or nearly, and a tail: straight, bent, or hooked to the left.
pub(super) fn nine(dice: &mut Dice) -> Vec<Stroke> {
    let width = dice.range(0.36, 0.56);
    let bowl = dice.range(0.34, 0.52);
    let right = width + dice.range(-0.02, 0.04);
    let loop_turns = [
        [0.9 * width, dice.range(0.06, 0.16)],
        [0.52 * width, 0.0],
        [0.12 * width, 0.2 * bowl],
        [0.0, 0.58 * bowl],
        [0.2 * width, 0.95 * bowl],
        [0.58 * width, 0.94 * bowl],
        [0.88 * width, 0.6 * bowl],
    ];
    let lift = dice.range(-0.02, 0.14);
    let tail = match dice.pick(&[0.46, 0.34, 0.2]) {
        0 => {
            let foot = right + dice.normal(-0.08, 0.06);
            vec![[0.7 * right + 0.3 * foot, 0.4], [0.35 * right + 0.65 * foot, 0.7], [foot, 1.0]]
        }
        1 => {
            let foot = right - dice.range(0.08, 0.26);
            vec![[right + 0.01, 0.4], [right - 0.03, 0.68], [foot, 1.0]]
        }
        _ => vec![
            [right + 0.02, 0.42],
            [right, 0.7],
            [0.8 * right, 0.92],
            [0.42 * right, 1.0],
            [dice.range(-0.06, 0.1), dice.range(0.84, 0.96)],
        ],
    };
    if dice.chance(0.3) {
        // The loop runs over into the tail without going back up.
        let start = [right + 0.02, lift];
        let over = [&loop_turns[..6], &[[right - 0.02, 0.5 * bowl], start]].concat();
        return vec![cornered(&[&over, &tail])];
    }
    let top = [right, lift];
    vec![cornered(&[&[&loop_turns[..], &[top]].concat(), &tail])]
}
