//! What a run tells whoever watches it.

use std::path::Path;

use kiln_grad::graph::Profile;

use crate::{Data, Outcome, RunConfig, TrainError};

/// Something that happened in a run. Steps are counted after they are done: the first is step 1.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The run begins, or goes on after the step.
    Start {
        /// Settings of the run.
        config: &'a RunConfig,
        /// Data of the run.
        data: &'a Data,
        /// Number of parameters.
        parameters: usize,
        /// Number of steps that were done before.
        step: u64,
    },
    /// The metrics end before the step up to which the checkpoint that is gone on from had them: lines were lost, and their
    /// steps are not done again.
    Gap {
        /// Step of the last line that is left; 0 without any.
        from: u64,
        /// Step of the last line there was.
        to: u64,
    },
    /// A step is done.
    Step {
        /// Number of the step, from 1 on.
        step: u64,
        /// The epoch it belonged to, from 0.
        epoch: u64,
        /// What the model reported, at the steps at which it is read; they are not means over the steps
        /// in between.
        metrics: Option<&'a [(String, f64)]>,
        /// Images trained on per second, sheets, tests and checkpoints not counted, since the metrics
        /// were last read.
        images_per_second: f64,
    },
    /// A sheet was written.
    Sheet {
        /// Number of steps that were done by then.
        step: u64,
        /// The file.
        path: &'a Path,
        /// What it shows, in a few words.
        caption: &'a str,
    },
    /// The test set was measured.
    Evaluated {
        /// Number of steps that were done by then.
        step: u64,
        /// Means over the test set.
        metrics: &'a [(String, f64)],
    },
    /// A checkpoint was written.
    Checkpoint {
        /// Number of steps that were done by then.
        step: u64,
        /// The file.
        path: &'a Path,
    },
    /// Where the time of the training steps went, if the run was [to say so](crate::Run::profile); it was
    /// written to `profile.json`.
    Profile {
        /// The profile of all steps of this part of the run.
        profile: &'a Profile,
        /// Number of steps.
        steps: u64,
    },
    /// A number became infinite or no number: the steps from the last checkpoint on are done again, to find
    /// where.
    Replay {
        /// The step of the checkpoint.
        from: u64,
        /// The step to find it in, from 1.
        to: u64,
    },
    /// All norms of gradients were exactly 0 when they were last read and the time before: nothing is learned any more.
    NoGradient {
        /// The step at which they were first read so.
        since: u64,
        /// Names of the norms.
        names: &'a [String],
    },
    /// A discriminator took all samples for what they are, each of the last twenty times that its metrics were read: the
    /// generator has little to learn from.
    Certain {
        /// The step at which this was first read.
        since: u64,
    },
    /// The run stops before all steps are done, and can be resumed.
    Stopped {
        /// Number of steps that were done by then.
        step: u64,
        /// Reason of the stop.
        outcome: Outcome,
    },
    /// All steps are done.
    Finished {
        /// Number of steps.
        step: u64,
        /// Number of seconds that this part of the run took.
        seconds: f64,
    },
}

/// Somebody who watches a run.
pub trait Observer {
    /// Something happened.
    ///
    /// # Errors
    /// What the observer writes could not be written; the run stops there.
    fn event(&mut self, event: &Event) -> Result<(), TrainError>;

    /// Waits until what was written is on the disk: a checkpoint that comes after it is about to be written, and no power
    /// cut may leave that alone. An observer that writes no files has nothing to do.
    ///
    /// # Errors
    /// When the operating system can't.
    fn sync(&mut self) -> Result<(), TrainError> {
        Ok(())
    }
}

/// Nobody watches.
impl Observer for () {
    fn event(&mut self, _: &Event) -> Result<(), TrainError> {
        Ok(())
    }
}

/// A function that is called with what happens.
impl<F: FnMut(&Event)> Observer for F {
    fn event(&mut self, event: &Event) -> Result<(), TrainError> {
        self(event);
        Ok(())
    }
}

/// All of them watch, in this order.
impl Observer for Vec<&mut dyn Observer> {
    fn event(&mut self, event: &Event) -> Result<(), TrainError> {
        self.iter_mut().try_for_each(|observer| observer.event(event))
    }

    fn sync(&mut self) -> Result<(), TrainError> {
        self.iter_mut().try_for_each(|observer| observer.sync())
    }
}
