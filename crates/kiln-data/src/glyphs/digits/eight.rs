use super::super::dice::Dice;
use super::{Oval, Stroke, smooth};

/// One crossing stroke, begun at the top right, the top or the middle, or two ovals.
pub(super) fn eight(dice: &mut Dice) -> Vec<Stroke> {
    let (upper, lower) = (dice.range(0.14, 0.25), dice.range(0.15, 0.26));
    let waist = dice.range(0.42, 0.5);
    let [x, half] = [0.3, 0.5 * waist];
    let below = 0.5 * (1.0 + waist);
    if dice.chance(0.14) {
        let turn = dice.range(-0.1, 0.1);
        let top = Oval {
            centre: [x + dice.normal(0.0, 0.03), half],
            radius: [upper, half],
            turns: [turn, turn + dice.range(0.97, 1.1)],
            growth: [1.0, dice.range(0.9, 1.05)],
        };
        let turn = dice.range(-0.15, 0.15);
        let bottom = Oval {
            centre: [x, below],
            radius: [lower, below - waist],
            turns: [turn, turn + dice.range(0.98, 1.1)],
            growth: [1.0, dice.range(0.92, 1.05)],
        };
        return vec![vec![top.points()], vec![bottom.points()]];
    }
    let cycle = [
        [x, 0.0],
        [x - upper, 0.42 * waist],
        [x, waist],
        [x + lower, below + 0.02],
        [x, 1.0],
        [x - lower, below + 0.02],
        [x, waist + 0.01],
        [x + upper, 0.4 * waist],
    ];
    // The shoulders between those points make the S fuller than a spline through them alone.
    let full = dice.range(0.66, 0.8);
    let shoulder = |side: f32, width: f32, y: f32| [x + side * width * full, y];
    let mut points = vec![
        cycle[0],
        shoulder(-1.0, upper, 0.12 * waist),
        cycle[1],
        shoulder(-1.0, 0.75 * upper, 0.76 * waist),
        cycle[2],
        shoulder(1.0, 0.9 * lower, waist + 0.25 * (1.0 - waist)),
        cycle[3],
        shoulder(1.0, lower, 0.93),
        cycle[4],
        shoulder(-1.0, lower, 0.93),
        cycle[5],
        shoulder(-1.0, 0.9 * lower, waist + 0.27 * (1.0 - waist)),
        cycle[6],
        shoulder(1.0, 0.75 * upper, 0.74 * waist),
        cycle[7],
        shoulder(1.0, upper, 0.12 * waist),
    ];
    // Begun at the top right, at the top, or at the crossing.
    let begin = [15, 0, 4][dice.pick(&[0.6, 0.25, 0.15])];
    points.rotate_left(begin);
    match dice.pick(&[0.32, 0.24, 0.44]) {
        // Closed, carried on a little, or left open.
        0 => points.push(points[0]),
        1 => points.extend_from_within(..2),
        _ => {
            let [x, y] = points[0];
            points[0] = [x + dice.range(0.0, 0.08), y + dice.range(-0.03, 0.05)];
            if begin == 15 {
                // The way back up runs out past the shoulder.
                points.push([x + dice.range(0.04, 0.16), dice.range(-0.06, 0.06)]);
            }
        }
    }
    if dice.chance(0.2) {
        points.reverse();
    }
    vec![smooth(&points)]
}
