//! Variational autoencoders of dense layers, of every kind that settings compose; likelihoods and divergences by themselves.

use crate::file::{Golden, Series, agree, floats, hash, values};
use kiln::grad::{DType, Device, Tensor, grad};
use kiln::models::nets::AutoencoderForm;
use kiln::models::nets::mlp_autoencoder::MlpAutoencoder;
use kiln::models::variational::{
    Capacity, Flow, Levels, Posterior, Rules, VariationalNetworks, VariationalTraining,
};
use kiln::nn::layers::Activation;
use kiln::nn::loss::{
    kl_normal_each, kl_standard_normal, kl_standard_normal_each, mmd, reparameterize, total_correlation,
};
use kiln::nn::{Likelihood, StepCtx, TensorOptions, named_parameters};
use kiln::tensor::random::Key;
use serde_json::Value;

/// Every kind has its file.
const KINDS: [&str; 15] = [
    "vae",
    "deep",
    "gaussian",
    "vae_8bit",
    "mixture",
    "beta_vae",
    "warm_up",
    "capacity",
    "beta_tcvae",
    "cvae",
    "iwae",
    "iaf",
    "iaf_iwae",
    "hvae",
    "hvae_iwae",
];

fn likelihood(kind: &str) -> Likelihood {
    match kind {
        "bernoulli" => Likelihood::Bernoulli,
        "gaussian" => Likelihood::Gaussian,
        "discretised-logistic" => Likelihood::DiscretisedLogistic,
        "logistic-mixture" => Likelihood::LogisticMixture { components: 3 },
        other => panic!("{other} is no likelihood"),
    }
}

fn filled(dims: &[usize], salt: u32, scale: f64, shift: f64) -> Tensor {
    let numel = dims.iter().product::<usize>() as u32;
    let values: Vec<f64> = (0..numel).map(|i| shift + scale * hash(i, salt)).collect();
    Tensor::from_slice(&values, dims, &Device::cpu())
}

/// Values in `[0, 1]` at bytes, some of them black and white.
fn bytes_of(unit: &Tensor) -> Tensor {
    (unit * 300.0 - 20.0).round().clamp(0.0, 255.0) / 255.0
}

fn list(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|d| d.as_u64().unwrap() as usize).collect()
}

/// Nats of images of one and of three channels are those of `torch.distributions`.
#[test]
fn likelihoods_and_their_gradients_are_pytorchs() {
    let golden = Golden::read("likelihoods.json");
    let cases = golden.get("likelihoods").as_array().unwrap();
    assert_eq!(cases.len(), 8);
    for case in cases {
        let kind = case["kind"].as_str().unwrap();
        let (likelihood, dims) = (likelihood(kind), list(&case["dims"]));
        let salt = |name: &str| case[name].as_u64().unwrap() as u32;
        let x = bytes_of(&filled(&dims, salt("x_salt"), 0.5, 0.5));
        let out = [dims[0], likelihood.channels(dims[1]), dims[2], dims[3]];
        let output = filled(&out, salt("output_salt"), 1.5, 0.0).tracked();
        let what = format!("{kind} of {} channels", dims[1]);
        let log_prob = likelihood.log_prob(&output, &x);
        agree(&what, &log_prob.to_f64_vec().unwrap(), &floats(&case["log_prob"]), |_| 1e-10);
        let loss = likelihood.loss(&output, &x);
        let mean = -log_prob.mean(..).item().unwrap();
        agree(&format!("{what}, loss"), &[loss.item().unwrap()], &[mean], |_| 1e-12);
        let slope = grad(loss, &[&output]).remove(0).to_f64_vec().unwrap();
        let some: Vec<f64> = slope.iter().step_by(97).copied().collect();
        agree(&format!("{what}, gradient"), &some, &floats(&case["gradient"]), |_| 1e-10);
        let all = [slope.iter().sum::<f64>(), slope.iter().map(|v| v * v).sum()];
        agree(&format!("{what}, all of it"), &all, &floats(&case["gradient_sums"]), |_| 1e-9);
    }
}

