//! Every recipe trains, resumes, and does what it says.

use crate::small::{Small, all, all_as_written, bits, changed, samples};
use kiln_grad::Tensor;
use kiln_nn::safetensors::{Metadata, from_bytes, to_bytes};
use kiln_nn::{Ability, Images, PixelRange, TensorOptions, Training, load, named_parameters, save};
use kiln_tensor::random::Key;

#[test]
fn every_recipe_is_described() {
    let mut names: Vec<&str> = all().map(|small| small.recipe.name).collect();
    for small in all() {
        for line in ["about", "expected", "data"] {
            let text = small.get(line).and_then(toml::Value::as_str);
            assert!(text.is_some_and(|text| !text.is_empty()), "{} has no line `{line}`", small.recipe.name);
        }
        // A comment says what each setting of the tables is.
        let tables = small.recipe.text.split_once("[model]").unwrap().1;
        for line in tables.lines().filter(|line| line.contains('=') && !line.starts_with("family")) {
            assert!(line.contains('#'), "{}: `{line}` has no comment", small.recipe.name);
        }
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "two recipes have one name");
}

#[test]
fn every_recipe_trains_and_repeats_its_bits() {
    for small in all() {
        let name = small.recipe.name;
        let mut models = [small.build(1), small.build(1)];
        let [a, b] = models.each_mut().map(|model| small.train(&mut **model, 0..50));
        assert_eq!(a, b, "{name}");
        assert_eq!(bits(&mut *models[0]), bits(&mut *models[1]), "{name}");
        assert!(a.iter().flatten().all(|(_, value)| value.is_finite()), "{name}");
        // The losses move.
        assert_ne!(a[0], a[49], "{name}");
        assert_ne!(bits(&mut *small.build(2)), bits(&mut *small.build(1)), "{name}");
    }
}

#[test]
fn logged_parts_add_up_to_the_loss() {
    for small in all() {
        for metrics in small.train(&mut *small.build(1), 0..3) {
            let of = |name: &str| metrics.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
            let parts = |names: &[&str]| names.iter().filter_map(|name| of(name)).sum::<f64>();
            for (loss, sum) in [
                ("d_loss", parts(&["d_real", "d_fake", "d_pairs", "d_penalty"])),
                ("neg_elbo", parts(&["reconstruction", "kl", "kl_drawn"])),
            ] {
                if let Some(loss) = of(loss).filter(|_| sum != 0.0) {
                    assert!(
                        (loss - sum).abs() <= 1e-6 * loss.abs().max(1.0),
                        "{}: {metrics:?}",
                        small.recipe.name
                    );
                }
            }
            assert!(of("kl").is_none_or(|kl| kl >= 0.0));
        }
    }
}

/// What is minimised is what its parts add up to, with the weights of the settings.
#[test]
fn logged_parts_of_a_variational_loss_add_up_with_their_weights() {
    let beta = all().find(|small| small.recipe.name == "beta-vae").unwrap();
    let weighted = beta
        .with("model.kl_weight", "30.0")
        .with("model.capacity.nats", "2.0")
        .with("model.capacity.steps", "4")
        .with("model.total_correlation", "5.0")
        .with("model.mmd", "7.0");
    for (step, metrics) in weighted.train(&mut *weighted.build(1), 0..6).iter().enumerate() {
        let of = |name: &str| metrics.iter().find(|(known, _)| known == name).unwrap().1;
        let capacity = 2.0 * ((step + 1) as f64 / 4.0).min(1.0);
        let sum = of("reconstruction")
            + 30.0 * (of("kl") - capacity).abs()
            + 5.0 * of("total_correlation")
            + 7.0 * of("mmd");
        assert!((of("loss") - sum).abs() <= 1e-6 * sum.abs(), "{metrics:?}");
        assert!((of("neg_elbo") - of("reconstruction") - of("kl")).abs() <= 1e-6 * sum.abs());
    }
}

