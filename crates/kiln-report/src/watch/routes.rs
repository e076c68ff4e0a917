//! The answers to requests, by their paths.

use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use kiln_train::read_regular;

use super::feed::ReportFeed;
use super::http::{self, HttpRequest};

/// Time between two signs of life to a connection without events, by which it is also noticed that a reader is gone.
const ALIVE: Duration = Duration::from_secs(10);

/// Answers the request of a connection. `address` is the server's own.
pub fn answer(mut stream: TcpStream, address: SocketAddr, feed: &ReportFeed) -> io::Result<()> {
    let stream = &mut stream;
    let HttpRequest { method, path, host } = http::read(stream)?;
    if !is_this_machine(&host, address.port()) {
        // A page from elsewhere can have its name point here; it must not read the run.
        return http::say(stream, "403 Forbidden", "this server answers only to 127.0.0.1 and localhost\n");
    }
    if method != "GET" {
        return http::say(stream, "405 Method Not Allowed", "this server only answers to GET\n");
    }
    match (path.as_str(), sheet_step(&path)) {
        ("/", _) => http::answer(stream, "200 OK", "text/html; charset=utf-8", feed.page().as_bytes()),
        ("/events", _) => events(stream, feed),
        (_, Some(step)) => match read_regular(&feed.run().sheet(step)) {
            Ok(png) => http::answer(stream, "200 OK", "image/png", &png),
            Err(error) if error.kind() == ErrorKind::NotFound => not_found(stream),
            Err(_) => http::say(stream, "500 Internal Server Error", "the sheet cannot be read\n"),
        },
        _ => not_found(stream),
    }
}

fn not_found(stream: &mut TcpStream) -> io::Result<()> {
    http::say(stream, "404 Not Found", "there is nothing here; the page is at /\n")
}

/// Whether a request was meant for this server, by the name it used.
fn is_this_machine(host: &str, port: u16) -> bool {
    let name = host.strip_suffix(&format!(":{port}"));
    let name = if port == 80 { name.or(Some(host)) } else { name };
    name.is_some_and(|name| name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost"))
}

/// The step in `/sheets/step-<digits>.png`. Only the number is used, so that no path leads elsewhere.
fn sheet_step(path: &str) -> Option<u64> {
    let digits = path.strip_prefix("/sheets/step-")?.strip_suffix(".png")?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// Sends the events, until the server stops or the reader goes.
fn events(stream: &mut TcpStream, feed: &ReportFeed) -> io::Result<()> {
    http::begin_events(stream)?;
    let messages = feed.subscribe();
    loop {
        match messages.recv_timeout(ALIVE) {
            Ok(message) => stream.write_all(message.as_bytes())?,
            Err(RecvTimeoutError::Timeout) => stream.write_all(b":\n\n")?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
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
        assert_eq!(sheet_step("/sheets/step-000120.png"), Some(120));
        for path in [
            "/sheets/step-.png",
            "/sheets/step-+1.png",
            "/sheets/step-../../config.toml",
            "/sheets/step-1/../../x.png",
            "/sheets/latest.png",
            "/sheets/step-99999999999999999999999.png",
            "/config.toml",
        ] {
            assert_eq!(sheet_step(path), None, "{path}");
        }
    }
}
