//! Saying in words what a scene shows.

use kiln_tensor::random::Stream;

use super::layout::{Direction, SceneLayout};
use super::{Scene, SceneObject, Texture};

/// Every word of a caption, in alphabetical order. A caption is words with one space between them, all in
/// lower case and without punctuation.
pub const VOCABULARY: [&str; 47] = [
    "a",
    "above",
    "and",
    "at",
    "background",
    "beige",
    "below",
    "black",
    "blue",
    "both",
    "bottom",
    "brown",
    "circle",
    "cloudy",
    "cross",
    "cyan",
    "diamond",
    "from",
    "green",
    "grey",
    "heart",
    "in",
    "it",
    "its",
    "large",
    "left",
    "middle",
    "navy",
    "of",
    "on",
    "orange",
    "plain",
    "purple",
    "red",
    "right",
    "ring",
    "small",
    "square",
    "star",
    "the",
    "then",
    "to",
    "top",
    "triangle",
    "white",
    "with",
    "yellow",
];

/// The words of the longest caption.
pub const MOST_WORDS: usize = 25;

/// One of the sentences that are true of the scene: what there is, how it stands, and on what.
pub(super) fn caption(scene: &Scene, stream: &mut Stream) -> String {
    let mut coin = || stream.below(2) == 0;
    let name = |at: usize| {
        let SceneObject { size, colour, shape, .. } = scene.objects[at];
        format!("a {size} {colour} {shape}")
    };
    let (place, body) = match (scene.layout, scene.objects.len()) {
        (SceneLayout::Single(place), _) => (format!("{} of", place.words()), name(0)),
        (SceneLayout::Line(axis), 2) => ("on".to_owned(), pair(axis, [name(0), name(1)], &mut coin)),
        (SceneLayout::Line(axis), _) => ("on".to_owned(), row(axis, [0, 1, 2].map(name), &mut coin)),
        (SceneLayout::Group { pair, before }, _) => {
            ("on".to_owned(), group(pair, before, [0, 1, 2].map(name), &mut coin))
        }
    };
    let tone = scene.background.tone;
    // A plain background may go without saying; a cloudy one may not be taken for plain.
    let background = match scene.background.texture {
        Texture::Plain if coin() => format!("{place} a {tone} background"),
        texture => format!("{place} a {texture} {tone} background"),
    };
    if coin() { format!("{body} {background}") } else { format!("{background} {body}") }
}

/// Two objects, the first before the second.
fn pair(axis: Direction, [first, second]: [String; 2], coin: &mut impl FnMut() -> bool) -> String {
    // Which of them is spoken of first.
    let forward = coin();
    let [one, other] = if forward { [first, second] } else { [second, first] };
    match (coin(), coin()) {
        (true, _) => format!("{one} {} {other}", axis.relation(forward)),
        (false, true) => format!("{one} then {other} {}", axis.course(forward)),
        (false, false) => format!("{one} with {other} {}", axis.beside(!forward)),
    }
}

/// Three objects in a line.
fn row(axis: Direction, names: [String; 3], coin: &mut impl FnMut() -> bool) -> String {
    let forward = coin();
    let [mut one, middle, mut other] = names;
    if !forward {
        std::mem::swap(&mut one, &mut other);
    }
    if coin() {
        return format!("{one} then {middle} then {other} {}", axis.course(forward));
    }
    format!("{middle} with {one} {} and {other} {}", axis.beside(forward), axis.beside(!forward))
}

/// A pair, and a third object before or after both of them on the other axis.
fn group(
    axis: Direction,
    before: bool,
    [first, second, third]: [String; 3],
    coin: &mut impl FnMut() -> bool,
) -> String {
    let forward = coin();
    let [one, other] = if forward { [first, second] } else { [second, first] };
    let pair = format!("{one} {} {other}", axis.relation(forward));
    if coin() {
        format!("{pair} and {third} {} both", axis.other().relation(before))
    } else {
        format!("{third} and {} {pair}", axis.other().beside(!before))
    }
}
