//! One panel of curves.

use std::convert::Infallible;

use kiln_train::Points;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::{AxisLabels, AxisRange, MOST_LABELS};
use super::canvas::{Canvas, UNITS};
use super::font::{Font, FontWeight};
use super::smooth::smoothed;
use crate::binned::{Bin, Binned};

/// Colours that people with any colour vision can tell apart on white (Okabe and Ito, 2008, without the
/// yellow).
pub const COLORS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(70, 70, 70),
];

/// The colour of this index: of the first ones, those of [`COLORS`]; then hues a golden section of the circle apart, in three
/// lightnesses, so that none repeats.
pub fn color(index: usize) -> RGBColor {
    COLORS.get(index).copied().unwrap_or_else(|| {
        let hue = (index as f64 * 0.618_033_988_75).fract();
        let (red, green, blue) = HSLColor(hue, 0.7, [0.3, 0.45, 0.6][index % 3]).to_backend_color().rgb;
        RGBColor(red, green, blue)
    })
}

pub const INK: RGBColor = RGBColor(32, 33, 36);
pub const FAINT_INK: RGBColor = RGBColor(106, 110, 118);
const GRID: RGBColor = RGBColor(232, 233, 236);
const AXIS: RGBColor = RGBColor(170, 174, 182);

/// Share of its points that a curve is smoothed over.
pub const SMOOTHED_OVER: f64 = 0.04;

/// A curve of a panel, with its label.
pub struct CurveLine {
    pub label: String,
    /// Index of its [colour](color).
    pub color: usize,
    /// Whether it comes from the test set: few points, without noise.
    pub test: bool,
    pub points: Binned,
}

/// A panel: a chart with a title and a legend.
pub struct Plot {
    pub title: String,
    pub lines: Vec<CurveLine>,
}

pub type PlotArea<'a, 'b> = DrawingArea<Canvas<'a>, Shift>;
pub type DrawResult = Result<(), DrawingAreaErrorKind<Infallible>>;

/// Units from pixels.
pub fn px(pixels: f64) -> i32 {
    (pixels * f64::from(UNITS)).round() as i32
}

/// Text of a height in pixels.
pub fn text(color: RGBColor, size: f64, weight: FontWeight, h: HPos, v: VPos) -> TextStyle<'static> {
    let style = if weight == FontWeight::Strong { FontStyle::Bold } else { FontStyle::Normal };
    let font = ("Inter", px(size), style).into_font();
    TextStyle { font, color: color.to_backend_color(), pos: Pos::new(h, v) }
}

/// Width of such text, in units.
pub fn width(text: &str, size: f64, weight: FontWeight) -> i32 {
    Font::new(weight, px(size) as f32).width(text).ceil() as i32
}

/// Sizes in pixels: the height of the rows above a chart, of letters, the length of a sample of a line in the
/// legend, and what is between such samples.
const ROW: f64 = 34.0;
const TITLE_SIZE: f64 = 23.0;
const LABEL_SIZE: f64 = 18.0;
const SAMPLE: f64 = 30.0;
const BETWEEN: f64 = 28.0;

impl Plot {
    /// Draws the panel.
    pub fn draw(&self, area: &PlotArea) -> DrawResult {
        let title = text(INK, TITLE_SIZE, FontWeight::Strong, HPos::Left, VPos::Center);
        area.draw_text(&self.title, &title, (0, px(ROW / 2.0)))?;
        let rows = self.legend(area)?;
        let (_, rest) = area.split_vertically(px(ROW) * rows);
        self.chart(&rest)
    }

    /// Draws which line is what, after the title, and says how many rows that takes.
    fn legend(&self, area: &PlotArea) -> Result<i32, DrawingAreaErrorKind<Infallible>> {
        if let [line] = &self.lines[..]
            && line.label == self.title
        {
            return Ok(1);
        }
        let most = area.dim_in_pixel().0 as i32;
        let style = text(FAINT_INK, LABEL_SIZE, FontWeight::Plain, HPos::Left, VPos::Center);
        let mut left = width(&self.title, TITLE_SIZE, FontWeight::Strong) + px(BETWEEN);
        let mut row = 0;
        for line in &self.lines {
            let sample = px(SAMPLE) + px(8.0);
            let wide = sample + width(&line.label, LABEL_SIZE, FontWeight::Plain);
            if left > 0 && left + wide > most {
                (left, row) = (0, row + 1);
            }
            let middle = px(ROW) * row + px(ROW / 2.0);
            line.sample(area, left, middle)?;
            area.draw_text(&line.label, &style, (left + sample, middle))?;
            left += wide + px(BETWEEN);
        }
        Ok(row + 1)
    }

