//! Texts as numbers.

use std::collections::{BTreeSet, HashMap};

use crate::UsageError;
use crate::usage::did_you_mean;

/// The kind of a text's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextUnit {
    /// A word in small letters, or a mark of punctuation.
    Word,
    /// A character.
    Character,
}

/// The tokens that texts are made of, each with its number. Number 0 is the end of a text and stands behind it; it has
/// no letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    unit: TextUnit,
    tokens: Vec<String>,
    numbers: HashMap<String, u32>,
    longest: usize,
}

impl Vocabulary {
    /// The tokens of these texts, in alphabetical order.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>, unit: TextUnit) -> Vocabulary {
        let (mut known, mut longest) = (BTreeSet::new(), 0);
        for text in texts {
            let mut length = 0;
            each_token(text, unit, |token| {
                length += 1;
                if !known.contains(token) {
                    known.insert(token.to_owned());
                }
            });
            longest = longest.max(length);
        }
        let tokens = std::iter::once(String::new()).chain(known).collect();
        Vocabulary::new(tokens, unit, longest)
    }

    /// The vocabulary whose tokens a [`DataInfo`](kiln_nn::DataInfo) has, to say something to a trained model. They
    /// are characters where each of them is one, and words otherwise.
    pub fn from_tokens(tokens: Vec<String>, longest: usize) -> Vocabulary {
        let is_character = |token: &String| token.chars().count() <= 1;
        let unit = if tokens.iter().all(is_character) { TextUnit::Character } else { TextUnit::Word };
        Vocabulary::new(tokens, unit, longest)
    }

    /// All tokens of two vocabularies of the same unit.
    pub(crate) fn joined(a: &Vocabulary, b: &Vocabulary) -> Vocabulary {
        let tokens: BTreeSet<&String> = a.tokens.iter().chain(&b.tokens).collect();
        Vocabulary::new(tokens.into_iter().cloned().collect(), a.unit, a.longest.max(b.longest))
    }

    fn new(tokens: Vec<String>, unit: TextUnit, longest: usize) -> Vocabulary {
        let numbers = tokens.iter().enumerate().map(|(number, token)| (token.clone(), number as u32));
        Vocabulary { unit, numbers: numbers.collect(), longest, tokens }
    }

    /// The kind of its tokens.
    pub fn unit(&self) -> TextUnit {
        self.unit
    }

    /// All tokens, that of number 0 first, which is empty.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// Number of tokens of the longest text.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// The numbers of the tokens of a text, without an end.
    ///
    /// # Errors
    /// When it has a token that is in no text of the data.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, UsageError> {
        let (mut numbers, mut unknown) = (Vec::new(), None);
        each_token(text, self.unit, |token| match self.numbers.get(token) {
            Some(number) => numbers.push(*number),
            None => unknown = unknown.take().or_else(|| Some(token.to_owned())),
        });
        match unknown {
            None => Ok(numbers),
            Some(token) => {
                let what = match self.unit {
                    TextUnit::Word => "a word of the text",
                    TextUnit::Character => "a character of the text",
                };
                let remedy = did_you_mean(&token, self.tokens[1..].iter().map(String::as_str));
                Err(UsageError::new(what, token, remedy))
            }
        }
    }

    /// The text of these numbers, up to the first end. Numbers that no token has are left out.
    pub fn decode(&self, numbers: &[u32]) -> String {
        let tokens = numbers.iter().take_while(|number| **number != 0);
        let tokens: Vec<&str> =
            tokens.filter_map(|number| self.tokens.get(*number as usize).map(String::as_str)).collect();
        tokens.join(match self.unit {
            TextUnit::Word => " ",
            TextUnit::Character => "",
        })
    }
}

/// Calls `take` with each token of a text.
fn each_token(text: &str, unit: TextUnit, mut take: impl FnMut(&str)) {
    if unit == TextUnit::Character {
        text.chars().for_each(|character| take(character.encode_utf8(&mut [0; 4])));
        return;
    }
    let in_word = |character: char| character.is_alphanumeric() || matches!(character, '\'' | '’' | '-');
    for piece in text.to_lowercase().split_whitespace() {
        let mut rest = piece;
        while let Some(first) = rest.chars().next() {
            let end = if in_word(first) {
                rest.find(|character| !in_word(character)).unwrap_or(rest.len())
            } else {
                first.len_utf8()
            };
            take(&rest[..end]);
            rest = &rest[end..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_numbered_in_alphabetical_order() {
        let words = Vocabulary::of(["A red star, a\tcircle.", "", "self-made Ärger"], TextUnit::Word);
        assert_eq!(words.tokens(), ["", ",", ".", "a", "circle", "red", "self-made", "star", "ärger"]);
        assert_eq!((words.longest(), words.unit()), (7, TextUnit::Word));
        let numbers = words.encode("a  RED circle").unwrap();
        assert_eq!(
            (numbers.as_slice(), words.decode(&[3, 5, 4, 0, 7, 99])),
            (&[3, 5, 4][..], "a red circle".into())
        );
        let error = words.encode("a rad star").unwrap_err().to_string();
        assert_eq!(error, "a word of the text can't be \"rad\"; did you mean red?");
    }

    #[test]
    fn characters_keep_everything() {
        let text = "To be, or ü?";
        let characters = Vocabulary::of([text], TextUnit::Character);
        assert_eq!(characters.longest(), 12);
        assert_eq!(characters.decode(&characters.encode(text).unwrap()), text);
        assert!(
            characters.encode("x").unwrap_err().to_string().starts_with("a character of the text can't be")
        );
    }

    #[test]
    fn a_vocabulary_is_made_again_of_its_tokens() {
        for (text, unit) in [("a small star", TextUnit::Word), ("a small star", TextUnit::Character)] {
            let before = Vocabulary::of([text], unit);
            let after = Vocabulary::from_tokens(before.tokens().to_vec(), before.longest());
            assert_eq!(before, after);
        }
    }
}
