//! What augmenting does to whole samples.

use super::*;
use proptest::prelude::*;

const SHAPE: [usize; 3] = [3, 7, 9];

fn image(seed: u64) -> Vec<f32> {
    (0..SHAPE.iter().product::<usize>() as u64).map(|at| Key::new(seed).uniform(at)).collect()
}

fn augment(text: &str) -> Augment {
    text.parse().unwrap()
}

fn applied(augment: &Augment, image: &[f32], sample: u32) -> Vec<f32> {
    let mut image = image.to_vec();
    augment.apply(&mut image, SHAPE, Augment::key(5, 2), sample);
    image
}

#[test]
fn settings_of_nothing_change_nothing() {
    for text in ["none", "flip=0,crop=0", "affine=0:0:1-1", "affine=0:0:1-1:zero", "colour=0:0:0"] {
        for sample in 0..20 {
            assert_eq!(applied(&augment(text), &image(1), sample), image(1), "{text}");
        }
    }
}

#[test]
fn flipping_twice_changes_nothing_and_half_are_flipped() {
    let always = augment("flip=1");
    let once = applied(&always, &image(1), 3);
    assert_eq!((once[0], once[8]), (image(1)[8], image(1)[0]));
    assert_eq!(applied(&always, &once, 3), image(1));
    let flipped =
        (0..1_000).filter(|&sample| applied(&augment("flip"), &image(1), sample) != image(1)).count();
    assert!((450..550).contains(&flipped), "{flipped}");
}

#[test]
fn crops_are_all_shifts_up_to_the_padding() {
    // Column and row are in the value, so that the shift can be read off.
    let marked: Vec<f32> = (0..3 * 63).map(|at| at as f32).collect();
    let mut shifts: Vec<[i32; 2]> = (0..500)
        .map(|sample| {
            let middle = applied(&augment("crop=2"), &marked, sample)[3 * 9 + 4] as i32;
            [middle / 9 - 3, middle % 9 - 4]
        })
        .collect();
    shifts.sort_unstable();
    shifts.dedup();
    assert_eq!(shifts.len(), 25);
    assert!(shifts.iter().flatten().all(|shift| shift.abs() <= 2));
}

#[test]
fn samples_epochs_and_seeds_differ() {
    let augment = augment("flip,crop=4,affine,colour");
    let under = |key: Key, sample| {
        let mut image = image(1);
        augment.apply(&mut image, SHAPE, key, sample);
        image
    };
    let one = under(Augment::key(1, 0), 0);
    assert_eq!(one, under(Augment::key(1, 0), 0));
    for other in [under(Augment::key(1, 0), 1), under(Augment::key(1, 1), 0), under(Augment::key(2, 0), 0)] {
        assert_ne!(one, other);
    }
}

#[test]
fn colours_shift_within_their_bounds() {
    let mean = |image: &[f32]| image.iter().sum::<f32>() / image.len() as f32;
    let half: Vec<f32> = image(1).iter().map(|value| 0.5 * value).collect();
    let ratios: Vec<f32> = (0..500)
        .map(|sample| mean(&applied(&augment("colour=0.3:0:0"), &half, sample)) / mean(&half))
        .collect();
    let least = ratios.iter().copied().fold(f32::INFINITY, f32::min);
    let most = ratios.iter().copied().fold(0.0, f32::max);
    assert!((0.6999..0.71).contains(&least) && (1.29..1.3001).contains(&most), "{least} to {most}");
    assert!((mean(&ratios) - 1.0).abs() < 0.03, "{}", mean(&ratios));
}

#[test]
#[should_panic(expected = "63 values are no image of [3, 7, 9]")]
fn an_image_of_another_shape_is_refused() {
    augment("none").apply(&mut [0.0; 63], SHAPE, Key::new(1), 0);
}

#[test]
#[should_panic(expected = "a companion of 62 values is no image of 7×9")]
fn a_companion_of_another_size_is_refused() {
    let mut mask = [0; 62];
    augment("none").apply_with(&mut image(1), &mut [Companion::Mask(&mut mask)], SHAPE, Key::new(1), 0);
}

#[test]
#[should_panic(expected = "the probability goes from 0 to 1")]
fn a_setting_out_of_range_is_refused() {
    Augment { flip: 3.0, ..Augment::default() }.apply(&mut image(1), SHAPE, Key::new(1), 0);
}

fn augments() -> impl Strategy<Value = Augment> {
    let border = prop_oneof![Just(Border::Reflect), Just(Border::Zero)];
    let affine = (0.0f32..180.0, 0.0f32..1.0, 0.1f32..1.0, 1.0f32..4.0, border).prop_map(
        |(degrees, translate, low, high, border)| RandomAffine {
            degrees,
            translate,
            scale: [low, high],
            border,
        },
    );
    let colour = (0.0f32..1.0, 0.0f32..1.0, 0.0f32..1.0)
        .prop_map(|(brightness, contrast, saturation)| Jitter { brightness, contrast, saturation });
    (0.0f32..=1.0, 0usize..12, proptest::option::of(affine), proptest::option::of(colour))
        .prop_map(|(flip, crop, affine, colour)| Augment { flip, crop, affine, colour })
}

proptest! {
    #[test]
    fn what_is_written_is_read(augment in augments()) {
        prop_assert_eq!(augment.to_string().parse::<Augment>(), Ok(augment));
    }

    #[test]
    fn values_stay_in_the_unit_range_but_for_rounding(augment in augments(), sample: u32) {
        let image = applied(&augment, &image(1), sample);
        prop_assert!(image.iter().all(|value| (0.0..=1.000_001).contains(value)), "{:?}", image);
    }

    /// A copy of the image as companion ends where the image does, whatever becomes of its colours.
    #[test]
    fn companions_move_together(augment in augments(), sample: u32) {
        let key = Augment::key(3, 1);
        let (mut one, mut copy) = (image(1), image(1));
        let mut mask: Vec<u8> = (0..63).collect();
        let mut same_mask: Vec<u8> = mask.repeat(2);
        let mut companions =
            [Companion::Image(&mut copy), Companion::Mask(&mut mask), Companion::Mask(&mut same_mask)];
        augment.apply_with(&mut one, &mut companions, SHAPE, key, sample);
        let mut alone = image(1);
        Augment { colour: None, ..augment }.apply(&mut alone, SHAPE, key, sample);
        prop_assert_eq!(&copy, &alone);
        prop_assert_eq!(mask.repeat(2), same_mask);
        if augment.colour.is_none() {
            prop_assert_eq!(&one, &copy);
        }
        // Where nothing is interpolated, the mask tells which pixel each pixel was.
        if augment.affine.is_none() {
            let original = image(1);
            for (at, &from) in mask.iter().enumerate() {
                prop_assert_eq!(copy[at], original[usize::from(from)]);
            }
        }
    }
}
