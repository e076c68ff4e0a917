//! Captions are true.

use std::collections::BTreeSet;

use kiln_data::scenes::{self, Drawn, SceneObject, Texture};

use crate::drawn;
use crate::reading::read;

/// Whether that relation holds between the squares of two objects, and not its opposite.
fn holds(a: &SceneObject, relation: &str, b: &SceneObject) -> bool {
    let edge = |object: &SceneObject, axis: usize, sign: f32| object.centre[axis] + sign * object.radius;
    match relation {
        "left of" => edge(a, 0, 1.0) < edge(b, 0, -1.0),
        "right of" => edge(a, 0, -1.0) > edge(b, 0, 1.0),
        "above" => edge(a, 1, 1.0) < edge(b, 1, -1.0),
        "below" => edge(a, 1, -1.0) > edge(b, 1, 1.0),
        _ => false,
    }
}

#[test]
fn captions_are_true_and_complete() {
    for index in 0..6_000 {
        let Drawn { caption, scene, .. } = drawn(index, scenes::LEAST_SIDE);
        let claims = read(&caption).unwrap_or_else(|| panic!("can't read {caption:?}"));
        let context = format!("{caption:?} {scene:?}");

        // Every object is named once, and nothing else is.
        assert_eq!(claims.objects.len(), scene.objects.len(), "{context}");
        let meant: Vec<&SceneObject> = (claims.objects.iter())
            .map(|named| {
                let is = |object: &&SceneObject| {
                    let words = [object.size.word(), object.colour.word(), object.shape.word()];
                    words == *named
                };
                scene.objects.iter().find(is).unwrap_or_else(|| panic!("no {named:?} in {context}"))
            })
            .collect();
        let colours: BTreeSet<&str> = meant.iter().map(|object| object.colour.word()).collect();
        assert_eq!(colours.len(), meant.len(), "{context}");

        // Enough is said to know how each stands to each.
        let pairs = meant.len() * (meant.len() - 1) / 2;
        assert_eq!(claims.relations.len(), pairs, "{context}");
        for &(a, relation, b) in &claims.relations {
            assert!(holds(meant[a], relation, meant[b]), "{a} {relation} {b}: {context}");
        }
        // Two objects are not more above each other than beside each other if that is what is said.
        if let ([(_, relation, _)], [a, b]) = (&claims.relations[..], &meant[..]) {
            let [x, y] = [0, 1].map(|axis| (a.centre[axis] - b.centre[axis]).abs());
            let across = relation.ends_with("of");
            assert!(if across { x >= 1.99 * y } else { y >= 1.99 * x }, "{context}");
        }

        assert_eq!(claims.place.is_some(), meant.len() == 1, "{context}");
        let [x, y] = meant[0].centre.map(|c| c - 0.5);
        let middle = |c: f32| c.abs() < 0.07;
        let true_place = match claims.place.as_deref() {
            None => true,
            Some("middle") => middle(x) && middle(y),
            Some("left") => x < -0.19 && middle(y),
            Some("right") => x > 0.19 && middle(y),
            Some("top") => y < -0.19 && middle(x),
            Some("bottom") => y > 0.19 && middle(x),
            Some(_) => false,
        };
        assert!(true_place, "{context}");

        assert_eq!(claims.tone, scene.background.tone.word(), "{context}");
        let texture = scene.background.texture;
        assert_eq!(claims.texture.as_deref().unwrap_or(Texture::Plain.word()), texture.word(), "{context}");
    }
}

#[test]
fn the_vocabulary_is_the_words_of_the_captions() {
    let captions: Vec<String> = (0..6_000).map(|index| drawn(index, scenes::LEAST_SIDE).caption).collect();
    let words: BTreeSet<&str> = captions.iter().flat_map(|caption| caption.split(' ')).collect();
    assert_eq!(words.into_iter().collect::<Vec<_>>(), scenes::VOCABULARY);
    let most = captions.iter().map(|caption| caption.split(' ').count()).max();
    assert_eq!(most, Some(scenes::MOST_WORDS));
}
