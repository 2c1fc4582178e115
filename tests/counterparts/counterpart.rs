//! A program of somebody else's that plays the other side.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// How long it may keep us waiting.
const PATIENCE: Duration = Duration::from_secs(30);

/// A Python program that says a JSON object a line, and ends when its input does.
pub(crate) struct Counterpart {
    running: Child,
    input: ChildStdin,
    said: Receiver<String>,
}

impl Counterpart {
    /// Starts a program of this folder, in the environment that is given.
    pub(crate) fn start(script: &str, environment: &[(&str, &str)]) -> Self {
        let python = std::env::var("VESTNIK_TEST_COUNTERPARTS").expect(
            "VESTNIK_TEST_COUNTERPARTS names a Python with what tests/counterparts/requirements.txt lists; \
             `tests/run` installs it and runs all tests",
        );
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counterparts").join(script);
        let mut running = Command::new(python)
            .arg(path)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, said) = channel();
        let output = BufReader::new(running.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let input = running.stdin.take().unwrap();
        Self { running, input, said }
    }

    /// What it says next.
    pub(crate) fn next(&self) -> Value {
        let line = self.said.recv_timeout(PATIENCE).expect("the counterpart says something in time");
        serde_json::from_str(&line).expect("a JSON object")
    }

    /// The port on which it listens, which is the first that it says.
    pub(crate) fn port(&self) -> u16 {
        self.next()["port"].as_u64().unwrap().try_into().unwrap()
    }

    /// Tells it a line.
    pub(crate) fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }
}

impl Drop for Counterpart {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}
