//! Reading a caption.

/// What a caption claims, read from its words alone.
#[derive(Debug, Default)]
pub struct Claims {
    /// Size, colour and shape of each object, in the order they are named.
    pub objects: Vec<[String; 3]>,
    /// Pairs of numbers of objects, and what the first is to the second.
    pub relations: Vec<(usize, &'static str, usize)>,
    /// Where a single object is.
    pub place: Option<String>,
    pub texture: Option<String>,
    pub tone: String,
}

/// Reads a caption; `None` if it is none that one would say.
pub fn read(caption: &str) -> Option<Claims> {
    let words: Vec<&str> = caption.split(' ').collect();
    let mut claims = Claims::default();
    // The background's phrase runs from its preposition to its noun, and is first or last.
    let end = words.iter().position(|&word| word == "background")?;
    let (ground, body) = if end + 1 == words.len() {
        let opening = |at: &usize| {
            words[*at..].starts_with(&["on", "a"])
                || ["in", "at"].contains(&words[*at]) && words[at + 1] == "the"
        };
        let start = (0..end).rfind(opening)?;
        (&words[start..end], &words[..start])
    } else {
        (&words[..end], &words[end + 1..])
    };
    let adjectives = match ground {
        ["on", "a", rest @ ..] => rest,
        ["in" | "at", "the", place, "of", "a", rest @ ..] => {
            claims.place = Some((*place).to_owned());
            rest
        }
        _ => return None,
    };
    match adjectives {
        [tone] => claims.tone = (*tone).to_owned(),
        [texture, tone] => {
            claims.texture = Some((*texture).to_owned());
            claims.tone = (*tone).to_owned();
        }
        _ => return None,
    }
    // Objects become a mark in the text between them.
    let mut text = Vec::new();
    let mut left = body;
    while let Some((&word, rest)) = left.split_first() {
        match rest {
            [size, colour, shape, rest @ ..] if word == "a" => {
                claims.objects.push([size, colour, shape].map(|word| word.to_string()));
                text.push("#");
                left = rest;
            }
            _ => {
                text.push(word);
                left = rest;
            }
        }
    }
    claims.relations = relations(&text.join(" "))?;
    Some(claims)
}

const OPPOSITE: [(&str, &str); 4] =
    [("left of", "right of"), ("right of", "left of"), ("above", "below"), ("below", "above")];

/// The relations that a text with marks for its objects states.
fn relations(text: &str) -> Option<Vec<(usize, &'static str, usize)>> {
    if text == "#" {
        return Some(vec![]);
    }
    for (relation, opposite) in OPPOSITE {
        let course = match relation {
            "left of" => "from left to right",
            "right of" => "from right to left",
            "above" => "from top to bottom",
            _ => "from bottom to top",
        };
        let beside = |relation| match relation {
            "left of" => "to its left",
            "right of" => "to its right",
            "above" => "above it",
            _ => "below it",
        };
        if text == format!("# {relation} #") || text == format!("# then # {course}") {
            return Some(vec![(0, relation, 1)]);
        }
        if text == format!("# then # then # {course}") {
            return Some(vec![(0, relation, 1), (1, relation, 2), (0, relation, 2)]);
        }
        if text == format!("# with # {}", beside(relation)) {
            return Some(vec![(1, relation, 0)]);
        }
        if text == format!("# with # {} and # {}", beside(relation), beside(opposite)) {
            return Some(vec![(1, relation, 0), (2, opposite, 0), (1, relation, 2)]);
        }
        for (of_both, _) in OPPOSITE {
            if text == format!("# {relation} # and # {of_both} both") {
                return Some(vec![(0, relation, 1), (2, of_both, 0), (2, of_both, 1)]);
            }
            if text == format!("# and {} # {relation} #", beside(of_both)) {
                return Some(vec![(1, relation, 2), (1, of_both, 0), (2, of_both, 0)]);
            }
        }
    }
    None
}