#[test]
fn divergences_and_their_gradients_are_pytorchs() {
    let golden = Golden::read("likelihoods.json");
    let part = |salt| filled(&[5, 4], salt, 1.5, 0.0).tracked();
    let [mu, logvar, m, l] = [70, 71, 72, 73].map(part);
    let z = reparameterize(&mu, &logvar, &filled(&[5, 4], 74, 1.5, 0.0));
    let (a, b) = (filled(&[6, 3], 75, 1.5, 0.0).tracked(), filled(&[6, 3], 76, 1.0, 0.0));
    let between = kl_normal_each(&mu, &logvar, &m, &l).sum(1).mean(..);
    let standard = kl_standard_normal(&mu, &logvar);
    let each = kl_standard_normal_each(&mu, &logvar).sum(1).mean(..);
    agree("kl by elements", &[each.item().unwrap()], &[standard.item().unwrap()], |_| 1e-14);
    for (name, value, of) in [
        ("kl_standard", standard, vec![&mu, &logvar]),
        ("kl_between", between, vec![&mu, &logvar, &m, &l]),
        ("total_correlation", total_correlation(&z, &mu, &logvar), vec![&mu, &logvar]),
        ("mmd", mmd(&a, &b), vec![&a]),
    ] {
        let cases = golden.get("divergences").as_array().unwrap();
        let case = cases.iter().find(|case| case["name"] == name).unwrap();
        agree(name, &[value.item().unwrap()], &[case["value"].as_f64().unwrap()], |_| 1e-10);
        for (at, slope) in grad(value, &of).into_iter().enumerate() {
            let want = floats(&case["gradients"][at]);
            agree(&format!("{name}, gradient {at}"), &slope.to_f64_vec().unwrap(), &want, |_| 1e-10);
        }
    }
}

/// The networks and rules of a file.
fn training(golden: &Golden, options: &TensorOptions) -> VariationalTraining {
    let count = |name| golden.count(name);
    let of = |name: &str, key: &str| golden.config(name)[key].as_u64().map(|value| value as usize);
    let number = |name: &str| golden.config(name).as_f64().unwrap();
    let (side, latent, hidden) = (count("side"), count("latent"), count("hidden"));
    let likelihood = likelihood(golden.config("likelihood").as_str().unwrap());
    let form = AutoencoderForm {
        outputs: likelihood.channels(1),
        classes: count("classes"),
        ..AutoencoderForm::new([1, side, side], latent)
    };
    let activation = if golden.config("activation") == "tanh" { Activation::Tanh } else { Activation::Relu };
    let key = Key::new(0);
    let net = MlpAutoencoder::deep(form, hidden, count("depth"), activation, key, options);
    let posterior = match (of("flow", "steps"), of("levels", "above")) {
        (Some(steps), _) => {
            let width = of("flow", "hidden").unwrap();
            Posterior::Flow(Flow::new(steps, latent, width, hidden, key, options))
        }
        (None, Some(above)) => {
            let width = of("levels", "hidden").unwrap();
            Posterior::Levels(Box::new(Levels::new(above, latent, width, hidden, key, options)))
        }
        (None, None) => Posterior::Diagonal,
    };
    let mut nets = VariationalNetworks { autoencoder: Box::new(net), posterior };
    golden.set_parameters("", named_parameters(&mut nets), options.dtype);
    let capacity = of("capacity", "steps").map(|steps| Capacity {
        nats: golden.config("capacity")["nats"].as_f64().unwrap(),
        steps: steps as u64,
    });
    let rules = Rules {
        likelihood,
        kl_weight: number("kl_weight"),
        kl_warmup: count("kl_warmup") as u64,
        draws: count("draws"),
        capacity,
        total_correlation: number("total_correlation"),
        classes: count("classes"),
        ..Rules::new(latent)
    };
    VariationalTraining::new(nets, &golden.setting("optimizer"), rules, options.clone())
}

#[test]
fn trainings_of_every_kind_are_pytorchs() {
    for kind in KINDS {
        let golden = Golden::read(&format!("variational_{kind}.json"));
        let options = TensorOptions::new(DType::F64, &Device::cpu());
        let mut model = training(&golden, &options);
        let (classes, batch) = (golden.count("classes") as u32, golden.count("batch") as u32);
        let mut have = Series::default();
        for step in 0..golden.count("steps") {
            let x = bytes_of(&golden.data("x", 2000, step, options.dtype));
            let noise = golden.data("noise", 3000, step, options.dtype);
            let labels: Vec<u32> = (0..batch).map(|i| (i + step as u32) % classes.max(1)).collect();
            let labels = Tensor::from_slice(&labels, [batch as usize], &options.device);
            let labels = Some(&labels).filter(|_| classes > 0);
            have.push(model.step_with(&x, labels, &noise, &StepCtx::new(0, step as u64)).unwrap());
        }
        golden.agree_in_metrics(kind, &have, |_| 1e-10);
        golden.agree_in_sums(&values(&mut model, &[("net.", "")]));
    }
}
