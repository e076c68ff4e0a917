//! A run: what it is made of, and how it is resumed.

use std::path::Path;
use std::time::Duration;

use kiln_data::{Cursor, DataError, FileChecksums, HostBatch, Prefetch};
use kiln_nn::{Batch, StateValue, StateVisitor, Stateful, StepCtx, Training};

use crate::best::Best;
use crate::stop::Bounds;
use crate::train_loop::Loop;
use crate::uses::{START, UsedModel, fingerprints};
use crate::{Checkpoint, Data, LockedRunDir, Observer, Outcome, RunConfig, Stop, TrainError};

/// A run: how far it is, and what it needs to go on.
#[derive(Debug)]
pub struct Run {
    pub(crate) config: RunConfig,
    pub(crate) data: Data,
    pub(crate) feed: Prefetch<HostBatch, DataError>,
    pub(crate) step: u64,
    /// Step of the last line of metrics, as the checkpoint that was gone on from has it.
    pub(crate) logged: u64,
    pub(crate) best: Best,
    pub(crate) used: Vec<UsedModel>,
    pub(crate) bounds: Bounds,
    pub(crate) profile: bool,
    /// Time after which the first sheet is drawn, if none is due before.
    pub(crate) first_sheet: Duration,
}

/// Time after which the first sheet is drawn, if none is due before.
const FIRST_SHEET: Duration = Duration::from_secs(10);

/// What a checkpoint holds, under its names.
struct State<'a> {
    cursor: Cursor,
    best: &'a mut Best,
    data: String,
    files: FileChecksums,
    uses: String,
    model: &'a mut dyn Training,
}

impl Stateful for State<'_> {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.part("loader", &mut self.cursor);
        v.part("best", self.best);
        v.text("data", &mut self.data);
        v.part("files", &mut self.files);
        v.text("uses", &mut self.uses);
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
        let feed = data.feed(config.batch_size, config.seed)?;
        let (best, bounds) = (Best::default(), Bounds::default());
        Ok(Run {
            config,
            data,
            feed,
            step: 0,
            logged: 0,
            best,
            used: Vec::new(),
            bounds,
            profile: false,
            first_sheet: FIRST_SHEET,
        })
    }

    /// Settings of the run.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// Data of the run.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Number of steps that are done.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The best measurement so far.
    pub fn best(&self) -> Best {
        self.best
    }

    /// A handle by which the run can be asked to stop.
    pub fn stop(&self) -> Stop {
        self.bounds.stop.clone()
    }

    /// Bound on the time of training: it stops when this time has passed since [`train`](Run::train) was called.
    pub fn limit_time(&mut self, time: Duration) {
        self.bounds.time = Some(time);
    }

    /// Draws a first sheet when this time has passed since [`train`](Run::train) was called, the next after twice that, and
    /// so on until one is due by its step; the first comes after 10 seconds unless this says otherwise. So there is
    /// something to see early also where steps are slow. Such sheets leave no trace in the bits of the run.
    pub fn first_sheet_after(&mut self, time: Duration) {
        self.first_sheet = time;
    }

    /// Takes note of the models of other runs that the model uses: a checkpoint says which they were, and the run goes
    /// on with those alone.
    pub fn uses(&mut self, used: Vec<UsedModel>) {
        self.used = used;
    }

    /// Gives a model at its beginning the parameters of the run that is used as [`START`], if one is. A run that goes on has
    /// its own.
    ///
    /// # Errors
    /// When none fits.
    pub fn begin_with_used(&self, model: &mut dyn Training) -> Result<(), TrainError> {
        self.used.iter().filter(|used| used.name == START).try_for_each(|used| used.start(model))
    }

    /// Takes the time of every kernel; see [`Event::Profile`](crate::Event::Profile).
    pub fn profile(&mut self) {
        self.profile = true;
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
        let data = self.data.fingerprint();
        if let Some(StateValue::Text(was)) = checkpoint.state.get("data")
            && *was != data
        {
            return Err(TrainError::OtherData { path: path.to_owned(), was: was.clone(), is: data });
        }
        let uses = fingerprints(&self.used);
        if let Some(StateValue::Text(was)) = checkpoint.state.get("uses")
            && *was != uses
        {
            let changed =
                self.used.iter().find(|used| !was.contains(&fingerprints(std::slice::from_ref(used))));
            return Err(match changed {
                Some(used) => TrainError::Used {
                    name: used.name.clone(),
                    path: used.path.clone(),
                    problem: "is not what it was when the steps before were done".to_owned(),
                },
                None => TrainError::ResumeConflict {
                    name: "uses".to_owned(),
                    was: was.trim_end().replace('\n', "; "),
                    wanted: uses.trim_end().replace('\n', "; "),
                    done: checkpoint.step,
                },
            });
        }
        let count = |name: &str| match checkpoint.state.get(name) {
            Some(StateValue::Count(count)) => *count,
            _ => 0,
        };
        let cursor = Cursor { epoch: count("loader.epoch"), position: count("loader.position") };
        let before = self.feed.cursor();
        self.feed.seek(cursor)?;
        let (best, files) = (&mut self.best, self.data.checksums());
        match kiln_nn::load(&mut State { cursor, best, data, files, uses, model }, &checkpoint.state) {
            Ok(()) => {
                (self.step, self.logged) = (checkpoint.step, checkpoint.logged);
                Ok(())
            }
            Err(problem) => {
                self.feed.seek(before)?;
                Err(TrainError::Mismatch { path: path.to_owned(), problem })
            }
        }
    }

    /// The state of run and model as it is now, with metrics up to a step.
    pub(crate) fn checkpoint(&mut self, model: &mut dyn Training, logged: u64) -> Checkpoint {
        let Run { config, data, feed, step, best, used, .. } = self;
        let info = data.info().clone();
        let uses = fingerprints(used);
        let (cursor, files) = (feed.cursor(), data.checksums());
        let state = kiln_nn::save(&mut State { cursor, best, data: data.fingerprint(), files, uses, model });
        Checkpoint { recipe: config.recipe.clone(), step: *step, logged, data: info, state }
    }

    /// Trains until all steps are done or there is a reason to stop before, and writes metrics, sheets and
    /// checkpoints on the way. A sheet and a checkpoint of the untrained model come first, so that there is
    /// something to see and to go on from at once; where the training is stopped, both are of the step it stopped after.
    ///
    /// # Errors
    /// When something can't be written, the device failed, or a number became infinite or no number. In that
    /// case the last checkpoint is gone back to and the steps since are done again, to say which op made the first
    /// such number; `model` is then left in no particular state. Checkpoints written before are intact.
    pub fn train(
        &mut self,
        dir: &LockedRunDir,
        model: &mut dyn Training,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, TrainError> {
        Loop::new(self, dir, model, observer)?.run()
    }

    /// The samples of the next step.
    pub(crate) fn next_batch(&mut self) -> Result<Batch, TrainError> {
        self.data.next_batch(&mut self.feed)
    }

    /// What step `step`, from 0, may depend on besides the model and the batch.
    pub(crate) fn step_ctx(&self, step: u64) -> StepCtx {
        let (steps, options) = (self.config.steps, self.config.step_options());
        StepCtx { steps, options, ..StepCtx::new(self.config.seed, step) }
    }
}
