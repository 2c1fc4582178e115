//! What sources are told, by the HTTP API and by RabbitMQ.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

/// A status, as sources read it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Status {
    /// The same for a status that is told twice.
    pub(crate) entry: String,
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
    pub(crate) channel: Option<String>,
    /// When it is to be sent instead, where it was put off.
    pub(crate) until: Option<Timestamp>,
    #[serde(rename = "final")]
    pub(crate) is_final: bool,
    pub(crate) amended: bool,
}

/// The statuses without those that were told twice.
pub(crate) fn once(statuses: &[Status]) -> Vec<&Status> {
    let mut seen = BTreeSet::new();
    statuses.iter().filter(|status| seen.insert(&status.entry)).collect()
}

/// How each notification ended first, by its id. Fails the test where one ended twice.
pub(crate) fn endings(statuses: &[Status]) -> BTreeMap<String, Status> {
    let mut endings = BTreeMap::new();
    for status in once(statuses).into_iter().filter(|status| status.is_final && !status.amended) {
        let before = endings.insert(status.id.clone(), status.clone());
        assert_eq!(before, None, "{} ended twice", status.id);
    }
    endings
}

/// How many there are of each state.
pub(crate) fn tally(endings: &BTreeMap<String, Status>) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for status in endings.values() {
        *counts.entry(status.state.as_str()).or_default() += 1;
    }
    counts
}
