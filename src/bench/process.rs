//! The commands as processes.

use std::ffi::OsStr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::bail;

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

    /// Runs it to its end and gives what it printed.
    pub fn run(mut self) -> anyhow::Result<String> {
        let output = self.0.stdout(Stdio::piped()).stderr(Stdio::piped()).output()?;
        if !output.status.success() {
            bail!("{:?} failed:\n{}", self.0.get_args(), String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    pub fn start(mut self) -> anyhow::Result<Process> {
        Ok(Process(self.0.spawn()?))
    }
}

/// Whether a variable is read by the gateway as a setting, a secret or a place.
fn is_ours(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with("VESTNIK_")
}

/// A process, killed when it is dropped.
pub(super) struct Process(Child);

/// What a process used so far.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// The most memory it ever had resident, in bytes.
    pub peak_memory: u64,
    /// Processor time, of all its threads.
    pub processor: Duration,
}

impl Process {
    pub fn has_ended(&mut self) -> anyhow::Result<bool> {
        Ok(self.0.try_wait()?.is_some())
    }

    /// What it used, where the system is Linux.
    pub fn usage(&self) -> Option<Usage> {
        let of = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", self.0.id())).ok();
        Some(Usage { peak_memory: peak_memory(&of("status")?)?, processor: processor(&of("stat")?)? })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already needs neither.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `VmHWM:    81234 kB` of `proc_pid_status(5)`.
fn peak_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Fields 14 and 15 of `proc_pid_stat(5)`, in ticks, of which Linux shows 100 a second everywhere.
fn processor(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let ticks: u64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|one| one.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_tells_is_read() {
        assert_eq!(peak_memory("Name:\tvestnik\nVmPeak:\t  900 kB\nVmHWM:\t  2048 kB\n"), Some(2 << 20));
        let stat = "4242 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0";
        assert_eq!(processor(stat), Some(Duration::from_secs(3)));
    }
}
