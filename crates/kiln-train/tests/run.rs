//! Whole runs of a tiny model.

use std::fs;
use std::path::Path;

use kiln_data::{Dataset, Parts};
use kiln_grad::{Error, Tensor, grad};
use kiln_nn::{
    Batch, Exhibit, Goal, Images, Metrics, Param, PixelRange, StateVisitor, Stateful, StepCtx, StepError,
    TensorOptions, Training,
};
use kiln_tensor::random::Key;
use kiln_train::{
    Checkpoint, Data, Event, Observer, Outcome, Run, RunConfig, RunDir, Stop, TrainError, evaluate,
};

/// Learns the mean image by gradient descent, with some noise so that random keys matter. To show itself changes it, as
/// it does models that take statistics anew.
struct MeanImage {
    mean: Param,
    steps: u64,
    shown: u64,
    lr: f64,
}

impl MeanImage {
    fn new(lr: f64) -> Self {
        MeanImage { mean: Param::new(TensorOptions::cpu_f32().zeros([1, 1, 4, 4])), steps: 0, shown: 0, lr }
    }

    fn loss(&self, batch: &Batch) -> Tensor {
        (batch.images().unit() - self.mean.tensor()).square().sum([1, 2, 3]).mean(..)
    }
}

impl Stateful for MeanImage {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.param("mean", &self.mean);
        v.count("steps", &mut self.steps);
        v.count("shown", &mut self.shown);
    }
}

impl Training for MeanImage {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
        assert_eq!(cx.step, self.steps);
        self.steps += 1;
        let loss = self.loss(batch);
        let metrics = Metrics::new().with("loss", &loss);
        let mean = self.mean.tensor();
        let noise = Tensor::normal(cx.key, *mean.dims(), mean.dtype(), mean.device()) * 1e-3;
        let gradient = grad(loss, &[&mean]).remove(0);
        self.mean.set((mean.detach() - gradient * self.lr + noise).into_array());
        Ok(metrics)
    }

    fn evaluate(&mut self, batch: &Batch, _: &StepCtx) -> Result<Option<Metrics>, Error> {
        let size = Tensor::from(batch.images().len() as f32);
        Ok(Some(Metrics::new().with("error", &self.loss(batch)).with("size", &size)))
    }

    fn goal(&self) -> Option<Goal> {
        Some(Goal::least("error"))
    }

    fn exhibit(&mut self, examples: &Batch, _: Key) -> Result<Exhibit, Error> {
        self.shown += 1;
        let count = examples.len().min(8);
        let mean = self.mean.tensor().detach();
        let images = Images::new(mean.broadcast_to([count, 1, 4, 4]), PixelRange::Unit);
        let lines = vec![format!("the mean is {:.3}", mean.mean(..).item()?)];
        Ok(Exhibit { lines, ..Exhibit::grid(&images, 8, "the mean image") })
    }
}

/// The names of events in their order.
#[derive(Default)]
struct Names(Vec<String>);

impl Observer for Names {
    fn event(&mut self, event: &Event) -> Result<(), TrainError> {
        let name = match event {
            Event::Start { step, parameters, .. } => format!("start {step} {parameters}"),
            Event::Step { metrics: None, .. } => return Ok(()),
            Event::Step { step, .. } => format!("metrics {step}"),
            Event::Sheet { step, .. } => format!("sheet {step}"),
            Event::Evaluated { step, .. } => format!("test {step}"),
            Event::Checkpoint { step, .. } => format!("checkpoint {step}"),
            Event::Finished { step, .. } => format!("finished {step}"),
            _ => return Ok(()),
        };
        self.0.push(name);
        Ok(())
    }
}

fn config() -> RunConfig {
    let text = "recipe = 'mean'\ndata = 'none'\nsteps = 25\nbatch_size = 8\nseed = 5\nlog_every = 4\n\
                sheet_every = 10\ncheckpoint_every = 10\n[model]";
    toml::from_str(text).unwrap()
}

