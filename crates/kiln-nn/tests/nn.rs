//! Whole networks: what layers, losses, optimisers and files do together.

use kiln_grad::{Device, Sweep, Tensor, grad};
use kiln_nn::layers::{
    Activation, AvgPool2d, BatchNorm, Conv1d, Conv2d, ConvTranspose2d, Dropout, Embedding, Flatten,
    GroupNorm, InstanceNorm, LayerNorm, Linear, MaxPool2d, ReflectionPad2d, Reshape, Sequential, Upsample,
};
use kiln_nn::loss::{GanLoss, gradient_penalty};
use kiln_nn::optim::{Adam, AdamW, Optimizer, RmsProp, Sgd};
use kiln_nn::safetensors::{from_bytes, to_bytes};
use kiln_nn::{
    Ctx, Module, Param, StateDict, StateValue, StateVisitor, Stateful, TensorOptions, labels, load,
    named_parameters, parameters, save,
};
use kiln_tensor::DType;
use kiln_tensor::cpu::Cpu;
use kiln_tensor::random::Key;
use safetensors::SafeTensors;

/// A device of its own, whose counters nobody else moves.
fn fresh_place(dtype: DType) -> TensorOptions {
    TensorOptions::new(dtype, &Device::new(Cpu::new()))
}

/// A network in a field, as PyTorch's examples have it.
struct Network {
    main: Sequential,
}

impl Stateful for Network {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("main", &mut self.main);
    }
}

impl Module for Network {
    fn forward(&self, x: &Tensor, cx: &mut Ctx) -> Tensor {
        cx.part("main", &self.main, x)
    }
}

/// The generator of PyTorch's DCGAN example with `nz` inputs and images of 64×64.
fn dcgan_generator(nz: usize, ngf: usize, key: Key, options: &TensorOptions) -> Network {
    let up = |inputs, outputs| {
        move |key| ConvTranspose2d::new(inputs, outputs, 4, key, options).without_bias().stride(2).padding(1)
    };
    let mut main = Sequential::new()
        .with(key, |key| ConvTranspose2d::new(nz, ngf * 8, 4, key, options).without_bias())
        .add(BatchNorm::new(ngf * 8, options))
        .add(Activation::Relu);
    for factor in [8, 4, 2] {
        let (inputs, outputs) = (ngf * factor, ngf * factor / 2);
        main =
            main.with(key, up(inputs, outputs)).add(BatchNorm::new(outputs, options)).add(Activation::Relu);
    }
    Network { main: main.with(key, up(ngf, 3)).add(Activation::Tanh) }
}

