//! The loop over steps.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use kiln_grad::graph::Profile;
use kiln_metrics::{Measure, MeasureCtx, measure};
use kiln_nn::{Metrics, StepError, Training, named_parameters};
use kiln_tensor::Device;
use kiln_tensor::random::Key;

use crate::certainty::Certainty;
use crate::{
    Event, MetricsLog, Observer, Outcome, Run, RunDir, TestRecord, TrainError, TrainRecord, evaluate, png,
    write_atomic,
};

/// Number of made images that a measure looks at.
const MEASURED: usize = 1000;

/// Number of codes that are drawn of each image whose likelihood is estimated.
const DRAWS: usize = 100;

/// The norms of gradients among the metrics, and whether they vanish.
#[derive(Default)]
struct GradientNorms {
    /// Names of those that were ever read; a phase isn't part of every step.
    names: Vec<String>,
    /// Those that were not 0 when they were last read.
    alive: Vec<String>,
    /// The step from which on all were 0; 0 while one isn't.
    since: u64,
    said: bool,
}

impl GradientNorms {
    /// Takes note of what was read at a step; whether all norms are exactly 0 for the second time, when this is worth a
    /// word: optimisers with momentum still move a little after the first, and there may be a gradient again.
    fn vanish(&mut self, step: u64, values: &[(String, f64)]) -> bool {
        for (name, value) in values.iter().filter(|(name, _)| name.ends_with("grad_norm")) {
            if !self.names.contains(name) {
                self.names.push(name.clone());
            }
            self.alive.retain(|known| known != name);
            if *value != 0.0 {
                self.alive.push(name.clone());
            }
        }
        if self.names.is_empty() || !self.alive.is_empty() {
            (self.since, self.said) = (0, false);
        } else if self.since == 0 {
            self.since = step;
        } else if !self.said {
            self.said = true;
            return true;
        }
        false
    }
}

/// A run in progress.
pub(crate) struct Loop<'a> {
    pub run: &'a mut Run,
    dir: &'a RunDir,
    pub model: &'a mut dyn Training,
    pub observer: &'a mut dyn Observer,
    log: MetricsLog,
    started: Instant,
    /// The last checkpoint: after which step, and when it was written or gone on from.
    saved: Option<u64>,
    saved_at: Instant,
    /// Time in steps, and images in them, since the metrics were last read.
    busy: Duration,
    images: usize,
    /// Where the time went in so many steps, if somebody wants to know.
    profile: Option<(Profile, u64)>,
    measures: Vec<Box<dyn Measure>>,
    /// The step of the last sheet.
    drawn: Option<u64>,
    /// Time after which a sheet is drawn early, while none was due by its step.
    early: Option<Duration>,
    gradients: GradientNorms,
    certainty: Certainty,
}

impl<'a> Loop<'a> {
    pub fn new(
        run: &'a mut Run,
        dir: &'a RunDir,
        model: &'a mut dyn Training,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, TrainError> {
        let log = MetricsLog::open(&dir.metrics(), run.step)?;
        let parameters = named_parameters(model).iter().map(|(_, param)| param.dims().numel()).sum();
        let Run { config, data, step, logged, .. } = &*run;
        observer.event(&Event::Start { config, data, parameters, step: *step })?;
        if log.last_step() < *logged {
            observer.event(&Event::Gap { from: log.last_step(), to: *logged })?;
        }
        let measures = config.measures.iter().filter_map(|name| measure(name)).collect();
        let drawn = dir.sheet_steps()?.into_iter().find(|at| at == step);
        let early = Some(run.first_sheet);
        let saved = dir.checkpoint_steps()?.into_iter().rfind(|at| *at <= run.step);
        let now = Instant::now();
        let (busy, images) = (Duration::ZERO, 0);
        let profile = run.profile.then(Default::default);
        Ok(Loop {
            run,
            dir,
            model,
            observer,
            log,
            started: now,
            saved,
            saved_at: now,
            busy,
            images,
            profile,
            measures,
            drawn,
            early,
            gradients: GradientNorms::default(),
            certainty: Certainty::default(),
        })
    }

    pub fn run(mut self) -> Result<Outcome, TrainError> {
        if self.run.step == 0 {
            self.sheet()?;
            self.checkpoint()?;
        }
        while self.run.step < self.run.config.steps {
            if let Some(outcome) = self.run.bounds.reached(self.started) {
                return self.stop(outcome);
            }
            self.step()?;
        }
        self.write_profile()?;
        let seconds = self.started.elapsed().as_secs_f64();
        self.observer.event(&Event::Finished { step: self.run.step, seconds })?;
        Ok(Outcome::Finished)
    }

