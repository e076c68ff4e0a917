//! Choosing what is in a scene, and where.

use kiln_tensor::random::Stream;

use super::layout::{Direction, Position, SceneLayout};
use super::{Colour, Scene, SceneBackground, SceneObject, Shape, Size, Texture, Tone};

/// The least distance of an object to the edge of the picture, as a fraction of its side.
const MARGIN: f32 = 1.0 / 64.0;

/// The least distance between two objects.
const GAP: f32 = 1.0 / 32.0;

/// Room that an axis has for objects.
const ROOM: f32 = 1.0 - 2.0 * MARGIN;

/// A scene whose main object is a `main`.
pub(super) fn compose(main: Shape, stream: &mut Stream) -> Scene {
    let (layout, sizes) = arrange(stream);
    let spots = match layout {
        SceneLayout::Single(place) => single(place, sizes[0], stream),
        SceneLayout::Line(axis) => line(axis, &sizes, stream),
        SceneLayout::Group { pair, before } => group(pair, before, &sizes, stream),
    };
    let mut colours = Colour::ALL;
    shuffle(&mut colours, stream);
    let mut objects: Vec<SceneObject> = (spots.iter().zip(sizes).zip(colours))
        .map(|((&Spot { centre, radius }, size), colour)| {
            let shape = pick(&Shape::ALL, stream);
            let angle = stream.range(-12.0, 12.0) as f32;
            SceneObject { shape, colour, size, centre, radius, angle }
        })
        .collect();
    let at = Scene::main_of(&objects);
    objects[at].shape = main;
    let stand_out = |tone: &Tone| objects.iter().all(|object| object.colour.stands_out(*tone));
    let tones: Vec<Tone> = Tone::ALL.into_iter().filter(stand_out).collect();
    let background = SceneBackground { tone: pick(&tones, stream), texture: pick(&Texture::ALL, stream) };
    Scene { objects, layout, background }
}

/// Number of objects, their places and sizes.
fn arrange(stream: &mut Stream) -> (SceneLayout, Vec<Size>) {
    let axis = pick(&[Direction::Across, Direction::Down], stream);
    // Of three objects one may be large, or none, for lack of room.
    let large_at = |slot: u64| (0..3).map(|at| if at == slot { Size::Large } else { Size::Small }).collect();
    match stream.below(20) {
        0..5 => (SceneLayout::Single(pick(&Position::ALL, stream)), vec![pick(&Size::ALL, stream)]),
        5..13 => (SceneLayout::Line(axis), vec![pick(&Size::ALL, stream), pick(&Size::ALL, stream)]),
        13..17 => (SceneLayout::Line(axis), large_at(stream.below(4))),
        // One large object, or else it could not be said which of the three is the main one.
        _ => (SceneLayout::Group { pair: axis, before: stream.below(2) == 0 }, large_at(stream.below(3))),
    }
}

/// Where an object is, in fractions of the picture's side.
struct Spot {
    centre: [f32; 2],
    radius: f32,
}

impl Spot {
    /// The spot at `along` on `axis` and at `across` on the other.
    fn new(axis: Direction, along: f32, across: f32, radius: f32) -> Spot {
        let centre = if axis == Direction::Across { [along, across] } else { [across, along] };
        Spot { centre, radius }
    }
}

fn single(place: Position, size: Size, stream: &mut Stream) -> Vec<Spot> {
    let radius = radii(&[size], stream)[0];
    let mut centre = [0.5 + around(0.06, stream), 0.5 + around(0.06, stream)];
    let edge = MARGIN + radius + stream.range(0.0, 0.05) as f32;
    match place {
        Position::Middle => {}
        Position::Left => centre[0] = edge,
        Position::Right => centre[0] = 1.0 - edge,
        Position::Top => centre[1] = edge,
        Position::Bottom => centre[1] = 1.0 - edge,
    }
    vec![Spot { centre, radius }]
}

/// Objects one after the other, each a little off the line, but never so far that the line could be taken
/// for one in the other direction.
fn line(axis: Direction, sizes: &[Size], stream: &mut Stream) -> Vec<Spot> {
    let radii = radii(sizes, stream);
    let along = spread(&radii, stream);
    let nearest = along.windows(2).map(|pair| pair[1] - pair[0]).fold(f32::INFINITY, f32::min);
    let off = (0.25 * nearest).min(0.1);
    let widest = radii.iter().copied().fold(0.0, f32::max);
    let middle = 0.5 + around(0.5 * ROOM - widest - off, stream);
    let spot = |(along, radius)| Spot::new(axis, along, middle + around(off, stream), radius);
    along.into_iter().zip(radii).map(spot).collect()
}

