//! A process of the gateway.

use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::tier::until;
use crate::world::free_port;

/// What a command is run with.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) folder: PathBuf,
    pub(crate) environment: Vec<(String, String)>,
    /// What bash does to become `serve`, whose program is `$0`; empty where it need not.
    pub(crate) shell: &'static str,
}

impl Setting {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.prepared(program());
        command.args(arguments);
        command
    }

    fn prepared(&self, program: impl AsRef<OsStr>) -> Command {
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        let mut command = Command::new(program);
        command.current_dir(&self.folder).env_clear().envs(environment).stdin(Stdio::null());
        command
    }

    /// Runs a command that has to succeed; what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The log of all processes that served here.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("serve.log")
    }

    /// The same with some settings more.
    pub(crate) fn with(&self, settings: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut setting = self.clone();
        setting.environment.extend(settings);
        setting
    }

    /// Starts `vestnik serve` with some of its roles, on a port of its own.
    pub(crate) fn serve_as(&self, roles: &str) -> Process {
        self.with(own("127.0.0.1:0", roles)).serve()
    }

    /// Starts `vestnik serve` with some of its roles, and waits until it is ready.
    pub(crate) async fn replica(&self, roles: &str) -> Replica {
        let listen = format!("127.0.0.1:{}", free_port());
        let process = self.with(own(&listen, roles)).serve();
        let mut replica = Replica { process, ready: format!("http://{listen}/readyz") };
        replica.until_ready(true).await;
        replica
    }

    /// Starts `vestnik serve`.
    pub(crate) fn serve(&self) -> Process {
        let log = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut command = match self.shell {
            "" => self.command(&["serve"]),
            shell => {
                let mut command = self.prepared("/bin/bash");
                command.args(["-c", shell]).arg(program());
                command
            }
        };
        Process(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
    }
}

/// The program under test: `VESTNIK_TEST_PROGRAM`, such as one that is optimised, or this build's.
fn program() -> OsString {
    std::env::var_os("VESTNIK_TEST_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_vestnik").into())
}

/// What a process has to itself.
fn own(listen: &str, roles: &str) -> [(String, String); 2] {
    [("VESTNIK_ROLES", roles), ("VESTNIK__GATEWAY__HTTP__LISTEN", listen)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// One of several processes that share the work; killed when it is dropped.
pub(crate) struct Replica {
    process: Process,
    ready: String,
}

impl Replica {
    /// Waits until it says that it is ready, or that it is not. It must be alive.
    pub(crate) async fn until_ready(&mut self, ready: bool) {
        until("a replica says so", AT_MOST, async || {
            assert_eq!(self.process.ended(), None, "a replica ended");
            reqwest::get(&self.ready).await.is_ok_and(|answer| answer.status().is_success() == ready)
        })
        .await;
    }

    /// What the system calls it.
    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The sum of a metric of it over all series with this label.
    pub(crate) async fn metric(&self, name: &str, label: &str) -> u64 {
        let metrics = self.ready.replace("readyz", "metrics");
        let text = reqwest::get(metrics).await.unwrap().text().await.unwrap();
        sum_of(&text, name, label)
    }

    /// Waits until it says of a part, such as `viber/main`, that it is well.
    pub(crate) async fn until_well(&self, part: &str) {
        until(part, AT_MOST, async || self.part(part).await == "ok").await;
    }

    /// What it says of a part, such as `viber/main`.
    pub(crate) async fn part(&self, part: &str) -> String {
        let answer: Value = reqwest::get(&self.ready).await.unwrap().json().await.unwrap();
        answer["parts"][part].as_str().unwrap_or_default().to_owned()
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(self) {
        self.process.kill();
    }

    /// Ends it in good order: there is nothing to complain of.
    pub(crate) async fn stop(self) {
        let status = self.process.terminate(AT_MOST).await;
        assert!(status.success(), "SIGTERM: {status}");
    }
}

/// How long a process may take to be ready, and to end.
const AT_MOST: Duration = Duration::from_mins(1);

/// The sum of a metric over all series with this label.
pub(crate) fn sum_of(metrics: &str, name: &str, label: &str) -> u64 {
    let series = metrics.lines().filter(|line| line.starts_with(name) && line.contains(label));
    series.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

/// A running `vestnik serve`; killed when it is dropped.
pub(crate) struct Process(Child);

impl Process {
    /// What the system calls it.
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Asks it to end, as the system does, and gives how it ended.
    pub(crate) async fn terminate(mut self, at_most: Duration) -> ExitStatus {
        let sent = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
        let mut status = None;
        until("the process ends on SIGTERM", at_most, async || {
            status = self.ended();
            status.is_some()
        })
        .await;
        status.unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The last lines of a log, for a test that fails.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}