fn data() -> Data {
    let pixels = |n: u32| (0..16 * n).map(|i| Key::new(1).word(i.into()) as u8).collect();
    let train = Dataset::new("noise", [1, 4, 4], pixels(60)).unwrap();
    let test = Some(Dataset::new("noise", [1, 4, 4], pixels(19)).unwrap());
    Data::new(Parts::new(train, test), TensorOptions::cpu_f32()).unwrap()
}

fn train(root: &Path, config: RunConfig, lr: f64) -> (RunDir, Result<Vec<String>, TrainError>) {
    let dir = RunDir::create_in(root, &config).unwrap();
    let mut names = Names::default();
    let result =
        Run::new(config, data()).unwrap().train(&dir.lock().unwrap(), &mut MeanImage::new(lr), &mut names);
    (dir, result.map(|_| names.0))
}

/// The metrics without the seconds.
fn timeless(dir: &RunDir) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(dir.metrics()).unwrap();
    let parse = |line| {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().remove("seconds");
        value
    };
    text.lines().map(parse).collect()
}

fn same_results(a: &RunDir, b: &RunDir) {
    assert_eq!(timeless(a), timeless(b));
    assert_eq!(a.checkpoint_steps().unwrap(), b.checkpoint_steps().unwrap());
    assert_eq!(fs::read(a.checkpoint(25)).unwrap(), fs::read(b.checkpoint(25)).unwrap());
    for step in [0, 10, 20, 25] {
        assert_eq!(fs::read(a.sheet(step)).unwrap(), fs::read(b.sheet(step)).unwrap());
    }
    assert_eq!(fs::read(a.latest_sheet()).unwrap(), fs::read(a.sheet(25)).unwrap());
}

