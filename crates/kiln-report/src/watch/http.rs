//! As much of HTTP as is needed: requests without a body, one to a connection, each within a bounded time.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest time that a request may take, and an answer, however slowly it is sent or read.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest time that is waited for the end of a connection, and most that is read until then.
const LINGER: Duration = Duration::from_secs(1);
const MOST_LINGERING: usize = 1 << 20;

/// Largest size of a request's head, in bytes, and largest number of its headers.
const MOST_BYTES: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;

/// A request, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
pub struct HttpRequest {
    pub method: String,
    /// The path that is asked for, without the query after a question mark.
    pub path: String,
    /// What comes after the question mark.
    pub query: String,
    /// The name of the server that was meant.
    pub host: String,
}

/// Reads a request. What is none is answered.
///
/// # Errors
/// When the client is gone.
pub fn read(stream: &mut TcpStream) -> io::Result<Result<HttpRequest, Answer>> {
    let end = Instant::now() + PATIENCE;
    let mut head = Vec::new();
    loop {
        match parse(&head) {
            Ok(Some(request)) => return Ok(Ok(request)),
            Ok(None) if head.len() > MOST_BYTES => {
                let sentence = "the head of this request has more than 16 KiB\n";
                return Ok(Err(Answer::text("431 Request Header Fields Too Large", sentence)));
            }
            Ok(None) => {}
            Err(problem) => return Ok(Err(Answer::text("400 Bad Request", &problem))),
        }
        let mut piece = [0; 2048];
        let count =
            match within(end, |left| stream.set_read_timeout(Some(left)), || (&*stream).read(&mut piece)) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    return Ok(Err(Answer::text(
                        "408 Request Timeout",
                        "this request did not come to its end\n",
                    )));
                }
                Err(error) => return Err(error),
            };
        head.extend_from_slice(&piece[..count]);
    }
}

/// The request, once its head is whole, or a sentence about what is wrong with it.
fn parse(head: &[u8]) -> Result<Option<HttpRequest>, String> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let unusable = |problem: &dyn std::fmt::Display| format!("this is no request of HTTP/1: {problem}\n");
    if request.parse(head).map_err(|error| unusable(&error))?.is_partial() {
        return Ok(None);
    }
    let (path, query) =
        request.path.unwrap_or_default().split_once('?').unwrap_or((request.path.unwrap_or_default(), ""));
    let mut hosts = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
    let host = hosts.next().map(|header| String::from_utf8_lossy(header.value).into_owned());
    if hosts.next().is_some() {
        return Err(unusable(&"it names two hosts"));
    }
    Ok(Some(HttpRequest {
        method: request.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        host: host.unwrap_or_default(),
    }))
}

/// The body of an answer.
#[derive(Clone, Debug)]
enum Body {
    Bytes(Arc<[u8]>),
    /// So many bytes of a file, read as they are sent.
    File(Arc<File>, u64),
}

/// An answer to a request.
#[derive(Clone, Debug)]
pub struct Answer {
    status: &'static str,
    kind: &'static str,
    /// The `Content-Security-Policy`.
    policy: String,
    /// Further headers.
    headers: Vec<(&'static str, String)>,
    body: Body,
}

impl Answer {
    /// A body of a kind, from which a browser loads and runs nothing.
    pub fn new(kind: &'static str, body: impl Into<Arc<[u8]>>) -> Answer {
        let policy = "default-src 'none'".to_owned();
        Answer { status: "200 OK", kind, policy, headers: Vec::new(), body: Body::Bytes(body.into()) }
    }

    /// A file of a kind.
    ///
    /// # Errors
    /// When its size can't be read.
    pub fn file(kind: &'static str, file: File) -> io::Result<Answer> {
        let length = file.metadata()?.len();
        Ok(Answer { body: Body::File(Arc::new(file), length), ..Answer::new(kind, []) })
    }

    /// A page with its policy.
    pub fn page(html: Arc<[u8]>, policy: &str) -> Answer {
        Answer { policy: policy.to_owned(), ..Answer::new("text/html; charset=utf-8", html) }
    }

    /// A sentence.
    pub fn text(status: &'static str, sentence: &str) -> Answer {
        Answer { status, ..Answer::new("text/plain; charset=utf-8", sentence.as_bytes()) }
    }

    /// The same answer with a further header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }

    fn head(&self) -> String {
        let length = match &self.body {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File(_, length) => *length,
        };
        let more: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!(
            "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {length}\r\nConnection: close\r\nCache-Control: no-store\r\n\
             Content-Security-Policy: {}; frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\n{more}\r\n",
            self.status, self.kind, self.policy
        )
    }

    /// Sends the answer, without its body where only the head was asked for, and ends the connection.
    ///
    /// # Errors
    /// When the client is gone, or reads too slowly.
    pub fn send(&self, stream: &mut TcpStream, head_only: bool) -> io::Result<()> {
        let end = Instant::now() + PATIENCE;
        write_all(stream, self.head().as_bytes(), end)?;
        match &self.body {
            _ if head_only => {}
            Body::Bytes(bytes) => write_all(stream, bytes, end)?,
            Body::File(file, length) => {
                let mut rest = (&**file).take(*length);
                let mut piece = [0; 1 << 16];
                loop {
                    match rest.read(&mut piece)? {
                        0 => break,
                        count => write_all(stream, &piece[..count], end)?,
                    }
                }
            }
        }
        linger(stream)
    }
}

/// Writes everything, or fails once the time is over.
fn write_all(stream: &mut TcpStream, mut bytes: &[u8], end: Instant) -> io::Result<()> {
    while !bytes.is_empty() {
        match within(end, |left| stream.set_write_timeout(Some(left)), || (&*stream).write(bytes))? {
            0 => return Err(ErrorKind::WriteZero.into()),
            count => bytes = &bytes[count..],
        }
    }
    Ok(())
}

/// Waits until the client has ended the connection, and reads what it still sends: to close while there is something
/// unread would reset the connection, and the client could lose the answer.
fn linger(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    let end = Instant::now() + LINGER;
    let mut rest = MOST_LINGERING;
    let mut piece = [0; 8192];
    while rest > 0 {
        match within(end, |left| stream.set_read_timeout(Some(left)), || (&*stream).read(&mut piece))? {
            0 => break,
            count => rest = rest.saturating_sub(count),
        }
    }
    Ok(())
}

/// Does something that waits no longer than until the end.
fn within<T>(
    end: Instant,
    limit: impl Fn(Duration) -> io::Result<()>,
    mut act: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        limit(left)?;
        match act() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // Unix calls a time that is over by the first name.
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(ErrorKind::TimedOut.into()),
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_once_they_are_whole() {
        let text = "GET /events?x=1 HTTP/1.1\r\nAccept: */*\r\nHOST: localhost:80\r\n\r\n";
        let request = HttpRequest {
            method: "GET".into(),
            path: "/events".into(),
            query: "x=1".into(),
            host: "localhost:80".into(),
        };
        assert_eq!(parse(text.as_bytes()).unwrap(), Some(request));
        for end in 0..text.len() {
            assert_eq!(parse(&text.as_bytes()[..end]).unwrap(), None);
        }
        assert!(parse(b"\0\0\0\0").is_err());
        assert!(parse(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").is_err());
    }
}
