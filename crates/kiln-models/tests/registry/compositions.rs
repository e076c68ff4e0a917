//! Settings that make no sense together are refused in one sentence; all others train.

use crate::small::{Small, all, bits, changed};

fn recipe(name: &str) -> Small {
    all().find(|small| small.recipe.name == name).unwrap()
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    for (small, message) in [
        (
            recipe("lsgan").with("model.loss", "'wasserstein'"),
            "`model.loss` is wasserstein, but nothing bounds",
        ),
        (
            recipe("wgan-gp").with("model.discriminator.norm", "'batch'"),
            "`model.discriminator.norm` is batch, but a penalty looks at the slope of each sample",
        ),
        (
            recipe("dcgan").with("model.generator.condition", "'embedding'"),
            "`model.generator.condition` is given, but the discriminator would not know the classes; set \
             model.discriminator.condition",
        ),
        (
            recipe("gan").with("model.generator.width", "4"),
            "`model.generator.width` is given, but the dense body",
        ),
        (
            recipe("gan").with("model.discriminator.norm", "'batch'"),
            "`model.discriminator.norm` is given, but the",
        ),
        (
            recipe("gan").with("batch_size", "1"),
            "`batch_size` is 1; it must be at least 2 in each micro-batch",
        ),
        (
            recipe("gan").with("micro_batches", "4"),
            "`batch_size` is 4; it must be at least 2 in each micro-batch",
        ),
        (
            recipe("dcgan").with("image_size", "40"),
            "the body dcgan takes images of 28, 32 or 64 pixels, not 40x40",
        ),
        (
            recipe("sngan").with("image_size", "40"),
            "the body resnet takes images of 28, 32 or 64 pixels, not 40x40",
        ),
        (
            recipe("sagan").with("model.generator.attention", "16"),
            "`model.generator.attention` is 16; it must be the side of maps that it has in images of this size: 14",
        ),
        (
            recipe("gan").with("model.generator.attention", "14"),
            "`model.generator.attention` is given, but the body mlp has no place for it",
        ),
        (
            recipe("r3gan").with("model.discriminator.spectral", "true"),
            "`model.discriminator.spectral` is true, but the last layers of its blocks start at 0",
        ),
        (
            recipe("r3gan").with("model.generator.width", "20"),
            "`model.generator.width` is 20; it must be at most 8 or a multiple of 8",
        ),
        (
            recipe("r3gan").with("model.label_smoothing", "0.1"),
            "`model.label_smoothing` is given, but the loss has no targets",
        ),
        (
            recipe("dcgan-few").with("model.loss", "'relativistic'"),
            "`model.augment.target` is given, but this loss looks at differences of logits",
        ),
        (
            recipe("dcgan-few").with("model.augment.probability", "0.5"),
            "`model.augment.target` is given, but the probability is adapted to it",
        ),
        (recipe("cgan").with("model.pack", "2"), "`model.pack` is 2, but a pack of samples has no class"),
        (
            recipe("dcgan").with("model.pack", "3"),
            "`batch_size` is 4; it must be a multiple of the 3 samples of a pack",
        ),
        (
            recipe("wgan").with("model.discriminator.spectral", "true"),
            "`model.clip_weights` is given, but weights that are divided by their norm have any size",
        ),
        (
            recipe("cgan").with("model.discriminator.class_weight", "0.5"),
            "`model.discriminator.class_weight` is given, but it is the weight of an auxiliary head",
        ),
        (
            recipe("infogan").with("model.discriminator.condition", "'projection'"),
            "`model.discriminator.condition` is given, but a code takes the place of classes",
        ),
        (
            recipe("toy-ring")
                .with("model.generator.body", "'mlp'")
                .with("model.discriminator.body", "'mlp'"),
            "`model.generator.width` is given, but the dense body",
        ),
        (
            recipe("toy-ring").with("model.generator.body", "'resnet'"),
            "`model.discriminator.body` is points, but the generator is for images",
        ),
        (
            recipe("progan").with("model.discriminator.body", "'dcgan'"),
            "`model.generator.body` is growing, but the discriminator takes images of one size alone",
        ),
        (
            recipe("dcgan").with("model.growth.fade_steps", "4").with("model.growth.stable_steps", "4"),
            "`model.growth` is given, but the bodies have one size from the start",
        ),
        (
            recipe("stylegan").with("model.discriminator.spectral", "true"),
            "`model.discriminator.spectral` is true, but its layers scale their weights by a rule of their own",
        ),
        (
            recipe("dcgan").with("model.generator.mapping", "4"),
            "`model.generator.mapping` is given, but the body dcgan has no styles",
        ),
        (recipe("vae-conv").with("image_size", "30"), "the body conv takes images of a multiple of 4 pixels"),
        (
            recipe("vae").with("model.network.width", "4"),
            "`model.network.width` is given, but the dense body",
        ),
        (
            recipe("beta-vae").with("image_size", "28"),
            "the body burgess takes images of 32 or 64 pixels, not 28x28",
        ),
        (
            recipe("vae-conv").with("model.network.activation", "'tanh'"),
            "`model.network.activation` is given, but it is the dense body's",
        ),
        (
            recipe("vae")
                .with("model.likelihood.kind", "'gaussian'")
                .with("model.likelihood.components", "2"),
            "`model.likelihood.components` is given, but this likelihood is no mixture",
        ),
        (
            recipe("iwae").with("model.kl_weight", "2.0"),
            "`model.kl_weight` is 2, but the bound of several draws has no KL term of its own; set it to 1",
        ),
        (
            recipe("iwae").with("model.mmd", "2.0"),
            "`model.mmd` is given, but the bound of several draws has no KL term of its own",
        ),
        (
            recipe("hvae").with("model.flow.steps", "1").with("model.flow.hidden", "4"),
            "`model.flow` is given, but the codes of two levels are Gaussian",
        ),
        (
            recipe("iaf").with("model.total_correlation", "2.0"),
            "`model.total_correlation` is given, but it takes codes whose density is known",
        ),
        (
            recipe("hvae").with("model.capacity.nats", "2.0").with("model.capacity.steps", "9"),
            "`model.kl_warmup` is given, but the KL term is held at a capacity that rises already",
        ),
        (
            recipe("vae").with("model.kl_weight", "0.0").with("model.kl_warmup", "5"),
            "`model.kl_warmup` is given, but the KL term has the weight 0",
        ),
        (
            recipe("vae").with("model.mmd", "1.0").with("batch_size", "1"),
            "`batch_size` is 1; it must be at least 2 in each micro-batch, whose codes are compared",
        ),
        (recipe("vae").with("model.latent", "0"), "`model.latent` is 0; it must be a whole number from 1"),
        (recipe("vae").with("model.kl_weight", "-1.0"), "`model.kl_weight` is -1; it must be at least 0"),
        (
            recipe("denoise").with("model.patch", "29"),
            "`model.patch` is 29; it must be at most the smaller side",
        ),
        (
            recipe("denoise").with("model.degradation.sigma", "[30.0, 20.0]"),
            "`model.degradation.sigma` is [30, 20];",
        ),
        (
            recipe("vae").with("model.lattent", "3"),
            "`model.lattent`: unknown field `lattent`, expected one of",
        ),
        (
            recipe("vae").with("model.latent", "'many'"),
            "`model.latent`: invalid type: string \"many\", expected usize",
        ),
        (
            recipe("vae").with("optimizer.betas", "[0.5, 1.0]"),
            "`optimizer.betas` is 1; it must be at least 0 and below 1",
        ),
        (
            recipe("vae").with("optimizer.network.lr", "1.0"),
            "there is a table `optimizer.network`; this model has no",
        ),
        (
            recipe("gan").with("optimizer.critic.lr", "1.0"),
            "there is a table `optimizer.critic`; this model has gen",
        ),
        (
            recipe("gan").with("optimizer.generator.lr", "1.0").with("optimizer.discriminator.lr", "1.0"),
            "`optimizer.lr` is said anew for each network; leave it out",
        ),
        (
            recipe("gan").with("model.family", "'gann'"),
            "there is no family \"gann\" of models; there are adversarial",
        ),
    ] {
        let error = small.settings().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with(message), "{message}: {error}");
    }
    let labels = recipe("cgan");
    let settings = labels.settings().unwrap();
    let unlabelled = kiln_nn::DataInfo { classes: 0, ..labels.data() };
    let batch = kiln_models::MicroBatches { batch_size: 4, count: 1 };
    let error = settings.check(&unlabelled, batch).unwrap_err().to_string();
    assert_eq!(
        error,
        "this model needs labels, which the data has not; choose data such as builtin:glyphs, mnist:DIR or a folder a class"
    );
}