#[test]
fn a_run_writes_everything_in_order_and_again_the_same() {
    let root = tempfile::tempdir().unwrap();
    let (a, events) = train(root.path(), config(), 0.1);
    assert_eq!(
        events.unwrap(),
        [
            "start 0 16",
            "sheet 0",
            "checkpoint 0",
            "metrics 4",
            "test 7",
            "checkpoint 7",
            "metrics 8",
            "sheet 10",
            "checkpoint 10",
            "metrics 12",
            "test 14",
            "checkpoint 14",
            "metrics 16",
            "metrics 20",
            "sheet 20",
            "checkpoint 20",
            "test 21",
            "checkpoint 21",
            "metrics 24",
            "metrics 25",
            "test 25",
            "sheet 25",
            "checkpoint 25",
            "finished 25",
        ]
    );
    // The last is also the best; before it, the last test was.
    assert_eq!(a.checkpoint_steps().unwrap(), [21, 25]);
    let steps: Vec<u64> = timeless(&a).iter().map(|line| line["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, [4, 7, 8, 12, 14, 16, 20, 21, 24, 25, 25]);
    let (b, _) = train(root.path(), config(), 0.1);
    same_results(&a, &b);
    let (c, _) = train(root.path(), RunConfig { seed: 6, ..config() }, 0.1);
    assert_ne!(timeless(&a), timeless(&c));
}

#[test]
fn a_run_that_was_stopped_goes_on_as_if_it_had_not_been() {
    let root = tempfile::tempdir().unwrap();
    let (whole, _) = train(root.path(), config(), 0.1);
    let (stopped, _) = train(root.path(), RunConfig { steps: 22, ..config() }, 0.1);
    // As if it had been killed after step 22, with its last checkpoint at 21.
    fs::remove_file(stopped.checkpoint(22)).unwrap();
    fs::remove_file(stopped.sheet(22)).unwrap();
    let path = stopped.find_checkpoint(None).unwrap();
    let checkpoint = Checkpoint::read(&path, &TensorOptions::cpu_f32()).unwrap();
    let (mut run, mut model) = (Run::new(config(), data()).unwrap(), MeanImage::new(0.1));
    run.restore(&checkpoint, &mut model, &path).unwrap();
    assert_eq!((run.step(), run.best().step), (21, 21));
    run.train(&stopped.lock().unwrap(), &mut model, &mut ()).unwrap();
    same_results(&whole, &stopped);
}

#[test]
fn a_model_that_breaks_down_stops_the_run_and_leaves_the_checkpoint() {
    let root = tempfile::tempdir().unwrap();
    // The distance from the mean grows by a factor of 60 a step: beyond f32 after some 22 steps.
    let (dir, result) = train(root.path(), RunConfig { steps: 100, ..config() }, 30.0);
    let error = result.unwrap_err();
    assert!(
        matches!(&error, TrainError::NonFinite { name, .. } if name == "test error" || name == "loss"),
        "{error}"
    );
    let steps = dir.checkpoint_steps().unwrap();
    let last = dir.checkpoint(*steps.last().unwrap());
    assert!(error.to_string().contains(&format!("(the last checkpoint, {}, is intact)", last.display())));
    Checkpoint::read(&last, &TensorOptions::cpu_f32()).unwrap();
    for line in timeless(&dir) {
        assert!(line.get("loss").is_none_or(|loss| loss.is_number()), "{line}");
    }
}

#[test]
fn an_evaluation_counts_each_sample_once() {
    let (data, mut model) = (data(), MeanImage::new(0.1));
    let [small, whole] = [8, 19].map(|size| evaluate(&mut model, &data, size, 0, 0).unwrap().unwrap());
    assert!((small[0].1 - whole[0].1).abs() < 1e-5, "{small:?} {whole:?}");
    // Batches of 8, 8 and 3, weighted by their sizes.
    assert!((small[1].1 - (64.0 + 64.0 + 9.0) / 19.0).abs() < 1e-9);
}

#[test]
fn a_checkpoint_of_another_model_or_data_set_is_refused_and_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let (dir, _) = train(root.path(), config(), 0.1);
    let path = dir.find_checkpoint(None).unwrap();
    let checkpoint = Checkpoint::read(&path, &TensorOptions::cpu_f32()).unwrap();
    let (mut run, mut model) = (Run::new(config(), data()).unwrap(), MeanImage::new(0.1));

    let mut other = checkpoint.clone();
    let weight = other.state.remove("model.mean").unwrap();
    other.state.insert("model.weight".into(), weight);
    let error = run.restore(&other, &mut model, &path).unwrap_err().to_string();
    assert!(error.contains("model.mean is missing; model.weight is unexpected"), "{error}");

    let mut other = checkpoint.clone();
    other.state.insert("loader.position".into(), kiln_nn::StateValue::Count(1_000));
    assert!(matches!(run.restore(&other, &mut model, &path), Err(TrainError::Data(_))));
    assert_eq!((run.step(), model.steps), (0, 0));
}

#[test]
fn a_batch_larger_than_the_data_is_refused_before_anything_is_written() {
    let error = Run::new(RunConfig { batch_size: 61, ..config() }, data()).unwrap_err().to_string();
    assert!(error.contains("choose a batch size from 1 to 60"), "{error}");
}

/// Asks to stop after a step.
struct StopAfter(u64, Stop);

impl Observer for StopAfter {
    fn event(&mut self, event: &Event) -> Result<(), TrainError> {
        if matches!(event, Event::Step { step, .. } if *step == self.0) {
            self.1.ask();
        }
        Ok(())
    }
}

#[test]
fn a_run_stops_when_it_is_asked_to_and_can_be_resumed() {
    let root = tempfile::tempdir().unwrap();
    let (whole, _) = train(root.path(), config(), 0.1);
    let dir = RunDir::create_in(root.path(), &config()).unwrap();
    let mut run = Run::new(config(), data()).unwrap();
    let mut model = MeanImage::new(0.1);
    for at in [3, 17] {
        let mut observer = StopAfter(at, run.stop());
        assert_eq!(run.train(&dir.lock().unwrap(), &mut model, &mut observer).unwrap(), Outcome::Asked);
        assert_eq!(run.step(), at);
        let path = dir.find_checkpoint(None).unwrap();
        assert_eq!(path, dir.checkpoint(at));
        assert_eq!(fs::read(dir.latest_sheet()).unwrap(), fs::read(dir.sheet(at)).unwrap());
        (run, model) = (Run::new(config(), data()).unwrap(), MeanImage::new(0.1));
        run.restore(&Checkpoint::read(&path, &TensorOptions::cpu_f32()).unwrap(), &mut model, &path).unwrap();
    }
    assert_eq!(run.train(&dir.lock().unwrap(), &mut model, &mut ()).unwrap(), Outcome::Finished);
    same_results(&whole, &dir);
}

#[test]
fn a_run_stops_when_its_time_is_up() {
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::create_in(root.path(), &config()).unwrap();
    let mut run = Run::new(config(), data()).unwrap();
    run.limit_time(std::time::Duration::ZERO);
    assert_eq!(run.train(&dir.lock().unwrap(), &mut MeanImage::new(0.1), &mut ()).unwrap(), Outcome::TimeUp);
    assert_eq!(dir.checkpoint_steps().unwrap(), [0]);
}

#[test]
fn the_best_checkpoint_is_kept_besides_the_last_two() {
    let root = tempfile::tempdir().unwrap();
    // Moves away from the mean from the first step on, so the first test is the best.
    let (dir, result) = train(root.path(), RunConfig { checkpoint_every: 5, ..config() }, -0.02);
    result.unwrap();
    assert_eq!(dir.checkpoint_steps().unwrap(), [7, 20, 25]);
}

#[test]
fn other_data_is_not_taken_for_that_of_a_checkpoint() {
    let root = tempfile::tempdir().unwrap();
    let (dir, _) = train(root.path(), config(), 0.1);
    let path = dir.find_checkpoint(None).unwrap();
    let checkpoint = Checkpoint::read(&path, &TensorOptions::cpu_f32()).unwrap();
    let train = Dataset::new("noise", [1, 4, 4], vec![7; 60 * 16]).unwrap();
    let other = Data::new(Parts::new(train, None), TensorOptions::cpu_f32()).unwrap();
    let mut run = Run::new(config(), other).unwrap();
    let error = run.restore(&checkpoint, &mut MeanImage::new(0.1), &path).unwrap_err().to_string();
    assert!(
        error.contains("was trained on 60 images of 1x4x4") && error.contains("but the data is now"),
        "{error}"
    );
}

/// What happened since the last time that everything was on the disk.
#[derive(Default)]
struct Unsynced(Vec<String>, Names);

impl Observer for Unsynced {
    fn event(&mut self, event: &Event) -> Result<(), TrainError> {
        self.1.event(event)?;
        let new = self.1.0.drain(..);
        if let Event::Checkpoint { .. } = event {
            assert!(self.0.is_empty(), "a checkpoint was written before {:?} was on the disk", self.0);
            return Ok(());
        }
        self.0.extend(new);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), TrainError> {
        self.0.clear();
        Ok(())
    }
}

#[test]
fn everything_that_is_written_is_on_the_disk_before_a_checkpoint() {
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::create_in(root.path(), &config()).unwrap();
    let mut observer = Unsynced::default();
    let mut observers: Vec<&mut dyn Observer> = vec![&mut observer];
    let mut run = Run::new(config(), data()).unwrap();
    run.train(&dir.lock().unwrap(), &mut MeanImage::new(0.1), &mut observers).unwrap();
    assert_eq!(observer.0, ["finished 25"]);
}

#[test]
fn a_run_whose_metrics_were_lost_says_so() {
    let root = tempfile::tempdir().unwrap();
    let short = RunConfig { steps: 20, ..config() };
    let (dir, _) = train(root.path(), short, 0.1);
    let path = dir.find_checkpoint(None).unwrap();
    let checkpoint = Checkpoint::read(&path, &TensorOptions::cpu_f32()).unwrap();
    assert_eq!((checkpoint.step, checkpoint.logged), (20, 20));
    let lines = fs::read_to_string(dir.metrics()).unwrap();
    let until = |step: u64| {
        let is_until = |line: &&str| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["step"].as_u64() <= Some(step)
        };
        lines.split_inclusive('\n').filter(is_until).collect::<String>()
    };
    for (left, gap) in [(until(20), None), (until(12), Some((12, 20))), (String::new(), Some((0, 20)))] {
        fs::write(dir.metrics(), left).unwrap();
        let (mut run, mut model) = (Run::new(config(), data()).unwrap(), MeanImage::new(0.1));
        run.restore(&checkpoint, &mut model, &path).unwrap();
        run.stop().ask();
        let mut said = None;
        let mut observer = |event: &Event| {
            if let Event::Gap { from, to } = event {
                said = Some((*from, *to));
            }
        };
        run.train(&dir.lock().unwrap(), &mut model, &mut observer).unwrap();
        assert_eq!(said, gap);
    }
}

