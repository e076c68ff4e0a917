//! The loop.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kiln_data::{Cursor, Loader};
use kiln_nn::{StateValue, StateVisitor, Stateful, StepCtx, Training, named_parameters};
use kiln_tensor::random::Key;

use crate::{
    Checkpoint, Data, Event, MetricsLog, Observer, RunConfig, RunDir, SHEET_COLUMNS, TestRecord, TrainError,
    TrainRecord, evaluate, png, write_atomic,
};

/// How many checkpoints are kept.
const KEPT: usize = 2;

/// A run: how far it is, and what it needs to go on.
#[derive(Debug)]
pub struct Run {
    config: RunConfig,
    data: Data,
    loader: Loader,
    step: u64,
}

/// What a checkpoint holds, under its names.
struct State<'a> {
    loader: &'a mut Loader,
    model: &'a mut dyn Training,
}

impl Stateful for State<'_> {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("loader", self.loader);
        v.part("model", self.model);
    }
}

impl Run {
    /// A run at its beginning. Nothing is written yet.
    ///
    /// # Errors
    /// When a setting makes no sense, or a batch is larger than the data set.
    pub fn new(config: RunConfig, data: Data) -> Result<Run, TrainError> {
        config.validate()?;
        let loader = Loader::new(data.train().clone(), config.batch_size, config.seed)?;
        Ok(Run { config, data, loader, step: 0 })
    }

    /// What was asked for.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// What it trains on.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// How many steps are done.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Goes to where a checkpoint was written: run and model then go on as if they had not been stopped.
    ///
    /// # Errors
    /// When the checkpoint is of another model or data set; `path` is for the message.
    pub fn restore(
        &mut self,
        checkpoint: &Checkpoint,
        model: &mut dyn Training,
        path: &Path,
    ) -> Result<(), TrainError> {
        let count = |name: &str| match checkpoint.state.get(name) {
            Some(StateValue::Count(count)) => *count,
            _ => 0,
        };
        let cursor = Cursor { epoch: count("loader.epoch"), position: count("loader.position") };
        let mut loader = self.loader.clone();
        loader.seek(cursor)?;
        kiln_nn::load(&mut State { loader: &mut loader, model }, &checkpoint.state)
            .map_err(|problem| TrainError::Mismatch { path: path.to_owned(), problem })?;
        self.loader = loader;
        self.step = checkpoint.step;
        Ok(())
    }

    /// Trains until all steps are done, and writes metrics, sheets and checkpoints on the way. A sheet of
    /// the untrained model comes first, so that there is something to see at once.
    ///
    /// # Errors
    /// When something can't be written, the device failed, or a metric or parameter became infinite or no
    /// number. Checkpoints written before are intact.
    pub fn train(
        &mut self,
        dir: &RunDir,
        model: &mut dyn Training,
        observer: &mut dyn Observer,
    ) -> Result<(), TrainError> {
        let log = MetricsLog::open(&dir.metrics(), self.step)?;
        let parameters = named_parameters(model).iter().map(|(_, param)| param.dims().numel()).sum();
        let Run { config, data, step, .. } = &*self;
        observer.event(&Event::Start { config, data, parameters, step: *step })?;
        Loop { run: self, dir, model, observer, log, last: None }.run()
    }
}

/// A run in progress.
struct Loop<'a> {
    run: &'a mut Run,
    dir: &'a RunDir,
    model: &'a mut dyn Training,
    observer: &'a mut dyn Observer,
    log: MetricsLog,
    /// The last checkpoint written.
    last: Option<PathBuf>,
}

