//! The messages in an event file: the fields that are written here, of TensorBoard's `event.proto` and
//! `summary.proto`.

use prost::{Enumeration, Message, Oneof};

/// Something that happened at a step.
#[derive(Clone, PartialEq, Message)]
pub struct Event {
    /// When, in seconds since 1970.
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    /// At which step.
    #[prost(int64, tag = "2")]
    pub step: i64,
    /// What.
    #[prost(oneof = "event::What", tags = "3, 5, 7")]
    pub what: Option<event::What>,
}

/// Parts of [`Event`].
pub mod event {
    use super::*;

    /// What happened.
    #[derive(Clone, PartialEq, Oneof)]
    pub enum What {
        /// The file begins; always its first event.
        #[prost(string, tag = "3")]
        FileVersion(String),
        /// Something was measured.
        #[prost(message, tag = "5")]
        Summary(Summary),
        /// The training itself changed.
        #[prost(message, tag = "7")]
        SessionLog(SessionLog),
    }
}

/// A change of the training.
#[derive(Clone, PartialEq, Message)]
pub struct SessionLog {
    /// Which.
    #[prost(enumeration = "session_log::Status", tag = "1")]
    pub status: i32,
}

/// Parts of [`SessionLog`].
pub mod session_log {
    use super::*;

    /// What a training can do.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
    #[repr(i32)]
    pub enum Status {
        /// Not said.
        Unspecified = 0,
        /// It begins, or goes on from a checkpoint.
        Start = 1,
    }
}

/// Measured values.
#[derive(Clone, PartialEq, Message)]
pub struct Summary {
    /// Each with its name.
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<summary::Value>,
}

/// Parts of [`Summary`].
pub mod summary {
    use super::*;

    /// A value and its name.
    #[derive(Clone, PartialEq, Message)]
    pub struct Value {
        /// The name, with slashes between its parts.
        #[prost(string, tag = "1")]
        pub tag: String,
        /// The value.
        #[prost(oneof = "Content", tags = "2, 4")]
        pub content: Option<Content>,
    }

    /// What is shown under a name.
    #[derive(Clone, PartialEq, Oneof)]
    pub enum Content {
        /// A number.
        #[prost(float, tag = "2")]
        Number(f32),
        /// A picture.
        #[prost(message, tag = "4")]
        Image(Image),
    }

    /// A picture.
    #[derive(Clone, PartialEq, Message)]
    pub struct Image {
        /// Rows of pixels.
        #[prost(int32, tag = "1")]
        pub height: i32,
        /// Columns of pixels.
        #[prost(int32, tag = "2")]
        pub width: i32,
        /// 1 is grey, 2 grey with alpha, 3 RGB, 4 RGBA.
        #[prost(int32, tag = "3")]
        pub colorspace: i32,
        /// The bytes of a PNG.
        #[prost(bytes = "vec", tag = "4")]
        pub encoded: Vec<u8>,
    }
}
