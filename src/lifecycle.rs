//! The life of the process: its tasks, and how they end.
//!
//! Stopping has two stages. On the first signal ([`Lifecycle::stopping`]) tasks take no new work
//! and finish what they have started. On a second signal, or when the grace time is over
//! ([`Lifecycle::cut`]), whatever still runs is dropped where it stands; the ledger's leases say at
//! the next start what that was.
//!
//! A task that panics has shown a mistake in the program. What its memory says can no longer be
//! relied on, so the process stops in good order and ends with a failure, unless the task was
//! declared able to start again ([`Lifecycle::spawn_restarting`]).

use std::borrow::Cow;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

/// How long dropped tasks may take to go. Only a task that never yields takes any time at all.
const CUT_LIMIT: Duration = Duration::from_secs(5);
/// The wait before the first restart of a task; it doubles with each panic in a row.
const FIRST_RESTART: Duration = Duration::from_secs(1);
/// The longest wait before a restart.
const LAST_RESTART: Duration = Duration::from_mins(1);
/// A task that ran this long before it panicked starts its waits from the beginning.
const STEADY: Duration = Duration::from_mins(5);

/// The tasks of the process and the two stages of its end. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    tasks: TaskTracker,
    stopping: CancellationToken,
    cut: CancellationToken,
    failed: Arc<AtomicBool>,
}

/// How the process came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every task finished what it had started.
    Finished,
    /// Tasks were cut short by a second signal or because the grace time was over.
    Cut,
    /// A task panicked, or [`Lifecycle::fail`] was called.
    Failed,
}

/// A task panicked. What it said is left out: it may hold personal data.
#[derive(Debug)]
struct Panicked;

impl Lifecycle {
    /// A life that has no task yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stage one: take no new work, finish what is started. Tasks watch this token.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Stage two: everything is being dropped. Tasks of this lifecycle need not watch it, they end
    /// at their next `await`; it is for work that runs elsewhere.
    #[must_use]
    pub fn cut(&self) -> CancellationToken {
        self.cut.clone()
    }

    /// Asks for stage one, as the first signal does.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Asks for stage one because something is wrong: the process will end as [`Ending::Failed`].
    pub fn fail(&self) {
        self.failed.store(true, Ordering::Relaxed);
        self.stop();
    }

    /// Runs a task until it ends by itself or is cut. Its panic stops the process.
    pub fn spawn(&self, name: impl Into<Cow<'static, str>>, task: impl Future<Output = ()> + Send + 'static) {
        let name = name.into();
        let life = self.clone();
        self.track(name.clone(), async move {
            if guarded(task).await.is_err() {
                error!(task = %name, "a task panicked: stopping");
                life.fail();
            }
        });
    }

    /// Runs a task until it ends by itself or is cut. After a panic it is made anew, with a growing
    /// wait in between: for tasks whose whole state is in the ledger or is built at their start.
    pub fn spawn_restarting<T>(
        &self,
        name: impl Into<Cow<'static, str>>,
        mut make: impl FnMut() -> T + Send + 'static,
    ) where
        T: Future<Output = ()> + Send + 'static,
    {
        let name = name.into();
        let stopping = self.stopping();
        self.track(name.clone(), async move {
            let mut panics = 0;
            loop {
                let began = Instant::now();
                if guarded(async { make().await }).await.is_ok() || stopping.is_cancelled() {
                    return;
                }
                panics = if began.elapsed() >= STEADY { 1 } else { panics + 1 };
                let wait = restart_delay(panics);
                error!(task = %name, panics, ?wait, "a task panicked: it will be started again");
                if stopping.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                    return;
                }
            }
        });
    }

    /// Runs until SIGTERM, SIGINT, [`stop`](Self::stop) or [`fail`](Self::fail), then ends: tasks
    /// have `grace` to finish what they started, and a second signal cuts it short. Fails only
    /// where the system lets no signal handler be set.
    pub async fn run_until_signal(&self, grace: Duration) -> io::Result<Ending> {
        let mut signals = Signals::listen()?;
        Ok(self.run(async || signals.next().await, grace).await)
    }

    /// Ends now, without a signal: both stages, as [`run_until_signal`](Self::run_until_signal)
    /// does them.
    pub async fn shut_down(&self, grace: Duration) -> Ending {
        self.stop();
        self.run(std::future::pending, grace).await
    }

    async fn run(&self, mut next_signal: impl AsyncFnMut(), grace: Duration) -> Ending {
        tokio::select! {
            () = next_signal() => info!("a signal came"),
            () = self.stopping.cancelled() => {}
        }
        self.stop();
        self.tasks.close();
        info!(tasks = self.tasks.len(), ?grace, "stopping: finishing what is started");
        let finished = tokio::select! {
            biased;
            () = self.tasks.wait() => true,
            () = next_signal() => false,
            () = tokio::time::sleep(grace) => false,
        };
        if !finished {
            self.cut_short().await;
        }
        self.ending(finished)
    }

    async fn cut_short(&self) {
        self.cut.cancel();
        if tokio::time::timeout(CUT_LIMIT, self.tasks.wait()).await.is_err() {
            warn!(tasks = self.tasks.len(), "tasks that do not yield are left behind");
        }
    }

    fn ending(&self, finished: bool) -> Ending {
        match (self.failed.load(Ordering::Relaxed), finished) {
            (true, _) => Ending::Failed,
            (false, true) => Ending::Finished,
            (false, false) => Ending::Cut,
        }
    }

    fn track(&self, name: Cow<'static, str>, task: impl Future<Output = ()> + Send + 'static) {
        let cut = self.cut();
        self.tasks.spawn(async move {
            if cut.run_until_cancelled(task).await.is_none() {
                warn!(task = %name, "cut before it had finished");
            }
        });
    }
}

