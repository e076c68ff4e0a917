use super::super::dice::Dice;
use super::{Stroke, cornered, smooth};

/// A bar, with or without a flag at the top and a base at the foot.
pub(super) fn one(dice: &mut Dice) -> Vec<Stroke> {
    let style = dice.pick(&[0.74, 0.15, 0.11]);
    // With a flag or a base, a bar that leans much would read as a 7 or a 2.
    let lean = if style == 0 { dice.normal(0.02, 0.12) } else { dice.normal(-0.09, 0.06) };
    let bow = dice.normal(0.0, 0.022);
    let bar = [[lean, 0.0], [0.67 * lean + bow, 0.33], [0.33 * lean + bow, 0.67], [0.0, 1.0]];
    if style == 0 {
        return vec![smooth(&bar)];
    }
    let flag = [lean - dice.range(0.12, 0.3), dice.range(0.12, 0.3)];
    let mut strokes = vec![cornered(&[&[flag, bar[0]], &bar[1..]])];
    if style == 2 {
        let (left, right) = (dice.range(0.16, 0.34), dice.range(0.16, 0.34));
        let tilt = dice.normal(0.0, 0.02);
        strokes.push(smooth(&[[-left, 1.0 + tilt], [0.0, 1.0], [right, 1.0 - tilt]]));
    }
    strokes
}
