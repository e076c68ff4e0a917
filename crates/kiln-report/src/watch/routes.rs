//! The answers to requests, by their paths.

use std::io::ErrorKind;
use std::sync::Arc;

use kiln_train::RunDir;
use percent_encoding::percent_decode_str;

use super::feed::Feed;
use super::http::{Answer, HttpRequest};
use super::run::RunFiles;
use super::runs::{RunCardFiles, RunsFolder};
use crate::page;

/// What is served.
pub(crate) enum Site {
    /// One run.
    Run(Box<Feed<RunFiles>>),
    /// The runs of a folder, all on one page and each on its own.
    Runs { cards: Box<Feed<RunCardFiles>>, runs: Arc<RunsFolder> },
}

impl Site {
    /// The answer to a request. `port` is the server's own.
    pub fn answer(&self, request: &HttpRequest, port: u16) -> Answer {
        let HttpRequest { method, path, query, host } = request;
        if !is_this_machine(host, port) {
            // A page from elsewhere can have its name point here; it must not read the run.
            return Answer::text("403 Forbidden", "this server answers only to 127.0.0.1 and localhost\n");
        }
        if !["GET", "HEAD"].contains(&method.as_str()) {
            let sentence = "this server only answers to GET and HEAD\n";
            return Answer::text("405 Method Not Allowed", sentence).with("Allow", "GET, HEAD");
        }
        let Some(path) = path.strip_prefix('/') else { return not_found() };
        match self {
            Site::Run(feed) => of_run(feed, path, query),
            Site::Runs { cards, .. } if path.is_empty() => cards.page(),
            Site::Runs { cards, .. } if path == "changes" => cards.changes(since(query)),
            Site::Runs { runs, .. } => {
                let (name, inner) = split_run(path);
                let name = percent_decode_str(name).decode_utf8_lossy();
                match (runs.feed(&name), inner) {
                    (Some(feed), Some(inner)) => of_run(&feed, inner, query),
                    // What the page of a run asks for is beside it.
                    (Some(_), None) => {
                        Answer::text("308 Permanent Redirect", "the page of the run is a folder\n")
                            .with("Location", format!("/{path}/"))
                    }
                    (None, _) => not_found(),
                }
            }
        }
    }
}

/// The answer to a path within a run.
fn of_run(feed: &Feed<RunFiles>, path: &str, query: &str) -> Answer {
    match (path, sheet_step(path)) {
        ("", _) => feed.page(),
        ("changes", _) => feed.changes(since(query)),
        (_, Some(step)) => sheet(&feed.source(|files| files.dir().clone()), step),
        _ => not_found(),
    }
}

fn sheet(run: &RunDir, step: u64) -> Answer {
    match page::open_sheet(run, step).and_then(|file| Answer::file("image/png", file)) {
        Ok(answer) => answer,
        Err(error) if error.kind() == ErrorKind::NotFound => not_found(),
        Err(_) => Answer::text("500 Internal Server Error", "the sheet cannot be read\n"),
    }
}

fn not_found() -> Answer {
    Answer::text("404 Not Found", "there is nothing here; the page is at /\n")
}

/// The name of a run in a path, and the path within it; without the latter if the slash behind the name is missing.
fn split_run(path: &str) -> (&str, Option<&str>) {
    if let Some(name) = path.strip_suffix('/') {
        return (name, Some(""));
    }
    let mut slashes = path.rmatch_indices('/').map(|(at, _)| at);
    let (last, before) = (slashes.next(), slashes.next());
    for at in [last, before].into_iter().flatten() {
        let inner = &path[at + 1..];
        if inner == "changes" || sheet_step(inner).is_some() {
            return (&path[..at], Some(inner));
        }
    }
    (path, None)
}

/// Whether a request was meant for this server, by the name it used.
fn is_this_machine(host: &str, port: u16) -> bool {
    let name = host.strip_suffix(&format!(":{port}"));
    let name = if port == 80 { name.or(Some(host)) } else { name };
    name.is_some_and(|name| name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost"))
}

/// The step in `sheets/step-<digits>.png`. Only the number is used, so that no path leads elsewhere.
fn sheet_step(path: &str) -> Option<u64> {
    digits(path.strip_prefix("sheets/step-")?.strip_suffix(".png")?)
}

/// The version in `since=<digits>`.
fn since(query: &str) -> Option<u64> {
    digits(query.strip_prefix("since=")?)
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_names_are_refused() {
        for (host, port, good) in [
            ("127.0.0.1:8080", 8080, true),
            ("LocalHost:8080", 8080, true),
            ("localhost", 80, true),
            ("localhost", 8080, false),
            ("localhost:8081", 8080, false),
            ("example.com:8080", 8080, false),
            ("127.0.0.1.example.com:8080", 8080, false),
            ("", 80, false),
        ] {
            assert_eq!(is_this_machine(host, port), good, "{host}");
        }
    }

    #[test]
    fn sheets_are_found_by_number_alone() {
        assert_eq!(sheet_step("sheets/step-000120.png"), Some(120));
        for path in [
            "sheets/step-.png",
            "sheets/step-+1.png",
            "sheets/step-../../config.toml",
            "sheets/step-1/../../x.png",
            "sheets/latest.png",
            "sheets/step-99999999999999999999999.png",
            "config.toml",
        ] {
            assert_eq!(sheet_step(path), None, "{path}");
        }
    }

    #[test]
    fn runs_are_told_from_what_is_in_them() {
        for (path, split) in [
            ("vae-1/", ("vae-1", Some(""))),
            ("vae-1", ("vae-1", None)),
            ("lr/a b/changes", ("lr/a b", Some("changes"))),
            ("lr/a/sheets/step-10.png", ("lr/a", Some("sheets/step-10.png"))),
            ("changes/changes", ("changes", Some("changes"))),
            ("a/config.toml", ("a/config.toml", None)),
        ] {
            assert_eq!(split_run(path), split);
        }
    }
}