/// Lets a panic end the task alone.
async fn guarded(task: impl Future<Output = ()>) -> Result<(), Panicked> {
    AssertUnwindSafe(task).catch_unwind().await.map_err(|_| Panicked)
}

/// How long to wait after this many panics in a row: 1 s, 2 s, 4 s, …, 60 s.
fn restart_delay(panics: u32) -> Duration {
    let doublings = panics.saturating_sub(1).min(16);
    FIRST_RESTART.saturating_mul(1 << doublings).min(LAST_RESTART)
}

/// Makes a panic say where it happened and not what it said, because that may hold personal data.
/// The standard report prints both, on standard error, past the log. Call it once, when the log is
/// open. `RUST_BACKTRACE=1` adds the backtrace.
pub fn report_panics_without_payload() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let backtrace = std::backtrace::Backtrace::capture();
        error!(%place, %backtrace, "a panic");
    }));
}

/// The two signals that ask a process to end.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use tokio::sync::mpsc;

    use super::*;

    const GRACE: Duration = Duration::from_secs(30);

    /// Runs the lifecycle with as many signals as the sender sends.
    async fn run_with_signals(life: &Lifecycle, mut signals: mpsc::Receiver<()>) -> Ending {
        let next = async || {
            if signals.recv().await.is_none() {
                std::future::pending::<()>().await;
            }
        };
        life.run(next, GRACE).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_signal_lets_tasks_finish_what_they_started() {
        let life = Lifecycle::new();
        let (send, signals) = mpsc::channel(2);
        let done = Arc::new(AtomicBool::new(false));
        let (stopping, flag) = (life.stopping(), Arc::clone(&done));
        life.spawn("worker", async move {
            stopping.cancelled().await;
            tokio::time::sleep(GRACE / 2).await;
            flag.store(true, Ordering::Relaxed);
        });

        send.send(()).await.unwrap();
        assert_eq!(run_with_signals(&life, signals).await, Ending::Finished);
        assert!(done.load(Ordering::Relaxed));
        assert!(!life.cut().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_cuts() {
        let life = Lifecycle::new();
        let (send, signals) = mpsc::channel(2);
        life.spawn("stubborn", std::future::pending());

        send.send(()).await.unwrap();
        send.send(()).await.unwrap();
        let began = Instant::now(); // Of the test's own time, which stands still between timers.
        assert_eq!(run_with_signals(&life, signals).await, Ending::Cut);
        assert_eq!(began.elapsed(), Duration::ZERO, "it did not wait for the grace time");
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_grace_time_cuts() {
        let life = Lifecycle::new();
        life.spawn("stubborn", std::future::pending());
        let began = Instant::now();
        assert_eq!(life.shut_down(GRACE).await, Ending::Cut);
        assert_eq!(began.elapsed(), GRACE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_starts_while_stopping_is_waited_for() {
        let life = Lifecycle::new();
        let (stopping, inner) = (life.stopping(), life.clone());
        let done = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&done);
        life.spawn("parent", async move {
            stopping.cancelled().await;
            inner.spawn("child", async move {
                tokio::time::sleep(GRACE / 2).await;
                flag.store(true, Ordering::Relaxed);
            });
        });
        assert_eq!(life.shut_down(GRACE).await, Ending::Finished);
        assert!(done.load(Ordering::Relaxed));
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_stops_the_process_as_a_failure_and_lets_others_finish() {
        let life = Lifecycle::new();
        let (_keep, signals) = mpsc::channel(1);
        let done = Arc::new(AtomicBool::new(false));
        let (stopping, flag) = (life.stopping(), Arc::clone(&done));
        life.spawn("other", async move {
            stopping.cancelled().await;
            tokio::time::sleep(GRACE / 2).await;
            flag.store(true, Ordering::Relaxed);
        });
        life.spawn("broken", async { panic!("of a test") });

        assert_eq!(run_with_signals(&life, signals).await, Ending::Failed);
        assert!(done.load(Ordering::Relaxed));
    }

    #[tokio::test(start_paused = true)]
    async fn a_restarting_task_is_made_anew_after_a_panic() {
        let life = Lifecycle::new();
        let runs = Arc::new(AtomicU32::new(0));
        let (counter, ender) = (Arc::clone(&runs), life.clone());
        life.spawn_restarting("shaky", move || {
            let run = counter.fetch_add(1, Ordering::Relaxed) + 1;
            let ender = ender.clone();
            async move {
                assert!(run >= 3, "of a test");
                ender.stop();
            }
        });
        let (_keep, signals) = mpsc::channel(1);
        assert_eq!(run_with_signals(&life, signals).await, Ending::Finished);
        assert_eq!(runs.load(Ordering::Relaxed), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_restarting_task_that_panics_before_its_first_await_is_restarted_too() {
        let life = Lifecycle::new();
        let runs = Arc::new(AtomicU32::new(0));
        let (counter, ender) = (Arc::clone(&runs), life.clone());
        life.spawn_restarting("shaky", move || {
            assert!(counter.fetch_add(1, Ordering::Relaxed) > 0, "of a test");
            let ender = ender.clone();
            async move { ender.stop() }
        });
        let (_keep, signals) = mpsc::channel(1);
        assert_eq!(run_with_signals(&life, signals).await, Ending::Finished);
        assert_eq!(runs.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_restart_does_not_hold_up_the_end() {
        let life = Lifecycle::new();
        let ender = life.clone();
        life.spawn_restarting("broken", move || {
            ender.stop();
            async { panic!("of a test") }
        });
        let (_keep, signals) = mpsc::channel(1);
        assert_eq!(run_with_signals(&life, signals).await, Ending::Finished);
    }

    /// What concerns the whole process, its signals and its report of panics, is tried in a process
    /// of its own: the test of this name runs itself again there, does `act`, and this returns what
    /// that process said.
    fn in_own_process(test: &str, act: impl FnOnce()) -> Option<String> {
        const CHILD: &str = "VESTNIK_TEST_OWN_PROCESS";
        if std::env::var_os(CHILD).is_some() {
            act();
            return None;
        }
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("lifecycle::tests::{test}"), "--nocapture"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout) + String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success() && said.contains("1 passed"), "{said}");
        Some(said.into_owned())
    }

    #[test]
    fn a_panic_says_where_and_not_what() {
        let said = in_own_process("a_panic_says_where_and_not_what", || {
            crate::telemetry::open_log(crate::telemetry::LogFormat::Text, "info").unwrap();
            report_panics_without_payload();
            assert!(std::panic::catch_unwind(|| panic!("the citizen's name")).is_err());
            crate::telemetry::close_log();
        });
        if let Some(said) = said {
            assert!(said.contains("place=src/lifecycle.rs:"), "{said}");
            assert!(!said.contains("citizen"), "{said}");
        }
    }

    #[test]
    fn a_real_signal_begins_the_end() {
        in_own_process("a_real_signal_begins_the_end", || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut signals = Signals::listen().unwrap();
                let myself = std::process::id().to_string();
                let sent = std::process::Command::new("kill").args(["-TERM", &myself]).status().unwrap();
                assert!(sent.success());
                let ending = Lifecycle::new().run(async || signals.next().await, GRACE).await;
                assert_eq!(ending, Ending::Finished);
            });
        });
    }

    #[test]
    fn restart_delays_double_up_to_a_minute() {
        let seconds: Vec<u64> = [1, 2, 3, 6, 7, u32::MAX].map(|n| restart_delay(n).as_secs()).into();
        assert_eq!(seconds, [1, 2, 4, 32, 60, 60]);
    }
}
