use super::super::dice::Dice;
use super::{Stroke, cornered, smooth};

/// A top and a stem, straight or bent, with or without a hook before and a bar across.
pub(super) fn seven(dice: &mut Dice) -> Vec<Stroke> {
    let width = dice.range(0.5, 0.74);
    let foot = width * dice.range(0.2, 0.6);
    let left = [0.0, dice.range(0.02, 0.14)];
    let corner = [width, dice.range(-0.02, 0.06)];
    let bow = dice.range(-0.02, 0.09);
    let stem = [
        [0.64 * corner[0] + 0.36 * foot - bow, 0.33],
        [0.3 * corner[0] + 0.7 * foot - bow, 0.66],
        [foot, 1.0],
    ];
    let rise = dice.normal(0.0, 0.03);
    let top = [left, [0.5 * width, 0.06 + rise], corner];
    let stroke = match dice.pick(&[0.62, 0.2, 0.18]) {
        0 => cornered(&[&top, &stem]),
        1 => {
            let hook = [dice.normal(0.01, 0.03), left[1] + dice.range(0.1, 0.2)];
            cornered(&[&[hook, left], &top[1..], &stem])
        }
        _ => smooth(&[&top[..2], &[[0.94 * width, 0.04], [0.97 * width, 0.16]], &stem].concat()),
    };
    let mut strokes = vec![stroke];
    if dice.chance(0.2) {
        let (at, tilt) = (dice.range(0.4, 0.56), dice.normal(-0.02, 0.03));
        let middle = 0.5 * (width + foot);
        let half = dice.range(0.16, 0.28);
        strokes.push(smooth(&[[middle - half, at - tilt], [middle, at], [middle + half, at + tilt]]));
    }
    strokes
}