    fn chart(&self, area: &PlotArea) -> DrawResult {
        let smooth: Vec<Vec<(f64, f64)>> = self.lines.iter().map(CurveLine::smooth).collect();
        let raw: Vec<Vec<(f64, f64)>> = self.lines.iter().map(CurveLine::raw).collect();
        let noisy = self.lines.iter().zip(&raw).filter(|(line, _)| !line.test);
        let noisy = noisy.map(|(_, points)| points.iter().map(|point| point.1).collect());
        let range = AxisRange::of(smooth.iter().flatten().map(|point| point.1), noisy);
        let last = self.lines.iter().filter_map(|line| line.points.last_step()).max();
        let last = last.unwrap_or_default().max(1) as f64;
        let mut chart = ChartBuilder::on(area)
            .margin_top(px(8.0))
            .margin_right(px(14.0))
            .set_label_area_size(LabelAreaPosition::Left, px(70.0))
            .set_label_area_size(LabelAreaPosition::Bottom, px(34.0))
            .build_cartesian_2d(0.0..last, range.low..range.high)?;
        let plain = text(FAINT_INK, LABEL_SIZE, FontWeight::Plain, HPos::Left, VPos::Center);
        let (x_labels, y_labels) = (AxisLabels::new(0.0, last), AxisLabels::new(range.low, range.high));
        chart
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(GRID.stroke_width(px(1.5) as u32))
            .light_line_style(TRANSPARENT)
            .axis_style(AXIS.stroke_width(px(1.5) as u32))
            .max_light_lines(1)
            .set_all_tick_mark_size(px(6.0))
            .label_style(plain)
            .x_labels(MOST_LABELS)
            .y_labels(MOST_LABELS)
            .x_label_formatter(&|step| x_labels.text(*step))
            .y_label_formatter(&|value| y_labels.text(*value))
            .draw()?;
        let (high, left) = (area.dim_in_pixel().1 as i32, px(60.0));
        let step = text(FAINT_INK, LABEL_SIZE, FontWeight::Plain, HPos::Right, VPos::Top);
        area.draw_text("step", &step, (left, high - px(22.0)))?;

        let inside = |value: f64| value.clamp(range.low, range.high);
        for (line, points) in self.lines.iter().zip(raw).filter(|(line, _)| !line.test) {
            let points: Vec<(f64, f64)> =
                points.iter().map(|(step, value)| (*step, inside(*value))).collect();
            let style = line.rgb().mix(0.22).stroke_width(px(2.0) as u32);
            chart.draw_series([PathElement::new(points, style)])?;
        }
        for (line, points) in self.lines.iter().zip(smooth) {
            let style = line.rgb().stroke_width(px(3.0) as u32);
            if !line.test {
                chart.draw_series([PathElement::new(points, style)])?;
                continue;
            }
            let (dash, gap) = (px(8.0), px(7.0));
            chart.draw_series(DashedLineSeries::new(points.iter().copied(), dash, gap, style))?;
            chart.draw_series(points.iter().map(|at| Circle::new(*at, px(5.0), line.rgb().filled())))?;
            chart.draw_series(points.iter().map(|at| Circle::new(*at, px(2.2), WHITE.filled())))?;
        }
        Ok(())
    }
}

impl CurveLine {
    fn rgb(&self) -> RGBColor {
        color(self.color)
    }

    /// The points of the curve that is read, without the noise of single batches.
    fn smooth(&self) -> Vec<(f64, f64)> {
        let bins = self.points.bins();
        let window = if self.test { 0.0 } else { SMOOTHED_OVER * bins.len() as f64 };
        let values: Vec<f64> = bins.iter().map(Bin::mean).collect();
        bins.iter().map(|bin| bin.step as f64).zip(smoothed(&values, window)).collect()
    }

    /// The points as they are; of bins with several, a line that goes up and down between their extremes.
    fn raw(&self) -> Vec<(f64, f64)> {
        let mut points = Vec::new();
        for (i, bin) in self.points.bins().iter().enumerate() {
            let (first, second) = if i % 2 == 0 { (bin.low, bin.high) } else { (bin.high, bin.low) };
            points.push((bin.step as f64, first));
            if self.points.width() > 1 {
                points.push((bin.step as f64, second));
            }
        }
        points
    }

    /// Draws a piece of the line for the legend.
    fn sample(&self, area: &PlotArea, left: i32, middle: i32) -> DrawResult {
        let style = self.rgb().stroke_width(px(3.5) as u32);
        let right = left + px(SAMPLE);
        if !self.test {
            return area.draw(&PathElement::new(vec![(left, middle), (right, middle)], style));
        }
        let center = i32::midpoint(left, right);
        for (from, to) in [(left, left + px(6.0)), (right - px(6.0), right)] {
            area.draw(&PathElement::new(vec![(from, middle), (to, middle)], style))?;
        }
        area.draw(&Circle::new((center, middle), px(5.0), self.rgb().filled()))?;
        area.draw(&Circle::new((center, middle), px(2.2), WHITE.filled()))
    }
}
