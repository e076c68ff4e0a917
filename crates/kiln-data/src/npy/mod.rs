//! NumPy's arrays as data (`.npy` and `.npz`, numpy.lib.format).
//!
//! | array | what it is |
//! |---|---|
//! | `uint8` of N×H×W | grey images |
//! | `uint8` of N×H×W×C or N×C×H×W, with 1, 3 or 4 channels | images; where both could be meant, the channels are last |
//! | `uint8` of N×S², as of Quick Draw | grey squares of side S |
//! | `bool` of such shapes | images, black and white |
//! | floats from 0 to 1 of the first two forms | images, rounded to 8 bits |
//! | floats of N×D | points |
//!
//! Bytes stay in their file and are read when they are needed; other elements, and arrays that are compressed in
//! their `.npz`, are in memory.

mod array;
mod files;
mod header;

pub use files::{npy, npz, quickdraw};
pub use header::{Element, NpyError, NpyHeader};

use crate::DataKind;

/// `npy:FILE`.
pub const NPY: DataKind = DataKind {
    name: "npy",
    argument: "FILE",
    about: "one NumPy array: images as N×H×W, N×H×W×C or N×C×H×W, or points as N×D",
    accepts: |file| !file.is_empty(),
    open: |file, options| npy(file.as_ref())?.converted(options),
};

/// `npz:FILE`.
pub const NPZ: DataKind = DataKind {
    name: "npz",
    argument: "FILE",
    about: "NumPy arrays by their names: x_train, y_train, x_test and y_test, images and labels, and others",
    accepts: |file| !file.is_empty(),
    open: |file, options| npz(file.as_ref())?.converted(options),
};

/// `quickdraw:DIR`.
pub const QUICKDRAW: DataKind = DataKind {
    name: "quickdraw",
    argument: "DIR",
    about: "a folder of Quick Draw's NumPy bitmaps, 28×28, each file a class",
    accepts: |folder| !folder.is_empty(),
    open: |folder, options| quickdraw(folder.as_ref())?.converted(options),
};