fn golden(name: &str) -> Vec<u8> {
    let path = format!("{}/../../tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn tensor(state: &StateDict, name: &str) -> Tensor {
    match &state[name] {
        StateValue::Tensor(array) => array.clone().into(),
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn a_generator_trained_by_pytorch() {
    let file = golden("dcgan_torch.safetensors");
    let (state, metadata) = from_bytes(&file, &Device::cpu()).unwrap();
    let mut generator = dcgan_generator(8, 4, Key::new(0), &TensorOptions::cpu_f32());
    load(&mut generator, &state).unwrap();

    let (pair, _) = from_bytes(&golden("dcgan_torch_out.safetensors"), &Device::cpu()).unwrap();
    let out = generator.forward(&tensor(&pair, "z"), &mut Ctx::eval());
    let off = (out - tensor(&pair, "out")).abs().max(..).item().unwrap();
    assert!(off < 1e-5, "the output is off by {off}");

    // Back again: the same names, dims, types and bytes.
    let written = to_bytes(&save(&mut generator), &metadata).unwrap();
    let list = |bytes: &[u8]| {
        let mut list: Vec<_> = SafeTensors::deserialize(bytes)
            .unwrap()
            .tensors()
            .into_iter()
            .map(|(name, view)| (name, view.dtype(), view.shape().to_vec(), view.data().to_vec()))
            .collect();
        list.sort_by(|a, b| a.0.cmp(&b.0));
        list
    };
    let (have, want) = (list(&written), list(&file));
    assert_eq!(have.len(), 25);
    for (have, want) in have.iter().zip(&want) {
        assert_eq!(have, want, "{}", want.0);
    }
    assert_eq!(have.len(), want.len());
}

#[test]
fn loading_what_does_not_fit_changes_nothing() {
    let (mut state, _) = from_bytes(&golden("dcgan_torch.safetensors"), &Device::cpu()).unwrap();
    let mut generator = dcgan_generator(8, 8, Key::new(0), &TensorOptions::cpu_f32());
    let before = to_bytes(&save(&mut generator), &Default::default()).unwrap();
    state.remove("main.1.num_batches_tracked");
    let error = load(&mut generator, &state).unwrap_err();
    let differences = error.differences.join("\n");
    assert!(
        differences.contains("main.0.weight is f32[8, 32, 4, 4], wanted f32[8, 64, 4, 4]"),
        "{differences}"
    );
    assert!(differences.contains("main.1.num_batches_tracked is missing"), "{differences}");
    assert_eq!(to_bytes(&save(&mut generator), &Default::default()).unwrap(), before);
}

/// A critic of 5×5 images, smooth or with kinks.
fn critic(activation: Activation, options: &TensorOptions) -> Network {
    let key = Key::new(3).purpose("critic");
    let main = Sequential::new()
        .with(key, |key| Conv2d::new(2, 4, 3, key, options).stride(2).padding(1))
        .add(activation)
        .with(key, |key| Conv2d::new(4, 3, 2, key, options))
        .add(activation)
        .add(Flatten)
        .with(key, |key| Linear::new(12, 1, key, options));
    Network { main }
}

#[test]
fn gradient_of_the_gradient_penalty() {
    let options = TensorOptions::cpu_f64();
    let draw =
        |name: &str| Tensor::normal(Key::new(8).purpose(name), [3, 2, 5, 5], options.dtype, &options.device);
    let (real, fake) = (draw("real"), draw("fake"));
    for activation in [Activation::Silu, Activation::LeakyRelu(0.2)] {
        let mut critic = critic(activation, &options);
        let params = parameters(&mut critic);
        let loss = || {
            let logits = |x: &Tensor| critic.forward(x, &mut Ctx::eval());
            let penalty = gradient_penalty(logits, &real, &fake, Key::new(5));
            GanLoss::Wasserstein.discriminator(&logits(&real), &logits(&fake)) + penalty * 10.0
        };
        let tensors: Vec<Tensor> = params.iter().map(|p| p.tensor()).collect();
        let gradients = grad(loss(), &tensors.iter().collect::<Vec<_>>());
        let start: Vec<_> = tensors.iter().map(|t| t.array().clone()).collect();
        for direction in 0..4 {
            let key = Key::new(11).step(direction);
            let along: Vec<Tensor> = (0..params.len())
                .map(|i| {
                    let key = key.purpose(&i.to_string());
                    Tensor::normal(key, params[i].dims(), options.dtype, &options.device)
                })
                .collect();
            let at = |h: f64| {
                for (i, param) in params.iter().enumerate() {
                    param.set((Tensor::from(start[i].clone()) + &along[i] * h).into_array());
                }
                let value = loss().item().unwrap();
                params.iter().zip(&start).for_each(|(param, start)| param.set(start.clone()));
                value
            };
            let central = |h: f64| (at(h) - at(-h)) / (2.0 * h);
            let h = 1e-4;
            let numeric = (4.0 * central(h) - central(2.0 * h)) / 3.0;
            let analytic: f64 =
                gradients.iter().zip(&along).map(|(g, u)| (g * u).sum(..).item().unwrap()).sum();
            let off = (analytic - numeric).abs() / numeric.abs().max(1.0);
            assert!(off < 1e-6, "{activation:?}, direction {direction}: {analytic} {numeric}");
        }
    }
}

/// A generator of 4×4 images and a discriminator for them, both with batch norm.
fn gan(options: &TensorOptions) -> (Network, Network) {
    let (g, d) = (Key::new(1).purpose("G"), Key::new(1).purpose("D"));
    let generator = Sequential::new()
        .with(g, |key| ConvTranspose2d::new(6, 4, 2, key, options).without_bias())
        .add(BatchNorm::new(4, options))
        .add(Activation::Relu)
        .with(g, |key| ConvTranspose2d::new(4, 2, 4, key, options).stride(2).padding(1))
        .add(Activation::Tanh);
    let discriminator = Sequential::new()
        .with(d, |key| Conv2d::new(2, 4, 4, key, options).stride(2).padding(1))
        .add(BatchNorm::new(4, options))
        .add(Activation::LeakyRelu(0.2))
        .with(d, |key| Conv2d::new(4, 1, 2, key, options))
        .add(Flatten);
    (Network { main: generator }, Network { main: discriminator })
}

/// One step of both networks.
fn gan_step(
    nets: &(Network, Network),
    optimizers: &mut [Box<dyn Optimizer>; 2],
    options: &TensorOptions,
    step: u32,
) {
    let key = Key::new(2).step(step);
    let mut cx = Ctx::train(key);
    let z = Tensor::normal(key.purpose("z"), [8, 6, 1, 1], options.dtype, &options.device);
    let real = Tensor::uniform(key.purpose("real"), [8, 2, 4, 4], options.dtype, &options.device);
    let [opt_g, opt_d] = optimizers;
    let (generator, discriminator) = nets;
    let fake = generator.forward(&z, &mut cx);
    let loss = {
        let real = discriminator.forward(&real, &mut cx);
        let fake = discriminator.forward(&fake.detach(), &mut cx);
        GanLoss::NonSaturating.discriminator(&real, &fake)
    };
    opt_d.minimize(loss);
    let loss = GanLoss::NonSaturating.generator(&discriminator.forward(&fake, &mut cx));
    // The images keep the generator's graph, and that its weights.
    drop(fake);
    opt_g.minimize(loss);
}

#[test]
fn training_copies_no_parameter() {
    type Maker = fn(Vec<(String, Param)>) -> Box<dyn Optimizer>;
    let makers: [Maker; 5] = [
        |named| Box::new(Adam::new(named, 2e-4).betas(0.5, 0.999)),
        |named| Box::new(AdamW::new(named, 2e-4)),
        |named| Box::new(RmsProp::new(named, 5e-5)),
        |named| Box::new(Sgd::new(named, 0.01).weight_decay(0.1)),
        |named| Box::new(Sgd::new(named, 0.01).momentum(0.9)),
    ];
    for make in makers {
        let options = fresh_place(DType::F32);
        let mut nets = gan(&options);
        let mut optimizers = [make(named_parameters(&mut nets.0)), make(named_parameters(&mut nets.1))];
        for step in 0..3 {
            gan_step(&nets, &mut optimizers, &options, step);
        }
        options.device.flush().unwrap();
        assert_eq!(options.device.copy_on_write_count(), 0);

        // Whoever holds a weight keeps its values, and the step is counted as a copy.
        let held = optimizers[0].params()[0].tensor();
        let values = held.to_f64_vec().unwrap();
        gan_step(&nets, &mut optimizers, &options, 3);
        assert_eq!(options.device.copy_on_write_count(), 1);
        assert_eq!(held.to_f64_vec().unwrap(), values);
        assert_ne!(optimizers[0].params()[0].tensor().to_f64_vec().unwrap(), values);
        drop(held);
        gan_step(&nets, &mut optimizers, &options, 4);
        assert_eq!(options.device.copy_on_write_count(), 1);
    }
}

#[test]
fn the_generators_step_computes_nothing_for_the_discriminator() {
    let options = fresh_place(DType::F64);
    let draw = || Tensor::normal(Key::new(4), [3, 6, 1, 1], options.dtype, &options.device);
    let generator = ConvTranspose2d::new(6, 2, 4, Key::new(1), &options);
    let conv = Conv2d::new(2, 4, 3, Key::new(2), &options);
    let linear = Linear::new(16, 1, Key::new(3), &options);
    let weights = [&generator.weight, generator.bias.as_ref().unwrap()].map(|p| p.tensor());
    let logits = |frozen: bool| {
        let cx = &mut Ctx::eval();
        let fake = cx.part("G", &generator, &draw());
        let scope = kiln_grad::scope("D");
        let y = if frozen {
            // The discriminator written out, with weights that are constants.
            let [w, b, v, c] =
                [&conv.weight, conv.bias.as_ref().unwrap(), &linear.weight, linear.bias.as_ref().unwrap()]
                    .map(|p| p.tensor().detach());
            let y = (fake.conv2d(&w, Default::default()) + b.reshape([1, 4, 1, 1])).leaky_relu(0.2);
            y.reshape([3, 16]).matmul(&v.transpose(0, 1)) + c
        } else {
            let y = conv.forward(&fake, cx).leaky_relu(0.2);
            linear.forward(&y.flatten(1), cx)
        };
        drop(scope);
        GanLoss::NonSaturating.generator(&y)
    };
    let kernels = |loss: Tensor| {
        let before = options.device.kernel_count();
        let gradients = grad(loss, &weights.iter().collect::<Vec<_>>());
        (options.device.kernel_count() - before, gradients[0].to_f64_vec().unwrap())
    };
    let (tracked, frozen) = (kernels(logits(false)), kernels(logits(true)));
    assert_eq!(tracked, frozen);

    // And node by node: within D only images get gradients.
    let loss = logits(false);
    let one = loss.ones_like();
    let wanted: Vec<&Tensor> = weights.iter().collect();
    let mut visited = 0;
    for step in Sweep::new(loss, one, &wanted, false).unwrap() {
        if step.node.scope() == "D" && step.outgoing.len() > 1 {
            assert!(
                step.outgoing[1..].iter().all(Option::is_none),
                "{} computed a gradient for a weight or a bias",
                step.node.name()
            );
            visited += 1;
        }
    }
    // A convolution, its bias, and the dense layer.
    assert!(visited >= 3, "{visited}");
}

/// All state of a training: networks and optimisers.
struct Training<'a>(&'a mut (Network, Network), &'a mut [Box<dyn Optimizer>; 2]);

impl Stateful for Training<'_> {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("G", &mut self.0.0);
        v.part("D", &mut self.0.1);
        let [g, d] = self.1;
        v.part("opt_g", g.as_mut());
        v.part("opt_d", d.as_mut());
    }
}

#[test]
fn a_training_goes_on_where_it_was_saved() {
    let options = TensorOptions::cpu_f32();
    let start = || {
        let mut nets = gan(&options);
        let optimizers: [Box<dyn Optimizer>; 2] = [
            Box::new(Adam::new(named_parameters(&mut nets.0), 2e-3)),
            Box::new(RmsProp::new(named_parameters(&mut nets.1), 1e-3)),
        ];
        (nets, optimizers)
    };
    let bytes = |nets: &mut _, optimizers: &mut _| {
        to_bytes(&save(&mut Training(nets, optimizers)), &Default::default()).unwrap()
    };
    let (mut nets, mut optimizers) = start();
    for step in 0..3 {
        gan_step(&nets, &mut optimizers, &options, step);
    }
    let saved = bytes(&mut nets, &mut optimizers);
    for step in 3..6 {
        gan_step(&nets, &mut optimizers, &options, step);
    }
    let through = bytes(&mut nets, &mut optimizers);

    let (state, _) = from_bytes(&saved, &options.device).unwrap();
    for name in [
        "opt_g.step",
        "opt_g.exp_avg.main.0.weight",
        "opt_g.exp_avg_sq.main.1.bias",
        "opt_d.square_avg.main.0.bias",
    ] {
        assert!(state.contains_key(name), "{name}");
    }
    let (mut nets, mut optimizers) = start();
    load(&mut Training(&mut nets, &mut optimizers), &state).unwrap();
    for step in 3..6 {
        gan_step(&nets, &mut optimizers, &options, step);
    }
    assert!(bytes(&mut nets, &mut optimizers) == through, "the resumed training differs");
}

#[test]
fn nodes_know_their_layer() {
    let options = TensorOptions::cpu_f32();
    let (generator, _) = gan(&options);
    let y = generator.forward(&options.ones([2, 6, 1, 1]), &mut Ctx::eval());
    let node = y.node().unwrap();
    assert_eq!((node.scope(), node.name()), ("main.4", "tanh"));
    let (_, input) = node.inputs().next().unwrap();
    assert_eq!((input.scope(), input.name()), ("main.3", "bias"));
}

/// A parameter is shown by its name and the line that made its layer, also when its values have changed.
#[test]
fn pictures_of_graphs_name_parameters_and_the_lines_that_made_them() {
    let options = TensorOptions::cpu_f32();
    let line = line!() + 1;
    let mut net = Network { main: Sequential::new().add(Linear::new(2, 1, Key::new(1), &options)) };
    let place = format!("tooltip=\"{}:{line}:", file!().replace('\\', "/"));
    let mut sgd = Sgd::new(named_parameters(&mut net), 0.1);
    for _ in 0..2 {
        let y = net.forward(&options.ones([1, 2]), &mut Ctx::eval()).sum(..);
        let dot = labels(&mut net).dot(&y);
        for name in ["main.0.weight\\nf32[1, 2]", "main.0.bias\\nf32[1]"] {
            let node = dot.lines().find(|line| line.contains(&format!("label=\"{name}"))).expect(name);
            assert!(node.contains(&place), "{node}");
        }
        sgd.minimize(y);
    }
    // What changes one parameter by itself keeps the line too.
    let weight = parameters(&mut net).remove(0);
    let made_at = weight.tensor().node().unwrap().location();
    weight.update(|values| values.accumulate(&values.clone()));
    weight.set(options.ones([1, 2]).into_array());
    assert_eq!((made_at.line(), weight.tensor().node().unwrap().location()), (line, made_at));
}

#[test]
#[should_panic(expected = "no gradient for the parameter main.1.weight")]
fn a_parameter_without_a_path_is_named() {
    let options = TensorOptions::cpu_f32();
    let (mut generator, _) = gan(&options);
    let mut adam = Adam::new(named_parameters(&mut generator), 1e-3);
    let weight = parameters(&mut generator).remove(0);
    adam.minimize(weight.tensor().square().sum(..));
}

#[test]
fn dims_of_all_layers() {
    let (key, options) = (Key::new(1), TensorOptions::cpu_f32());
    let images = options.ones([2, 4, 6, 5]);
    let sizes = |layer: &dyn Module, x: &Tensor| layer.forward(x, &mut Ctx::train(key)).dims().to_vec();
    assert_eq!(sizes(&Linear::new(5, 3, key, &options), &images), [2, 4, 6, 3]);
    assert_eq!(sizes(&Linear::new(5, 3, key, &options).without_bias(), &options.ones([0, 5])), [0, 3]);
    assert_eq!(
        sizes(&Conv2d::new(4, 8, [3, 2], key, &options).groups(2).stride(2).padding([1, 0]), &images),
        [2, 8, 3, 2]
    );
    assert_eq!(sizes(&Conv2d::new(4, 8, 3, key, &options).dilation(2), &images), [2, 8, 2, 1]);
    let up = ConvTranspose2d::new(4, 6, 3, key, &options).groups(2).stride(2).padding(1).output_padding(1);
    assert_eq!(sizes(&up, &images), [2, 6, 12, 10]);
    let line = Conv1d::new(4, 6, 3, key, &options).groups(2).stride(2).padding(2).dilation(2);
    assert_eq!(sizes(&line, &options.ones([2, 4, 9])), [2, 6, 5]);
    for norm in [
        &BatchNorm::new(4, &options) as &dyn Module,
        &LayerNorm::new([6, 5], &options),
        &GroupNorm::new(2, 4, &options),
        &InstanceNorm::new(),
        &InstanceNorm::affine(4, &options),
        &Dropout::new(0.3),
        &Activation::Gelu,
    ] {
        assert_eq!(sizes(norm, &images), [2, 4, 6, 5]);
    }
    assert_eq!(sizes(&BatchNorm::new(3, &options).without_affine(), &options.ones([4, 3])), [4, 3]);
    let ids = Tensor::from([[1_u32, 0, 6]]);
    assert_eq!(sizes(&Embedding::new(7, 2, key, &options), &ids), [1, 3, 2]);
    assert_eq!(sizes(&Flatten, &images), [2, 120]);
    assert_eq!(sizes(&Reshape::new([20, 6]), &images), [2, 20, 6]);
    assert_eq!(sizes(&MaxPool2d::new(2), &images), [2, 4, 3, 2]);
    assert_eq!(sizes(&AvgPool2d::new(3).stride(1).padding(1), &images), [2, 4, 6, 5]);
    assert_eq!(sizes(&ReflectionPad2d::new(2), &images), [2, 4, 10, 9]);
    assert_eq!(sizes(&Upsample::nearest(2), &images), [2, 4, 12, 10]);
    assert_eq!(sizes(&Upsample::bilinear(3), &images), [2, 4, 18, 15]);
}

#[test]
fn dropout_drops_in_training_alone() {
    let (options, dropout) = (TensorOptions::cpu_f32(), Dropout::new(0.25));
    let x = options.ones([1000]);
    let run = |cx: &mut Ctx| dropout.forward(&x, cx).to_vec::<f32>().unwrap();
    assert_eq!(run(&mut Ctx::eval()), vec![1.0; 1000]);
    let mut cx = Ctx::train(Key::new(1));
    let (first, second) = (run(&mut cx), run(&mut cx));
    assert_ne!(first, second);
    assert_eq!(first, run(&mut Ctx::train(Key::new(1))));
    let kept = first.iter().filter(|v| **v == 4.0 / 3.0).count();
    assert!(first.iter().all(|v| *v == 0.0 || *v == 4.0 / 3.0) && (700..800).contains(&kept), "{kept}");
}
