//! The progress of a training: a bar on a terminal, lines elsewhere. Both go to standard error.

use super::model_size::ModelSize;
use super::sparkline::Sparkline;
use crate::cli::support::color::Color;
use crate::cli::support::output;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use kiln::nn::DataInfo;
use kiln::train::{Event, Observer, Outcome, RunDir, TrainError};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// The least time between two lines.
const LINES_EVERY: Duration = Duration::from_secs(5);

/// Number of kernels and scopes that a profile shows; profile.json has all of them.
const PROFILE_ROWS: usize = 12;

/// The bar's line; the message is cut where the terminal ends.
const TEMPLATE: &str = "{bar:24.cyan/white} {pos}/{len}  {eta} left  {wide_msg}";

/// Letters of the curve of the first metric.
const CURVE: usize = 24;

/// The shortest training whose time is estimated at the start.
const LONG: Duration = Duration::from_secs(20);

/// Time of steps from which the whole is estimated.
const ESTIMATED_AFTER: Duration = Duration::from_secs(2);

/// Shows a run while it trains.
pub struct TerminalProgress {
    root: String,
    bar: Option<ProgressBar>,
    steps: u64,
    begun: (u64, Instant),
    said: Option<Instant>,
    size: ModelSize,
    curve: Sparkline,
    estimated: bool,
}

impl TerminalProgress {
    /// The progress of the run in this folder, with a model of this size.
    pub fn new(dir: &RunDir, size: ModelSize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style =
                ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(0).with_style(style)
        });
        let root = dir.root().display().to_string();
        let (begun, curve) = ((0, Instant::now()), Sparkline::new(CURVE));
        TerminalProgress { root, bar, steps: 0, begun, said: None, size, curve, estimated: false }
    }

    fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(output::visible(line)),
            None => output::say(line),
        }
    }

    fn step(&mut self, step: u64, metrics: Option<&[(String, f64)]>, images_per_second: f64) {
        if let Some(bar) = &self.bar {
            bar.set_position(step);
        }
        self.estimate(step);
        let Some(metrics) = metrics else { return };
        if let Some((_, value)) = metrics.first() {
            self.curve.add(*value);
        }
        let line = format!("{images_per_second:.0} images/s  {}", list(metrics));
        if let Some(bar) = &self.bar {
            bar.set_message(output::colored(&self.curve.text(), Color::Green, &format!("  {line}")));
        } else if step == self.steps || self.said.is_none_or(|said| said.elapsed() >= LINES_EVERY) {
            self.said = Some(Instant::now());
            let left = if step < self.steps { format!("  {} left", self.left(step)) } else { String::new() };
            output::say(&format!("step {step}/{}  {line}{left}", self.steps));
        }
    }

    /// Says once how long the whole will take, if that is long.
    fn estimate(&mut self, step: u64) {
        let (from, begun) = self.begun;
        let enough = step >= from + 2 && begun.elapsed() >= ESTIMATED_AFTER;
        if self.estimated || !enough {
            return;
        }
        self.estimated = true;
        let whole = begun.elapsed().div_f64((step - from) as f64).mul_f64((self.steps - from) as f64);
        if whole >= LONG {
            self.say(&format!("{} steps take about {}", self.steps - from, HumanDuration(whole)));
        }
    }

    fn left(&self, step: u64) -> HumanDuration {
        let (from, begun) = self.begun;
        let a_step = begun.elapsed().as_secs_f64() / (step - from).max(1) as f64;
        HumanDuration(Duration::from_secs_f64(a_step * (self.steps - step) as f64))
    }
}

