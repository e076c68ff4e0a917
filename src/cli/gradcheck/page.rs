//! The report as a file.

use super::super::failure::Failure;
use super::row::{COLUMNS, Row};
use kiln::check::Summary;
use serde_json::json;

/// How to look at it in a browser.
const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;\
color-scheme:light dark}table{border-collapse:collapse;width:100%}th,td{padding:.25rem .6rem;text-align:right;\
border-bottom:1px solid #8884}th:first-child,td:first-child{text-align:left}pre{overflow-x:auto}\
.wrong{color:#d33;font-weight:600}";

/// A page that needs nothing else.
pub fn html(rows: &[Row], summary: &Summary, verdict: &str) -> String {
    let cells = |tag: &str, cells: &[String]| -> String {
        cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect()
    };
    let mut body: String = format!("<tr>{}</tr>\n", cells("th", &COLUMNS.map(str::to_owned)));
    for row in rows {
        let class = if row.tally.mismatch > 0 { " class=\"wrong\"" } else { "" };
        body += &format!("<tr{class}>{}</tr>\n", cells("td", &row.cells()));
    }
    let open: String =
        summary.open.iter().map(|report| format!("<pre>{}</pre>\n", escaped(&report.to_string()))).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>kiln gradcheck</title>\
         <style>{STYLE}</style></head>\n<body><h1>Gradient checks</h1>\n<p>{}</p>\n<table>\n{body}</table>\n{open}</body></html>\n",
        escaped(verdict)
    )
}

/// A Markdown document.
pub fn markdown(rows: &[Row], summary: &Summary, verdict: &str) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = format!("# Gradient checks\n\n{verdict}\n\n{}", line(&COLUMNS.map(str::to_owned)));
    text += "|---|--:|--:|--:|--:|--:|--:|--:|\n";
    rows.iter().for_each(|row| text += &line(&row.cells()));
    summary.open.iter().for_each(|report| text += &format!("\n{}", report.to_markdown()));
    text
}

/// Everything, for programs.
pub fn json(rows: &[Row], summary: &Summary) -> Result<String, Failure> {
    let value = json!({ "passes": summary.passes(), "ops": rows, "summary": summary });
    serde_json::to_string_pretty(&value).map_err(|error| Failure::other(error.to_string()))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
