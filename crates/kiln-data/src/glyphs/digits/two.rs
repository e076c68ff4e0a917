use super::super::dice::Dice;
use super::{Stroke, cornered, smooth};

/// An arch, a diagonal, and a foot: from a corner, out of a loop, or in one wave.
pub(super) fn two(dice: &mut Dice) -> Vec<Stroke> {
    let width = dice.range(0.5, 0.68);
    let hook = dice.range(0.12, 0.3);
    let fall = dice.range(0.0, 0.08);
    let mut arch = vec![
        [0.02, hook],
        [0.18 * width, 0.5 * hook - 0.02],
        [0.52 * width, 0.0],
        [0.9 * width, 0.1],
        [width, 0.28],
        [0.8 * width, 0.52 + fall],
    ];
    if dice.chance(0.3) {
        // Begun with a small turn down into the paper.
        arch.insert(0, [0.08, hook + dice.range(0.05, 0.12)]);
    }
    let reach = width * dice.range(1.0, 1.55);
    let foot = dice.range(0.86, 1.02);
    vec![match dice.pick(&[0.36, 0.38, 0.26]) {
        0 => {
            arch.extend([[0.4 * width, 0.78], [0.0, 0.97]]);
            cornered(&[&arch, &[[0.5 * reach, 0.5 * (0.95 + foot)], [reach, foot]]])
        }
        1 => {
            let big = dice.range(0.75, 1.3);
            arch.extend([
                [0.42 * width, 0.78],
                [0.14 * width, 0.93],
                [-0.06 * big, 0.96],
                [-0.08 * big, 0.93 - 0.12 * big],
                [0.14 * width, 0.93 - 0.17 * big],
                [0.4 * width, 0.9],
                [0.62 * reach, 0.98],
                [reach, foot],
            ]);
            smooth(&arch)
        }
        _ => {
            arch.extend([[0.4 * width, 0.78], [0.06, 0.93]]);
            let wave = dice.range(0.0, 0.06);
            cornered(&[&arch, &[[0.3 * reach, 0.9 - wave], [0.65 * reach, 0.97], [reach, foot - 0.03]]])
        }
    }]
}
