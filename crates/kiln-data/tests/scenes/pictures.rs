//! Pixels, masks and labels agree.

use kiln_data::scenes::{self, Colour, Drawn, SceneObject, Shape, Size, Texture, Tone};
use kiln_tensor::random::Key;

use crate::drawn;

#[test]
fn sizes_are_what_they_are_called() {
    for index in 0..1_000 {
        for object in drawn(index, scenes::LEAST_SIDE).scene.objects {
            let range = if object.size == Size::Small { 0.115..0.1351 } else { 0.19..0.2301 };
            assert!(range.contains(&object.radius), "{object:?}");
        }
    }
}

/// The object in whose square a pixel is.
fn owner(scene: &scenes::Scene, at: usize, side: usize) -> Option<&SceneObject> {
    let pixel = [at % side, at / side].map(|v| (v as f32 + 0.5) / side as f32);
    let inside =
        |object: &&SceneObject| (0..2).all(|axis| (pixel[axis] - object.centre[axis]).abs() < object.radius);
    scene.objects.iter().find(inside)
}

#[test]
fn masks_agree_with_pixels() {
    let mut checked = 0;
    for index in 0..400 {
        let side = if index % 2 == 0 { 32 } else { 64 };
        let Drawn { pixels, mask, scene, .. } = drawn(index, side);
        if scene.background.texture == Texture::Cloudy {
            continue;
        }
        // The background's own shade, from a corner: no object reaches it.
        let rgb = |at: usize| [0, 1, 2].map(|c| f32::from(pixels[c * side * side + at]));
        let ground = rgb(0);
        let mut areas = vec![0; scene.objects.len()];
        for (at, &value) in mask.iter().enumerate() {
            let Some(object) = owner(&scene, at, side) else {
                assert_eq!(value, 0, "scene {index}, pixel {at}");
                let far = (0..3).map(|c| (rgb(at)[c] - ground[c]).abs()).fold(0.0, f32::max);
                // An edge may be soft half a pixel beyond the square.
                assert!(far < 120.0, "scene {index}, pixel {at}: {:?} on {ground:?}", rgb(at));
                continue;
            };
            // How far the pixel is on the way from the background's colour to that of the object.
            let colour = object.colour.rgb().map(f32::from);
            let dot = |a: [f32; 3]| (0..3).map(|c| a[c] * (colour[c] - ground[c])).sum::<f32>();
            let way = dot([0, 1, 2].map(|c| rgb(at)[c] - ground[c]))
                / dot([0, 1, 2].map(|c| colour[c] - ground[c]));
            let class = object.shape.class() as u8 + 1;
            assert!(value == 0 || value == class, "scene {index}, pixel {at}: {}", value);
            if way > 0.65 {
                assert_eq!(value, class, "scene {index}, pixel {at}: {way} of the way to {object:?}");
            } else if way < 0.35 {
                assert_eq!(value, 0, "scene {index}, pixel {at}: {way} of the way to {object:?}");
            }
            checked += 1;
            areas[scene.objects.iter().position(|other| other == object).unwrap()] +=
                usize::from(value == class);
        }
        for (area, object) in areas.iter().zip(&scene.objects) {
            let square = (2.0 * object.radius * side as f32).powi(2);
            let part = *area as f32 / square;
            assert!((0.22..0.8).contains(&part), "scene {index}: {part} of the square of {object:?}");
        }
    }
    assert!(checked > 20_000, "{checked}");
}

#[test]
fn a_scene_is_the_same_at_any_size() {
    for index in 0..50 {
        let (small, large) = (drawn(index, 32), drawn(index, 64));
        assert_eq!((&small.scene, &small.caption, small.label), (&large.scene, &large.caption, large.label));
        // A pixel of the small picture is about the mean of four of the large one.
        for at in 0..3 * 32 * 32 {
            let (channel, row, column) = (at / 1024, at / 32 % 32, at % 32);
            let corner = channel * 4096 + 2 * row * 64 + 2 * column;
            let four = [corner, corner + 1, corner + 64, corner + 65].map(|at| f32::from(large.pixels[at]));
            let mean = four.iter().sum::<f32>() / 4.0;
            let difference = (mean - f32::from(small.pixels[at])).abs();
            assert!(difference < 64.0, "scene {index}, value {at}: {mean} and {}", small.pixels[at]);
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let key = Key::new(3).purpose("scenes");
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| scenes::annotated(key, 203, 32))
    };
    let one = with(1);
    assert_eq!(one, with(3));
    let set = scenes::dataset(3, 203, 32);
    assert_eq!((set.shape(), set.classes()), ([3, 32, 32], scenes::CLASSES));
    assert_eq!((set.images().unwrap(), set.labels().unwrap()), (one.images.clone(), &one.labels[..]));
    let Drawn { pixels, label, caption, mask, .. } = scenes::scene(key, 101, 32);
    assert_eq!((set.image(101).unwrap(), one.labels[101], &one.captions[101]), (pixels, label, &caption));
    assert_eq!(one.masks[101 * 1024..][..1024], mask);
    // A smaller set is the beginning of a larger one.
    assert_eq!(scenes::dataset(3, 40, 32).images().unwrap(), one.images[..40 * 3 * 1024]);
}

#[test]
fn every_eight_scenes_hold_every_class() {
    let set = scenes::dataset(1, 160, 32);
    for eight in set.labels().unwrap().chunks(scenes::CLASSES) {
        let mut eight = eight.to_vec();
        eight.sort_unstable();
        assert_eq!(eight, Shape::ALL.map(Shape::class));
    }
}

/// Which object is the main one can be seen.
#[test]
fn the_label_is_the_shape_of_the_main_object() {
    for index in 0..1_000 {
        let Drawn { label, scene, .. } = drawn(index, scenes::LEAST_SIDE);
        let large: Vec<&SceneObject> =
            scene.objects.iter().filter(|object| object.size == Size::Large).collect();
        let candidates = if large.is_empty() { scene.objects.iter().collect() } else { large };
        // Of several in a line, the nearest to the upper left.
        let order = |object: &&SceneObject| object.centre[0] + object.centre[1];
        let main = candidates.into_iter().min_by(|a, b| order(a).total_cmp(&order(b))).unwrap();
        assert_eq!((main, main.shape.class()), (scene.main(), label), "{scene:?}");
    }
}

#[test]
fn no_two_scenes_are_alike_and_everything_occurs() {
    let sets = [("scenes", 1), ("scenes", 2), ("scenes-test", 1)]
        .map(|(purpose, seed)| scenes::annotated(Key::new(seed).purpose(purpose), 500, 32));
    let mut all: Vec<&[u8]> = sets.iter().flat_map(|set| set.images.chunks(3 * 1024)).collect();
    all.sort_unstable();
    assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    let named = |word: &str| sets[0].captions.iter().filter(|caption| caption.contains(word)).count();
    for word in Colour::ALL.map(Colour::word).into_iter().chain(Tone::ALL.map(Tone::word)) {
        assert!(named(word) > 25, "{word} occurs {} times", named(word));
    }
}

#[test]
#[should_panic(expected = "a side of 8 pixels is too small")]
fn a_picture_too_small_is_refused() {
    drawn(0, 8);
}
