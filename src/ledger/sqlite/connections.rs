//! Connections, each on a thread of its own, and the transactions that take turns on them.
//!
//! A transaction is a channel to its connection's thread. What is asked of it runs there, one thing
//! after the other. When the channel is closed before the commit, because the transaction was dropped
//! or its task was cancelled, the thread rolls back and serves whoever asked next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use super::failure::gone;
use super::rows::run;
use crate::ledger::error::StoreError;

/// How long a transaction waits for its turn to write, or for a free reader.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);

/// Something to do with the connection.
type Job = Box<dyn FnOnce(&Connection) + Send>;

/// Where the transaction goes that somebody asks for.
type Ask = oneshot::Sender<Result<Session, StoreError>>;

/// Connections of one kind. Transactions get one in the order of asking.
#[derive(Debug)]
pub(super) struct Connections {
    /// `None` once they are closed.
    asks: Mutex<Option<Sender<Ask>>>,
    /// Closed when the last connection is.
    open: watch::Sender<()>,
}

impl Connections {
    /// Gives each connection a thread. `begin` is the statement that begins a transaction.
    pub(super) fn start(
        name: &str,
        begin: &'static str,
        connections: Vec<Connection>,
    ) -> Result<Self, StoreError> {
        let (asks, asked) = mpsc::channel();
        let asked = Arc::new(Mutex::new(asked));
        let open = watch::Sender::new(());
        for connection in connections {
            let (asked, is_open) = (Arc::clone(&asked), open.subscribe());
            let work = move || {
                serve(&connection, begin, &asked);
                drop(connection);
                drop(is_open);
            };
            let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
            thread.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        }
        Ok(Self { asks: Mutex::new(Some(asks)), open })
    }

    /// Begins a transaction, as soon as a connection is free.
    pub(super) async fn begin(&self) -> Result<Session, StoreError> {
        const CLOSED: &str = "the connections are closed";
        let (ask, answer) = oneshot::channel();
        let asks = self.asks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        asks.and_then(|asks| asks.send(ask).ok()).ok_or_else(|| gone(CLOSED))?;
        let answer = timeout(TURN_TIMEOUT, answer).await;
        answer.map_err(|_| gone("no connection came free in time"))?.map_err(|_| gone(CLOSED))?
    }

    /// Closes the connections, after the transactions under way and those that wait.
    pub(super) async fn close(&self) {
        drop(self.asks.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.open.closed().await;
    }
}

/// A connection's life: one transaction after the other, until nobody can ask any more.
fn serve(connection: &Connection, begin: &'static str, asked: &Mutex<Receiver<Ask>>) {
    let next = || asked.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(ask) = next() {
        if ask.is_closed() {
            continue; // Whoever asked has not waited.
        }
        match run(connection, begin, ()) {
            Ok(_) => transact(connection, ask),
            Err(error) => drop(ask.send(Err(error))),
        }
    }
}

/// A transaction's life, from its beginning to its commit or rollback.
fn transact(connection: &Connection, ask: Ask) {
    let (jobs, todo) = mpsc::channel::<Job>();
    // Where nobody takes the session it is dropped here, and that ends it.
    drop(ask.send(Ok(Session { jobs })));
    for job in todo {
        // A panic is told by its hook, and costs its transaction and not the connection.
        let panicked = catch_unwind(AssertUnwindSafe(|| job(connection))).is_err();
        if connection.is_autocommit() {
            // Committed; or rolled back by SQLite, as it does when the disk is full: what is asked
            // from here on must not run outside of the transaction it was asked of.
            return;
        }
        if panicked {
            break;
        }
    }
    // If it failed, the next transaction could not begin, and would say so.
    drop(run(connection, "ROLLBACK", ()));
}

/// A transaction under way. It is rolled back when it is dropped before [`commit`](Self::commit).
#[derive(Debug)]
pub(super) struct Session {
    jobs: Sender<Job>,
}

impl Session {
    /// Does something with the connection, on its thread. It is done to its end also where nobody
    /// waits for it any more.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        const OVER: &str = "the transaction is over";
        let (tell, told) = oneshot::channel();
        let job = move |connection: &Connection| drop(tell.send(job(connection)));
        self.jobs.send(Box::new(job)).map_err(|_| gone(OVER))?;
        told.await.map_err(|_| gone(OVER))?
    }

    /// Does something with the connection for these rows, where there are any.
    pub(super) async fn run_for<R, T>(
        &self,
        rows: &[R],
        job: impl FnOnce(&Connection, &[R]) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError>
    where
        R: Clone + Send + Sync + 'static,
        T: Default + Send + 'static,
    {
        if rows.is_empty() {
            return Ok(T::default());
        }
        let rows = rows.to_vec();
        self.run(move |connection| job(connection, &rows)).await
    }

    /// Makes what was written last.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        self.run(|connection| run(connection, "COMMIT", ()).map(drop)).await
    }
}
