//! A run's page that follows the run.

mod feed;
mod http;
mod routes;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kiln_train::RunDir;

use crate::ReportError;
use feed::ReportFeed;

/// Time between two looks at the files.
const POLL: Duration = Duration::from_millis(500);

/// Largest number of connections at once.
const MOST_CONNECTIONS: usize = 64;

/// A server that shows a run to the programs of this machine, until it is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    /// Dropped to end the polling.
    polling: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

/// Serves the page of a run at `http://127.0.0.1:<port>/`, and nowhere else; port 0 takes one that is free.
/// The page shows new metrics, sheets and checkpoints about half a second after they were written.
///
/// # Errors
/// When the port is taken, or a file of the run can't be read or is not as kiln writes it. What goes wrong
/// with the files later is shown on the page.
pub fn serve(run: RunDir, port: u16) -> Result<Server, ReportError> {
    let taken = |reason| ReportError::Port { port, reason };
    let feed = Arc::new(ReportFeed::new(run)?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    let stopped = Arc::new(AtomicBool::new(false));
    let (polling, stop) = mpsc::channel::<()>();
    let start = |name: &str, work: Box<dyn FnOnce() + Send>| {
        thread::Builder::new().name(name.to_owned()).spawn(work).map_err(taken)
    };
    let poll = {
        let feed = feed.clone();
        move || {
            while stop.recv_timeout(POLL) == Err(RecvTimeoutError::Timeout) {
                feed.poll();
            }
            feed.close();
        }
    };
    let accept = {
        let stopped = stopped.clone();
        move || accept(&listener, address, &stopped, &feed)
    };
    let threads = vec![start("watch-poll", Box::new(poll))?, start("watch-accept", Box::new(accept))?];
    Ok(Server { address, stopped, polling: Some(polling), threads })
}

/// Answers each connection in a thread of its own.
fn accept(listener: &TcpListener, address: SocketAddr, stopped: &AtomicBool, feed: &Arc<ReportFeed>) {
    let connections = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if stopped.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = stream else {
            // Too many files are open, perhaps; trying on at once would only keep the machine busy.
            thread::sleep(POLL);
            continue;
        };
        let connection = OpenConnection::open(&connections);
        if connection.number > MOST_CONNECTIONS {
            continue;
        }
        let feed = feed.clone();
        let answer = move || {
            let _connection = connection;
            // A reader that goes away while being answered is no failure.
            let _: io::Result<()> = routes::answer(stream, address, &feed);
        };
        // Without a thread the connection is closed, and the browser tries again.
        let _: io::Result<JoinHandle<()>> = thread::Builder::new().spawn(answer);
    }
}

/// An open connection, counted among all until it is dropped.
struct OpenConnection {
    /// Number of all open connections.
    all: Arc<AtomicUsize>,
    /// Number of open connections when this one was opened, itself included.
    number: usize,
}

impl OpenConnection {
    fn open(all: &Arc<AtomicUsize>) -> OpenConnection {
        OpenConnection { all: all.clone(), number: all.fetch_add(1, Ordering::Relaxed) + 1 }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.all.fetch_sub(1, Ordering::Relaxed);
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

    /// Stops serving; pages that are open see that the connection ended.
    pub fn stop(self) {}

    fn join(&mut self) {
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so.
            let _: thread::Result<()> = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
        self.polling = None;
        // Wakes the thread that waits for connections.
        let _: io::Result<TcpStream> = TcpStream::connect(self.address);
        self.join();
    }
}

/// The content of a lock, also after a thread that held it panicked: everything under locks here is whole
/// between any two statements.
fn whole<T>(locked: Result<T, PoisonError<T>>) -> T {
    locked.unwrap_or_else(PoisonError::into_inner)
}