/// A line of two, and a third object beside both.
fn group(pair: Direction, before: bool, sizes: &[Size], stream: &mut Stream) -> Vec<Spot> {
    let radii = radii(sizes, stream);
    let breadth = radii[0].max(radii[1]);
    let along = spread(&radii[..2], stream);
    let columns = if before { [radii[2], breadth] } else { [breadth, radii[2]] };
    let across = spread(&columns, stream);
    let [third, two] = if before { [across[0], across[1]] } else { [across[1], across[0]] };
    let between = 0.5 * (along[0] + along[1]);
    let inside = |at: f32| at.clamp(MARGIN + radii[2], 1.0 - MARGIN - radii[2]);
    let mut spot = |at: usize| {
        let across = two + around(breadth - radii[at], stream);
        Spot::new(pair, along[at], across, radii[at])
    };
    let (first, second) = (spot(0), spot(1));
    vec![first, second, Spot::new(pair, inside(between + around(0.06, stream)), third, radii[2])]
}

/// A radius for each size; where there is little room in a line of them, from the lower part of its range.
fn radii(sizes: &[Size], stream: &mut Stream) -> Vec<f32> {
    let ranges = sizes.iter().map(|size| match size {
        Size::Small => [0.115, 0.135],
        Size::Large => [0.19, 0.23],
    });
    let room = ROOM - GAP * (sizes.len() - 1) as f32;
    let least: f32 = ranges.clone().map(|[low, _]| 2.0 * low).sum();
    let most: f32 = ranges.clone().map(|[_, high]| 2.0 * high).sum();
    let part = ((room - least) / (most - least)).min(1.0);
    ranges.map(|[low, high]| low + part * (high - low) * stream.uniform() as f32).collect()
}

/// Centres of objects one after the other, what is left of the axis randomly divided between them.
fn spread(radii: &[f32], stream: &mut Stream) -> Vec<f32> {
    let taken = 2.0 * radii.iter().sum::<f32>() + GAP * (radii.len() - 1) as f32;
    let shares: Vec<f32> = (0..=radii.len()).map(|_| stream.range(0.2, 1.0) as f32).collect();
    // Rounding must not push the last object over the margin.
    let unit = (ROOM - taken).max(0.0) / shares.iter().sum::<f32>();
    let mut edge = MARGIN - GAP;
    (radii.iter().zip(shares))
        .map(|(radius, share)| {
            let centre = edge + GAP + unit * share + radius;
            edge = centre + radius;
            centre
        })
        .collect()
}

/// A number between `-reach` and `reach`.
fn around(reach: f32, stream: &mut Stream) -> f32 {
    stream.range(-1.0, 1.0) as f32 * reach
}

fn pick<T: Copy>(of: &[T], stream: &mut Stream) -> T {
    of[stream.below(of.len() as u64) as usize]
}

/// Fisher and Yates's shuffle.
fn shuffle<T>(values: &mut [T], stream: &mut Stream) {
    for last in (1..values.len()).rev() {
        values.swap(last, stream.below(last as u64 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_tensor::random::Key;

    #[test]
    fn objects_keep_their_distance_and_stay_inside() {
        for index in 0..5_000 {
            let mut stream = Key::new(1).step(index).stream();
            let scene = compose(Shape::Circle, &mut stream);
            for (at, a) in scene.objects.iter().enumerate() {
                let inside = a.centre.iter().all(|&c| c - a.radius > 0.0 && c + a.radius < 1.0);
                assert!(inside, "{index}: {a:?}");
                for b in &scene.objects[..at] {
                    let apart = (0..2).map(|axis| (a.centre[axis] - b.centre[axis]).abs());
                    let gap = apart.fold(0.0, f32::max) - a.radius - b.radius;
                    assert!(gap > 0.99 * GAP, "{index}: {a:?} {b:?}");
                    assert_ne!(a.colour, b.colour);
                }
            }
        }
    }

    #[test]
    fn every_arrangement_occurs() {
        let scenes: Vec<Scene> =
            (0..2_000).map(|index| compose(Shape::Star, &mut Key::new(2).step(index).stream())).collect();
        let mut seen: Vec<(SceneLayout, usize)> =
            scenes.iter().map(|scene| (scene.layout, scene.objects.len())).collect();
        seen.sort_by_key(|layout| format!("{layout:?}"));
        seen.dedup();
        assert_eq!(seen.len(), 5 + 2 * 2 + 4);
        assert!(scenes.iter().all(|scene| scene.main().shape == Shape::Star));
    }
}
