//! Memory of buffers: its statistics, and the sizes that pools hand out.

/// Memory that a backend's buffers have taken and take, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryStats {
    /// Bytes ever taken from the system's allocator.
    pub fresh_bytes: usize,
    /// Bytes in buffers that are in use.
    pub used_bytes: usize,
    /// The largest `used_bytes` there ever was.
    pub peak_bytes: usize,
    /// Bytes kept for later buffers.
    pub free_bytes: usize,
}

/// Size that a pool hands out for `units` of memory: one of eight an octave, so that at most an eighth of a buffer is
/// unused and neighbouring sizes can share memory.
pub fn size_class(units: u64) -> u64 {
    let step = (units.checked_next_power_of_two().unwrap_or(units) / 16).max(1);
    units.div_ceil(step).saturating_mul(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_classes_waste_little() {
        for units in 1..5000 {
            let class = size_class(units);
            assert!(class >= units && class <= units + units / 8 + 1, "{units} -> {class}");
            assert_eq!(size_class(class), class);
        }
    }
}