#[test]
fn the_bound_of_many_draws_is_no_less_than_that_of_one_and_both_fit_what_a_test_reports() {
    for name in ["vae", "vae-8bit", "cvae", "iaf", "hvae", "iwae"] {
        let small = all().find(|small| small.recipe.name == name).unwrap();
        let mut model = small.build(1);
        small.train(&mut *model, 0..10);
        let batch = samples(&small.data(), 6, 1);
        let density = model.density().unwrap();
        let classes = (density.classes() > 0).then(|| batch.labels().clone());
        let weights = density.log_weights(batch.images(), classes.as_ref(), 64, Key::new(1)).unwrap();
        assert_eq!(weights.dims()[..], [6, 64], "{name}");
        let elbo = weights.mean(..).item().unwrap();
        let bound = kiln_nn::likelihood::importance_bound(&weights).mean(..).item().unwrap();
        assert!(elbo <= bound, "{name}: {elbo} and {bound}");
        let latents = density.latents(batch.images(), classes.as_ref(), Key::new(1)).unwrap();
        assert_eq!(latents.means.dims(), latents.kl.dims(), "{name}");
        let reported = model.evaluate(&batch, &small.step_ctx(1)).unwrap().unwrap().read().unwrap();
        let neg_elbo = reported.iter().find(|(known, _)| known == "neg_elbo").unwrap().1;
        // Two estimates of one number, by other draws.
        assert!((neg_elbo + elbo).abs() < 0.1 * neg_elbo.abs(), "{name}: {neg_elbo} and {elbo}");
    }
}

#[test]
fn every_recipe_goes_on_from_saved_bytes() {
    let device = TensorOptions::cpu_f32().device;
    for small in all() {
        let mut whole = small.build(1);
        let mut metrics = small.train(&mut *whole, 0..3);
        let bytes = to_bytes(&save(&mut *whole), &Metadata::new()).unwrap();
        metrics = [metrics, small.train(&mut *whole, 3..7)].concat();
        let mut resumed = small.build(9);
        load(&mut *resumed, &from_bytes(&bytes, &device).unwrap().0).unwrap();
        assert_eq!(small.train(&mut *resumed, 3..7), metrics[3..], "{}", small.recipe.name);
        assert_eq!(bits(&mut *resumed), bits(&mut *whole), "{}", small.recipe.name);
    }
}

#[test]
fn every_parameter_learns_within_three_steps() {
    for small in all() {
        let mut model = small.build(1);
        let before = bits(&mut *model);
        // As many of the critic's steps as give three of the generator's.
        let critic_steps = small.get("model.critic_steps").and_then(toml::Value::as_integer).unwrap_or(1);
        small.train(&mut *model, 0..3 * critic_steps as u64);
        let moved = changed(&before, &bits(&mut *model));
        for (name, _) in named_parameters(&mut *model) {
            let listed = small.family.without_gradient.iter().find(|(part, _)| name.ends_with(part));
            assert!(
                moved.contains(&name) || listed.is_some(),
                "{}: {name} does not learn",
                small.recipe.name
            );
        }
    }
}

#[test]
fn models_can_do_what_their_settings_say() {
    for small in all() {
        let said = small.settings().unwrap().abilities();
        let mut model = small.build(1);
        let has: Vec<Ability> =
            Ability::ALL.into_iter().filter(|ability| ability.is_of(&mut *model)).collect();
        assert_eq!(said, has, "{}", small.recipe.name);
        assert!(!has.is_empty(), "{}: a model of no use", small.recipe.name);
    }
}

/// The pixels of image `index`.
fn pixels(images: &Images, index: usize) -> Vec<u64> {
    let image = images.clone().into_tensor().narrow(0, index, 1);
    image.to_f64_vec().unwrap().into_iter().map(f64::to_bits).collect()
}

/// Sample `i` of a batch is sample `i` alone, bit for bit.
#[test]
fn what_a_model_makes_does_not_depend_on_its_neighbours() {
    for small in all() {
        let mut model = small.build(1);
        small.train(&mut *model, 0..5);
        compare_with_samples_alone(&small, &mut *model, 64);
    }
}

/// Nor where networks are wide enough for methods of convolutions that are chosen by the size of a batch.
#[test]
fn nor_does_it_at_the_width_of_the_recipe() {
    for recipe in all_as_written() {
        let mut model = recipe.build(1);
        compare_with_samples_alone(&recipe, &mut *model, 9);
    }
}

