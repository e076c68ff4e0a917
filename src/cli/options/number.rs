//! Numbers and times as values of options.

use std::time::Duration;

/// The largest count that makes sense for anything here.
pub const MAX_COUNT: u64 = u32::MAX as u64;

/// The largest seed that TOML can hold.
pub const MAX_SEED: u64 = i64::MAX as u64;

/// Reads a whole number within bounds; otherwise says what they are.
pub fn whole<const FROM: u64, const TO: u64>(text: &str) -> Result<u64, String> {
    let value = text.parse().ok().filter(|value| (FROM..=TO).contains(value));
    value.ok_or_else(|| format!("it must be a whole number from {FROM} to {TO}"))
}

/// Reads a time such as `90s`, `30m` or `1h 30m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).ok().filter(|time| !time.is_zero());
    time.ok_or_else(|| "it must be a time such as 90s, 30m or 2h".to_owned())
}
