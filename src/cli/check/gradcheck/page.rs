//! The report as a file.

use super::findings::Findings;
use crate::cli::support::error::CommandError;

/// The style sheet of the page.
const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;\
color-scheme:light dark}table{border-collapse:collapse;width:100%}th,td{padding:.25rem .6rem;text-align:right;\
border-bottom:1px solid #8884}th:first-child,td:first-child{text-align:left}td{white-space:nowrap}\
pre,.table{overflow-x:auto}.wrong{color:#d33;font-weight:600}";

/// A page that needs nothing else.
pub fn html(findings: &Findings) -> String {
    let cells = |tag: &str, cells: &mut dyn Iterator<Item = &str>| -> String {
        cells.map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect()
    };
    let mut body: String = format!("<tr>{}</tr>\n", cells("th", &mut findings.columns.iter().copied()));
    for line in &findings.lines {
        let class = if line.wrong { " class=\"wrong\"" } else { "" };
        body += &format!("<tr{class}>{}</tr>\n", cells("td", &mut line.cells.iter().map(String::as_str)));
    }
    let open: String =
        findings.open.iter().map(|open| format!("<pre>{}</pre>\n", escaped(&open.text))).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>kiln gradcheck</title>\
         <style>{STYLE}</style></head>\n<body><h1>Gradient checks</h1>\n<p>{}</p>\n<div class=\"table\"><table>\n{body}</table></div>\n\
         {open}</body></html>\n",
        escaped(&findings.verdict)
    )
}

/// A Markdown document.
pub fn markdown(findings: &Findings) -> String {
    let mut text =
        format!("# Gradient checks\n\n{}\n\n| {} |\n", findings.verdict, findings.columns.join(" | "));
    text += &format!("|---|{}\n", "--:|".repeat(findings.columns.len() - 1));
    for line in &findings.lines {
        let wrong = if line.wrong { " **wrong**" } else { "" };
        text += &format!("| {}{wrong} | {} |\n", line.cells[0], line.cells[1..].join(" | "));
    }
    findings.open.iter().for_each(|open| text += &format!("\n{}", open.markdown));
    text
}

/// Everything, for programs.
pub fn json(findings: &Findings) -> Result<String, CommandError> {
    serde_json::to_string_pretty(&findings.json).map_err(|error| CommandError::other(error.to_string()))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