/// Data in another form than a model takes is refused before it is built.
#[test]
fn data_of_another_form_is_refused() {
    for small in all() {
        let settings = small.settings().unwrap();
        let batch = kiln_models::MicroBatches { batch_size: 4, count: 1 };
        let sequences = kiln_nn::DataInfo { frames: 20, ..small.data() };
        let points = kiln_nn::DataInfo { coordinates: 2, ..kiln_nn::DataInfo::default() };
        if small.data().image.is_none() {
            let images = kiln_nn::DataInfo::of_images([1, 28, 28]);
            let error = settings.check(&images, batch).unwrap_err().to_string();
            assert!(error.starts_with("this model needs points"), "{}: {error}", small.recipe.name);
            continue;
        }
        for (data, needs) in
            [(sequences, "this model needs single images"), (points, "this model needs images")]
        {
            let error = settings.check(&data, batch).unwrap_err().to_string();
            assert!(error.starts_with(needs), "{}: {error}", small.recipe.name);
        }
    }
}

/// Other norms than batch norm stand beside a penalty.
#[test]
fn a_penalty_goes_with_every_norm_that_mixes_no_samples() {
    for (norm, loss) in [("none", "hinge"), ("instance", "wasserstein"), ("instance", "non-saturating")] {
        for kind in ["gradient", "r1"] {
            let small = recipe("wgan-gp").with("model.discriminator.norm", &format!("'{norm}'"));
            let small = small
                .with("model.loss", &format!("'{loss}'"))
                .with("model.penalty.kind", &format!("'{kind}'"));
            let metrics = small.train(&mut *small.build(1), 0..3);
            assert!(
                metrics.concat().iter().any(|(name, value)| name == "d_penalty" && *value > 0.0),
                "{metrics:?}"
            );
        }
    }
}

