//! How the objects of a scene stand to each other, and the words for it.

/// Where a single object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the middle.
    Middle,
    /// At the left edge.
    Left,
    /// At the right edge.
    Right,
    /// At the upper edge.
    Top,
    /// At the lower edge.
    Bottom,
}

/// A direction in which objects follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// From left to right.
    Across,
    /// From top to bottom.
    Down,
}

/// The arrangement of a scene's objects. Objects apart in a direction share no row or column of pixels
/// there, so that "left of" and "above" are never in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// One object.
    Single(Place),
    /// Two or three objects, one after the other in that direction.
    Line(Axis),
    /// A line of two, then a third object beside both.
    Group {
        /// The direction of the line.
        pair: Axis,
        /// Whether the third object comes before the pair in the other direction: left of both or above
        /// both, and otherwise right of both or below both.
        before: bool,
    },
}

impl Place {
    /// All of them.
    pub const ALL: [Place; 5] = [Place::Middle, Place::Left, Place::Right, Place::Top, Place::Bottom];

    /// What stands before "of a … background".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Place::Middle => "in the middle",
            Place::Left => "at the left",
            Place::Right => "at the right",
            Place::Top => "at the top",
            Place::Bottom => "at the bottom",
        }
    }
}

impl Axis {
    /// The other one.
    pub const fn other(self) -> Axis {
        match self {
            Axis::Across => Axis::Down,
            Axis::Down => Axis::Across,
        }
    }

    /// The words for coming before or after another object.
    pub(super) const fn relation(self, before: bool) -> &'static str {
        match (self, before) {
            (Axis::Across, true) => "left of",
            (Axis::Across, false) => "right of",
            (Axis::Down, true) => "above",
            (Axis::Down, false) => "below",
        }
    }

    /// The same with a pronoun for the other object.
    pub(super) const fn beside(self, before: bool) -> &'static str {
        match (self, before) {
            (Axis::Across, true) => "to its left",
            (Axis::Across, false) => "to its right",
            (Axis::Down, true) => "above it",
            (Axis::Down, false) => "below it",
        }
    }

    /// The words for going along the axis, or back.
    pub(super) const fn course(self, forward: bool) -> &'static str {
        match (self, forward) {
            (Axis::Across, true) => "from left to right",
            (Axis::Across, false) => "from right to left",
            (Axis::Down, true) => "from top to bottom",
            (Axis::Down, false) => "from bottom to top",
        }
    }
}
