//! How the objects of a scene stand to each other, and the words for it.

/// Where a single object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Position {
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
pub enum Direction {
    /// From left to right.
    Across,
    /// From top to bottom.
    Down,
}

/// The arrangement of a scene's objects. Objects apart in a direction share no row or column of pixels
/// there, so that "left of" and "above" are never in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SceneLayout {
    /// One object.
    Single(Position),
    /// Two or three objects, one after the other in that direction.
    Line(Direction),
    /// A line of two, then a third object beside both.
    Group {
        /// The direction of the line.
        pair: Direction,
        /// Whether the third object comes before the pair in the other direction: left of both or above
        /// both, and otherwise right of both or below both.
        before: bool,
    },
}

impl Position {
    /// All of them.
    pub const ALL: [Position; 5] =
        [Position::Middle, Position::Left, Position::Right, Position::Top, Position::Bottom];

    /// Words before "of a … background".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Position::Middle => "in the middle",
            Position::Left => "at the left",
            Position::Right => "at the right",
            Position::Top => "at the top",
            Position::Bottom => "at the bottom",
        }
    }
}

impl Direction {
    /// The other one.
    pub const fn other(self) -> Direction {
        match self {
            Direction::Across => Direction::Down,
            Direction::Down => Direction::Across,
        }
    }

    /// The words for coming before or after another object.
    pub(super) const fn relation(self, before: bool) -> &'static str {
        match (self, before) {
            (Direction::Across, true) => "left of",
            (Direction::Across, false) => "right of",
            (Direction::Down, true) => "above",
            (Direction::Down, false) => "below",
        }
    }

    /// The same with a pronoun for the other object.
    pub(super) const fn beside(self, before: bool) -> &'static str {
        match (self, before) {
            (Direction::Across, true) => "to its left",
            (Direction::Across, false) => "to its right",
            (Direction::Down, true) => "above it",
            (Direction::Down, false) => "below it",
        }
    }

    /// The words for going along the axis, or back.
    pub(super) const fn course(self, forward: bool) -> &'static str {
        match (self, forward) {
            (Direction::Across, true) => "from left to right",
            (Direction::Across, false) => "from right to left",
            (Direction::Down, true) => "from top to bottom",
            (Direction::Down, false) => "from bottom to top",
        }
    }
}
