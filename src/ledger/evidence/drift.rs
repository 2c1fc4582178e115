//! Drift: addresses that a provider closed on channels that their citizens say they want.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vestnik_contract::ChannelId;

use crate::domain::{Catalogue, Citizen, CitizenId, CitizenKey, ConsentAction};
use crate::ledger::closing::closed_by_provider;
use crate::ledger::people::{self, People, corrupt};
use crate::ledger::store::AddressRow;
use crate::ledger::{Ledger, LedgerError};
use crate::policy::consent_in_force;

/// One such address. Its citizen has no other on the channel that could be written to.
#[derive(Clone, Serialize)]
pub struct Drift {
    /// Whose it is.
    pub citizen: CitizenId,
    /// Its channel.
    pub channel: ChannelId,
    /// Why it was closed: `blocked` or `unreachable`.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// How the citizen says that the channel is wanted.
    pub wanted: Wanted,
}

/// How a citizen says that a channel is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// A preference names the channel.
    Preference,
    /// Consent for it is in force.
    Consent,
}

impl Wanted {
    /// The word for tables and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Preference => "preference",
            Self::Consent => "consent",
        }
    }

    fn of(citizen: &Citizen, channel: &ChannelId, catalogue: &Catalogue) -> Option<Self> {
        let mut topics = catalogue.topics.keys();
        let granted = topics
            .any(|topic| consent_in_force(&citizen.consents, channel, topic) == Some(ConsentAction::Granted));
        let named = citizen.preferences.iter().filter_map(|one| one.channels.as_ref()).flatten();
        let preferred = granted && named.into_iter().any(|one| one == channel);
        if preferred { Some(Self::Preference) } else { granted.then_some(Self::Consent) }
    }
}

/// How many addresses have drifted, as the daily duty counted them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftReport {
    /// When they were counted.
    pub at: Timestamp,
    /// The counts.
    pub counts: Vec<DriftCount>,
}

/// One count of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftCount {
    /// The channel.
    pub channel: ChannelId,
    /// Why the addresses were closed.
    pub reason: String,
    /// How their citizens say that the channel is wanted.
    pub wanted: Wanted,
    /// How many.
    pub addresses: u64,
}

/// Closed addresses that are read at once.
const PAGE: u32 = 500;

/// How often they are counted.
const DAILY: SignedDuration = SignedDuration::from_hours(24);

/// Where the last report is kept.
const REPORT: &str = "drift";

impl Ledger {
    /// The drift among the next closed addresses, in the order of their ids; gives the last that was
    /// looked at, or `None` where there are no more.
    pub async fn drift_after(
        &self,
        after: Option<Uuid>,
        limit: u32,
        catalogue: &Catalogue,
    ) -> Result<(Vec<Drift>, Option<Uuid>), LedgerError> {
        let mut tx = self.store.read().await?;
        let rows = tx.closed_addresses(after, limit).await?;
        let last = rows.last().map(|row| row.id);
        let blocked: Vec<_> = rows.into_iter().filter(closed_by_provider).collect();
        let keys: BTreeSet<_> = blocked.iter().map(|row| row.citizen).collect();
        let keys: Vec<_> = keys.into_iter().collect();
        let people = people::read(&mut *tx, &self.keys, &keys).await?;
        let names = people::names(&mut *tx, &self.keys, &keys).await?;
        let drifted = |row| {
            let (citizen, wanted) = drifted(&row, &people, catalogue)?;
            let citizen = names.get(&citizen)?.as_ref()?.id.clone();
            let (reason, since) = row.closed?;
            Some(Drift { citizen, channel: row.channel, reason, since, wanted })
        };
        Ok((blocked.into_iter().filter_map(drifted).collect(), last))
    }

    /// Counts the drift among all closed addresses, and keeps the counts as the last report.
    pub async fn count_drift(&self, catalogue: &Catalogue) -> Result<DriftReport, LedgerError> {
        let (mut counts, mut after) = (BTreeMap::new(), None);
        loop {
            let (page, last) = self.drift_after(after, PAGE, catalogue).await?;
            for Drift { channel, reason, wanted, .. } in page {
                *counts.entry((channel, reason, wanted)).or_insert(0_u64) += 1;
            }
            if last.is_none() {
                break;
            }
            after = last;
        }
        let count =
            |((channel, reason, wanted), addresses)| DriftCount { channel, reason, wanted, addresses };
        let counts = counts.into_iter().map(count).collect();
        let mut tx = self.store.begin().await?;
        let report = DriftReport { at: tx.now(), counts };
        let text = serde_json::to_string(&report).map_err(|_| corrupt("value"))?;
        tx.put_value(REPORT, &text).await?;
        tx.commit().await?;
        Ok(report)
    }

    /// Whether the last report is a day old, or there is none.
    pub async fn drift_is_due(&self) -> Result<bool, LedgerError> {
        let now = self.store.read().await?.now();
        let report = self.drift_report().await?;
        Ok(report.is_none_or(|report| now.duration_since(report.at) >= DAILY))
    }

    /// The last report; `None` before the first.
    pub async fn drift_report(&self) -> Result<Option<DriftReport>, LedgerError> {
        let kept = self.store.read().await?.value(REPORT).await?;
        kept.map(|text| serde_json::from_str(&text).map_err(|_| corrupt("value"))).transpose()
    }
}

/// Whose address it is and how the citizen says that its channel is wanted, where no other address of
/// theirs on the channel is open.
fn drifted(row: &AddressRow, people: &People, catalogue: &Catalogue) -> Option<(CitizenKey, Wanted)> {
    let citizen = &people.get(&row.citizen)?.citizen;
    let open = citizen.addresses.iter().any(|one| one.channel == row.channel && one.closed.is_none());
    let wanted = Wanted::of(citizen, &row.channel, catalogue).filter(|_| !open)?;
    Some((citizen.key, wanted))
}