    /// One step, and everything that is due after it.
    fn step(&mut self) -> Result<(), TrainError> {
        let clock = Instant::now();
        let metrics = self.train_on_next()?;
        let config = &self.run.config;
        let (step, epoch) = (self.run.step, self.run.feed.cursor().epoch);
        let done = step == config.steps;
        let is_time = |every: u64| done || step.is_multiple_of(every);
        let (log, sheet) = (self.reads_metrics(step), is_time(config.sheet_every));
        let per_epoch = self.run.feed.batches_per_epoch() as u64;
        let test = is_time(config.evaluate_every.unwrap_or(per_epoch));
        let minutes = self.saved_at.elapsed().as_secs_f64() / 60.0;
        let checkpoint = is_time(config.checkpoint_every) || minutes >= config.checkpoint_minutes;

        let values = if log { Some(metrics.read()?) } else { None };
        drop(metrics);
        self.busy += clock.elapsed();
        if let Some(values) = &values {
            self.check_finite("", values)?;
            let seconds = self.log.seconds() + self.started.elapsed().as_secs_f64();
            self.log.add(&TrainRecord { step, epoch, seconds, metrics: values })?;
        }
        let images_per_second = self.images as f64 / self.busy.as_secs_f64().max(1e-9);
        self.observer.event(&Event::Step { step, epoch, metrics: values.as_deref(), images_per_second })?;
        if let Some(values) = &values
            && self.gradients.vanish(step, values)
        {
            let GradientNorms { since, names, .. } = &self.gradients;
            self.observer.event(&Event::NoGradient { since: *since, names })?;
        }
        if let Some(values) = &values
            && self.certainty.note(step, values)
        {
            self.observer.event(&Event::Certain { since: self.certainty.since })?;
        }
        if log {
            (self.busy, self.images) = (Duration::ZERO, 0);
        }
        let best = test && self.evaluate(epoch)?;
        if sheet {
            self.early = None;
            self.sheet()?;
        } else if self.is_early_sheet_due() {
            self.sheet_beside()?;
        }
        if checkpoint || best {
            self.checkpoint()?;
        }
        Ok(())
    }

    /// Whether the metrics of a step, counted from 1, are read. A GPU is waited for at these steps alone: what is not
    /// finite stays so until then, and the last checkpoint knows nothing of it.
    fn reads_metrics(&self, step: u64) -> bool {
        let config = &self.run.config;
        step == config.steps || step.is_multiple_of(config.log_every)
    }

    fn train_on_next(&mut self) -> Result<Metrics, TrainError> {
        let mut cx = self.run.step_ctx(self.run.step);
        cx.options.check_finite =
            self.reads_metrics(self.run.step + 1) || self.run.data.options().device == Device::cpu();
        let batch = self.run.next_batch()?;
        self.images += batch.len();
        let result = match &mut self.profile {
            None => self.model.step(&batch, &cx),
            Some((all, steps)) => {
                let (result, profile) = Profile::watch(|| self.model.step(&batch, &cx));
                all.merge(&profile);
                *steps += 1;
                result
            }
        };
        match result {
            Ok(metrics) => {
                self.run.step += 1;
                Ok(metrics)
            }
            Err(StepError::NonFinite { name, value }) => Err(self.non_finite(name, value, self.run.step + 1)),
            Err(StepError::Device(error)) => Err(error.into()),
            Err(error) => Err(TrainError::Step { problem: error.to_string() }),
        }
    }

    /// Whether a sheet is due by the time that has passed; the next is due after twice that.
    fn is_early_sheet_due(&mut self) -> bool {
        let passed = self.started.elapsed();
        let due = self.early.is_some_and(|time| passed >= time);
        if due {
            self.early = Some(passed * 2);
        }
        due
    }

    /// A sheet at a step where none is due by the settings. To show itself, a model may take statistics anew, of which
    /// nothing must be left here: bits don't depend on the time that steps take, nor on stops.
    fn sheet_beside(&mut self) -> Result<(), TrainError> {
        let state = kiln_nn::save(self.model);
        self.sheet()?;
        kiln_nn::load(self.model, &state).map_err(|error| TrainError::Step { problem: error.to_string() })
    }

    fn sheet(&mut self) -> Result<(), TrainError> {
        let step = self.run.step;
        self.drawn = Some(step);
        // The same noise at every step, so that the pictures can be compared.
        let key = Key::new(self.run.config.seed).purpose("sheet");
        let exhibit = self.model.exhibit(&self.run.data.examples()?, key)?;
        if !exhibit.lines.is_empty() {
            let text = exhibit.lines.join("\n") + "\n";
            write_atomic(&self.dir.sheet(step).with_extension("txt"), text.as_bytes())?;
            write_atomic(&self.dir.latest_sheet().with_extension("txt"), text.as_bytes())?;
        }
        if exhibit.rows.is_empty() {
            return Ok(());
        }
        let bytes = png(&exhibit)?;
        let path = self.dir.sheet(step);
        write_atomic(&path, &bytes)?;
        write_atomic(&self.dir.latest_sheet(), &bytes)?;
        self.observer.event(&Event::Sheet { step, path: &path, caption: &exhibit.caption })
    }

