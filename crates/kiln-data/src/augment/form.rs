//! How an augmentation is written.

use std::fmt;
use std::str::FromStr;

use super::{Augment, Border, Jitter, RandomAffine};
use crate::UsageError;
use crate::usage::did_you_mean;

const NAMES: [&str; 5] = ["flip", "crop", "affine", "colour", "none"];

/// Settings of `flip` and `crop` where none is written.
const FLIP: f32 = 0.5;
const CROP: usize = 4;

impl FromStr for Augment {
    type Err = UsageError;

    fn from_str(text: &str) -> Result<Self, UsageError> {
        let mut augment = Augment::default();
        if text.trim() == "none" {
            return Ok(augment);
        }
        let mut seen = Vec::new();
        for part in text.split(',').map(str::trim) {
            let (name, settings) = match part.split_once('=') {
                Some((name, settings)) => (name, settings.split(':').collect()),
                None => (part, vec![]),
            };
            let settings = AugmentWords { part, settings };
            if seen.contains(&name) {
                return Err(UsageError::new("augment", text, format!("name {name} once")));
            }
            seen.push(name);
            match name {
                "flip" => augment.flip = settings.flip()?,
                "crop" => augment.crop = settings.crop()?,
                "affine" => augment.affine = Some(settings.affine()?),
                "colour" => augment.colour = Some(settings.colour()?),
                "none" => {
                    let wanted = "none stands alone; leave it out, or the others";
                    return Err(UsageError::new("augment", text, wanted));
                }
                _ => return Err(UsageError::new("augment", name, did_you_mean(name, NAMES))),
            }
        }
        augment.check()?;
        Ok(augment)
    }
}

/// The settings of one augmentation, and how it was written.
struct AugmentWords<'a> {
    part: &'a str,
    settings: Vec<&'a str>,
}

impl AugmentWords<'_> {
    fn flip(&self) -> Result<f32, UsageError> {
        self.at_most(1)?;
        self.number(0, FLIP, "a probability such as 0.5")
    }

    fn crop(&self) -> Result<usize, UsageError> {
        self.at_most(1)?;
        self.number(0, CROP, "a number of pixels such as 4")
    }

    fn affine(&self) -> Result<RandomAffine, UsageError> {
        self.at_most(4)?;
        let default = RandomAffine::default();
        let scale = match self.settings.get(2) {
            None => default.scale,
            Some(range) => (range.split_once('-'))
                .and_then(|(low, high)| Some([low.parse().ok()?, high.parse().ok()?]))
                .ok_or_else(|| self.wrong("the third setting is a range of scales such as 0.9-1.1"))?,
        };
        let border = match self.settings.get(3) {
            None => default.border,
            Some(&"reflect") => Border::Reflect,
            Some(&"zero") => Border::Zero,
            Some(_) => return Err(self.wrong("the fourth setting is the border, reflect or zero")),
        };
        Ok(RandomAffine {
            degrees: self.number(0, default.degrees, "an angle in degrees such as 10")?,
            translate: self.number(1, default.translate, "a fraction of the size such as 0.1")?,
            scale,
            border,
        })
    }

    fn colour(&self) -> Result<Jitter, UsageError> {
        self.at_most(3)?;
        let Jitter { brightness, contrast, saturation } = Jitter::default();
        Ok(Jitter {
            brightness: self.number(0, brightness, "a strength of brightness such as 0.2")?,
            contrast: self.number(1, contrast, "a strength of contrast such as 0.2")?,
            saturation: self.number(2, saturation, "a strength of saturation such as 0.2")?,
        })
    }

    /// The setting at `at`, or `default` where settings end before it.
    fn number<T: FromStr>(&self, at: usize, default: T, what: &str) -> Result<T, UsageError> {
        let Some(text) = self.settings.get(at) else { return Ok(default) };
        let ordinal = ["first", "second", "third"][at];
        text.parse().map_err(|_| self.wrong(&format!("the {ordinal} setting is {what}, not {text:?}")))
    }

    fn at_most(&self, count: usize) -> Result<(), UsageError> {
        if self.settings.len() <= count {
            return Ok(());
        }
        Err(self.wrong(&format!("it has {} settings and takes at most {count}", self.settings.len())))
    }

    fn wrong(&self, wanted: &str) -> UsageError {
        UsageError::new("augment", self.part, wanted)
    }
}

impl fmt::Display for Augment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flip = (self.flip != 0.0).then(|| match self.flip {
            FLIP => "flip".to_owned(),
            other => format!("flip={other}"),
        });
        let crop = (self.crop != 0).then(|| format!("crop={}", self.crop));
        let affine = self.affine.map(|affine| affine.to_string());
        let colour = self.colour.map(|colour| colour.to_string());
        let parts: Vec<String> = [flip, crop, affine, colour].into_iter().flatten().collect();
        f.write_str(if parts.is_empty() { "none" } else { "" })?;
        f.write_str(&parts.join(","))
    }
}

