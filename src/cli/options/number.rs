//! Numbers and times as values of options.

use std::str::FromStr;
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

/// Reads a number within bounds; otherwise says what they are.
pub fn decimal<const FROM: i64, const TO: i64>(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| (FROM as f64..=TO as f64).contains(value));
    value.ok_or_else(|| format!("it must be a number from {FROM} to {TO}"))
}

/// Reads a time such as `90s`, `30m` or `1h 30m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).ok().filter(|time| !time.is_zero());
    time.ok_or_else(|| "it must be a time such as 90s, 30m or 2h".to_owned())
}

/// The most seeds that a list can name.
const MOST_SEEDS: u64 = 1_000_000;

/// Seeds as a list of numbers and ranges such as `0-35,40`, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedList(pub Vec<u64>);

impl FromStr for SeedList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("it must be numbers and ranges such as 0-35,40, {MOST_SEEDS} at most");
        let mut seeds = Vec::new();
        for part in text.split(',') {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let [from, to] = [from, to].map(|seed| whole::<0, MAX_SEED>(seed.trim()).map_err(|_| wrong()));
            let (from, to) = (from?, to?);
            if from > to || to - from >= MOST_SEEDS - seeds.len() as u64 {
                return Err(wrong());
            }
            seeds.extend(from..=to);
        }
        Ok(SeedList(seeds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_bounds() {
        assert_eq!(decimal::<0, 10>("0.3"), Ok(0.3));
        for wrong in ["-0.1", "10.5", "NaN", "much"] {
            assert_eq!(
                decimal::<0, 10>(wrong),
                Err("it must be a number from 0 to 10".to_owned()),
                "{wrong}"
            );
        }
    }

    #[test]
    fn seeds_are_numbers_and_ranges() {
        assert_eq!("0-3,40, 2".parse(), Ok(SeedList(vec![0, 1, 2, 3, 40, 2])));
        assert_eq!("999999999".parse(), Ok(SeedList(vec![999_999_999])));
        assert_eq!("0-999999".parse::<SeedList>().unwrap().0.len(), 1_000_000);
        for wrong in ["", "3-1", "a", "1,,2", "-1", "0-1000000", "0-999999,7", "1-2-3"] {
            assert!(wrong.parse::<SeedList>().unwrap_err().contains("0-35,40"), "{wrong}");
        }
    }
}
