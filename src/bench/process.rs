//! The commands as processes.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::system;

/// A command of this very program.
pub(super) struct Order(Command);

impl Order {
    pub fn new(
        arguments: &[&str],
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        // A setting of the installation that stands in the environment here would let the benchmark take
        // its notifications.
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(name)) {
            command.env_remove(name);
        }
        command.args(arguments).envs(environment).stdin(Stdio::null()).stdout(Stdio::null());
        Ok(Self(command))
    }

    pub fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.0.arg(argument);
        self
    }

    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Without what it has to say beside what it was asked for.
    pub fn quiet(mut self) -> Self {
        self.0.stderr(Stdio::null());
        self
    }

    /// Runs it to its end and gives the little that it prints. What it complains of stands on our own
    /// standard error.
    pub async fn run(mut self) -> anyhow::Result<String> {
        let mut process = Process(self.0.stdout(Stdio::piped()).spawn()?);
        let status = loop {
            match process.0.try_wait()? {
                Some(status) => break status,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        if !status.success() {
            bail!("{:?} failed", self.0.get_args());
        }
        let mut printed = String::new();
        process.0.stdout.take().context("its output")?.read_to_string(&mut printed)?;
        Ok(printed.trim().to_owned())
    }

    pub fn start(mut self) -> anyhow::Result<Process> {
        Ok(Process(self.0.spawn()?))
    }

    /// Starts it and waits until it prints its first line.
    pub async fn start_speaking(mut self) -> anyhow::Result<Process> {
        let mut process = Process(self.0.stdout(Stdio::piped()).spawn()?);
        let output = process.0.stdout.take().context("its output")?;
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).map(|_| line)
        });
        if line.await??.is_empty() {
            bail!("{:?} ended before it was ready", self.0.get_args());
        }
        Ok(process)
    }
}

/// Whether a variable is read by the gateway as a setting, a secret or a place.
fn is_ours(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with("VESTNIK_")
}

/// A process, killed when it is dropped.
pub(super) struct Process(Child);

impl Process {
    pub fn has_ended(&mut self) -> anyhow::Result<bool> {
        Ok(self.0.try_wait()?.is_some())
    }

    /// Asks it to end, as the system does, and waits until it has.
    pub async fn terminate(mut self, within: Duration) -> anyhow::Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        if !asked.context("kill")?.success() {
            bail!("a gateway cannot be asked to end");
        }
        let ended = async {
            while !self.has_ended()? {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(within, ended).await.context("a gateway does not end")?
    }

    /// The most memory it ever had resident, in bytes, and its processor time, where the system is Linux.
    pub fn usage(&self) -> Option<(u64, Duration)> {
        system::usage(self.0.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already needs neither.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
