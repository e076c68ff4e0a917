//! Any loss with any bodies, regularisers and conditioning: each of many random compositions trains or is refused in a
//! sentence.

use crate::small::{Small, all};
use kiln_tensor::random::{Key, Stream};
use toml::{Table, Value};

/// Number of compositions that are drawn; `KILN_CASES` draws so many times as many. 300 are drawn with 5.
const COMPOSITIONS: usize = 60;

fn compositions() -> usize {
    let times = std::env::var("KILN_CASES").ok().and_then(|text| text.parse::<f64>().ok()).unwrap_or(1.0);
    ((COMPOSITIONS as f64 * times) as usize).max(1)
}

/// Sets the key to one of the values, or leaves it out where that is empty.
fn one_of(small: &mut Small, stream: &mut Stream, key: &str, values: &[&str]) {
    let value = values[stream.below(values.len() as u64) as usize];
    if !value.is_empty() {
        small.set(key, crate::small::parse(value));
    }
}

/// A random composition. What belongs to one body or condition alone is drawn for all, some of the times.
fn composition(number: u32) -> Small {
    let mut small = all().find(|small| small.recipe.name == "gan").unwrap();
    let mut stream = Key::new(8).purpose("compositions").step(number).stream();
    let model = small.table["model"].as_table_mut().unwrap();
    for table in ["generator", "discriminator"] {
        model.insert(table.to_owned(), Value::Table(Table::new()));
    }
    let bodies = ["mlp", "dcgan", "resnet", "r3gan", "growing", "style", "points"];
    let body = stream.below(7) as usize;
    if bodies[body] == "points" {
        small.set("data", Value::String("builtin:ring".to_owned()));
    }
    if bodies[body] == "growing" || stream.below(30) == 0 {
        small.set("model.growth.stable_steps", Value::Integer(0));
        small.set("model.growth.fade_steps", Value::Integer(2));
    }
    // Mostly two of one kind.
    let other = if stream.below(6) == 0 { stream.below(7) as usize } else { body };
    for (table, body) in [("generator", body), ("discriminator", other)] {
        small.set(&format!("model.{table}.body"), Value::String(bodies[body].to_owned()));
        if bodies[body] != "mlp" {
            small.set(&format!("model.{table}.width"), Value::Integer(2));
        }
    }
    let s = &mut stream;
    let losses =
        ["'non-saturating'", "'minimax'", "'least-squares'", "'hinge'", "'wasserstein'", "'relativistic'"];
    one_of(&mut small, s, "model.loss", &losses);
    one_of(&mut small, s, "batch_size", &["4", "8", "8", "6"]);
    one_of(&mut small, s, "image_size", &["28", "28", "32"]);
    one_of(&mut small, s, "micro_batches", &["", "", "", "2"]);
    one_of(&mut small, s, "model.critic_steps", &["", "", "2"]);
    one_of(&mut small, s, "model.discriminator.minibatch_std", &["", "", "true"]);
    one_of(&mut small, s, "model.label_smoothing", &["", "", "", "", "", "0.1"]);
    one_of(&mut small, s, "model.pack", &["", "", "", "", "2"]);
    let norms: &[&str] = if bodies[other] == "dcgan" {
        &["'none'", "'instance'", "'batch'"]
    } else {
        &["", "", "", "", "", "'none'"]
    };
    one_of(&mut small, s, "model.discriminator.norm", norms);
    for (table, body) in [("generator", body), ("discriminator", other)] {
        let refused = ["r3gan", "growing", "style"].contains(&bodies[body]);
        let values: &[&str] = if refused { &["", "", "", "", "", "true"] } else { &["", "true"] };
        one_of(&mut small, s, &format!("model.{table}.spectral"), values);
        let has_maps = ["dcgan", "resnet"].contains(&bodies[body]);
        let side = if small.get("image_size").and_then(Value::as_integer) == Some(28) { "14" } else { "8" };
        let values = if has_maps { vec!["", side] } else { vec!["", "", "", "", "", "", "", side] };
        one_of(&mut small, s, &format!("model.{table}.attention"), &values);
    }
    match s.below(5) {
        0 => {
            one_of(&mut small, s, "model.generator.condition", &["'embedding'", "'batch-norm'"]);
            one_of(&mut small, s, "model.discriminator.condition", &["'projection'", "'auxiliary'"]);
        }
        1 => {
            one_of(&mut small, s, "model.code.categories", &["3"]);
            one_of(&mut small, s, "model.code.continuous", &["0", "2"]);
            one_of(&mut small, s, "model.code.weight", &["0.5"]);
        }
        _ => {}
    }
    match s.below(4) {
        0 | 1 => {
            one_of(&mut small, s, "model.penalty.kind", &["'gradient'", "'r1'", "'r2'", "'r1-r2'"]);
            one_of(&mut small, s, "model.penalty.weight", &["1.0"]);
            one_of(&mut small, s, "model.penalty.every", &["", "2"]);
        }
        2 => one_of(&mut small, s, "model.clip_weights", &["", "0.05"]),
        _ => {}
    }
    if s.below(if bodies[body] == "points" { 8 } else { 2 }) == 0 {
        let kinds = ["['color']", "['translation', 'cutout']", "['color', 'translation', 'cutout']"];
        one_of(&mut small, s, "model.augment.kinds", &kinds);
        one_of(&mut small, s, "model.augment.target", &["", "", "0.6"]);
    }
    small
}