    /// Measures on the test set; whether it is the best so far.
    fn evaluate(&mut self, epoch: u64) -> Result<bool, TrainError> {
        let Run { config, data, step, .. } = &*self.run;
        let step = *step;
        let mut values =
            evaluate(self.model, data, config.batch_size, config.seed, step)?.unwrap_or_default();
        // The same noise at every step, so that figures of different steps differ by the model.
        let key = Key::new(config.seed).purpose("measure");
        let (train, test) = (Some(&**data.train()), data.test().map(|set| &**set));
        let cx = MeasureCtx { train, test, net: None, count: MEASURED, draws: DRAWS, key };
        for measure in &mut self.measures {
            let figures = measure.take(self.model, &cx)?.unwrap_or_default().figures;
            values.extend(figures.into_iter().map(|figure| (figure.name.to_owned(), figure.value)));
        }
        if values.is_empty() {
            return Ok(false);
        }
        self.check_finite("test ", &values)?;
        self.log.add(&TestRecord { step, epoch, metrics: &values })?;
        self.observer.event(&Event::Evaluated { step, metrics: &values })?;
        let Some(goal) = self.model.goal() else { return Ok(false) };
        let value = values.iter().find(|(name, _)| name == goal.measure);
        Ok(value.is_some_and(|(_, value)| self.run.best.take(step, *value, goal.better)))
    }

    fn checkpoint(&mut self) -> Result<(), TrainError> {
        self.check_parameters()?;
        // A checkpoint vouches for what was written before it: a power cut takes both or none.
        self.log.sync()?;
        self.observer.sync()?;
        let step = self.run.step;
        let path = self.dir.checkpoint(step);
        let clock = Instant::now();
        self.run.checkpoint(self.model, self.log.last_step()).write(&path)?;
        tracing::debug!(step, milliseconds = clock.elapsed().as_millis() as u64, "checkpoint written");
        let have = self.dir.checkpoint_steps()?;
        let best = self.run.best;
        for old in self.run.config.keep_checkpoints.superfluous(&have, step, |at| best.is_after(at)) {
            let old = self.dir.checkpoint(old);
            std::fs::remove_file(&old).map_err(TrainError::write(&old))?;
        }
        self.observer.event(&Event::Checkpoint { step, path: &path })?;
        (self.saved, self.saved_at) = (Some(step), Instant::now());
        Ok(())
    }

    fn stop(mut self, outcome: Outcome) -> Result<Outcome, TrainError> {
        if self.saved != Some(self.run.step) {
            self.checkpoint()?;
        }
        if self.drawn != Some(self.run.step) {
            self.sheet_beside()?;
        }
        self.write_profile()?;
        self.observer.event(&Event::Stopped { step: self.run.step, outcome })?;
        Ok(outcome)
    }

    fn write_profile(&mut self) -> Result<(), TrainError> {
        let Some((profile, steps)) = &self.profile else { return Ok(()) };
        crate::profile::write(&self.dir.profile(), profile, *steps)?;
        self.observer.event(&Event::Profile { profile, steps: *steps })
    }

    /// A model's own step may not have tested what it reports.
    fn check_finite(&mut self, prefix: &str, values: &[(String, f64)]) -> Result<(), TrainError> {
        match values.iter().find(|(_, value)| !value.is_finite()) {
            Some((name, value)) => Err(self.non_finite(format!("{prefix}{name}"), *value, self.run.step)),
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
                return Err(self.non_finite(name, sum, self.run.step));
            }
        }
        Ok(())
    }

    /// The error for a number that isn't finite, seen in step `step`, counted from 1.
    fn non_finite(&mut self, name: String, value: f64, step: u64) -> TrainError {
        let checkpoint: Option<PathBuf> = self.saved.map(|at| self.dir.checkpoint(at));
        let cause = match &checkpoint {
            Some(path) => match self.replay(path.clone(), step) {
                Ok(cause) => cause,
                Err(error) => return error,
            },
            None => None,
        };
        TrainError::NonFinite { name, value, step, cause, checkpoint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_vanish_when_all_norms_are_zero_twice() {
        let mut norms = GradientNorms::default();
        let mut read = |step: u64, d: f64, g: Option<f64>| {
            let g = g.map(|g| ("g_grad_norm".to_owned(), g));
            let all: Vec<(String, f64)> =
                [("d_loss".to_owned(), 0.0), ("d_grad_norm".to_owned(), d)].into_iter().chain(g).collect();
            norms.vanish(step, &all)
        };
        // The discriminator alone may have nothing to learn at times.
        assert!(![1, 2, 3].into_iter().any(|step| read(step, 0.0, Some(0.5))));
        // The generator's part doesn't come with each step.
        assert!(!read(4, 0.0, None) && !read(5, 0.0, None));
        assert!(!read(6, 0.0, Some(0.0)) && read(7, 0.0, None) && !read(8, 0.0, Some(0.0)));
        assert!(!read(9, 1e-30, Some(0.0)) && !read(10, 0.0, Some(0.0)) && read(11, 0.0, Some(0.0)));
        assert_eq!((norms.since, norms.names.len()), (10, 2));
        assert!(!GradientNorms::default().vanish(1, &[("loss".to_owned(), 0.0)]));
    }
}
