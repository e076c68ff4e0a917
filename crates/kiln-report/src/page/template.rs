//! The pages, from their parts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Parts of a page.
struct Parts {
    html: &'static str,
    styles: &'static [&'static str],
    scripts: &'static [&'static str],
}

/// The page of a run.
const RUN: Parts = Parts {
    html: include_str!("../../assets/page.html"),
    styles: &[include_str!("../../assets/base.css"), include_str!("../../assets/page.css")],
    scripts: &[
        include_str!("../../assets/format.js"),
        include_str!("../../assets/dom.js"),
        include_str!("../../assets/follow.js"),
        include_str!("../../assets/smooth.js"),
        include_str!("../../assets/scale.js"),
        include_str!("../../assets/chart.js"),
        include_str!("../../assets/curves.js"),
        include_str!("../../assets/sheets.js"),
        include_str!("../../assets/tables.js"),
        include_str!("../../assets/profile.js"),
        include_str!("../../assets/main.js"),
    ],
};

/// The page of many runs.
const RUNS: Parts = Parts {
    html: include_str!("../../assets/runs.html"),
    styles: &[include_str!("../../assets/base.css"), include_str!("../../assets/runs.css")],
    scripts: &[
        include_str!("../../assets/format.js"),
        include_str!("../../assets/dom.js"),
        include_str!("../../assets/follow.js"),
        include_str!("../../assets/smooth.js"),
        include_str!("../../assets/scale.js"),
        include_str!("../../assets/runs.js"),
    ],
};

/// An HTML page, and what a browser may load and run for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub html: String,
    /// Its `Content-Security-Policy`, which the page also has inside.
    pub policy: String,
}

/// The page of a run, with what its script begins with: the version of what it is to follow, if it is, and a change from
/// nothing, as JSON.
pub fn run_page(title: &str, version: Option<u64>, change: &str) -> Page {
    RUN.page(title, version, change)
}

/// The page of many runs, likewise.
pub fn runs_page(title: &str, version: Option<u64>, change: &str) -> Page {
    RUNS.page(title, version, change)
}

impl Parts {
    fn page(&self, title: &str, version: Option<u64>, change: &str) -> Page {
        let version = version.map_or("null".to_owned(), |version| version.to_string());
        let data = format!("{{\"version\":{version},\"change\":{change}}}");
        // A browser hashes a text with the line ends that it makes of others.
        let joined = |parts: &[&str]| parts.concat().replace('\r', "");
        let (style, script) = (joined(self.styles), joined(self.scripts));
        let policy = policy(&style, &script);
        let html = fill(self.html, |slot| match slot {
            "title" => escaped(title),
            "policy" => escaped(&policy),
            "style" => style.clone(),
            "script" => script.clone(),
            // So that no text in it can end the element it is in.
            "data" => data.replace('<', "\\u003c"),
            _ => String::new(),
        });
        Page { html, policy }
    }
}

/// Allows just this style and this script, whatever else gets into the page, and nothing from elsewhere.
fn policy(style: &str, script: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(hmac_sha256::Hash::hash(text.as_bytes())));
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'",
        hash(style),
        hash(script)
    )
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
    fn all_slots_of_the_pages_are_known() {
        for html in [RUN.html, RUNS.html] {
            for slot in html.split("{{").skip(1).map(|part| part.split_once("}}").unwrap().0) {
                assert!(["title", "policy", "style", "script", "data"].contains(&slot), "{slot}");
            }
        }
    }

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escaped("<a b='c'>\"&"), "&lt;a b=&#39;c&#39;&gt;&quot;&amp;");
    }

    #[test]
    fn no_script_but_the_own_one_may_run() {
        // `printf x | openssl dgst -sha256 -binary | base64`.
        let hash = "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=";
        let policy = policy("x", "y");
        assert!(policy.contains(&format!("style-src 'sha256-{hash}'; script-src 'sha256-")), "{policy}");
        assert!(!policy.contains("unsafe"));
    }
}
