//! The page, from its parts.

use super::ReportData;

const PAGE: &str = include_str!("../../assets/page.html");
const STYLE: &str = include_str!("../../assets/page.css");
const SCRIPT: &str = concat!(
    include_str!("../../assets/format.js"),
    include_str!("../../assets/dom.js"),
    include_str!("../../assets/smooth.js"),
    include_str!("../../assets/scale.js"),
    include_str!("../../assets/chart.js"),
    include_str!("../../assets/curves.js"),
    include_str!("../../assets/sheets.js"),
    include_str!("../../assets/tables.js"),
    include_str!("../../assets/profile.js"),
    include_str!("../../assets/main.js"),
);

/// The page that shows a report.
pub fn page(report: &ReportData) -> String {
    let data = serde_json::to_string(report).unwrap_or_default();
    fill(PAGE, |slot| match slot {
        "title" => escaped(&report.name),
        "style" => STYLE.to_owned(),
        "script" => SCRIPT.to_owned(),
        // So that no text in it can end the element it is in.
        "data" => data.replace('<', "\\u003c"),
        _ => String::new(),
    })
}

/// The template with its slots `{{name}}` filled. What is filled in is not looked into.
fn fill(template: &str, content: impl Fn(&str) -> String) -> String {
    let mut parts = template.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (slot, rest) = part.split_once("}}").unwrap_or((part, ""));
        filled.push_str(&content(slot));
        filled.push_str(rest);
    }
    filled
}

/// Text as HTML, also for attributes.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_filled_once() {
        let filled = fill("a {{x}} b {{y}}{{x}} c", |slot| format!("<{slot}{{{{x}}}}>"));
        assert_eq!(filled, "a <x{{x}}> b <y{{x}}><x{{x}}> c");
    }

    #[test]
    fn all_slots_of_the_page_are_known() {
        for slot in PAGE.split("{{").skip(1).map(|part| part.split_once("}}").unwrap().0) {
            assert!(["title", "style", "script", "data"].contains(&slot), "{slot}");
        }
    }

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escaped("<a b='c'>\"&"), "&lt;a b=&#39;c&#39;&gt;&quot;&amp;");
    }
}