/// A step of one network changes nothing of the other: parameters, optimiser, running statistics.
#[test]
fn networks_leave_each_other_alone() {
    // Batch norm in both networks.
    let small = recipe("dcgan-32").with("model.critic_steps", "2");
    let mut model = small.build(1);
    let before = bits(&mut *model);
    small.train(&mut *model, 0..1);
    let moved = changed(&before, &bits(&mut *model));
    assert!(moved.iter().all(|name| name.starts_with("discriminator")), "{moved:?}");
    // The generator's own turn comes with the discriminator's second step: with a rate of nearly 0 for one of them,
    // what moves is the other's, though the gradients passed through both.
    let small = small.with("optimizer.discriminator.lr", "1e-300");
    let mut model = small.build(1);
    small.train(&mut *model, 0..1);
    let before = bits(&mut *model);
    small.train(&mut *model, 1..2);
    let after = bits(&mut *model);
    let statistics = |all: &[(String, Vec<u64>)]| -> Vec<Vec<u64>> {
        let of = |name: &str| name.starts_with("discriminator.") && name.ends_with("num_batches_tracked");
        all.iter().filter(|(name, _)| of(name)).map(|(_, bits)| bits.clone()).collect()
    };
    // Two of the discriminator's own passes a step, over real and made images.
    let counts = |all: &[(String, Vec<u64>)]| -> Vec<f64> {
        statistics(all).concat().into_iter().map(f64::from_bits).collect()
    };
    assert!(counts(&before).iter().all(|count| *count == 2.0), "{:?}", counts(&before));
    assert!(counts(&after).iter().all(|count| *count == 4.0), "{:?}", counts(&after));
    let weights = changed(&before, &after);
    assert!(weights.iter().any(|name| name.starts_with("generator.")), "{weights:?}");
    assert!(
        !weights.iter().any(|name| name.starts_with("discriminator.") && name.ends_with("weight")),
        "{weights:?}"
    );
}

/// Weights are clipped after each of the critic's steps, before the generator sees them.
#[test]
fn clipped_weights_stay_in_their_bounds() {
    let small = recipe("wgan").with("model.clip_weights", "0.003");
    let mut model = small.build(1);
    for step in 0..6 {
        small.train(&mut *model, step..step + 1);
        for (name, param) in kiln_nn::named_parameters(&mut *model) {
            let most = param.tensor().abs().max(..).item().unwrap();
            assert!(
                !name.starts_with("discriminator.") || most <= f64::from(0.003_f32),
                "{name}: {most} after step {step}"
            );
        }
    }
}

