use super::super::dice::Dice;
use super::{Oval, Stroke};

/// An oval: overlapping at the top, left open, begun with a hook inside, or drawn clockwise.
pub(super) fn zero(dice: &mut Dice) -> Vec<Stroke> {
    let start = dice.range(-0.12, 0.05);
    let style = dice.pick(&[0.5, 0.2, 0.15, 0.15]);
    let (sweep, growth) = match style {
        0 => (1.0 + dice.range(0.0, 0.14), [1.0, dice.range(0.8, 1.1)]),
        1 => (1.0 - dice.range(0.02, 0.1), [1.0, dice.range(0.92, 1.12)]),
        2 => (1.0 + dice.range(0.02, 0.12), [dice.range(0.82, 0.95), 1.0]),
        _ => (1.0 + dice.range(-0.04, 0.1), [1.0, dice.range(0.85, 1.05)]),
    };
    let oval = Oval {
        centre: [0.35, 0.5],
        radius: [dice.range(0.26, 0.48), 0.5],
        turns: [start, start + sweep],
        growth,
    };
    let mut points = oval.points();
    match style {
        2 => {
            let [x, y] = points[0];
            points.insert(0, [x - dice.range(0.02, 0.12), y + dice.range(0.06, 0.17)]);
        }
        3 => points.iter_mut().for_each(|point| point[0] = 0.7 - point[0]),
        _ => {}
    }
    // Few ovals are symmetric: the lower half sits to one side.
    let sag = dice.normal(0.0, 0.06);
    points.iter_mut().for_each(|point| point[0] += sag * (point[1] - 0.5));
    vec![vec![points]]
}