/// Compares what a model makes of `count` samples with what it makes of some of them alone.
fn compare_with_samples_alone(recipe: &Small, model: &mut dyn Training, count: usize) {
    let name = recipe.recipe.name;
    let some = [0, count / 2, count - 1];
    if let Some(generator) = model.generator() {
        let options = generator.options().clone();
        let z = Tensor::normal(Key::new(1), [count, generator.latent()], options.dtype, &options.device);
        let classes: Vec<u32> = (0..count).map(|i| (i % generator.classes().max(1)) as u32).collect();
        let classes = Tensor::from_slice(&classes, [count], &options.device);
        let known = generator.classes() > 0;
        let all = generator.generate(&z, Some(&classes).filter(|_| known)).unwrap();
        for i in some {
            let class = classes.narrow(0, i, 1);
            let alone = generator.generate(&z.narrow(0, i, 1), Some(&class).filter(|_| known)).unwrap();
            assert_eq!(pixels(&alone, 0), pixels(&all, i), "{name}: image {i}");
        }
    }
    if let Some(generator) = model.point_generator() {
        let options = generator.options().clone();
        let z = Tensor::normal(Key::new(1), [count, generator.latent()], options.dtype, &options.device);
        let all = generator.generate(&z, None).unwrap();
        for i in some {
            let alone = generator.generate(&z.narrow(0, i, 1), None).unwrap();
            let beside = all.narrow(0, i, 1);
            assert_eq!(alone.to_f64_vec().unwrap(), beside.to_f64_vec().unwrap(), "{name}: point {i}");
        }
        return;
    }
    let batch = samples(&recipe.data(), count, 1);
    let one = |i| Images::new(batch.images().unit().narrow(0, i, 1), PixelRange::Unit);
    if let Some(encoder) = model.encoder() {
        let classes = (encoder.classes() > 0).then(|| batch.labels().clone());
        let codes = encoder.encode(batch.images(), classes.as_ref()).unwrap();
        let all = encoder.decode(&codes, classes.as_ref()).unwrap();
        for i in some {
            let class = classes.as_ref().map(|classes| classes.narrow(0, i, 1));
            let code = encoder.encode(&one(i), class.as_ref()).unwrap();
            let beside = codes.narrow(0, i, 1);
            assert_eq!(code.to_f64_vec().unwrap(), beside.to_f64_vec().unwrap(), "{name}: code {i}");
            let alone = encoder.decode(&code, class.as_ref()).unwrap();
            assert_eq!(pixels(&alone, 0), pixels(&all, i), "{name}: image {i}");
        }
    }
    if let Some(translator) = model.translator() {
        let all = translator.translate(batch.images()).unwrap();
        for i in some {
            assert_eq!(
                pixels(&translator.translate(&one(i)).unwrap(), 0),
                pixels(&all, i),
                "{name}: image {i}"
            );
        }
    }
}

/// Neither using a model nor looking at it changes how it trains.
#[test]
fn a_look_changes_nothing() {
    for small in all() {
        let mut models = [small.build(1), small.build(1)];
        let metrics = models.each_mut().map(|model| small.train(&mut **model, 0..2));
        assert_eq!(metrics[0], metrics[1]);
        let exhibit = models[0].exhibit(&small.batch(0), Key::new(1)).unwrap();
        let again = models[0].exhibit(&small.batch(0), Key::new(1)).unwrap();
        assert!(!exhibit.rows.is_empty() && !exhibit.caption.is_empty(), "{}", small.recipe.name);
        for (a, b) in exhibit.rows.iter().zip(&again.rows) {
            assert_eq!(pixels(a, 0), pixels(b, 0), "{}", small.recipe.name);
        }
        let _ = models[0].evaluate(&small.batch(1), &small.step_ctx(2)).unwrap();
        let metrics = models.each_mut().map(|model| small.train(&mut **model, 2..5));
        assert_eq!(metrics[0], metrics[1], "{}", small.recipe.name);
    }
}

/// A sheet says which of the two generators made it.
#[test]
fn captions_say_what_is_averaged() {
    let dcgan = all().find(|small| small.recipe.name == "dcgan").unwrap();
    let caption = |small: Small| {
        let mut model = small.build(1);
        model.exhibit(&small.batch(0), Key::new(1)).unwrap().caption
    };
    assert_eq!(caption(dcgan.clone()), "samples of the averaged generator");
    assert_eq!(caption(dcgan.with("model.average", "0.0")), "samples of the generator");
}
