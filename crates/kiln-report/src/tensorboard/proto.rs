//! The messages in an event file: the fields that are written here, of TensorBoard's `event.proto` and
//! `summary.proto`.

use prost::{Enumeration, Message, Oneof};

/// An event of a run: `Event`.
#[derive(Clone, PartialEq, Message)]
pub struct EventProto {
    /// Time of the event, in seconds since 1970.
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    /// Step of the event.
    #[prost(int64, tag = "2")]
    pub step: i64,
    /// Content of the event.
    #[prost(oneof = "EventContent", tags = "3, 5, 7")]
    pub what: Option<EventContent>,
}

/// The content of an event: `Event.what`.
#[derive(Clone, PartialEq, Oneof)]
pub enum EventContent {
    /// Version of the format, in the first event of a file.
    #[prost(string, tag = "3")]
    FileVersion(String),
    /// Measured values.
    #[prost(message, tag = "5")]
    Summary(SummaryProto),
    /// Change of the training itself.
    #[prost(message, tag = "7")]
    SessionLog(SessionLog),
}

/// A change of the training: `SessionLog`.
#[derive(Clone, PartialEq, Message)]
pub struct SessionLog {
    /// The status that the training now has.
    #[prost(enumeration = "SessionStatus", tag = "1")]
    pub status: i32,
}

/// The status of a training: `SessionLog.SessionStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub enum SessionStatus {
    /// No status.
    Unspecified = 0,
    /// The training begins, or goes on from a checkpoint.
    Start = 1,
}

/// Measured values: `Summary`.
#[derive(Clone, PartialEq, Message)]
pub struct SummaryProto {
    /// The values, each with its name.
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<SummaryValue>,
}

/// A value and its name: `Summary.Value`.
#[derive(Clone, PartialEq, Message)]
pub struct SummaryValue {
    /// The name, with slashes between its parts.
    #[prost(string, tag = "1")]
    pub tag: String,
    /// The value.
    #[prost(oneof = "ValueContent", tags = "2, 4")]
    pub content: Option<ValueContent>,
}

/// The content of a value: `Summary.Value.value`.
#[derive(Clone, PartialEq, Oneof)]
pub enum ValueContent {
    /// A number.
    #[prost(float, tag = "2")]
    Number(f32),
    /// A picture.
    #[prost(message, tag = "4")]
    Image(ImageProto),
}

/// A picture: `Summary.Image`.
#[derive(Clone, PartialEq, Message)]
pub struct ImageProto {
    /// Number of rows of pixels.
    #[prost(int32, tag = "1")]
    pub height: i32,
    /// Number of columns of pixels.
    #[prost(int32, tag = "2")]
    pub width: i32,
    /// Channels of the picture: 1 is grey, 2 grey with alpha, 3 RGB, 4 RGBA.
    #[prost(int32, tag = "3")]
    pub colorspace: i32,
    /// Bytes of a PNG file.
    #[prost(bytes = "vec", tag = "4")]
    pub encoded: Vec<u8>,
}
