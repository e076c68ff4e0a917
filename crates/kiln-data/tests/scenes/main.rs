//! What a scene's annotations say, held against its description and its pixels by other means than those
//! that made them.

mod captions;
mod pictures;
mod reading;

use kiln_data::scenes::{Drawn, scene};
use kiln_tensor::random::Key;

/// A scene of the tests' own key.
fn drawn(index: u32, side: usize) -> Drawn {
    scene(Key::new(11), index, side)
}