impl Loop<'_> {
    fn run(mut self) -> Result<(), TrainError> {
        let config = self.run.config.clone();
        let started = Instant::now();
        if self.run.step == 0 {
            self.sheet()?;
        }
        let per_epoch = self.run.loader.batches_per_epoch() as u64;
        let mut busy = Duration::ZERO;
        let mut images = 0;
        while self.run.step < config.steps {
            let clock = Instant::now();
            let indices = self.run.loader.next_indices();
            let batch = self.run.data.batch(self.run.data.train(), indices)?;
            images += batch.images.len();
            let metrics = self.model.step(&batch, &StepCtx::new(config.seed, self.run.step))?;
            drop(batch);
            self.run.step += 1;

            let step = self.run.step;
            let epoch = self.run.loader.cursor().epoch;
            let done = step == config.steps;
            let is_time = |every: u64| done || step.is_multiple_of(every);
            // Also before a checkpoint, which must not hold a model that has broken down.
            let read = is_time(config.log_every) || is_time(config.checkpoint_every);
            let values = if read { Some(metrics.read()?) } else { None };
            busy += clock.elapsed();
            if let Some(values) = &values {
                self.check_finite("", values)?;
                if is_time(config.log_every) {
                    let seconds = started.elapsed().as_secs_f64();
                    self.log.add(&TrainRecord { step, epoch, seconds, metrics: values })?;
                }
            }
            let images_per_second = images as f64 / busy.as_secs_f64().max(1e-9);
            self.observer.event(&Event::Step {
                step,
                epoch,
                metrics: values.as_deref(),
                images_per_second,
            })?;
            if read {
                (busy, images) = (Duration::ZERO, 0);
            }
            if is_time(config.evaluate_every.unwrap_or(per_epoch)) {
                self.evaluate(epoch)?;
            }
            if is_time(config.sheet_every) {
                self.sheet()?;
            }
            if is_time(config.checkpoint_every) {
                self.checkpoint()?;
            }
        }
        let seconds = started.elapsed().as_secs_f64();
        self.observer.event(&Event::Finished { step: self.run.step, seconds })?;
        Ok(())
    }

    fn sheet(&mut self) -> Result<(), TrainError> {
        let step = self.run.step;
        // The same noise at every step, so that the pictures can be compared.
        let key = Key::new(self.run.config.seed).purpose("sheet");
        let images = self.model.sheet(&self.run.data.examples()?, key)?;
        let bytes = png(&images, SHEET_COLUMNS)?;
        let path = self.dir.sheet(step);
        write_atomic(&path, &bytes)?;
        write_atomic(&self.dir.latest_sheet(), &bytes)?;
        self.observer.event(&Event::Sheet { step, path: &path })?;
        Ok(())
    }

    fn evaluate(&mut self, epoch: u64) -> Result<(), TrainError> {
        let Run { config, data, step, .. } = &*self.run;
        let step = *step;
        let values = evaluate(self.model, data, config.batch_size, config.seed, step)?;
        let Some(values) = values else { return Ok(()) };
        self.check_finite("test ", &values)?;
        self.log.add(&TestRecord { step, epoch, metrics: &values })?;
        self.observer.event(&Event::Evaluated { step, metrics: &values })?;
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<(), TrainError> {
        self.check_parameters()?;
        let Run { config, data, step, loader } = &mut *self.run;
        let state = kiln_nn::save(&mut State { loader, model: self.model });
        let checkpoint =
            Checkpoint { recipe: config.recipe.clone(), step: *step, shape: data.shape(), state };
        let path = self.dir.checkpoint(*step);
        checkpoint.write(&path)?;
        let have = self.dir.checkpoint_steps()?;
        for old in have.iter().rev().filter(|old| *old <= step).skip(KEPT) {
            let old = self.dir.checkpoint(*old);
            std::fs::remove_file(&old).map_err(TrainError::write(&old))?;
        }
        self.observer.event(&Event::Checkpoint { step: *step, path: &path })?;
        self.last = Some(path);
        Ok(())
    }

    fn check_finite(&self, prefix: &str, values: &[(&'static str, f64)]) -> Result<(), TrainError> {
        match values.iter().find(|(_, value)| !value.is_finite()) {
            Some((name, value)) => Err(self.broken_down(format!("{prefix}{name}"), *value)),
            None => Ok(()),
        }
    }

    /// A step can end with a finite loss and parameters that are not.
    fn check_parameters(&mut self) -> Result<(), TrainError> {
        for (name, param) in named_parameters(self.model) {
            // One sum on the device instead of all values: it is finite only if they are, or else overflows
            // only where the values are useless too.
            let sum = param.tensor().detach().abs().sum(..).item()?;
            if !sum.is_finite() {
                return Err(self.broken_down(name, sum));
            }
        }
        Ok(())
    }

    fn broken_down(&self, name: String, value: f64) -> TrainError {
        TrainError::NonFinite { name, value, step: self.run.step, checkpoint: self.last.clone() }
    }
}
