//! Nobody forgotten: the citizens whose notifications ended without reaching them, and what comes next.

use jiff::Timestamp;
use serde::Serialize;

use super::store::{UnreachedPlace, UnreachedRow};
use super::{Ledger, LedgerError, people};
use crate::domain::{CitizenId, FinalState, NextAction, Reason, SourceRef};

/// A citizen who was not reached by a notification, and not by a later one about the same measure.
#[derive(Debug, Clone, Serialize)]
pub struct Unreached {
    /// Since when.
    pub since: Timestamp,
    /// The citizen, as the sources say it; `None` for one who is not in the registry.
    pub citizen: Option<CitizenId>,
    /// The citizen's region, where the registry named one.
    pub region: Option<String>,
    /// The notification: its source, and the source's id.
    #[serde(flatten)]
    pub reference: SourceRef,
    /// What happened.
    pub life_event: String,
    /// What the citizen may have because of it.
    pub measure: String,
    /// How the notification ended.
    pub state: FinalState,
    /// Why.
    pub reason: Reason,
    /// What comes next, and who does it.
    #[serde(flatten)]
    pub next: NextAction,
}

impl Ledger {
    /// Looks at so many of those whom a notification did not reach, after a place in the list; gives those
    /// who still are not, the longest waiting first, and where to go on: `None` at the end of the list.
    /// Citizens who were erased are not on it.
    pub async fn unreached_after(
        &self,
        after: UnreachedPlace,
        limit: u32,
    ) -> Result<(Vec<Unreached>, Option<UnreachedPlace>), LedgerError> {
        let mut tx = self.store.read().await?;
        let rows = tx.unreached_after(after, limit).await?;
        let full = rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        let next = rows.last().filter(|_| full).map(|row| (row.since, row.notification.key));
        let rows: Vec<_> = rows.into_iter().filter_map(StillUnreached::of).collect();
        let citizens: Vec<_> = rows.iter().map(|row| row.0.notification.citizen).collect();
        let known = people::names(&mut *tx, &self.keys, &citizens).await?;
        let list = rows.into_iter().filter_map(|StillUnreached(row, state, reason)| {
            let name = match known.get(&row.notification.citizen) {
                Some(name) => Some(name.as_ref()?),
                None => None,
            };
            let citizen = name.map(|name| name.id.clone());
            let region = name.and_then(|name| name.region.clone());
            // The registry took back that the citizen has died.
            let lives = reason == Reason::Deceased && name.is_some_and(|name| !name.deceased);
            let UnreachedRow { since, notification: row, .. } = row;
            let (reference, life_event, measure) = (row.reference, row.life_event, row.measure);
            let next = if lives { NextAction::PUBLISH_AGAIN } else { NextAction::after(reason) };
            Some(Unreached { since, citizen, region, reference, life_event, measure, state, reason, next })
        });
        Ok((list.collect(), next))
    }
}

/// A row whose citizen was not reached since, with how and why its notification ended.
struct StillUnreached(UnreachedRow, FinalState, Reason);

impl StillUnreached {
    fn of(row: UnreachedRow) -> Option<Self> {
        let (state, reason, _) = row.notification.closed?;
        (state.is_unreached() && !row.reached).then_some(Self(row, state, reason))
    }
}