#[test]
fn early_sheets_come_by_time_and_leave_no_trace() {
    let root = tempfile::tempdir().unwrap();
    let slow = RunConfig { sheet_every: 20, ..config() };
    let (whole, _) = train(root.path(), slow.clone(), 0.1);
    let dir = RunDir::create_in(root.path(), &slow).unwrap();
    let mut run = Run::new(slow, data()).unwrap();
    run.first_sheet_after(std::time::Duration::from_nanos(1));
    run.train(&dir.lock().unwrap(), &mut MeanImage::new(0.1), &mut ()).unwrap();
    assert_eq!(whole.sheet_steps().unwrap(), [0, 20, 25]);
    let sheets = dir.sheet_steps().unwrap();
    // The next comes after twice the time, and none once they are due by their steps.
    assert!(sheets.starts_with(&[0, 1]) && sheets.ends_with(&[20, 25]), "{sheets:?}");
    assert!((4..20).contains(&sheets.len()), "{sheets:?}");
    assert_eq!(fs::read(whole.checkpoint(25)).unwrap(), fs::read(dir.checkpoint(25)).unwrap());
    assert_eq!(timeless(&whole), timeless(&dir));
}

/// A model that learns nothing from the tenth step on.
struct Dying(MeanImage);

impl Stateful for Dying {
    fn visit(&mut self, v: &mut StateVisitor) {
        self.0.visit(v);
    }
}

impl Training for Dying {
    fn step(&mut self, batch: &Batch, cx: &StepCtx) -> Result<Metrics, StepError> {
        let norm = Tensor::from(if cx.step < 9 { 1.0f32 } else { 0.0 });
        Ok(self.0.step(batch, cx)?.with("grad_norm", &norm))
    }

    fn exhibit(&mut self, examples: &Batch, key: Key) -> Result<Exhibit, Error> {
        self.0.exhibit(examples, key)
    }
}

#[test]
fn a_model_without_gradients_is_said_once() {
    let root = tempfile::tempdir().unwrap();
    let dir = RunDir::create_in(root.path(), &config()).unwrap();
    let mut said = Vec::new();
    let mut observer = |event: &Event| {
        if let Event::NoGradient { since, names } = event {
            said.push((*since, names.to_vec()));
        }
    };
    let mut model = Dying(MeanImage::new(0.1));
    Run::new(config(), data()).unwrap().train(&dir.lock().unwrap(), &mut model, &mut observer).unwrap();
    // Metrics are read at every fourth step.
    assert_eq!(said, [(12, vec!["grad_norm".to_owned()])]);
}
