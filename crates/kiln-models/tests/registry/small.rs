//! Recipes in their smallest form, and random data for them.

use kiln_grad::Tensor;
use kiln_models::{FAMILIES, Family, MicroBatches, ModelError, Recipe, Settings};
use kiln_nn::{
    Batch, DataInfo, Images, PixelRange, Slot, StateVisitor, Stateful, StepCtx, StepOptions, TensorOptions,
    Training,
};
use kiln_tensor::random::Key;
use toml::{Table, Value};

/// Number of classes of the random data.
const CLASSES: usize = 10;

/// Data whose samples are points.
const POINTS: [&str; 3] = ["builtin:ring", "builtin:grid", "builtin:roll"];

/// A recipe's settings, changed as a test wants.
#[derive(Clone)]
pub struct Small {
    pub family: &'static Family,
    pub recipe: &'static Recipe,
    pub table: Table,
}

/// All recipes at their smallest.
pub fn all() -> impl Iterator<Item = Small> {
    FAMILIES.iter().flat_map(|family| family.recipes.iter().map(move |recipe| smallest(family, recipe)))
}

/// All recipes as their files say.
pub fn all_as_written() -> impl Iterator<Item = Small> {
    let whole = |family, recipe: &'static Recipe| {
        let mut whole = Small { family, recipe, table: recipe.table().unwrap() };
        // Images are not smaller than patches of them.
        if let Some(patch) = whole.get("model.patch").cloned() {
            whole.set("image_size", patch);
        }
        whole
    };
    FAMILIES.iter().flat_map(move |family| family.recipes.iter().map(move |recipe| whole(family, recipe)))
}

fn smallest(family: &'static Family, recipe: &'static Recipe) -> Small {
    let mut small = Small { family, recipe, table: recipe.table().unwrap() };
    for (key, value) in family.smallest {
        if small.get(key).is_some() {
            small.set(key, parse(value));
        }
    }
    small
}

/// A value as it is written in TOML.
pub fn parse(text: &str) -> Value {
    format!("value = {text}").parse::<Table>().unwrap().remove("value").unwrap()
}

impl Small {
    /// The value of a dotted key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let mut parts = key.split('.');
        let first = self.table.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    /// Sets a dotted key, whose tables are made where they are missing.
    pub fn set(&mut self, key: &str, value: Value) {
        let (tables, name) =
            key.rsplit_once('.').map_or((Vec::new(), key), |(t, n)| (t.split('.').collect(), n));
        let mut at = &mut self.table;
        for table in tables {
            let next = at.entry(table).or_insert_with(|| Value::Table(Table::new()));
            at = next.as_table_mut().unwrap();
        }
        at.insert(name.to_owned(), value);
    }

    pub fn with(mut self, key: &str, value: &str) -> Small {
        self.set(key, parse(value));
        self
    }

    fn part(&self, name: &str) -> Table {
        self.table.get(name).and_then(Value::as_table).cloned().unwrap_or_default()
    }

    fn count(&self, name: &str, otherwise: usize) -> usize {
        self.table.get(name).and_then(Value::as_integer).map_or(otherwise, |count| count as usize)
    }

    pub fn batch_size(&self) -> usize {
        self.count("batch_size", 4)
    }

    /// What is known of the random data.
    pub fn data(&self) -> DataInfo {
        if self.get("data").and_then(Value::as_str).is_some_and(|data| POINTS.contains(&data)) {
            return DataInfo { coordinates: 2, classes: CLASSES, ..DataInfo::default() };
        }
        let size = self.count("image_size", 28);
        DataInfo { classes: CLASSES, ..DataInfo::of_images([1, size, size]) }
    }

    /// The settings, if they make sense for the data.
    pub fn settings(&self) -> Result<Box<dyn Settings>, ModelError> {
        let settings = kiln_models::read(&self.part("model"), &self.part("optimizer"))?;
        let count = self.count("micro_batches", 1);
        settings.check(&self.data(), MicroBatches { batch_size: self.batch_size(), count })?;
        Ok(settings)
    }

    pub fn build(&self, seed: u64) -> Box<dyn Training> {
        let settings = self.settings().unwrap_or_else(|error| panic!("{}: {error}", self.recipe.name));
        settings.build(&self.data(), seed, &TensorOptions::cpu_f32()).unwrap()
    }

    /// The random samples of a step.
    pub fn batch(&self, step: u64) -> Batch {
        samples(&self.data(), self.batch_size(), step)
    }

    /// The step `step`, of a training of 20.
    pub fn step_ctx(&self, step: u64) -> StepCtx {
        let options = StepOptions { micro_batches: self.count("micro_batches", 1), ..StepOptions::default() };
        StepCtx { steps: 20, options, ..StepCtx::new(3, step) }
    }

    /// Trains some steps; the metrics of each.
    pub fn train(&self, model: &mut dyn Training, steps: std::ops::Range<u64>) -> Vec<Vec<(String, f64)>> {
        let step = |step| {
            let metrics = model.step(&self.batch(step), &self.step_ctx(step));
            metrics
                .unwrap_or_else(|error| panic!("{} at step {step}: {error}", self.recipe.name))
                .read()
                .unwrap()
        };
        steps.map(step).collect()
    }
}

/// Random samples, smooth enough to have something to learn.
pub fn samples(data: &DataInfo, count: usize, step: u64) -> Batch {
    let options = TensorOptions::cpu_f32();
    let key = Key::new(step).purpose("samples");
    let labels: Vec<u32> = (0..count as u32).map(|i| (i + step as u32) % CLASSES as u32).collect();
    let labels = Some(Tensor::from_slice(&labels, [count], &options.device));
    let Some([c, h, w]) = data.image else {
        let points = Tensor::normal(key, [count, data.coordinates], options.dtype, &options.device);
        return Batch { labels, points: Some(points), ..Batch::default() };
    };
    let pixels = Tensor::uniform(key, [count, c, h / 4, w / 4], options.dtype, &options.device);
    let pixels = pixels.resize_nearest([h, w]);
    Batch { labels, ..Batch::of_images(Images::new(pixels, PixelRange::Unit)) }
}

/// All state, bit by bit.
pub fn bits(stateful: &mut (impl Stateful + ?Sized)) -> Vec<(String, Vec<u64>)> {
    let mut all = Vec::new();
    stateful.visit(&mut StateVisitor::new(&mut |name, slot| {
        let values = match slot {
            Slot::Param(param) => param.tensor().to_f64_vec().unwrap(),
            Slot::Buffer(buffer) => buffer.tensor().to_f64_vec().unwrap(),
            Slot::Count(count) => vec![*count as f64],
            Slot::Number(number) => vec![*number],
            Slot::Text(text) => text.bytes().map(f64::from).collect(),
        };
        all.push((name.to_owned(), values.into_iter().map(f64::to_bits).collect()));
    }));
    all
}

/// The names of the state that differs.
pub fn changed(before: &[(String, Vec<u64>)], after: &[(String, Vec<u64>)]) -> Vec<String> {
    assert_eq!(before.len(), after.len());
    let pairs = before.iter().zip(after).filter(|(before, after)| before != after);
    pairs.map(|(before, _)| before.0.clone()).collect()
}
