//! Text as outlines, in the embedded font.

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, OutlineCurve, Point};
use tiny_skia::{Path, PathBuilder};

/// Weight of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FontWeight {
    /// The weight of most text.
    Plain,
    /// The weight of titles.
    Strong,
}

static PLAIN: LazyLock<FontRef> =
    LazyLock::new(|| embedded(include_bytes!("../../assets/fonts/Inter-Regular.otf")));
static STRONG: LazyLock<FontRef> =
    LazyLock::new(|| embedded(include_bytes!("../../assets/fonts/Inter-SemiBold.otf")));

fn embedded(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the embedded fonts are fonts")
}

/// The embedded font in a size.
pub struct Font {
    font: &'static FontRef<'static>,
    /// Length of a unit of the font's design.
    scale: f32,
    size: f32,
}

impl Font {
    /// The font in this size: the side of the square a letter is designed in.
    pub fn new(weight: FontWeight, size: f32) -> Font {
        let font: &'static FontRef = match weight {
            FontWeight::Plain => &PLAIN,
            FontWeight::Strong => &STRONG,
        };
        Font { font, scale: size / font.units_per_em().unwrap_or(1000.0), size }
    }

    /// Height of capitals. The font says 0.727 of its size.
    pub fn capitals(&self) -> f32 {
        0.727 * self.size
    }

    /// Width of a line of text.
    pub fn width(&self, text: &str) -> f32 {
        text.chars().map(|letter| self.advance(letter)).sum()
    }

    fn advance(&self, letter: char) -> f32 {
        self.font.h_advance_unscaled(self.font.glyph_id(letter)) * self.scale
    }

    /// The outline of a line of text that begins at `left` and stands on `base`; nothing if it is blank.
    pub fn outline(&self, text: &str, left: f32, base: f32) -> Option<Path> {
        let mut path = PathBuilder::new();
        let mut left = left;
        for letter in text.chars() {
            self.add_letter(&mut path, letter, left, base);
            left += self.advance(letter);
        }
        path.finish()
    }

    fn add_letter(&self, path: &mut PathBuilder, letter: char, left: f32, base: f32) {
        let Some(outline) = self.font.outline(self.font.glyph_id(letter)) else { return };
        // The font's y goes up.
        let at = |point: Point| (left + point.x * self.scale, base - point.y * self.scale);
        let mut pen = None;
        for curve in outline.curves {
            let (start, end) = match curve {
                OutlineCurve::Line(start, end)
                | OutlineCurve::Quad(start, _, end)
                | OutlineCurve::Cubic(start, _, _, end) => (start, end),
            };
            if pen != Some(start) {
                let (x, y) = at(start);
                path.move_to(x, y);
            }
            pen = Some(end);
            let (x, y) = at(end);
            match curve {
                OutlineCurve::Line(..) => path.line_to(x, y),
                OutlineCurve::Quad(_, a, _) => path.quad_to(at(a).0, at(a).1, x, y),
                OutlineCurve::Cubic(_, a, b, _) => path.cubic_to(at(a).0, at(a).1, at(b).0, at(b).1, x, y),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_its_width_and_stands_on_its_base() {
        let font = Font::new(FontWeight::Plain, 100.0);
        assert!(font.width("mm") > 2.0 * font.width("i"));
        let bounds = font.outline("HH", 10.0, 500.0).unwrap().bounds();
        assert_eq!(bounds.bottom(), 500.0);
        assert!((bounds.height() - font.capitals()).abs() < 0.1, "{}", bounds.height());
        assert!(bounds.left() > 10.0 && bounds.right() < 10.0 + font.width("HH"));
        assert!(font.outline("  ", 0.0, 0.0).is_none());
    }

    #[test]
    fn letters_and_signs_are_there_in_both_weights() {
        for weight in [FontWeight::Plain, FontWeight::Strong] {
            let font = Font::new(weight, 10.0);
            for letter in "azAZ09_-–·%éß×−αΩжЯ".chars() {
                assert_ne!(font.font.glyph_id(letter).0, 0, "{letter}");
            }
        }
    }
}
