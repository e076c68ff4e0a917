//! Which checkpoints of a run are kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Number of latest checkpoints that every run keeps.
const LATEST: usize = 2;

/// The checkpoints that a run keeps besides its two latest and its best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum KeepCheckpoints {
    /// None: `last`.
    #[default]
    Last,
    /// Those of steps that are multiples of this number, and that before the first step: `every N`.
    Every(u64),
    /// All: `all`.
    All,
}

impl KeepCheckpoints {
    /// The steps among `have`, in ascending order, whose checkpoints are to be removed after that of step `now` was
    /// written; `is_best` says which is the best.
    pub(crate) fn superfluous(
        self,
        have: &[u64],
        now: u64,
        is_best: impl Fn(u64) -> bool,
    ) -> impl Iterator<Item = u64> {
        let stays = move |step: u64| match self {
            KeepCheckpoints::Last => false,
            KeepCheckpoints::Every(steps) => step.is_multiple_of(steps),
            KeepCheckpoints::All => true,
        };
        let earlier = have.iter().copied().rev().filter(move |step| *step <= now).skip(LATEST);
        earlier.filter(move |step| !stays(*step) && !is_best(*step))
    }
}

impl fmt::Display for KeepCheckpoints {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            KeepCheckpoints::Last => f.write_str("last"),
            KeepCheckpoints::Every(steps) => write!(f, "every {steps}"),
            KeepCheckpoints::All => f.write_str("all"),
        }
    }
}

impl FromStr for KeepCheckpoints {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let steps = text.strip_prefix("every ").and_then(|steps| steps.trim().parse().ok());
        match (text, steps) {
            ("last", _) => Ok(KeepCheckpoints::Last),
            ("all", _) => Ok(KeepCheckpoints::All),
            (_, Some(steps)) if steps > 0 => Ok(KeepCheckpoints::Every(steps)),
            _ => Err(format!("{text:?} is none of last, all, and every with a number of steps")),
        }
    }
}

impl TryFrom<String> for KeepCheckpoints {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<KeepCheckpoints> for String {
    fn from(keep: KeepCheckpoints) -> String {
        keep.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_asked_for() {
        let have = [0, 10, 20, 25, 30, 40];
        let removed = |words: &str| -> Vec<u64> {
            words.parse::<KeepCheckpoints>().unwrap().superfluous(&have, 40, |step| step == 10).collect()
        };
        assert_eq!(removed("last"), [25, 20, 0]);
        assert_eq!(removed("every 20"), [25]);
        assert!(removed("all").is_empty());
        // Those of a later step, which a run that goes on from an earlier one has before it, stay.
        let keep = KeepCheckpoints::Last;
        assert_eq!(keep.superfluous(&have, 25, |_| false).collect::<Vec<_>>(), [10, 0]);
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for words in ["last", "every 500", "all"] {
            assert_eq!(words.parse::<KeepCheckpoints>().unwrap().to_string(), words);
        }
        for words in ["", "every", "every 0", "every -1", "none", "500"] {
            assert!(
                words.parse::<KeepCheckpoints>().unwrap_err().contains("none of last, all, and every"),
                "{words}"
            );
        }
    }
}
