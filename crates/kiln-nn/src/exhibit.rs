//! What a training shows of itself.

use crate::batch::Images;

/// Pictures and texts that show how far a training is, usually of fixed noise and fixed examples, so that those of
/// different steps can be compared.
#[derive(Clone, Debug, Default)]
pub struct Exhibit {
    /// Rows of images, from the top. Images of different rows may differ in size and channels.
    pub rows: Vec<Images>,
    /// Lines of text.
    pub lines: Vec<String>,
    /// What is shown, in a few words, such as `samples of the averaged generator`.
    pub caption: String,
}

impl Exhibit {
    /// Images in rows of `columns`, the last row maybe shorter.
    ///
    /// # Panics
    /// When `columns` is 0.
    #[track_caller]
    pub fn grid(images: &Images, columns: usize, caption: impl Into<String>) -> Self {
        assert!(columns > 0, "Exhibit: a row has at least one image");
        let row = |start: usize| {
            let length = columns.min(images.len() - start);
            Images::new(images.clone().into_tensor().narrow(0, start, length), images.range())
        };
        let rows = (0..images.len()).step_by(columns).map(row).collect();
        Exhibit { rows, lines: Vec::new(), caption: caption.into() }
    }

    /// Pairs of rows: those of `above`, below each that of `below` with as many images.
    ///
    /// # Panics
    /// When there is not one image below each, or `columns` is 0.
    #[track_caller]
    pub fn pairs(above: &Images, below: &Images, columns: usize, caption: impl Into<String>) -> Self {
        let [above, below] = [above, below].map(|images| Exhibit::grid(images, columns, "").rows);
        assert!(above.len() == below.len(), "Exhibit: {} rows above {}", above.len(), below.len());
        let rows = above.into_iter().zip(below).flat_map(|(above, below)| [above, below]).collect();
        Exhibit { rows, lines: Vec::new(), caption: caption.into() }
    }

    /// With the rows of another below.
    #[must_use]
    pub fn and(mut self, other: Exhibit) -> Self {
        self.rows.extend(other.rows);
        self.lines.extend(other.lines);
        self
    }
}
