//! What a measurement makes for itself on PostgreSQL and RabbitMQ, and takes away again.

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use url::Url;

use super::load::SOURCE;
use crate::broker::{self, Broker, Names};
use crate::config::Overrides;
use crate::demo::{Folder, random_name};

pub(super) struct Servers {
    pub amqp: Url,
    pub prefix: String,
    postgres: Url,
    database: String,
}

impl Servers {
    /// Makes a database; RabbitMQ needs nothing but a prefix that nobody else uses.
    pub async fn prepare(postgres: &Url, amqp: &Url) -> anyhow::Result<Self> {
        let name = format!("vestnik_bench_{}", random_name());
        let servers = Self {
            amqp: amqp.clone(),
            prefix: name.replace('_', "-"),
            postgres: postgres.clone(),
            database: name,
        };
        servers.on_postgres(format!("CREATE DATABASE {}", servers.database)).await?;
        Ok(servers)
    }

    /// What points the gateway at them.
    pub fn settings(&self, folder: &Folder) -> anyhow::Result<Overrides> {
        let mut settings = Overrides::default();
        let mut database = self.postgres.clone();
        database.set_path(&self.database);
        settings.unset("gateway.ledger.sqlite");
        settings.set("gateway.ledger.postgres", folder.secret("postgres", database.as_str())?);
        settings.set("gateway.broker.url", folder.secret("amqp", self.amqp.as_str())?);
        settings.set("gateway.broker.prefix", self.prefix.clone());
        settings.set(&format!("sources.{SOURCE}.amqp_user"), self.amqp.username());
        Ok(settings)
    }

    pub async fn remove(self) -> anyhow::Result<()> {
        self.on_postgres(format!("DROP DATABASE {} WITH (FORCE)", self.database)).await?;
        let names = Names::new(&self.prefix)?;
        let connection = Broker::new(self.amqp.to_string().into(), names.clone())?.connect("bench").await?;
        let channel = connection.create_channel().await?;
        broker::remove(&channel, &names).await?;
        connection.close(200, "".into()).await?;
        Ok(())
    }

    /// Runs a statement outside of the database; the name in it is our own.
    async fn on_postgres(&self, statement: String) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(self.postgres.as_str()).await.context("PostgreSQL")?;
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
        connection.close().await?;
        Ok(())
    }
}
