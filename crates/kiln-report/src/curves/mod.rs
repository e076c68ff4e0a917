//! The metrics of runs as a picture.

mod axis;
mod canvas;
mod font;
mod plot;
mod smooth;

use kiln_train::{History, Series};
use plotters::drawing::IntoDrawingArea;
use plotters::style::text_anchor::{HPos, VPos};
use tiny_skia::{Color, Pixmap};

use crate::ReportError;
use crate::binned::Binned;
use crate::panel::panel_of;
use canvas::Canvas;
use font::FontWeight;
use plot::{CurveLine, DrawResult, FAINT_INK, INK, Plot, PlotArea, px, text};

/// Width and height of a panel, and the space around panels, in pixels.
const PANEL: (u32, u32) = (960, 520);
const MARGIN: u32 = 44;
const GAP: u32 = 48;
const HEADER: u32 = 84;

/// Largest numbers of panels in a picture, of lines in a panel, and of letters in a name: the picture must stay one
/// that can be opened and read.
const MOST_PANELS: usize = 24;
const MOST_LINES: usize = 20;
const MOST_LETTERS: usize = 40;

/// The metrics of a run, or of several to compare, each with its label, as the bytes of a PNG on white.
///
/// One run has a panel for each group of metrics: the losses together, everything else apart. Of several
/// runs each metric has a panel, with a line for each run. What the test set gave is dashed, with dots, in
/// the panel of the metric of the same name. Lines are smoothed over a twenty-fifth of their points; what
/// they were before is drawn faintly behind them.
///
/// # Errors
/// [`ReportError::NoMetrics`], when no run has any.
pub fn png(runs: &[(&str, &History)]) -> Result<Vec<u8>, ReportError> {
    let mut plots = match runs {
        [(_, history)] => groups(history),
        _ => comparison(runs),
    };
    if plots.is_empty() {
        return Err(ReportError::NoMetrics);
    }
    let found = plots.len();
    plots.truncate(MOST_PANELS);
    plots.iter_mut().for_each(shorten);
    let columns = if plots.len() == 1 { 1 } else { 2 };
    let rows = plots.len().div_ceil(columns) as u32;
    let columns = columns as u32;
    let (wide, high) = PANEL;
    let width = 2 * MARGIN + columns * wide + (columns - 1) * GAP;
    let height = 2 * MARGIN + HEADER + rows * high + (rows - 1) * GAP;

    let drawn = |error: &dyn std::fmt::Display| ReportError::Drawing { problem: error.to_string() };
    let mut pixels = Pixmap::new(width, height).ok_or_else(|| drawn(&"it has no pixels"))?;
    pixels.fill(Color::WHITE);
    let last = runs.iter().map(|(_, history)| history.last_step).max().unwrap_or_default();
    {
        let area = Canvas::new(&mut pixels).into_drawing_area();
        let inner = area.margin(px(MARGIN.into()), px(MARGIN.into()), px(MARGIN.into()), px(MARGIN.into()));
        let (header, body) = inner.split_vertically(px(HEADER.into()));
        title(&header, runs, last, found).map_err(|error| drawn(&error))?;
        for (i, plot) in plots.iter().enumerate() {
            let corner = |index: u32, side: u32| px(f64::from(index * (side + GAP)));
            let (left, top) = (corner(i as u32 % columns, wide), corner(i as u32 / columns, high));
            let panel = body.clone().shrink((left, top), (px(wide.into()), px(high.into())));
            plot.draw(&panel).map_err(|error| drawn(&error))?;
        }
    }
    canvas::encode(&pixels).map_err(|error| drawn(&error))
}

fn title(area: &PlotArea, runs: &[(&str, &History)], last: u64, panels: usize) -> DrawResult {
    let title = match runs {
        [(label, _)] => shortened(label),
        _ => format!("{} runs", runs.len()),
    };
    let strong = text(INK, 32.0, FontWeight::Strong, HPos::Left, VPos::Top);
    area.draw_text(&title, &strong, (0, 0))?;
    let mut notes = format!("to step {last}, smoothed over 4 % of the run");
    if panels > MOST_PANELS {
        notes += &format!(", the first {MOST_PANELS} of {panels} panels");
    }
    let faint = text(FAINT_INK, 20.0, FontWeight::Plain, HPos::Left, VPos::Top);
    area.draw_text(&notes, &faint, (0, px(40.0)))
}

