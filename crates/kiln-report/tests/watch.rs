//! The server, without a browser.

mod fixture;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use kiln_report::ReportError;
use kiln_report::watch::{Server, serve};
use serde_json::Value;

fn port(server: &Server) -> u16 {
    server.url().trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap()
}

/// Sends the head of a request.
fn ask(port: u16, head: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // A server that refuses a head may end the connection while the rest of it is written.
    let _: std::io::Result<()> = write!(stream, "{head}\r\n\r\n");
    BufReader::new(stream)
}

fn get(port: u16, path: &str) -> (String, Vec<u8>) {
    answer(ask(port, &format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}")))
}

/// The status and the body.
fn answer(mut from: BufReader<TcpStream>) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    let at = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    let body = bytes.split_off(at + 4);
    let head = String::from_utf8(bytes).unwrap();
    (head.lines().next().unwrap().strip_prefix("HTTP/1.1 ").unwrap().to_owned(), body)
}

/// Events as they come.
struct Events(BufReader<TcpStream>);

impl Events {
    fn open(port: u16) -> Events {
        let mut from = ask(port, &format!("GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}"));
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            from.read_line(&mut line).unwrap();
        }
        Events(from)
    }

    /// The next event's name and data; nothing at the end.
    fn next(&mut self) -> Option<(String, Value)> {
        let mut lines = self.0.by_ref().lines().map(Result::unwrap).filter(|line| !line.starts_with(':'));
        let name = lines.find(|line| !line.is_empty())?;
        let data = lines.next()?;
        let name = name.strip_prefix("event: ").unwrap().to_owned();
        Some((name, serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap()))
    }

    /// The data of the next event, which must have this name.
    fn expect(&mut self, wanted: &str) -> Value {
        let (name, data) = self.next().unwrap();
        assert_eq!(name, wanted, "{data}");
        data
    }
}

#[test]
fn pages_and_sheets_are_served_to_this_machine_alone() {
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    fixture::train(&run, 0, 100);
    let sheet = std::fs::read(run.sheet(100)).unwrap();
    let server = serve(run, 0).unwrap();
    let port = port(&server);

    let (status, page) = get(port, "/?x=1");
    assert_eq!(status, "200 OK");
    assert!(String::from_utf8(page).unwrap().contains("\"src\":\"/sheets/step-100.png\""));
    assert_eq!(get(port, "/sheets/step-000100.png"), ("200 OK".to_owned(), sheet));
    for path in
        ["/sheets/step-7.png", "/sheets/../config.toml", "/sheets/%2e%2e/config.toml", "/config.toml", "*"]
    {
        assert_eq!(get(port, path).0, "404 Not Found", "{path}");
    }
    for host in ["", "\r\nHost: example.com", &format!("\r\nHost: example.com:{port}")] {
        for path in ["/", "/events", "/sheets/step-100.png"] {
            let (status, _) = answer(ask(port, &format!("GET {path} HTTP/1.1{host}")));
            assert_eq!(status, "403 Forbidden", "{host} {path}");
        }
    }
    let posted = answer(ask(port, &format!("POST / HTTP/1.1\r\nHost: localhost:{port}")));
    assert_eq!(posted.0, "405 Method Not Allowed");

    // What is no request, or too long for one, ends without an answer, and the server goes on.
    let mut nonsense = ask(port, &"nonsense ".repeat(4000));
    assert!(!matches!(nonsense.read_to_end(&mut Vec::new()), Ok(read) if read > 0));
    assert_eq!(get(port, "/").0, "200 OK");
}

#[test]
fn changes_are_sent_to_every_reader() {
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    let server = serve(run.clone(), 0).unwrap();
    let port = port(&server);
    let mut listeners = [Events::open(port), Events::open(port)];
    for events in &mut listeners {
        let report = events.expect("report");
        assert_eq!((&report["name"], &report["live"]), (&"gan-1 & <b>".into(), &true.into()));
        assert_eq!(report["curves"], serde_json::json!([]));
    }

    fixture::add_line(&run, r#"{"step":10,"epoch":0,"seconds":1.5,"d_loss":0.5}"#);
    for events in &mut listeners {
        let points = events.expect("points");
        let loss = serde_json::json!(
            {"name": "d_loss", "panel": "loss", "test": false, "steps": [10], "values": [0.5]}
        );
        assert_eq!(points["curves"], serde_json::json!([loss]));
        assert_eq!(points["progress"], serde_json::json!({"step": 10, "steps": 400, "seconds": 1.5}));
    }
    fixture::sheet(&run, 10);
    let lock = std::fs::File::create(run.root().join("run.lock")).unwrap();
    lock.lock().unwrap();
    for events in &mut listeners {
        // Two changes can be seen at once or one after the other.
        let mut state = events.expect("state");
        if state["status"] != "training" || state["sheets"]["found"] == 0 {
            state = events.expect("state");
        }
        assert_eq!((&state["status"], &state["sheets"]["found"]), (&"training".into(), &1.into()));
    }

    // A line that is wrong is told, and everything again once it is right.
    let good = std::fs::read(run.metrics()).unwrap();
    fixture::add_line(&run, "nonsense");
    assert!(listeners[0].expect("problem").as_str().unwrap().starts_with("line 2 of "));
    let mut late = Events::open(port);
    late.expect("report");
    late.expect("problem");
    std::fs::write(run.metrics(), good).unwrap();
    assert_eq!(listeners[0].expect("report")["curves"][0]["steps"], serde_json::json!([10]));

    // Resumed from the beginning: what was told no longer holds.
    std::fs::write(run.metrics(), "").unwrap();
    assert_eq!(listeners[0].expect("report")["curves"], serde_json::json!([]));

    server.stop();
    assert_eq!(listeners[0].next(), None);
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
}

#[test]
fn a_taken_port_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    let server = serve(run.clone(), 0).unwrap();
    let error = serve(run, port(&server)).unwrap_err();
    assert!(matches!(error, ReportError::Port { .. }));
    assert!(error.to_string().starts_with(&format!("cannot serve at port {}: ", port(&server))));
}
