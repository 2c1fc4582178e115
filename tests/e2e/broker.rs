//! A virtual host of RabbitMQ for one test, and the clients of a source in it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
    QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::feed::Status;
use crate::people::routing_key;
use crate::servers::BrokerServer;
use crate::tier::until;

/// The RabbitMQ user of the sources. Its password guards a test's messages on a loopback port.
pub(crate) const USER: &str = "e2e-source";
pub(crate) const PASSWORD: &str = "e2e-source-secret";

/// The queue in which the test's source collects its statuses.
const STATUSES: &str = "statuses";

/// A virtual host, deleted when it is dropped.
pub(crate) struct VirtualHost {
    name: String,
    admin: Url,
    pub(crate) server: BrokerServer,
}

impl VirtualHost {
    /// Makes one on a server, with the sources' user in it. `folder` takes a file for a moment.
    pub(crate) fn create(server: BrokerServer, folder: &Path) -> Self {
        let name = format!("e2e-{}", Uuid::now_v7().simple());
        let mut admin = server.admin.clone();
        let permission = |user: &str| json!({ "user": user, "vhost": name, "configure": ".*", "write": ".*", "read": ".*" });
        let definitions = json!({
            "vhosts": [{ "name": name }],
            "users": [{ "name": USER, "password": PASSWORD, "tags": "" }],
            "permissions": [permission(admin.username()), permission(USER)],
        });
        let file = folder.join("definitions.json");
        std::fs::write(&file, definitions.to_string()).unwrap();
        server.control(&["import_definitions", file.to_str().unwrap()]);
        admin.set_path(&name);
        Self { name, admin, server }
    }

    /// As whom the gateway comes.
    pub(crate) fn gateway(&self) -> &Url {
        &self.admin
    }

    /// As whom the sources come.
    pub(crate) fn source(&self) -> Url {
        let mut url = self.admin.clone();
        url.set_username(USER).unwrap();
        url.set_password(Some(PASSWORD)).unwrap();
        url
    }

    /// How many connections there are to it.
    pub(crate) fn connections(&self) -> usize {
        let list = self.server.control(&["list_connections", "--quiet", "vhost"]);
        list.lines().filter(|line| line.trim() == self.name).count()
    }

    /// Cuts every connection to it.
    pub(crate) fn cut(&self) {
        self.server.control(&["close_all_connections", "--vhost", &self.name, "cut by a test"]);
    }
}

impl Drop for VirtualHost {
    fn drop(&mut self) {
        let mut command = Command::new(&self.server.rabbitmqctl);
        let _ = command.args(["delete_vhost", &self.name]).output();
    }
}

/// A source at the broker, by a library of AMQP that is used in Rust.
pub(crate) struct Source {
    connection: Connection,
    channel: Channel,
}

impl Source {
    /// Comes to the broker. The gateway has declared everything by then.
    pub(crate) async fn connect(host: &VirtualHost) -> Self {
        let url = host.source().to_string();
        let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        Self { connection, channel }
    }

    /// Comes again after the connection was lost.
    pub(crate) async fn come_again(&mut self, host: &VirtualHost) {
        *self = Self::connect(host).await;
    }

    /// From now on every status is collected, also while nobody reads.
    pub(crate) async fn collect_statuses(&self) {
        let (options, none) = (QueueDeclareOptions::durable(), FieldTable::default());
        self.channel.queue_declare(STATUSES.into(), options, none.clone()).await.unwrap();
        let (exchange, options) = ("vestnik.status".into(), QueueBindOptions::default());
        self.channel.queue_bind(STATUSES.into(), exchange, "#".into(), options, none).await.unwrap();
    }

    /// Publishes a message under the key that its body asks for.
    pub(crate) async fn publish(&self, body: &Value) {
        self.publish_raw(&routing_key(body), body.to_string().as_bytes()).await;
    }

    /// Publishes many at once, and waits for the broker to have them all.
    pub(crate) async fn publish_all(&self, bodies: &[Value]) {
        let mut confirms = Vec::with_capacity(bodies.len());
        for body in bodies {
            confirms.push(self.send(&routing_key(body), body.to_string().as_bytes()).await);
        }
        for confirm in confirms {
            assert!(confirm.await.unwrap().is_ack());
        }
    }

    /// Publishes anything.
    pub(crate) async fn publish_raw(&self, key: &str, body: &[u8]) {
        assert!(self.send(key, body).await.await.unwrap().is_ack());
    }

    /// Sends a message; what comes then is the broker's word for it.
    async fn send(
        &self,
        key: &str,
        body: &[u8],
    ) -> impl Future<Output = lapin::Result<Confirmation>> + use<> {
        let properties = BasicProperties::default().with_user_id(USER.into()).with_delivery_mode(2);
        let (exchange, options) = ("vestnik.notifications".into(), BasicPublishOptions::default());
        self.channel.basic_publish(exchange, key.into(), options, body, properties).await.unwrap()
    }

    /// Takes the statuses that have come. What comes meanwhile is given back with the channel.
    pub(crate) async fn statuses(&self) -> Vec<Status> {
        let waiting = self.waiting_statuses().await as usize;
        let channel = self.connection.create_channel().await.unwrap();
        channel.basic_qos(1_000, BasicQosOptions::default()).await.unwrap();
        let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
        let coming = channel.basic_consume(STATUSES.into(), "".into(), options, none).await.unwrap();
        let mut coming = coming.take(waiting);
        let mut taken = Vec::with_capacity(waiting);
        while let Some(message) = coming.next().await {
            let message = message.unwrap();
            message.ack(BasicAckOptions::default()).await.unwrap();
            taken.push(serde_json::from_slice(&message.data).unwrap());
        }
        channel.close(200, "all is read".into()).await.unwrap();
        taken
    }

    /// How many statuses have come and were not taken yet.
    pub(crate) async fn waiting_statuses(&self) -> u32 {
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
        let none = FieldTable::default();
        self.channel.queue_declare(STATUSES.into(), options, none).await.unwrap().message_count()
    }

    /// Collects statuses until as many notifications have ended.
    pub(crate) async fn statuses_until(&self, ended: usize, at_most: Duration) -> Vec<Status> {
        let mut all = Vec::new();
        until("every notification has its final status on RabbitMQ", at_most, async || {
            all.extend(self.statuses().await);
            crate::feed::endings(&all).len() >= ended
        })
        .await;
        all
    }
}
