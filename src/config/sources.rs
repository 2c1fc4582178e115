//! `sources.toml`: the upstream services that may publish, and what each may do.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::domain::{LifeEventId, SourceId};

/// The registered sources.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Sources(pub BTreeMap<SourceId, SourceSettings>);

/// A registered source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// Its name for people.
    pub title: String,
    /// Whether it may publish with priority `urgent`, which passes quiet hours.
    #[serde(default)]
    pub urgent: bool,
    /// The RabbitMQ user that speaks for it, as the broker proves it (`user_id`); absent: the user
    /// of the source's own name.
    #[serde(default)]
    pub amqp_user: Option<String>,
    /// The life events it may speak of; absent: all.
    #[serde(default)]
    pub life_events: Option<BTreeSet<LifeEventId>>,
}
