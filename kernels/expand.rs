//! Repeated blocks: registers can't be indexed by a loop variable, so the text is repeated.
//!
//! ```text
//! #repeat i 0..SIDE/4
//!     var sum${i} = vec4<f32>();
//! #end
//! ```
//!
//! Bounds are numbers or constants of the variant, and a name or bound may be followed by `/` or `%` and
//! a number. Whatever is left over, a `#` line or a `$`, is an error.

use crate::ShaderConstant;

/// Why a kernel's text can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// The constants are none of the kernel's variants.
    #[error("the kernel `{kernel}` has no variant with the constants {constants}")]
    Variant {
        /// The kernel's name.
        kernel: &'static str,
        /// The constants asked for.
        constants: String,
    },
    /// A repeated block is malformed.
    #[error("line {line} of the kernel `{kernel}`: {reason}")]
    Template {
        /// The kernel's name.
        kernel: &'static str,
        /// The line of the joined parts, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// The text with the constants in front and all blocks repeated.
pub fn expand(kernel: &'static str, text: &str, constants: &[ShaderConstant]) -> Result<String, ExpandError> {
    let lines: Vec<&str> = text.lines().collect();
    let mut out: String =
        constants.iter().map(|(name, value)| format!("const {name} = {value};\n")).collect();
    let number = |value: &str| value.trim_end_matches('u').parse().ok();
    let mut names: Bindings =
        constants.iter().filter_map(|(name, value)| Some((name.to_string(), number(value)?))).collect();
    let end = block(&lines, 0, 0, &mut names, &mut out);
    let error = |(line, reason)| ExpandError::Template { kernel, line: line + 1, reason };
    match end.map_err(error)? {
        end if end == lines.len() => Ok(out),
        end => Err(error((end, "`#end` without a `#repeat`".to_string()))),
    }
}

/// Values of names: constants that are numbers, and the variables of the blocks that a line is in.
type Bindings = Vec<(String, u32)>;

/// A line of the text, from 0, and what is wrong with it.
type Malformed = (usize, String);

/// Expands lines from `start` to the `#end` of the block or the end of the text; gives where it ended.
fn block(
    lines: &[&str],
    start: usize,
    nesting: usize,
    names: &mut Bindings,
    out: &mut String,
) -> Result<usize, Malformed> {
    let mut at = start;
    while at < lines.len() {
        let line = lines[at].trim();
        if line == "#end" {
            return Ok(at);
        } else if let Some(head) = line.strip_prefix("#repeat ") {
            at = repeat(lines, at, head, nesting, names, out)?;
        } else if line.starts_with('#') {
            return Err((at, format!("`{line}` is neither `#repeat NAME FROM..TO` nor `#end`")));
        } else {
            substitute(lines[at], names, out).map_err(|reason| (at, reason))?;
            out.push('\n');
        }
        at += 1;
    }
    if nesting == 0 { Ok(at) } else { Err((start - 1, "`#repeat` without an `#end`".to_string())) }
}

/// Expands the block whose head is in line `at`; gives the line of its `#end`.
fn repeat(
    lines: &[&str],
    at: usize,
    head: &str,
    nesting: usize,
    names: &mut Bindings,
    out: &mut String,
) -> Result<usize, Malformed> {
    let parsed = head.split_once(' ').and_then(|(name, range)| Some((name, range.split_once("..")?)));
    let Some((name, (from, to))) = parsed else {
        return Err((at, "wanted `#repeat NAME FROM..TO`".to_string()));
    };
    let bound = |text: &str| value(text, names).map_err(|reason| (at, reason));
    let (from, to) = (bound(from)?, bound(to)?);
    if from >= to {
        return Err((at, format!("the range {from}..{to} is empty")));
    }
    let mut end = at;
    for i in from..to {
        names.push((name.to_string(), i));
        end = block(lines, at + 1, nesting + 1, names, out)?;
        names.pop();
    }
    Ok(end)
}

/// The line with every `${..}` replaced by its value.
fn substitute(line: &str, names: &Bindings, out: &mut String) -> Result<(), String> {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('$') {
        let inside = after.strip_prefix('{').and_then(|after| after.split_once('}'));
        let (expression, after) = inside.ok_or("`$` that isn't followed by `{..}`")?;
        out.push_str(before);
        out.push_str(&value(expression, names)?.to_string());
        rest = after;
    }
    out.push_str(rest);
    Ok(())
}

/// The value of a number or name, divided by a number or reduced modulo it if `/` or `%` says so.
fn value(expression: &str, names: &Bindings) -> Result<u32, String> {
    let term = |text: &str| {
        let named = names.iter().rev().find(|(name, _)| name == text).map(|(_, value)| *value);
        named.or_else(|| text.parse().ok()).ok_or_else(|| format!("`{text}` is neither a number nor a name"))
    };
    let split = |operator| expression.split_once(operator);
    let result = match (split('/'), split('%')) {
        (Some((a, b)), None) => term(a)?.checked_div(term(b)?),
        (None, Some((a, b))) => term(a)?.checked_rem(term(b)?),
        (None, None) => Some(term(expression)?),
        _ => None,
    };
    result.ok_or_else(|| format!("`{expression}` has no value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> Result<String, String> {
        expand("test", text, &[("N", "4u")]).map_err(|error| error.to_string())
    }

    #[test]
    fn blocks_repeat_and_nest() {
        let text = "#repeat i 0..N/2\nlet a${i} = 0;\n#repeat j 1..3\nb${i}_${j%2};\n#end\n#end\nlast";
        let want = "const N = 4u;\nlet a0 = 0;\nb0_1;\nb0_0;\nlet a1 = 0;\nb1_1;\nb1_0;\nlast\n";
        assert_eq!(run(text).unwrap(), want);
    }

    #[test]
    fn whatever_is_left_over_is_an_error() {
        for (text, want) in [
            ("a\n${i}", "line 2 of the kernel `test`: `i` is neither a number nor a name"),
            ("$i", "line 1 of the kernel `test`: `$` that isn't followed by `{..}`"),
            ("#repeat i 0..2\na", "line 1 of the kernel `test`: `#repeat` without an `#end`"),
            ("a\n#end", "line 2 of the kernel `test`: `#end` without a `#repeat`"),
            ("#repeat i 2..2\n#end", "line 1 of the kernel `test`: the range 2..2 is empty"),
            ("#if a", "line 1 of the kernel `test`: `#if a` is neither `#repeat NAME FROM..TO` nor `#end`"),
            ("#repeat i 0..N/0\n#end", "line 1 of the kernel `test`: `N/0` has no value"),
        ] {
            assert_eq!(run(text).unwrap_err(), want, "{text}");
        }
    }
}
