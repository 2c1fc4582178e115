//! A process of the gateway.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::tier::until;

/// What a command is run with.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) folder: PathBuf,
    pub(crate) environment: Vec<(String, String)>,
}

impl Setting {
    fn command(&self, arguments: &[&str]) -> Command {
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestnik"));
        command.args(arguments).current_dir(&self.folder).env_clear().envs(environment).stdin(Stdio::null());
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

    /// Starts `vestnik serve` with some of its roles, on a port of its own.
    pub(crate) fn serve_as(&self, roles: &str) -> Process {
        let mut setting = self.clone();
        let own = [("VESTNIK_ROLES", roles), ("VESTNIK__GATEWAY__HTTP__LISTEN", "127.0.0.1:0")];
        setting.environment.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        setting.serve()
    }

    /// Starts `vestnik serve`.
    pub(crate) fn serve(&self) -> Process {
        let log = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let child = self.command(&["serve"]).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        Process(child)
    }
}

/// A running `vestnik serve`; killed when it is dropped.
pub(crate) struct Process(Child);

impl Process {
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
        let sent = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
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