/// Shortens the title, the labels and the list of lines of a panel, so that they fit.
fn shorten(plot: &mut Plot) {
    plot.title = shortened(&plot.title);
    for line in &mut plot.lines {
        line.label = shortened(&line.label);
    }
    let found = plot.lines.len();
    if found > MOST_LINES {
        plot.lines.truncate(MOST_LINES);
        plot.title += &format!(", the first {MOST_LINES} of {found}");
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The panels of one run. A metric has one colour, also where the test set gave it.
fn groups(history: &History) -> Vec<Plot> {
    let mut plots: Vec<Plot> = Vec::new();
    for (series, test) in both(history) {
        let panel = panel_of(&series.name);
        let plot = find_or_add(&mut plots, panel);
        let namesake = plot.lines.iter().find(|line| line.label == series.name);
        let color = namesake.map_or(plot.lines.len(), |line| line.color);
        let label = if test { format!("test {}", series.name) } else { series.name.clone() };
        plot.lines.push(CurveLine { label, color, test, points: Binned::of(&series.points) });
    }
    plots
}

/// The panels of several runs. A run has one colour in all of them.
fn comparison(runs: &[(&str, &History)]) -> Vec<Plot> {
    let mut plots: Vec<Plot> = Vec::new();
    for (color, (run, history)) in runs.iter().enumerate() {
        for (series, test) in both(history) {
            let label = if test { format!("{run} (test)") } else { (*run).to_owned() };
            let plot = find_or_add(&mut plots, &series.name);
            plot.lines.push(CurveLine { label, color, test, points: Binned::of(&series.points) });
        }
    }
    plots
}

/// All series, and whether they come from the test set.
fn both(history: &History) -> impl Iterator<Item = (&Series, bool)> {
    let train = history.train.iter().map(|series| (series, false));
    train.chain(history.test.iter().map(|series| (series, true)))
}

fn find_or_add<'a>(plots: &'a mut Vec<Plot>, title: &str) -> &'a mut Plot {
    let at = plots.iter().position(|plot| plot.title == title).unwrap_or_else(|| {
        plots.push(Plot { title: title.to_owned(), lines: Vec::new() });
        plots.len() - 1
    });
    &mut plots[at]
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, Rgb};
    use plot::COLORS;

    fn series(name: &str, points: &[(u64, f64)]) -> Series {
        Series { name: name.to_owned(), points: points.to_vec() }
    }

    fn history(train: &[Series], test: &[Series]) -> History {
        let last_step = train.iter().flat_map(|series| &series.points).map(|point| point.0).max();
        let (train, test) = (train.to_vec(), test.to_vec());
        History { train, test, last_step: last_step.unwrap_or_default(), seconds: 1.0, ..History::default() }
    }

    fn wave(name: &str, shift: f64) -> Series {
        series(name, &(1..200).map(|i| (i * 10, shift + (i as f64 / 20.0).sin())).collect::<Vec<_>>())
    }

    fn drawn(runs: &[(&str, &History)]) -> DynamicImage {
        image::load_from_memory(&png(runs).unwrap()).unwrap()
    }

    /// Number of pixels that have exactly the colour of that index.
    fn count(picture: &DynamicImage, color: usize) -> usize {
        let (red, green, blue) = plotters::style::Color::to_backend_color(&COLORS[color]).rgb;
        picture.to_rgb8().pixels().filter(|pixel| **pixel == Rgb([red, green, blue])).count()
    }

    #[test]
    fn one_run_has_a_panel_for_each_group() {
        let gan = history(&[wave("d_loss", 0.0), wave("g_loss", 3.0)], &[]);
        let losses = drawn(&[("gan-1", &gan)]);
        assert_eq!((losses.width(), losses.height()), (2 * 44 + 960, 2 * 44 + 84 + 520));
        assert!(count(&losses, 0) > 1000 && count(&losses, 1) > 1000 && count(&losses, 2) == 0);

        let vae = history(&[wave("loss", 0.0), wave("kl", 1.0)], &[wave("kl", 2.0), wave("neg_elbo", 1.0)]);
        let three = drawn(&[("vae-1", &vae)]);
        assert_eq!((three.width(), three.height()), (2 * 44 + 2 * 960 + 48, 2 * 44 + 84 + 2 * 520 + 48));
        // The test set's has the colour of its namesake.
        assert!(count(&three, 0) > 3000 && count(&three, 1) == 0);
    }

    #[test]
    fn runs_are_told_apart_by_their_colours() {
        let [a, b] = [0.0, 2.0].map(|shift| history(&[wave("loss", shift)], &[]));
        let both = drawn(&[("a", &a), ("b", &b)]);
        assert!(count(&both, 0) > 1000 && count(&both, 1) > 1000);
        let same = png(&[("a", &a), ("b", &b)]).unwrap();
        assert_eq!(png(&[("a", &a), ("b", &b)]).unwrap(), same);
    }

    #[test]
    fn no_colour_is_drawn_twice() {
        let rgb = |index| plotters::style::Color::to_backend_color(&plot::color(index)).rgb;
        let all: Vec<(u8, u8, u8)> = (0..MOST_LINES).map(rgb).collect();
        for (i, a) in all.iter().enumerate() {
            for b in &all[..i] {
                let off = |x: u8, y: u8| u32::from(x.abs_diff(y));
                let distance = off(a.0, b.0) + off(a.1, b.1) + off(a.2, b.2);
                assert!(distance > 30, "colour {i} is like another: {a:?} {b:?}");
            }
        }
    }

    #[test]
    fn any_history_can_be_drawn() {
        let none = history(&[], &[]);
        assert!(matches!(png(&[("none", &none)]), Err(ReportError::NoMetrics)));
        assert!(matches!(png(&[]), Err(ReportError::NoMetrics)));
        for points in [
            vec![(0, 0.0)],
            vec![(1, 5.0), (2, 5.0)],
            vec![(7, f64::MAX), (8, f64::MIN), (u64::MAX, 0.0)],
            vec![(1, 1e16), (2, 1e16 + 2.0)],
            vec![(1, 1e-300), (2, -1e-300)],
        ] {
            drawn(&[("odd", &history(&[series("loss", &points)], &[]))]);
        }
        let many: Vec<Series> =
            (0..40).map(|i| wave(&format!("metric number {i} with a long name"), 0.0)).collect();
        let crowded: Vec<Series> = (0..2000).map(|i| wave(&format!("number_{i}_loss"), 0.0)).collect();
        assert_eq!(drawn(&[("many", &history(&many, &[]))]).height(), 2 * 44 + 84 + 12 * 520 + 11 * 48);
        drawn(&[("crowded", &history(&crowded, &[]))]);
        // Of a long run, as many lines as there are columns of pixels.
        let long: Vec<(u64, f64)> = (0..1_000_000).map(|i| (i, (i * 7919 % 1000) as f64)).collect();
        drawn(&[("long", &history(&[series("loss", &long)], &[]))]);
        let name = "W".repeat(10_000);
        drawn(&[(&name, &history(&[wave(&name, 0.0), wave(&format!("{name}_loss"), 0.0)], &[]))]);
    }
}
