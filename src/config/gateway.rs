//! `gateway.toml`: where this installation listens, keeps its ledger and finds its broker.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use url::Url;
use vestnik_contract::range::whole;
use vestnik_contract::{Address, Channel, SecretRef};

use crate::telemetry::LogFormat;

/// The settings of the process.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// The HTTP server.
    pub http: Http,
    /// The ledger.
    pub ledger: LedgerSettings,
    /// RabbitMQ; absent: notifications come by HTTP and from files only.
    #[serde(default)]
    pub broker: Option<Broker>,
    /// Redis; absent: limits are kept by this process alone, and nobody hints at anything.
    #[serde(default)]
    pub redis: Option<Redis>,
    /// How much work may wait before sources have to.
    #[serde(default)]
    pub back_pressure: BackPressure,
    /// For how long what need not be kept for ever is kept.
    #[serde(default)]
    pub retention: Retention,
    /// Where it is set, nobody else is ever written to: for test installations.
    #[serde(default)]
    pub allow_list: Option<AllowList>,
    /// How the log is written.
    #[serde(default)]
    pub log: Log,
    /// Seconds that a stop waits for what is started, 1 to 3600.
    #[serde(default = "default_grace_seconds", deserialize_with = "whole::<1, 3600, _, _>")]
    pub grace_seconds: u16,
}

/// The HTTP server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Where citizens and providers reach it, such as `https://vestnik.example/`; absent: no
    /// provider can call back and citizens reach no page of ours.
    #[serde(default)]
    pub public_url: Option<Url>,
    /// The header in which the proxy before it names the client's address, such as `x-forwarded-for`: the
    /// last one there counts. Absent: who is connected is the client.
    #[serde(default)]
    pub client_address_header: Option<String>,
}

/// Where the ledger is kept. One of the two.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerSettings {
    /// A file, made where it is missing.
    #[serde(default)]
    pub sqlite: Option<PathBuf>,
    /// A PostgreSQL URL.
    #[serde(default)]
    pub postgres: Option<SecretRef>,
    /// Connections to PostgreSQL at most, 1 to 1,000.
    #[serde(default = "default_connections", deserialize_with = "whole::<1, 1000, _, _>")]
    pub connections: u32,
    /// The master key: at least 32 characters. Without it nothing in the ledger can be read.
    pub master_key: SecretRef,
}

/// RabbitMQ.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broker {
    /// An AMQP URL with user, password and virtual host.
    pub url: SecretRef,
    /// What the names of exchanges and queues begin with.
    #[serde(default = "default_prefix")]
    pub prefix: String,
}

/// Redis, for processes that share one ledger.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// A Redis URL, such as `rediss://user:password@host:6379/0`.
    pub url: SecretRef,
    /// What this installation is called there, after `vestnik:`, so that several may use one Redis.
    #[serde(default = "default_installation")]
    pub installation: String,
    /// The most processes with the role `lanes` that may run at once, 1 to 1,000.
    #[serde(deserialize_with = "whole::<1, 1000, _, _>")]
    pub replicas: u16,
    /// Hundredths of each limit that are kept for processes cut off from Redis, 1 to 50.
    #[serde(default = "default_reserve_percent", deserialize_with = "whole::<1, 50, _, _>")]
    pub reserve_percent: u8,
}

/// How much open work there may be before intake waits.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackPressure {
    /// Above it no bulk notifications are taken. This and the other one are from 1 to 1,000,000,000.
    #[serde(deserialize_with = "whole::<1, 1_000_000_000, _, _>")]
    pub bulk_waits_above: u64,
    /// Above it no normal ones are taken either. Urgent ones always are.
    #[serde(deserialize_with = "whole::<1, 1_000_000_000, _, _>")]
    pub normal_waits_above: u64,
}

impl Default for BackPressure {
    fn default() -> Self {
        Self { bulk_waits_above: 200_000, normal_waits_above: 400_000 }
    }
}

/// For how long what need not be kept for ever is kept.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Days for which a source's id is known again after it was first seen, 1 to 3,650.
    #[serde(deserialize_with = "whole::<1, 3650, _, _>")]
    pub idempotency_days: u16,
    /// Days for which a receipt is kept that names no message of ours, 1 to 365.
    #[serde(deserialize_with = "whole::<1, 365, _, _>")]
    pub unmatched_receipt_days: u16,
    /// Days for which a check code is known after it was first shown, 1 to 3,650.
    #[serde(deserialize_with = "whole::<1, 3650, _, _>")]
    pub check_code_days: u16,
    /// Days for which a scam report is kept after it was closed, 1 to 3,650.
    #[serde(deserialize_with = "whole::<1, 3650, _, _>")]
    pub scam_report_days: u16,
    /// Days for which it is kept what was counted for reports and for the guard, 90 to 3,650.
    #[serde(deserialize_with = "whole::<90, 3650, _, _>")]
    pub tally_days: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            idempotency_days: 180,
            unmatched_receipt_days: 3,
            check_code_days: 1100,
            scam_report_days: 365,
            tally_days: 400,
        }
    }
}

/// Recipients of a test installation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowList {
    /// Addresses, each of one of the channels in use.
    pub recipients: Vec<String>,
}

impl AllowList {
    /// The recipients in the one form of each channel that knows them as addresses of its own: as
    /// addresses are kept. One that no channel knows is nobody's.
    #[must_use]
    pub fn in_one_form(&self, channels: &[&dyn Channel]) -> BTreeSet<String> {
        let forms = |text: &String| channels.iter().filter_map(|channel| channel.address(text)).collect();
        let known = self.recipients.iter().flat_map(|text| -> Vec<Address> { forms(text) });
        known.map(|address| address.expose().to_owned()).collect()
    }
}

/// How the log is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
}

fn default_grace_seconds() -> u16 {
    25
}

fn default_connections() -> u32 {
    16
}

fn default_installation() -> String {
    "main".to_owned()
}

fn default_reserve_percent() -> u8 {
    10
}

fn default_prefix() -> String {
    "vestnik".to_owned()
}
