//! A source whose client is not ours.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::broker::{USER, VirtualHost};

/// Publishes messages by a Python program on the library pika.
pub(crate) fn publish_by_pika(host: &VirtualHost, bodies: &[Value]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/publish.py");
    let python = std::env::var("VESTNIK_TEST_PYTHON")
        .expect("VESTNIK_TEST_PYTHON names a Python with pika; `tests/run` sets it and runs all tests");
    let mut running = Command::new(python)
        .arg(script)
        .env("AMQP_URL", host.source().as_str())
        .env("AMQP_USER", USER)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<_> = bodies.iter().map(ToString::to_string).collect();
    running.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    assert!(running.wait().unwrap().success());
}
