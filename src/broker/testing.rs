//! A real RabbitMQ for tests, with names of each test's own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lapin::options::{BasicAckOptions, BasicGetOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Broker, Names, Outgoing, Publisher};

/// The tests' broker. Without one a test fails: a test that is left out says nothing.
pub(crate) fn url() -> String {
    std::env::var("VESTNIK_TEST_AMQP_URL")
        .expect("VESTNIK_TEST_AMQP_URL names a RabbitMQ; `tests/run --servers` starts one")
}

/// Names that no other test has.
pub(crate) fn names() -> Names {
    Names::new(&format!("test-{}", Uuid::now_v7().simple())).unwrap()
}

/// The tests' broker, under names that no other test has.
pub(crate) fn broker() -> Broker {
    Broker::new(url().into(), names()).unwrap()
}

/// Waits until something holds; fails after half a minute.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(30), waiting).await.is_ok(), "{what}");
}

/// Somebody else at the same broker: a source, or a reader of statuses.
pub(crate) struct Outsider {
    pub broker: Broker,
    connection: Connection,
    channel: Channel,
    publisher: Publisher,
}

impl Outsider {
    /// Comes to the broker and finds everything declared.
    pub(crate) async fn new(broker: Broker) -> Self {
        let connection = broker.connect("test").await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        super::declare(&channel, broker.names()).await.unwrap();
        let publisher = Publisher::connect(&broker, "test").await.unwrap();
        Self { broker, connection, channel, publisher }
    }

    /// Publishes a notification as the user that is logged in.
    pub(crate) async fn publish(&self, routing_key: &str, body: &[u8]) {
        let message = Outgoing {
            exchange: self.broker.names().notifications(),
            routing_key: routing_key.to_owned(),
            body: body.to_vec(),
            message_id: None,
            user_id: Some(self.broker.user().unwrap()),
        };
        self.publisher.publish(message).await.unwrap();
    }

    /// A queue of everything that an exchange carries under such keys.
    pub(crate) async fn listen(&self, exchange: &str, key: &str) -> String {
        let options = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        let queue = self.channel.queue_declare("".into(), options, FieldTable::default()).await.unwrap();
        let name = queue.name().to_string();
        let options = QueueBindOptions::default();
        let bound = self.channel.queue_bind(
            name.as_str().into(),
            exchange.into(),
            key.into(),
            options,
            FieldTable::default(),
        );
        bound.await.unwrap();
        name
    }

    /// Takes everything that waits in a queue.
    pub(crate) async fn take(&self, queue: &str) -> Vec<(String, Vec<u8>)> {
        let mut taken = Vec::new();
        while let Some(message) =
            self.channel.basic_get(queue.into(), BasicGetOptions::default()).await.unwrap()
        {
            message.ack(BasicAckOptions::default()).await.unwrap();
            taken.push((message.routing_key.to_string(), message.delivery.data));
        }
        taken
    }

    /// Removes all that was declared under the test's names.
    pub(crate) async fn leave(self) {
        let _ = super::remove(&self.channel, self.broker.names()).await;
        let _ = self.connection.close(200, "goodbye".into()).await;
    }
}

/// A user who may publish as the source `family_fund` alone. Deleted when it is dropped.
pub(crate) struct Restricted {
    /// The same broker, as this user.
    pub broker: Broker,
    user: String,
}

impl Restricted {
    pub(crate) fn beside(broker: &Broker) -> Self {
        let user = format!("test-{}", Uuid::now_v7().simple());
        rabbitmqctl(&["add_user", &user, "loopback"]);
        rabbitmqctl(&["set_permissions", "-p", "/", &user, ".*", ".*", ".*"]);
        let (exchange, own) = (broker.names().notifications(), r"^[a-z]+\.family_fund\.");
        rabbitmqctl(&["set_topic_permissions", "-p", "/", &user, &exchange, own, "^$"]);
        let mut url: url::Url = url().parse().unwrap();
        url.set_username(&user).unwrap();
        url.set_password(Some("loopback")).unwrap();
        Self { broker: Broker::new(url.to_string().into(), broker.names().clone()).unwrap(), user }
    }

    /// From now on it may publish nothing.
    pub(crate) fn forbid_all(&self) {
        rabbitmqctl(&["set_permissions", "-p", "/", &self.user, ".*", "^$", ".*"]);
    }
}

impl Drop for Restricted {
    fn drop(&mut self) {
        rabbitmqctl(&["delete_user", &self.user]);
    }
}

fn rabbitmqctl(arguments: &[&str]) {
    let program = std::env::var("VESTNIK_TEST_RABBITMQCTL")
        .expect("VESTNIK_TEST_RABBITMQCTL names the command; `tests/run --servers` starts a RabbitMQ");
    let output = std::process::Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "rabbitmqctl {arguments:?}: {output:?}");
}

/// A way to the broker that can be cut.
pub(crate) struct Proxy {
    pub broker: Broker,
    connections: Arc<Mutex<JoinSet<()>>>,
    _listener: JoinSet<()>,
}

impl Proxy {
    /// A way to the broker under the same names.
    pub(crate) async fn to(broker: &Broker) -> Self {
        let mut url: url::Url = url().parse().unwrap();
        let target = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5672));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let connections = Arc::new(Mutex::new(JoinSet::new()));
        let mut listening = JoinSet::new();
        let under_way = connections.clone();
        listening.spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let target = target.clone();
                under_way.lock().unwrap_or_else(PoisonError::into_inner).spawn(async move {
                    let mut far = TcpStream::connect(target).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        let broker = Broker::new(url.to_string().into(), broker.names().clone()).unwrap();
        Self { broker, connections, _listener: listening }
    }

    /// Cuts every connection.
    pub(crate) fn cut(&self) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}
