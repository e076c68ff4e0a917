//! The things a scene is made of, each with the word that names it.

use std::fmt;

/// An enum whose variants have names.
macro_rules! named {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// All of them, in the order of their numbers.
            pub const ALL: [$name; [$($word),*].len()] = [$($name::$variant),*];

            /// The word captions use for it.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

named! {
    /// Shape of an object. Its number is the class.
    Shape {
        /// A disc.
        Circle = "circle",
        /// A square, never turned far enough to be taken for a diamond.
        Square = "square",
        /// A triangle that stands on its side.
        Triangle = "triangle",
        /// A star of five points.
        Star = "star",
        /// A disc with a round hole.
        Ring = "ring",
        /// Two bars of the same length across each other.
        Cross = "cross",
        /// A heart.
        Heart = "heart",
        /// A rhombus that stands on its point, taller than it is wide.
        Diamond = "diamond",
    }
}

named! {
    /// The colour of an object.
    Colour {
        /// Red.
        Red = "red",
        /// Orange.
        Orange = "orange",
        /// Yellow.
        Yellow = "yellow",
        /// Green.
        Green = "green",
        /// Cyan, a light greenish blue.
        Cyan = "cyan",
        /// Blue.
        Blue = "blue",
        /// Purple.
        Purple = "purple",
        /// White.
        White = "white",
    }
}

named! {
    /// How large an object is. No small one is nearly as large as a large one.
    Size {
        /// About an eighth of the picture to either side of the centre.
        Small = "small",
        /// About a fifth of the picture to either side of the centre.
        Large = "large",
    }
}

named! {
    /// The colour of the background.
    Tone {
        /// Black.
        Black = "black",
        /// A middle grey.
        Grey = "grey",
        /// A dark brown.
        Brown = "brown",
        /// A dark blue.
        Navy = "navy",
        /// A pale warm yellow. White and yellow objects don't lie on it, because they would hardly be seen.
        Beige = "beige",
    }
}

named! {
    /// Pattern of a background.
    Texture {
        /// The same everywhere.
        Plain = "plain",
        /// Softly lighter here and darker there.
        Cloudy = "cloudy",
    }
}

impl Shape {
    /// Its class, an index into [`Shape::ALL`].
    pub const fn class(self) -> u32 {
        self as u32
    }
}

impl Colour {
    /// The typical colour of this name: red, green and blue. That of an object may be a little lighter or
    /// darker, and of a slightly different hue.
    pub const fn rgb(self) -> [u8; 3] {
        match self {
            Colour::Red => [224, 48, 44],
            Colour::Orange => [246, 138, 30],
            Colour::Yellow => [250, 214, 46],
            Colour::Green => [40, 168, 72],
            Colour::Cyan => [52, 208, 224],
            Colour::Blue => [44, 96, 232],
            Colour::Purple => [152, 64, 206],
            Colour::White => [246, 246, 244],
        }
    }

    /// Whether an object of this colour stands out from a background of that tone.
    pub fn stands_out(self, tone: Tone) -> bool {
        difference(self.rgb(), tone.rgb()) > 55.0
    }
}

impl Tone {
    /// The typical colour of this name: red, green and blue. A background may be a little lighter or darker.
    pub const fn rgb(self) -> [u8; 3] {
        match self {
            Tone::Black => [24, 24, 28],
            Tone::Grey => [150, 152, 156],
            Tone::Brown => [94, 64, 42],
            Tone::Navy => [26, 36, 82],
            Tone::Beige => [228, 214, 186],
        }
    }
}

/// How different two colours look, about: the channels count by their part of the luminance.
fn difference(a: [u8; 3], b: [u8; 3]) -> f32 {
    let parts = [0.299, 0.587, 0.114].into_iter().zip(a).zip(b);
    parts.map(|((part, a), b)| part * (f32::from(a) - f32::from(b)).powi(2)).sum::<f32>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_differ_and_stand_out() {
        for (at, a) in Colour::ALL.into_iter().enumerate() {
            for b in &Colour::ALL[..at] {
                assert!(difference(a.rgb(), b.rgb()) > 45.0, "{a} and {b}");
            }
            let hidden: Vec<Tone> = Tone::ALL.into_iter().filter(|&tone| !a.stands_out(tone)).collect();
            let light = matches!(a, Colour::White | Colour::Yellow);
            assert_eq!(hidden, if light { vec![Tone::Beige] } else { vec![] }, "{a}");
        }
    }

    #[test]
    fn classes_are_indices() {
        assert!(Shape::ALL.iter().enumerate().all(|(at, shape)| shape.class() as usize == at));
    }
}
