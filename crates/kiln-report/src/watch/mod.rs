//! Pages that follow runs.
//!
//! The server is small and bounded. It answers requests without a body, one to a connection; each connection is ended
//! after some seconds, however slow its client is, and there are at most so many at once. No connection waits for
//! something to happen: a page asks each second for what has changed.

mod feed;
mod http;
mod routes;
mod run;
mod runs;
mod seats;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kiln_train::RunDir;

use crate::ReportError;
use feed::{Feed, Source};
use http::Answer;
use routes::Site;
use run::RunFiles;
use runs::{RunCardFiles, RunsFolder};
use seats::Seats;

/// Time to wait when no connection can be taken.
const PAUSE: Duration = Duration::from_millis(200);

/// Largest number of connections at once, and of requests that are answered at once; to more it is said that it's too
/// many. A connection beyond the first is closed.
const MOST_CONNECTIONS: usize = 1024;
const MOST_ANSWERS: usize = 64;

/// A server that shows runs to the programs of this machine, until it is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

/// Serves the page of a run at `http://127.0.0.1:<port>/`, and nowhere else, at the first port of these that is free;
/// port 0 takes any that is. The page shows new metrics, sheets and checkpoints about a second after they were written.
///
/// # Errors
/// When all ports are taken, or a file of the run can't be read or is not as kiln writes it. What goes wrong
/// with the files later is shown on the page.
pub fn serve(run: RunDir, ports: RangeInclusive<u16>) -> Result<Server, ReportError> {
    let mut files = RunFiles::new(run);
    files.read()?;
    start(Site::Run(Box::new(Feed::new(files))), ports)
}

/// Serves a page of all runs in a folder, and in the folders in it, with links to their own pages, as [`serve`] does.
/// Runs that are made later appear on it.
///
/// # Errors
/// When all ports are taken, or there is no run. What is wrong with the files of a run is shown on the page.
pub fn serve_all(folder: &Path, ports: RangeInclusive<u16>) -> Result<Server, ReportError> {
    let runs = Arc::new(RunsFolder::new(folder));
    if runs.feeds()?.is_empty() {
        return Err(ReportError::NoRuns { path: folder.to_owned() });
    }
    start(Site::Runs { cards: Box::new(Feed::new(RunCardFiles(runs.clone()))), runs }, ports)
}

fn start(site: Site, ports: RangeInclusive<u16>) -> Result<Server, ReportError> {
    let listener = listen(ports)?;
    let taken = |reason| ReportError::Port { port: 0, reason };
    let address = listener.local_addr().map_err(taken)?;
    let stopped = Arc::new(AtomicBool::new(false));
    let accepting = {
        let stopped = stopped.clone();
        let desk = Arc::new(Desk { site, port: address.port(), answers: Seats::new(MOST_ANSWERS) });
        move || accept(&listener, &stopped, &desk)
    };
    let accepting = thread::Builder::new().name("watch-accept".to_owned()).spawn(accepting).map_err(taken)?;
    Ok(Server { address, stopped, accepting: Some(accepting) })
}

/// Listens at the first of the ports that is free.
fn listen(ports: RangeInclusive<u16>) -> Result<TcpListener, ReportError> {
    let last = *ports.end();
    for port in ports {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Err(reason) if reason.kind() == io::ErrorKind::AddrInUse && port != last => {}
            listener => return listener.map_err(|reason| ReportError::Port { port, reason }),
        }
    }
    Err(ReportError::Port { port: last, reason: io::ErrorKind::InvalidInput.into() })
}

/// Answers each connection in a thread of its own.
fn accept(listener: &TcpListener, stopped: &AtomicBool, desk: &Arc<Desk>) {
    let connections = Seats::new(MOST_CONNECTIONS);
    for stream in listener.incoming() {
        if stopped.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = stream else {
            // Too many files are open, perhaps; trying on at once would only keep the machine busy.
            thread::sleep(PAUSE);
            continue;
        };
        let Some(seat) = connections.take() else { continue };
        let desk = desk.clone();
        let serve = move || {
            let _seat = seat;
            // A client that goes away while being answered is no failure.
            let _: io::Result<()> = desk.serve(stream);
        };
        // Without a thread the connection is closed, and the page asks again.
        let _: io::Result<JoinHandle<()>> = thread::Builder::new().spawn(serve);
    }
}

/// What answers requests.
struct Desk {
    site: Site,
    port: u16,
    answers: Seats,
}

impl Desk {
    /// Reads a request and answers it. A client holds a seat only once its request is there.
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let request = match http::read(&mut stream)? {
            Ok(request) => request,
            Err(answer) => return answer.send(&mut stream, false),
        };
        let head_only = request.method == "HEAD";
        let Some(_seat) = self.answers.take() else {
            let sentence = "this server is asked for too much at once; try again in some seconds\n";
            let busy = Answer::text("503 Service Unavailable", sentence).with("Retry-After", "5");
            return busy.send(&mut stream, head_only);
        };
        self.site.answer(&request, self.port).send(&mut stream, head_only)
    }
}

impl Server {
    /// Address of the page.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves for ever.
    pub fn wait(mut self) {
        self.join();
    }

    /// Stops serving; pages that are open say so.
    pub fn stop(self) {}

    fn join(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            // A thread that panicked has said so.
            let _: thread::Result<()> = accepting.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
        // Wakes the thread that waits for connections.
        let _: io::Result<TcpStream> = TcpStream::connect(self.address);
        self.join();
    }
}