/// A critic's step without a generator's builds no graph of the generator.
#[test]
fn images_that_teach_the_critic_alone_have_no_graph() {
    let small = recipe("wgan");
    let mut model = small.build(1);
    let swept = |model: &mut dyn kiln_nn::Training, step: u64| {
        let (_, profile) = kiln_grad::graph::Profile::watch(|| small.train(model, step..step + 1));
        profile.entries().iter().filter(|entry| entry.backward && entry.scope.starts_with('G')).count()
    };
    assert_eq!(swept(&mut *model, 0), 0);
    assert!(swept(&mut *model, 4) > 0);
}

/// A run that is stopped while a level fades in goes on to the same bits, and its half-grown images have their full size.
#[test]
fn a_fade_goes_on_where_it_was() {
    let small = recipe("progan").with("model.growth.stable_steps", "1").with("model.growth.fade_steps", "4");
    let mut whole = small.build(1);
    small.train(&mut *whole, 0..4);
    let options = kiln_nn::TensorOptions::cpu_f32();
    let bytes = kiln_nn::safetensors::to_bytes(&kiln_nn::save(&mut *whole), &Default::default()).unwrap();
    let mut resumed = small.build(2);
    kiln_nn::load(&mut *resumed, &kiln_nn::safetensors::from_bytes(&bytes, &options.device).unwrap().0)
        .unwrap();
    // Step 3 was half of the way from level 0 to level 1.
    let level = |model: &mut dyn kiln_nn::Training| {
        let all = bits(model);
        f64::from_bits(all.iter().find(|(name, _)| name == "level").unwrap().1[0])
    };
    assert_eq!(level(&mut *resumed), 0.5);
    let drawn = |model: &mut dyn kiln_nn::Training| {
        let images = model.generator().unwrap().draw(2, kiln_tensor::random::Key::new(1), None).unwrap();
        assert_eq!(images.unit().dims()[..], [2, 1, 28, 28]);
        images.into_tensor().to_f64_vec().unwrap()
    };
    assert_eq!(drawn(&mut *whole), drawn(&mut *resumed));
    assert_eq!(small.train(&mut *whole, 4..8), small.train(&mut *resumed, 4..8));
    assert_eq!(bits(&mut *whole), bits(&mut *resumed));
}

/// ψ brings the images of a style-based generator nearer to each other; others have no styles to truncate.
#[test]
fn styles_are_truncated() {
    let small = recipe("stylegan");
    let mut model = small.build(1);
    small.train(&mut *model, 0..3);
    let mut spread = |psi: f64| {
        let generator = model.generator().unwrap();
        assert!(generator.truncate(psi));
        let images = generator.draw(8, kiln_tensor::random::Key::new(1), None).unwrap().into_tensor();
        images.var(0, 0.0).mean(..).item().unwrap()
    };
    let [all, half, none] = [1.0, 0.5, 0.0].map(&mut spread);
    assert!(all > half && half > none && none < 1e-12, "{all} {half} {none}");
    assert!(!recipe("dcgan").build(1).generator().unwrap().truncate(0.5));
}

/// Each pair of bodies makes, and looks at, images of each size that it has, grey and in colours.
#[test]
fn every_body_has_its_sizes() {
    for name in ["gan", "dcgan", "sngan", "r3gan", "progan", "stylegan"] {
        for size in [28, 32, 64] {
            let small = recipe(name).with("image_size", &size.to_string());
            let mut model = small.build(1);
            let metrics = small.train(&mut *model, 0..5);
            assert!(
                metrics.iter().flatten().all(|(_, value)| value.is_finite()),
                "{name} {size}: {metrics:?}"
            );
            assert_ne!(metrics[0], metrics[4], "{name} {size}");
            let images = model.generator().unwrap().draw(2, kiln_tensor::random::Key::new(1), None).unwrap();
            assert_eq!(images.unit().dims()[..], [2, 1, size, size], "{name}");
            let colours = kiln_nn::DataInfo::of_images([3, size, size]);
            let settings = small.settings().unwrap();
            let mut model = settings.build(&colours, 1, &kiln_nn::TensorOptions::cpu_f32()).unwrap();
            let images = model.generator().unwrap().draw(1, kiln_tensor::random::Key::new(1), None).unwrap();
            assert_eq!(images.unit().dims()[..], [1, 3, size, size], "{name}");
        }
    }
}
