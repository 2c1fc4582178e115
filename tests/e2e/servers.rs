//! The servers that a test runs on: those that all tests share, or one of its own, which it may kill.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use url::Url;

/// Where the servers of a test are.
#[derive(Debug, Clone)]
pub(crate) struct Servers {
    /// PostgreSQL, as somebody who may make databases.
    pub(crate) postgres: Url,
    pub(crate) broker: BrokerServer,
}

/// Where a RabbitMQ is, and how it is administered.
#[derive(Debug, Clone)]
pub(crate) struct BrokerServer {
    pub(crate) admin: Url,
    pub(crate) rabbitmqctl: String,
}

impl Servers {
    /// Those that `tests/run` started for all tests.
    pub(crate) fn shared() -> Self {
        let variable = |name: &str| {
            std::env::var(name).unwrap_or_else(|_| {
                panic!("{name} is not set: `tests/run` starts the servers and runs all tests")
            })
        };
        let (admin, rabbitmqctl) = (variable("VESTNIK_TEST_AMQP_URL"), variable("VESTNIK_TEST_RABBITMQCTL"));
        Self {
            postgres: variable("VESTNIK_TEST_POSTGRES_URL").parse().unwrap(),
            broker: BrokerServer { admin: admin.parse().unwrap(), rabbitmqctl },
        }
    }
}

impl BrokerServer {
    /// Runs a command of the administrator, which has to succeed; what it printed.
    pub(crate) fn control(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.rabbitmqctl);
        let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "rabbitmqctl {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A server of the test's own. It ends when this is dropped, and also when the test's process dies.
pub(crate) struct PrivateServer {
    script: Child,
    /// `None` once it is to end.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    variables: BTreeMap<String, String>,
}

impl PrivateServer {
    /// Starts a `rabbitmq`, a `postgres` or a `redis`. Waits for it, and keeps the thread from other work meanwhile.
    pub(crate) fn start(kind: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/private.sh");
        let mut command = Command::new(script);
        let mut script = command.arg(kind).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let answers = BufReader::new(script.stdout.take().unwrap());
        let orders = script.stdin.take();
        let mut server = Self { script, orders, answers, variables: BTreeMap::new() };
        server.variables = server.until_done();
        server
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.order("kill");
    }

    /// Starts it with the files it had.
    pub(crate) fn start_again(&mut self) {
        self.order("start");
    }

    /// The shared servers with this one in place of its like.
    pub(crate) fn among_the_shared(&self) -> Servers {
        let mut servers = Servers::shared();
        if let Some(url) = self.variables.get("VESTNIK_TEST_POSTGRES_URL") {
            servers.postgres = url.parse().unwrap();
        }
        if let Some(url) = self.variables.get("VESTNIK_TEST_AMQP_URL") {
            let rabbitmqctl = self.variables["VESTNIK_TEST_RABBITMQCTL"].clone();
            servers.broker = BrokerServer { admin: url.parse().unwrap(), rabbitmqctl };
        }
        servers
    }

    /// Where it is, if it is a Redis.
    pub(crate) fn redis(&self) -> Url {
        self.variables["VESTNIK_TEST_REDIS_URL"].parse().unwrap()
    }

    fn order(&mut self, order: &str) {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        self.until_done();
    }

    /// What the script says up to `done`.
    fn until_done(&mut self) -> BTreeMap<String, String> {
        tokio::task::block_in_place(|| {
            let lines = self.answers.by_ref().lines().map(|line| line.unwrap());
            let mut done = false;
            let said = lines.take_while(|line| {
                done = line == "done";
                !done
            });
            let said = said.filter_map(|line| {
                let (name, value) = line.split_once('=')?;
                Some((name.to_owned(), value.to_owned()))
            });
            let said = said.collect();
            assert!(done, "the server's script ended");
            said
        })
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.script.wait();
    }
}
