//! What a measurement makes for itself on PostgreSQL and RabbitMQ, and takes away again. In Redis its keys
//! have a prefix of their own, and end by themselves within a minute.

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, query, query_scalar};
use url::Url;

use super::load::SOURCE;
use super::meter::Watched;
use super::system::Tree;
use crate::broker::{self, Broker, Names};
use crate::config::Overrides;
use crate::demo::{Folder, random_name};

/// The servers that the benchmark may use.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// PostgreSQL, as a user who may create databases.
    pub postgres: Url,
    /// RabbitMQ, as a user who may configure, write and read the virtual host.
    pub amqp: Url,
    /// Redis, where limits are to be shared.
    pub redis: Option<Url>,
}

/// Gateways that share limits at most.
const REPLICAS: i64 = 16;

/// A measurement's own part of them.
pub(super) struct Servers {
    pub broker: Broker,
    pub prefix: String,
    addresses: Addresses,
    /// The database's name, where there is one.
    database: Option<String>,
}

impl Servers {
    /// Declares queues under a prefix that nobody else uses, and makes a database if one is wanted.
    pub async fn prepare(addresses: &Addresses, with_database: bool) -> anyhow::Result<Self> {
        let name = format!("vestnik_bench_{}", random_name());
        let prefix = name.replace('_', "-");
        let broker = Broker::new(addresses.amqp.to_string().into(), Names::new(&prefix)?)?;
        let mut servers = Self { broker, prefix, addresses: addresses.clone(), database: None };
        if with_database {
            servers.on_server(format!("CREATE DATABASE {name}")).await?;
            servers.database = Some(name);
        }
        if let Err(error) = servers.declare().await {
            servers.drop_database().await?;
            return Err(error.context("RabbitMQ"));
        }
        Ok(servers)
    }

    /// What points the gateway at them.
    pub fn settings(&self, folder: &Folder) -> anyhow::Result<Overrides> {
        let mut settings = Overrides::default();
        settings.unset("gateway.ledger.sqlite");
        settings.set("gateway.ledger.postgres", folder.secret("postgres", self.database()?.as_str())?);
        settings.set("gateway.broker.url", folder.secret("amqp", self.amqp().as_str())?);
        settings.set("gateway.broker.prefix", self.prefix.clone());
        settings.set(&format!("sources.{SOURCE}.amqp_user"), self.amqp().username());
        if let Some(redis) = &self.addresses.redis {
            settings.set("gateway.redis.url", folder.secret("redis", redis.as_str())?);
            settings.set("gateway.redis.replicas", REPLICAS);
            settings.set("gateway.redis.installation", self.prefix.clone());
        }
        Ok(settings)
    }

    pub fn amqp(&self) -> &Url {
        &self.addresses.amqp
    }

    /// Their processes, where they run on this machine.
    pub fn watched(&self) -> Watched {
        let database = self.database.as_ref().and_then(|_| Tree::listening(&self.addresses.postgres, 5432));
        Watched { broker: Tree::listening(self.amqp(), 5672), database }
    }

    /// The measurement's own database.
    fn database(&self) -> anyhow::Result<Url> {
        let mut url = self.addresses.postgres.clone();
        url.set_path(self.database.as_deref().context("a database")?);
        Ok(url)
    }

    /// A connection to the measurement's own database.
    pub async fn connect(&self) -> anyhow::Result<PgConnection> {
        PgConnection::connect(self.database()?.as_str()).await.context("PostgreSQL")
    }

    /// How large the database is, in bytes.
    pub async fn size(&self) -> anyhow::Result<u64> {
        let mut connection = self.connect().await?;
        let size: i64 =
            query_scalar("SELECT pg_database_size(current_database())").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(u64::try_from(size)?)
    }

    pub async fn remove(self) -> anyhow::Result<()> {
        self.drop_database().await?;
        let connection = self.broker.connect("bench").await?;
        let channel = connection.create_channel().await?;
        broker::remove(&channel, self.broker.names()).await?;
        connection.close(200, "".into()).await?;
        Ok(())
    }

    async fn declare(&self) -> anyhow::Result<()> {
        let connection = self.broker.connect("bench").await?;
        // A channel that is dropped closes itself, which the closing of the connection would run into.
        let channel = connection.create_channel().await?;
        broker::declare(&channel, self.broker.names()).await?;
        connection.close(200, "".into()).await?;
        Ok(())
    }

    async fn drop_database(&self) -> anyhow::Result<()> {
        match &self.database {
            Some(name) => self.on_server(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await,
            None => Ok(()),
        }
    }

    /// Runs a statement outside of the database; the name in it is our own.
    async fn on_server(&self, statement: String) -> anyhow::Result<()> {
        let mut connection =
            PgConnection::connect(self.addresses.postgres.as_str()).await.context("PostgreSQL")?;
        query(AssertSqlSafe(statement)).execute(&mut connection).await?;
        connection.close().await?;
        Ok(())
    }
}
