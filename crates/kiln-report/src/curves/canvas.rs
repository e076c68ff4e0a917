//! A picture that plotters draws on.

use std::convert::Infallible;

use image::ExtendedColorType;
use image::ImageEncoder;
use image::codecs::png::PngEncoder;
use plotters::style::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
};
use tiny_skia::{FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};

use super::font::{Font, FontWeight};

/// Units in a pixel. Plotters counts in whole units; were they pixels, gentle slopes would be stairs.
pub const UNITS: u32 = 8;

/// A picture, with smooth edges and text in an embedded font, which plotters' own pictures lack.
pub struct Canvas<'a> {
    pixels: &'a mut Pixmap,
}

type BackendResult = Result<(), DrawingErrorKind<Infallible>>;

impl Canvas<'_> {
    /// A canvas on these pixels.
    pub fn new(pixels: &mut Pixmap) -> Canvas<'_> {
        Canvas { pixels }
    }

    fn fill(&mut self, path: Option<Path>, color: BackendColor) {
        if let Some(path) = path {
            self.pixels.fill_path(&path, &paint(color), FillRule::Winding, to_pixels(), None);
        }
    }

    fn stroke(&mut self, path: Option<Path>, style: &impl BackendStyle) {
        let Some(path) = path else { return };
        let width = style.stroke_width() as f32;
        let stroke =
            Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.pixels.stroke_path(&path, &paint(style.color()), &stroke, to_pixels(), None);
    }
}

fn to_pixels() -> Transform {
    Transform::from_scale(1.0 / UNITS as f32, 1.0 / UNITS as f32)
}

fn paint(color: BackendColor) -> Paint<'static> {
    let (red, green, blue) = color.rgb;
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, (color.alpha * 255.0).round() as u8);
    paint
}

fn point((x, y): BackendCoord) -> (f32, f32) {
    (x as f32, y as f32)
}

fn path(points: impl IntoIterator<Item = BackendCoord>) -> PathBuilder {
    let mut builder = PathBuilder::new();
    for (x, y) in points.into_iter().map(point) {
        if builder.is_empty() { builder.move_to(x, y) } else { builder.line_to(x, y) }
    }
    builder
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.pixels.width() * UNITS, self.pixels.height() * UNITS)
    }

    fn ensure_prepared(&mut self) -> BackendResult {
        Ok(())
    }

    fn present(&mut self) -> BackendResult {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> BackendResult {
        self.draw_rect(at, (at.0 + 1, at.1 + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> BackendResult {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> BackendResult {
        let ((left, top), (right, bottom)) = (point(upper_left), point(bottom_right));
        let path = Rect::from_ltrb(left, top, right, bottom).map(PathBuilder::from_rect);
        if fill {
            self.fill(path, style.color())
        } else {
            self.stroke(path, style)
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> BackendResult {
        self.stroke(path(points).finish(), style);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> BackendResult {
        let (x, y) = point(center);
        let path = PathBuilder::from_circle(x, y, radius as f32);
        if fill {
            self.fill(path, style.color())
        } else {
            self.stroke(path, style)
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> BackendResult {
        let mut builder = path(corners);
        builder.close();
        self.fill(builder.finish(), style.color());
        Ok(())
    }

    /// Text is anchored by the height of its capitals, and always level.
    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> BackendResult {
        let weight =
            if matches!(style.style(), FontStyle::Bold) { FontWeight::Strong } else { FontWeight::Plain };
        let font = Font::new(weight, style.size() as f32);
        let (x, y) = point(at);
        let left = match style.anchor().h_pos {
            HPos::Left => x,
            HPos::Center => x - font.width(text) / 2.0,
            HPos::Right => x - font.width(text),
        };
        let base = match style.anchor().v_pos {
            VPos::Top => y + font.capitals(),
            VPos::Center => y + font.capitals() / 2.0,
            VPos::Bottom => y,
        };
        self.fill(font.outline(text, left, base), style.color());
        Ok(())
    }
}

/// The pixels, which must be opaque, as the bytes of a PNG.
pub fn encode(pixels: &Pixmap) -> Result<Vec<u8>, image::ImageError> {
    let rgb: Vec<u8> = pixels.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new(&mut bytes);
    encoder.write_image(&rgb, pixels.width(), pixels.height(), ExtendedColorType::Rgb8)?;
    Ok(bytes)
}
