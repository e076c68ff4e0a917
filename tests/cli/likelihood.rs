//! What is done with models that say how likely images are.

use crate::support::*;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A few steps of a small model of the built-in digits.
fn trained(at: &Path, recipe: &str, options: &str, out: &str) {
    let small = "--steps 4 --batch-size 16 --set network.hidden=16 --set model.latent=4 --quiet";
    success(at, &format!("train {recipe} {small} {options} --out {out}"));
}

fn figures(at: &Path, words: &str) -> (Value, String) {
    let text = success(at, &format!("{words} --json"));
    let all: Value = serde_json::from_str(&text).unwrap();
    (all["figures"].clone(), all["notes"].to_string())
}

#[test]
fn likelihoods_are_said_with_estimator_and_number_of_draws() {
    let folder = folder();
    let at = folder.path();
    trained(at, "vae", "--set binarise=each-epoch", "binary");
    let (figures, notes) = figures(at, "eval binary --measures likelihood,latents --count 30 --draws 100");
    let of = |name: &str| figures[name].as_f64().unwrap_or_else(|| panic!("{name}: {figures}"));
    assert!(of("elbo") < of("bound_5") && of("bound_5") < of("bound_50"), "{figures}");
    assert!(of("bound_50") < of("log_likelihood") && of("active_units") <= 4.0, "{figures}");
    assert!(notes.contains("100 codes drawn from q(z|x) for each of 30 images held out"), "{notes}");
    assert!(notes.contains("divergence of each latent from the prior"), "{notes}");
    let train = "train vae-8bit --steps 2 --set binarise=once --set network.hidden=8 --set network.width=2";
    failure(at, train, 2, &["the pixels of binarised images are 0 and 1", "choose bernoulli"]);
    failure(at, "train vae --set binarise=yes", 2, &["binarise can't be \"yes\"; choose each-epoch or once"]);
}

#[test]
fn bytes_have_bits() {
    let folder = folder();
    let at = folder.path();
    trained(at, "vae-8bit", "--set network.width=2", "bytes");
    let (figures, _) = figures(at, "eval bytes --measures likelihood --count 20 --draws 10");
    let (bits, nats) = (figures["bits"].as_f64().unwrap(), figures["log_likelihood"].as_f64().unwrap());
    assert!((bits + nats / (784.0 * 2f64.ln())).abs() < 1e-9, "{figures}");
    assert!(figures["bits_per_dim"].as_f64().unwrap() > 0.0 && figures["bound_50"].is_null(), "{figures}");
}

#[test]
fn a_class_left_out_of_training_is_found_strange_or_not() {
    let folder = folder();
    let at = folder.path();
    trained(at, "vae", "--set leave_out=4", "without");
    let (of, notes) = figures(at, "eval without --measures anomaly --count 100");
    let auc = of["anomaly_auc"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&auc) && notes.contains("images of class 4 and 90 others"), "{of} {notes}");
    trained(at, "vae", "", "with");
    let (of, _) = figures(at, "eval with --measures anomaly --count 100");
    assert!(of["anomaly_auc"].is_null(), "{of}");
    failure(at, "train vae --set leave_out=12", 1, &["there is no class 12 to leave out, of 10"]);
    failure(
        at,
        "train vae --data idx:set.idx --set leave_out=0",
        2,
        &["leave_out can't be \"0\"; the data has no part held out, in which the class would be found"],
    );
}

#[test]
fn walks_and_planes_of_latents_are_pictures_in_the_order_of_what_they_say() {
    let folder = folder();
    let at = folder.path();
    trained(at, "cvae", "", "cvae");
    let walks = "traverse cvae --rows 3 --columns 5 --image 7 --out walks.png --json";
    let all: Value = serde_json::from_str(&success(at, walks)).unwrap();
    let kl: Vec<f64> =
        all["latents"].as_array().unwrap().iter().map(|latent| latent["kl"].as_f64().unwrap()).collect();
    assert!(kl.len() == 4 && kl.windows(2).all(|pair| pair[0] >= pair[1]), "{all}");
    // 28 pixels three times as large, and a margin of 2.
    let size = |name: &str| image::image_dimensions(at.join(name)).unwrap();
    assert_eq!(size("walks.png"), (5 * 86 + 2, 3 * 86 + 2));
    let text = success(at, "traverse cvae --plane --columns 6 --out plane.png");
    assert!(
        text.contains("KL in nats") && text.contains("the plane of the first two in plane.png"),
        "{text}"
    );
    assert_eq!(size("plane.png"), (6 * 86 + 2, 6 * 86 + 2));
    failure(at, "traverse cvae --image 5000 --out w.png", 2, &["there is no image 5000; there are 2000"]);
    failure(at, "traverse cvae --out w.jpg", 2, &["png"]);
    trained(at, "hvae", "--set levels.above=2 --set levels.hidden=8", "hvae");
    let all = success(at, "traverse hvae --rows 2 --out h.png --json");
    assert_eq!(serde_json::from_str::<Value>(&all).unwrap()["latents"].as_array().unwrap().len(), 6);
}

#[test]
fn codes_come_from_the_prior_or_from_a_mixture_that_is_the_same_each_time() {
    let folder = folder();
    let at = folder.path();
    trained(at, "vae", "", "vae");
    let sample = "sample vae --sampler mixture --components 3 --count 9";
    success(at, &format!("{sample} --out a.png"));
    success(at, &format!("{sample} --threads 1 --out b.png"));
    success(at, "sample vae --count 9 --out c.png");
    let read = |name: &str| fs::read(at.join(name)).unwrap();
    assert!(read("a.png") == read("b.png") && read("a.png") != read("c.png"));
    success(at, "sample vae --sampler mixture --components 3 --seeds 0,5 --out two");
    assert_eq!(names(&at.join("two")), ["seed000000.png", "seed000005.png"]);
    success(at, "train gan --steps 1 --batch-size 4 --quiet --out gan");
    failure(at, "sample gan --sampler mixture --out g.png", 1, &["a gan can't rebuild images from codes"]);
}

#[test]
fn noise_is_added_to_what_is_rebuilt() {
    let folder = folder();
    let at = folder.path();
    trained(at, "vae", "", "vae");
    let text = success(at, "reconstruct vae --noise 0.5 --count 8 --out noisy.png");
    assert!(text.contains("mean squared error 0.") && text.contains("with the noise"), "{text}");
    assert!(!success(at, "reconstruct vae --count 8 --out clean.png").contains("noise"));
    failure(at, "reconstruct vae --noise -1 --out n.png", 2, &["noise"]);
}