impl fmt::Display for RandomAffine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("affine")?;
        if *self == RandomAffine::default() {
            return Ok(());
        }
        let RandomAffine { degrees, translate, scale: [low, high], border } = self;
        write!(f, "={degrees}:{translate}:{low}-{high}")?;
        match border {
            Border::Reflect => Ok(()),
            Border::Zero => f.write_str(":zero"),
        }
    }
}

impl fmt::Display for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("colour")?;
        if *self == Jitter::default() {
            return Ok(());
        }
        write!(f, "={}:{}:{}", self.brightness, self.contrast, self.saturation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn augmentations_round_trip() {
        let all = Augment {
            flip: 0.5,
            crop: 4,
            affine: Some(RandomAffine::default()),
            colour: Some(Jitter::default()),
        };
        let zero = RandomAffine { degrees: 15.0, translate: 0.05, scale: [0.8, 1.0], border: Border::Zero };
        for (text, augment) in [
            ("none", Augment::default()),
            ("flip,crop=4,affine,colour", all),
            ("flip=0.25", Augment { flip: 0.25, ..Augment::default() }),
            ("affine=15:0.05:0.8-1:zero", Augment { affine: Some(zero), ..Augment::default() }),
            (
                "colour=0:0.5:1",
                Augment {
                    colour: Some(Jitter { brightness: 0.0, contrast: 0.5, saturation: 1.0 }),
                    ..Augment::default()
                },
            ),
        ] {
            assert_eq!(text.parse::<Augment>().unwrap(), augment);
            assert_eq!(augment.to_string(), text);
        }
        assert_eq!(" colour, affine=10:0.1:0.9-1.1:reflect ,crop,flip=0.5".parse::<Augment>().unwrap(), all);
        assert_eq!("affine=10:0.1".parse::<Augment>().unwrap().to_string(), "affine");
    }

    #[test]
    fn mistakes_are_named_with_the_remedy() {
        for (wrong, message) in [
            ("flpi", "augment can't be \"flpi\"; did you mean flip?"),
            ("flip,Color", "augment can't be \"Color\"; did you mean colour?"),
            ("mixup", "augment can't be \"mixup\"; there are flip, crop, affine, colour, none"),
            ("", "augment can't be \"\"; there are flip, crop, affine, colour, none"),
            ("flip,", "augment can't be \"\"; there are flip, crop, affine, colour, none"),
            ("crop=2,crop=4", "augment can't be \"crop=2,crop=4\"; name crop once"),
            ("flip,none", "augment can't be \"flip,none\"; none stands alone; leave it out, or the others"),
            (
                "crop=x",
                "augment can't be \"crop=x\"; the first setting is a number of pixels such as 4, not \"x\"",
            ),
            (
                "crop=-1",
                "augment can't be \"crop=-1\"; the first setting is a number of pixels such as 4, not \"-1\"",
            ),
            ("crop=1000", "augment can't be \"crop=1000\"; the padding goes from 0 to 256 pixels"),
            ("flip=1.5", "augment can't be \"flip=1.5\"; the probability goes from 0 to 1"),
            ("flip=NaN", "augment can't be \"flip=NaN\"; the probability goes from 0 to 1"),
            ("flip=0.1:2", "augment can't be \"flip=0.1:2\"; it has 2 settings and takes at most 1"),
            (
                "affine=200",
                "augment can't be \"affine=200:0.1:0.9-1.1\"; the angle goes from 0 to 180 degrees",
            ),
            ("affine=5:2", "augment can't be \"affine=5:2:0.9-1.1\"; the shift goes from 0 to 1 of the size"),
            (
                "affine=5:0.1:1",
                "augment can't be \"affine=5:0.1:1\"; the third setting is a range of scales such as 0.9-1.1",
            ),
            (
                "affine=5:0.1:1.2-0.8",
                "augment can't be \"affine=5:0.1:1.2-0.8\"; the scales go from 0.1 to 10, the smaller first",
            ),
            (
                "affine=5:0.1:0.9-1.1:black",
                "augment can't be \"affine=5:0.1:0.9-1.1:black\"; the fourth setting is the border, reflect or zero",
            ),
            ("colour=0.1:7", "augment can't be \"colour=0.1:7:0.2\"; the strengths go from 0 to 1"),
        ] {
            assert_eq!(wrong.parse::<Augment>().unwrap_err().to_string(), message);
        }
    }
}
