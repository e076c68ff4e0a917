//! The server, without a browser.

mod fixture;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use kiln_report::ReportError;
use kiln_report::watch::{Server, serve, serve_all};
use serde_json::{Value, json};

/// How long anything may take before the server counts as stuck.
const PATIENCE: Duration = Duration::from_secs(30);

fn port(server: &Server) -> u16 {
    server.url().trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap()
}

/// Sends the head of a request.
fn ask(port: u16, head: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "{head}\r\n\r\n").unwrap();
    BufReader::new(stream)
}

fn ask_for(port: u16, method: &str, path: &str) -> BufReader<TcpStream> {
    ask(port, &format!("{method} {path} HTTP/1.1\r\nHost: localhost:{port}"))
}

/// An answer, as it came.
struct Answer {
    status: String,
    head: String,
    body: Vec<u8>,
}

/// Reads an answer to its end.
fn answer(mut from: BufReader<TcpStream>) -> Answer {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    let at = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    let body = bytes.split_off(at + 4);
    let head = String::from_utf8(bytes).unwrap();
    let status = head.lines().next().unwrap().strip_prefix("HTTP/1.1 ").unwrap().to_owned();
    Answer { status, head, body }
}

fn get(port: u16, path: &str) -> Answer {
    answer(ask_for(port, "GET", path))
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A page that follows what is at a path.
struct Follower {
    port: u16,
    path: String,
    version: u64,
}

impl Follower {
    /// Opens a page; also gives what it begins with.
    fn open(port: u16, path: &str) -> (Follower, Value) {
        let page = get(port, path);
        assert_eq!(page.status, "200 OK");
        let (_, data) = page.text().split_once(r#"id="data">"#).unwrap();
        let data: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
        let version = data["version"].as_u64().unwrap();
        (Follower { port, path: path.to_owned(), version }, data["change"].clone())
    }

    /// What the server says at once.
    fn poll(&mut self) -> Value {
        let answer = get(self.port, &format!("{}changes?since={}", self.path, self.version));
        assert_eq!(answer.status, "200 OK");
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        self.version = answer["version"].as_u64().unwrap();
        answer
    }

    /// The changes, once there are any for which this holds.
    fn wait_for(&mut self, holds: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let answer = self.poll();
            let changes = answer["changes"].as_array().unwrap();
            if let Some(change) = changes.iter().find(|change| holds(change)) {
                return change.clone();
            }
            assert!(Instant::now() < end, "it never came: {answer}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn wait_for_problem(&mut self, holds: impl Fn(&Value) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds(&self.poll()["problem"]) {
            assert!(Instant::now() < end);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn pages_and_sheets_are_served_to_this_machine_alone() {
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    fixture::train(&run, 0, 100);
    let sheet = std::fs::read(run.sheet(100)).unwrap();
    let server = serve(run, 0..=0).unwrap();
    let port = port(&server);

    let page = get(port, "/?x=1");
    assert_eq!(page.status, "200 OK");
    assert!(page.text().contains(r#""shown":{"from":0,"steps":[0,100]}"#));
    // The page has the same policy inside, and neither lets a foreign script run.
    let policy = page.header("Content-Security-Policy").unwrap();
    assert!(!policy.contains("unsafe") && policy.contains("script-src 'sha256-"), "{policy}");
    let inside = policy.strip_suffix("; frame-ancestors 'none'").unwrap().replace('\'', "&#39;");
    assert!(page.text().contains(&inside));

    let found = get(port, "/sheets/step-000100.png");
    assert_eq!((found.status.as_str(), found.header("Content-Type")), ("200 OK", Some("image/png")));
    assert_eq!(found.body, sheet);
    for path in
        ["/sheets/step-7.png", "/sheets/../config.toml", "/sheets/%2e%2e/config.toml", "/config.toml", "*"]
    {
        assert_eq!(get(port, path).status, "404 Not Found", "{path}");
    }
    for host in ["", "\r\nHost: example.com", &format!("\r\nHost: example.com:{port}")] {
        for path in ["/", "/changes", "/sheets/step-100.png"] {
            let answer = answer(ask(port, &format!("GET {path} HTTP/1.1{host}")));
            assert_eq!(answer.status, "403 Forbidden", "{host} {path}");
        }
    }
}

#[test]
fn methods_and_heads_are_as_http_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    fixture::train(&run, 0, 100);
    let server = serve(run, 0..=0).unwrap();
    let port = port(&server);
    for path in ["/", "/sheets/step-100.png", "/nothing"] {
        let (head, whole) = (answer(ask_for(port, "HEAD", path)), get(port, path));
        assert_eq!((head.status, head.head), (whole.status, whole.head), "{path}");
        assert!(head.body.is_empty() && !whole.body.is_empty());
    }
    let posted = answer(ask_for(port, "POST", "/"));
    assert_eq!(
        (posted.status.as_str(), posted.header("Allow")),
        ("405 Method Not Allowed", Some("GET, HEAD"))
    );

    // What is no request, or too long for one, is answered to its end, though the server reads no further.
    for (head, status) in [
        ("nonsense ".repeat(4000), "400 Bad Request"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b".to_owned(), "400 Bad Request"),
        (format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(40_000)), "431 Request Header Fields Too Large"),
    ] {
        let answer = answer(ask(port, &head));
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("Content-Length").unwrap(), answer.body.len().to_string());
    }
    assert_eq!(get(port, "/").status, "200 OK");
}

#[test]
fn every_page_is_sent_what_it_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    let server = serve(run.clone(), 0..=0).unwrap();
    let port = port(&server);
    let mut pages = [(); 2].map(|()| {
        let (page, first) = Follower::open(port, "/");
        assert_eq!((&first["whole"], &first["curves"]), (&true.into(), &json!([])));
        page
    });

    fixture::add_line(&run, r#"{"step":10,"epoch":0,"seconds":1.5,"d_loss":0.5}"#);
    for page in &mut pages {
        let change = page.wait_for(|change| change["curves"] != json!([]));
        let last = json!([10, 0.5]);
        let loss = json!({
            "name": "d_loss", "panel": "loss", "test": false, "width": 1, "from": 0, "steps": [10],
            "values": [0.5], "lows": [], "highs": [], "last": last, "lowest": last, "highest": last,
        });
        assert_eq!((&change["curves"], &change["whole"]), (&json!([loss]), &false.into()));
        let progress = json!({
            "step": 10, "steps": 400, "seconds": 1.5, "imagesPerSecond": 64.0 * 10.0 / 1.5,
            "secondsLeft": 390.0 / (10.0 / 1.5),
        });
        assert_eq!(change["progress"], progress);
        // What has not changed is not sent.
        assert!(change.get("sheets").is_none() && change.get("settings").is_none());
    }
    // Of sheets, too, those that are new.
    for step in [10, 20] {
        fixture::sheet(&run, step);
        for page in &mut pages {
            let change = page.wait_for(|change| change.get("sheets").is_some());
            let shown = json!({"from": step / 10 - 1, "steps": [step]});
            assert_eq!(change["sheets"], json!({"found": step / 10, "shown": shown}));
            assert_eq!(change["curves"], json!([]));
        }
    }
    let lock = run.lock().unwrap();
    pages[0].wait_for(|change| change["status"] == "training");
    drop(lock);

    // A line that is wrong is told until it is right.
    let good = std::fs::read(run.metrics()).unwrap();
    fixture::add_line(&run, "nonsense");
    pages[0].wait_for_problem(|problem| problem.as_str().is_some_and(|text| text.starts_with("line 2 of ")));
    std::fs::write(run.metrics(), good).unwrap();
    pages[0].wait_for_problem(Value::is_null);

    // Resumed from the beginning: what was told no longer holds.
    std::fs::write(run.metrics(), "").unwrap();
    let change = pages[0].wait_for(|change| change["whole"] == true);
    assert_eq!(change["curves"], json!([]));
    // A page that was asleep for too long, or is of another server, gets everything.
    pages[1].version = 3;
    assert_eq!(pages[1].poll()["changes"][0]["whole"], true);

    server.stop();
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
}

#[test]
fn the_page_of_a_long_run_is_small() {
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    let line = |step: u64| {
        let metrics: Vec<String> =
            (0..12).map(|i| format!("\"metric_{i}\":{}", 1.0 / (step + i) as f64)).collect();
        format!("{{\"step\":{step},\"epoch\":0,\"seconds\":{step},{}}}\n", metrics.join(","))
    };
    let lines: String = (1..=20_000).map(line).collect();
    std::fs::write(run.metrics(), &lines).unwrap();
    let server = serve(run.clone(), 0..=0).unwrap();
    let (mut page, first) = Follower::open(port(&server), "/");
    let size = get(page.port, "/").body.len();
    assert!(size < 1_000_000, "{size} bytes for {} of metrics", lines.len());
    assert_eq!(first["curves"][11]["last"][0], 20_000);
    // A further line costs as much as any.
    fixture::add_line(&run, line(20_001).trim_end());
    let change = page.wait_for(|change| change["curves"] != json!([])).to_string();
    assert!(change.len() < 8000, "{}", change.len());
}

#[test]
fn clients_that_do_not_read_take_no_memory_and_give_their_seats_back() {
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    // More than the system takes for a client that doesn't read it.
    std::fs::File::create(run.sheet(0)).unwrap().set_len(1 << 28).unwrap();
    let server = serve(run, 0..=0).unwrap();
    let port = port(&server);
    // Those that ask for nothing hold none.
    let idle: Vec<TcpStream> =
        (0..100).map(|_| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap()).collect();
    let mut waiting = Vec::new();
    let mut busy = loop {
        let mut client = ask_for(port, "GET", "/sheets/step-0.png");
        let mut status = String::new();
        client.read_line(&mut status).unwrap();
        if status == "HTTP/1.1 503 Service Unavailable\r\n" {
            break client;
        }
        assert_eq!(status, "HTTP/1.1 200 OK\r\n");
        waiting.push(client);
    };
    assert!(waiting.len() >= 64);
    let mut sentence = String::new();
    busy.read_to_string(&mut sentence).unwrap();
    assert!(sentence.contains("\r\nRetry-After: 5\r\n") && sentence.ends_with("try again in some seconds\n"));
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kilobytes: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(kilobytes < 200 * 1024, "{kilobytes} kB are resident");
    }
    drop((waiting, idle));
    let end = Instant::now() + PATIENCE;
    while get(port, "/").status != "200 OK" {
        assert!(Instant::now() < end, "the seats are never given back");
    }
}

#[test]
fn all_runs_of_a_folder_are_on_one_page() {
    let folder = tempfile::tempdir().unwrap();
    let error = serve_all(folder.path(), 0..=0).unwrap_err();
    assert!(matches!(error, ReportError::NoRuns { .. }), "{error}");
    let run = fixture::begun(folder.path());
    fixture::train(&run, 0, 100);
    std::fs::create_dir(folder.path().join("sweep")).unwrap();
    let inner = fixture::begun(&folder.path().join("sweep"));
    std::fs::write(inner.metrics(), "nonsense\n").unwrap();
    let server = serve_all(folder.path(), 0..=0).unwrap();
    let port = port(&server);

    let (mut page, first) = Follower::open(port, "/");
    assert_eq!(first["names"], json!(["sweep/gan-1 & <b>", "gan-1 & <b>"]));
    let card = &first["cards"][1];
    assert_eq!((&card["status"], &card["sheet"]), (&"stopped".into(), &100.into()));
    let names: Vec<&Value> = card["curves"].as_array().unwrap().iter().map(|curve| &curve["name"]).collect();
    assert_eq!(names, ["d_loss", "g_loss"]);
    let problem = first["cards"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("is not a line of metrics"), "{problem}");

    // Each has its own page below its name.
    let at = "/gan-1%20%26%20%3Cb%3E/";
    let (_, own) = Follower::open(port, at);
    assert_eq!(own["progress"]["step"], 100);
    assert_eq!(get(port, &format!("{at}sheets/step-100.png")).body, std::fs::read(run.sheet(100)).unwrap());
    let moved = get(port, at.trim_end_matches('/'));
    assert_eq!((moved.status.as_str(), moved.header("Location")), ("308 Permanent Redirect", Some(at)));
    assert_eq!(get(port, "/sweep/gan-1%20%26%20%3Cb%3E/").status, "500 Internal Server Error");
    for path in ["/gan-1/", "/../", "/%2e%2e/", "/sweep/", "/nothing/changes", "/sheets/step-100.png"] {
        assert_eq!(get(port, path).status, "404 Not Found", "{path}");
    }

    // What is mended, and what is new, appears.
    std::fs::write(inner.metrics(), "{\"step\":1,\"loss\":2}\n").unwrap();
    let change = page.wait_for(|change| change["cards"][0]["problem"].is_null());
    assert_eq!(change["cards"].as_array().unwrap().len(), 1);
    std::fs::rename(inner.root(), folder.path().join("moved")).unwrap();
    let change = page.wait_for(|change| change["names"].as_array().unwrap().contains(&"moved".into()));
    assert_eq!(change["names"].as_array().unwrap().len(), 2);
}

#[test]
#[cfg(unix)]
fn links_to_other_pictures_are_not_shown() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    fixture::train(&run, 0, 100);
    let secret = folder.path().join("secret.png");
    std::fs::copy(run.sheet(100), &secret).unwrap();
    symlink(&secret, run.sheet(50)).unwrap();
    let count = || kiln_report::page::render(&run).unwrap().matches("data:image/png").count();
    assert_eq!(count(), 2);
    let server = serve(run.clone(), 0..=0).unwrap();
    assert_eq!(get(port(&server), "/sheets/step-50.png").status, "404 Not Found");
    assert_eq!(get(port(&server), "/sheets/step-100.png").status, "200 OK");
    // Nor those in a folder that is a link.
    std::fs::rename(run.sheets(), folder.path().join("elsewhere")).unwrap();
    symlink(folder.path().join("elsewhere"), run.sheets()).unwrap();
    assert_eq!(get(port(&server), "/sheets/step-100.png").status, "404 Not Found");
}

#[test]
fn a_taken_port_is_named_or_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let run = fixture::begun(folder.path());
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let first = taken.local_addr().unwrap().port();
    let error = serve(run.clone(), first..=first).unwrap_err();
    assert!(matches!(error, ReportError::Port { .. }));
    assert!(error.to_string().starts_with(&format!("cannot serve at port {first}: ")));
    let server = serve(run, first..=first.saturating_add(50)).unwrap();
    assert!(port(&server) > first);
}
