//! As much of HTTP as is needed: requests without a body, one to a connection.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Longest time that a request, and a piece of an answer, may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Largest size of a request's head, in bytes, and largest number of its headers.
const MOST_BYTES: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;

/// A request, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
pub struct HttpRequest {
    pub method: String,
    /// The path that is asked for, without the query after a question mark.
    pub path: String,
    /// The name of the server that was meant.
    pub host: String,
}

/// Reads a request.
pub fn read(stream: &mut TcpStream) -> io::Result<HttpRequest> {
    let end = Instant::now() + PATIENCE;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = Vec::new();
    loop {
        if let Some(request) = parse(&head)? {
            return Ok(request);
        }
        let left = end.saturating_duration_since(Instant::now());
        if head.len() > MOST_BYTES || left.is_zero() {
            return Err(ErrorKind::InvalidData.into());
        }
        stream.set_read_timeout(Some(left))?;
        let mut piece = [0; 2048];
        match stream.read(&mut piece)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => head.extend_from_slice(&piece[..count]),
        }
    }
}

/// The request, once its head is whole.
fn parse(head: &[u8]) -> io::Result<Option<HttpRequest>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    if request.parse(head).map_err(io::Error::other)?.is_partial() {
        return Ok(None);
    }
    let path = request.path.unwrap_or_default().split('?').next().unwrap_or_default();
    let mut hosts = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
    let host = hosts.next().map(|header| String::from_utf8_lossy(header.value).into_owned());
    if hosts.next().is_some() {
        return Err(ErrorKind::InvalidData.into());
    }
    let method = request.method.unwrap_or_default().to_owned();
    Ok(Some(HttpRequest { method, path: path.to_owned(), host: host.unwrap_or_default() }))
}

/// The head of an answer, without its last, empty line.
fn head(status: &str, kind: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n"
    )
}

/// Answers with a body of a kind.
pub fn answer(stream: &mut TcpStream, status: &str, kind: &str, body: &[u8]) -> io::Result<()> {
    let head = format!("{}Content-Length: {}\r\n\r\n", head(status, kind), body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}

/// Answers with a sentence.
pub fn say(stream: &mut TcpStream, status: &str, sentence: &str) -> io::Result<()> {
    answer(stream, status, "text/plain; charset=utf-8", sentence.as_bytes())
}

/// Begins an answer of events, which ends with the connection.
pub fn begin_events(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(format!("{}\r\n", head("200 OK", "text/event-stream")).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_once_they_are_whole() {
        let text = "GET /events?x=1 HTTP/1.1\r\nAccept: */*\r\nHOST: localhost:80\r\n\r\n";
        let request =
            HttpRequest { method: "GET".into(), path: "/events".into(), host: "localhost:80".into() };
        assert_eq!(parse(text.as_bytes()).unwrap(), Some(request));
        for end in 0..text.len() {
            assert_eq!(parse(&text.as_bytes()[..end]).unwrap(), None);
        }
        assert!(parse(b"\0\0\0\0").is_err());
        assert!(parse(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").is_err());
    }
}