impl Observer for TerminalProgress {
    fn event(&mut self, event: &Event) -> Result<(), TrainError> {
        match *event {
            Event::Start { config, data, step, .. } => {
                (self.steps, self.begun) = (config.steps, (step, Instant::now()));
                let what = format!(
                    " with {}, on {}: {} {}\n\
                     {} steps of {}; everything goes to {}",
                    self.size.words(),
                    config.data,
                    data.train().len(),
                    samples(data.info()),
                    config.steps,
                    config.batch_size,
                    self.root
                );
                match &self.bar {
                    Some(bar) => bar.println(output::colored(&config.recipe, Color::Cyan, &what)),
                    None => output::say_colored(&config.recipe, Color::Cyan, &what),
                }
                if step > 0 {
                    self.say(&format!("going on after step {step}"));
                }
                if let Some(bar) = &self.bar {
                    bar.set_length(config.steps);
                    bar.set_position(step);
                    bar.reset_eta();
                }
            }
            Event::Gap { from, to } => self.say(&format!(
                "the metrics of steps {} to {to} are lost, as in a power cut; curves have a gap there",
                from + 1
            )),
            Event::NoGradient { since, names } => self.say(&format!(
                "nothing is learned any more: since step {since}, all gradients are exactly 0 ({}); start a new run with a \
                 smaller learning rate, another loss, or another seed",
                names.join(", ")
            )),
            Event::Certain { since } => self.say(&format!(
                "the discriminator is never wrong since step {since}, so the generator has little to learn from; if samples get \
                 no better, start a new run with a smaller learning rate for the discriminator, a penalty, augmentation or \
                 another loss"
            )),
            Event::Step { step, metrics, images_per_second, .. } => {
                self.step(step, metrics, images_per_second)
            }
            Event::Sheet { step: 0, path, .. } => {
                self.say(&format!("the untrained model's pictures are in {}", path.display()));
            }
            Event::Evaluated { step, metrics } => self.say(&format!("step {step}  test {}", list(metrics))),
            Event::Profile { profile, steps } => {
                self.say(&format!("where the time of {steps} steps went:\n{}", profile.text(PROFILE_ROWS)));
            }
            Event::Replay { from, to } => self.say(&format!(
                "a number is not finite: doing steps {} to {to} again to find where",
                from + 1
            )),
            Event::Stopped { step, outcome } => {
                if let Some(bar) = &self.bar {
                    bar.finish_and_clear();
                }
                let why = if outcome == Outcome::TimeUp { "the time is up" } else { "stopped" };
                self.say(&format!("{why}: {step} of {} steps done and saved", self.steps));
            }
            Event::Finished { step, seconds } => {
                if let Some(bar) = &self.bar {
                    bar.finish_and_clear();
                }
                self.say(&format!("{step} steps done in {seconds:.1} s"));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Also when the run fails: the error must not be mixed with the bar.
impl Drop for TerminalProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What the samples of a data set are.
fn samples(data: &DataInfo) -> String {
    match (data.image, data.coordinates) {
        (None, 1..) => format!("points of {} coordinates", data.coordinates),
        (image, _) => {
            let [channels, height, width] = image.unwrap_or_default();
            format!("images of {channels}x{height}x{width}, {}", kind_of(channels))
        }
    }
}

/// What a number of channels is called.
fn kind_of(channels: usize) -> &'static str {
    match channels {
        1 => "grey",
        4 => "colours with opacity",
        _ => "colours",
    }
}

fn list(metrics: &[(String, f64)]) -> String {
    let all: Vec<String> = metrics.iter().map(|(name, value)| format!("{name} {}", short(*value))).collect();
    all.join("  ")
}

/// The first digits of a number; very small and very large ones with an exponent.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-3..1e6).contains(&size) => format!("{value:.2e}"),
        size => format!("{value:.*}", (3.0 - size.log10().floor()).max(0.0) as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let texts = [0.0, 1.0, 0.123456, 104.5678, 12_345.6, -0.05, 1.5e-5, 3e20].map(short);
        assert_eq!(texts, ["0", "1.000", "0.1235", "104.6", "12346", "-0.05000", "1.50e-5", "3.00e20"]);
    }
}
