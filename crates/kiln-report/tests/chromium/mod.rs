//! A Chromium without a window, driven by its own protocol over a WebSocket.

use std::ffi::OsString;
use std::fs;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// No window, no sandbox (there is none for the superuser), no traffic of its own.
const FLAGS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
];

/// A running browser.
pub struct Browser {
    process: Child,
    profile: TempDir,
    port: u16,
    socket: Connection,
}

/// A page that is open in it.
pub struct Page {
    socket: Connection,
}

impl Browser {
    /// Starts the browser that the environment variable `KILN_CHROMIUM` names, or `chromium`, with these
    /// flags beside the usual ones; says so and gives nothing where there is none.
    pub fn start(flags: &[&str]) -> Option<Browser> {
        let program = std::env::var_os("KILN_CHROMIUM").unwrap_or_else(|| OsString::from("chromium"));
        if !Command::new(&program).arg("--version").output().is_ok_and(|output| output.status.success()) {
            let program = program.display();
            skipped_tests::skip(format_args!("{program} can't be run; set KILN_CHROMIUM to a Chromium"));
            return None;
        }
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new(&program);
        command.args(FLAGS).args(flags).arg(format!("--user-data-dir={}", profile.path().display()));
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // It writes down where it listens: the port, and a path in the second line.
        let place = profile.path().join("DevToolsActivePort");
        let place = until(|| fs::read_to_string(&place).ok().filter(|text| text.lines().count() == 2));
        let (port, path) = place.split_once('\n').unwrap();
        let port = port.parse().unwrap();
        let socket = Connection::open(port, path);
        Some(Browser { process, profile, port, socket })
    }

    /// Opens a page of this size and waits until it is there.
    pub fn open(&mut self, url: &str, width: u32, height: u32) -> Page {
        let target = self.socket.call("Target.createTarget", json!({"url": "about:blank"}));
        let path = format!("/devtools/page/{}", target["targetId"].as_str().unwrap());
        let mut page = Page { socket: Connection::open(self.port, &path) };
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            page.socket.call(domain, json!({}));
        }
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        page.socket.call("Emulation.setDeviceMetricsOverride", size);
        page.socket.call("Page.navigate", json!({"url": url}));
        page.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'");
        page
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.socket.send("Browser.close", json!({}));
        let end = Instant::now() + PATIENCE;
        while self.process.try_wait().is_ok_and(|status| status.is_none()) {
            if Instant::now() > end {
                self.process.kill().unwrap();
            }
            thread::sleep(Duration::from_millis(20));
        }
        // Its last processes may still write there.
        until(|| fs::remove_dir_all(self.profile.path()).ok());
    }
}

impl Page {
    /// The value of an expression.
    pub fn eval(&mut self, expression: &str) -> Value {
        let wanted = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.socket.call("Runtime.evaluate", wanted);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// Waits until an expression holds.
    pub fn wait_for(&mut self, expression: &str) {
        let end = Instant::now() + PATIENCE;
        while self.eval(&format!("Boolean({expression})")) != true {
            assert!(Instant::now() < end, "this never held: {expression}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Moves the mouse to a place in an element, given as shares of its width and height.
    pub fn point_at(&mut self, selector: &str, x: f64, y: f64) -> [f64; 2] {
        let [left, top] = self.place(selector, x, y);
        self.mouse("mouseMoved", left, top, "none");
        [left, top]
    }

    /// Clicks in the middle of an element.
    pub fn click(&mut self, selector: &str) {
        let [x, y] = self.point_at(selector, 0.5, 0.5);
        self.mouse("mousePressed", x, y, "left");
        self.mouse("mouseReleased", x, y, "left");
    }

    fn place(&mut self, selector: &str, x: f64, y: f64) -> [f64; 2] {
        self.eval(&format!("document.querySelector('{selector}').scrollIntoView({{block: 'center'}})"));
        let [left, top] = [x, y].map(|share| share.to_string());
        let place = self.eval(&format!(
            "(() => {{ const box = document.querySelector('{selector}').getBoundingClientRect();
               return [box.left + {left} * box.width, box.top + {top} * box.height]; }})()"
        ));
        [0, 1].map(|axis: usize| place[axis].as_f64().unwrap())
    }

    fn mouse(&mut self, kind: &str, x: f64, y: f64, button: &str) {
        let event = json!({"type": kind, "x": x, "y": y, "button": button, "clickCount": 1});
        self.socket.call("Input.dispatchMouseEvent", event);
    }

    /// Presses a key that has this name.
    pub fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            self.socket.call("Input.dispatchKeyEvent", json!({"type": kind, "key": key, "code": key}));
        }
    }

    /// Shows the page as with a preference for dark colours.
    pub fn prefer_dark(&mut self) {
        let feature = json!({"name": "prefers-color-scheme", "value": "dark"});
        self.socket.call("Emulation.setEmulatedMedia", json!({"features": [feature]}));
    }

    /// Takes a size in pixels.
    pub fn resize(&mut self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.socket.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// What the page complained about.
    pub fn complaints(&mut self) -> Vec<Value> {
        // What was said before this call comes before its answer.
        self.eval("0");
        std::mem::take(&mut self.socket.complaints)
    }
}

/// Calls and answers.
struct Connection {
    socket: WebSocket<TcpStream>,
    calls: u64,
    complaints: Vec<Value>,
}

impl Connection {
    fn open(port: u16, path: &str) -> Connection {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), stream).unwrap();
        Connection { socket, calls: 0, complaints: Vec::new() }
    }

    fn send(&mut self, method: &str, params: Value) -> u64 {
        self.calls += 1;
        let call = json!({"id": self.calls, "method": method, "params": params});
        self.socket.send(Message::text(call.to_string())).unwrap();
        self.calls
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        loop {
            let Message::Text(text) = self.socket.read().unwrap() else { continue };
            let mut message: Value = serde_json::from_str(&text).unwrap();
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].take();
            }
            let failed = message["method"] == "Runtime.exceptionThrown"
                || (message["method"] == "Log.entryAdded" && message["params"]["entry"]["level"] == "error");
            if failed {
                self.complaints.push(message["params"].take());
            }
        }
    }
}

/// Waits until there is something.
fn until<T>(mut find: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < end, "the browser does not come up or go down");
        thread::sleep(Duration::from_millis(20));
    }
}