#[test]
fn every_composition_trains_or_is_refused_in_a_sentence() {
    let count = compositions();
    let mut reasons: Vec<String> = Vec::new();
    for number in 0..count as u32 {
        let small = composition(number);
        match small.settings() {
            Err(error) => {
                let text = error.to_string();
                assert!(text.len() > 20 && !text.contains('\n'), "composition {number}: {text:?}");
                reasons.push(text);
            }
            Ok(_) => {
                let mut model = small.build(1);
                let settings = toml::to_string(&small.table["model"]).unwrap();
                for step in 0..3 {
                    let metrics = model.step(&small.batch(step), &small.step_ctx(step));
                    let metrics = metrics.unwrap_or_else(|error| {
                        panic!("composition {number}, step {step}: {error}\n{settings}")
                    });
                    let metrics = metrics.read().unwrap();
                    assert!(
                        metrics.iter().all(|(_, value)| value.is_finite()),
                        "composition {number}: {metrics:?}\n{settings}"
                    );
                }
            }
        }
    }
    let share = reasons.len() as f64 / count as f64;
    println!("{} of {count} compositions are refused, {:.0} %", reasons.len(), share * 100.0);
    reasons.sort_unstable();
    reasons.dedup();
    reasons.iter().for_each(|reason| println!("  {reason}"));
    assert!(share < 0.7, "{share}");
}

/// A random composition of a variational training.
fn variational(number: u32) -> Small {
    let mut small = all().find(|small| small.recipe.name == "vae").unwrap();
    let mut stream = Key::new(9).purpose("compositions").step(number).stream();
    let s = &mut stream;
    if s.below(3) > 0 {
        one_of(&mut small, s, "model.network.body", &["'conv'", "'burgess'"]);
        small.set("model.network.width", Value::Integer(2));
        small.set("image_size", Value::Integer(32));
    } else {
        one_of(&mut small, s, "model.network.depth", &["", "2", "3"]);
        one_of(&mut small, s, "model.network.activation", &["", "'tanh'"]);
    }
    let kinds = ["", "'bernoulli'", "'gaussian'", "'discretised-logistic'", "'logistic-mixture'"];
    one_of(&mut small, s, "model.likelihood.kind", &kinds);
    let is_mixture = small.get("model.likelihood.kind").and_then(Value::as_str) == Some("logistic-mixture");
    if is_mixture || s.below(9) == 0 && small.get("model.likelihood").is_some() {
        one_of(&mut small, s, "model.likelihood.components", &["", "2"]);
    }
    match s.below(4) {
        0 => {
            small.set("model.flow.steps", Value::Integer(2));
            small.set("model.flow.hidden", Value::Integer(5));
        }
        1 => {
            small.set("model.levels.above", Value::Integer(2));
            small.set("model.levels.hidden", Value::Integer(5));
        }
        _ => {}
    }
    if s.below(3) == 0 {
        small.set("model.draws", Value::Integer(3));
    } else {
        one_of(&mut small, s, "model.kl_weight", &["1.0", "4.0", "0.0"]);
        one_of(&mut small, s, "model.kl_warmup", &["", "", "4"]);
        one_of(&mut small, s, "model.total_correlation", &["", "", "2.0"]);
        one_of(&mut small, s, "model.mmd", &["", "", "10.0"]);
        if s.below(4) == 0 {
            small.set("model.capacity.nats", Value::Float(3.0));
            small.set("model.capacity.steps", Value::Integer(4));
        }
    }
    one_of(&mut small, s, "model.condition", &["", "", "'one-hot'"]);
    one_of(&mut small, s, "micro_batches", &["", "", "2"]);
    one_of(&mut small, s, "optimizer.kind", &["'adam'", "'adam'", "'rmsprop'"]);
    small
}

#[test]
fn every_variational_composition_trains_or_is_refused_in_a_sentence() {
    let (mut trained, mut refused) = (0, 0);
    for number in 0..compositions() as u32 {
        let small = variational(number);
        match small.settings() {
            Err(error) => {
                let text = error.to_string();
                assert!(!text.is_empty() && !text.contains('\n') && text.contains("; "), "{number}: {text}");
                refused += 1;
            }
            Ok(_) => {
                let mut model = small.build(1);
                for metrics in small.train(&mut *model, 0..3) {
                    assert!(metrics.iter().all(|(_, value)| value.is_finite()), "{number}: {metrics:?}");
                }
                let measured = model.evaluate(&small.batch(1), &small.step_ctx(3)).unwrap().unwrap();
                assert!(measured.read().unwrap().iter().all(|(_, value)| value.is_finite()), "{number}");
                let exhibit = model.exhibit(&small.batch(0), Key::new(1)).unwrap();
                assert!(!exhibit.rows.is_empty(), "{number}");
                trained += 1;
            }
        }
    }
    println!("{trained} compositions train, {refused} are refused");
    assert!(trained > compositions() / 2 && refused > 0, "{trained} train, {refused} are refused");
}
