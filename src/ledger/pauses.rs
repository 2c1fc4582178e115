//! Pauses: a person, or the gateway itself, stops a channel or one of its routes for a while.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::{ChannelId, RouteId};

use super::store::PauseRow;
use super::{Fresh, Ledger, LedgerError};

/// Who pauses a route that raised an alarm.
pub const GATEWAY: &str = "gateway";

/// A pause that ends this much earlier than another is as good: alarms come in crowds.
const SLACK: SignedDuration = SignedDuration::from_secs(30);

/// What is told when a pause is set or ended.
const CHANGED: Fresh = Fresh { lanes: BTreeSet::new(), entries: false, references: false, pauses: true };

/// A pause to put on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// The channel.
    pub channel: ChannelId,
    /// The route, or all of the channel.
    pub route: Option<RouteId>,
    /// Whether its work goes to the next step (`true`) or is held (`false`).
    pub reroute: bool,
    /// Why.
    pub reason: String,
    /// Who pauses it.
    pub person: String,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
}

impl Ledger {
    /// Pauses a channel or a route from now on, in place of a pause of the same that there was.
    pub async fn pause(&self, pause: Pause) -> Result<(), LedgerError> {
        let mut tx = self.store.begin().await?;
        let Pause { channel, route, reroute, reason, person, until } = pause;
        let at = tx.now();
        tx.put_pause(&PauseRow { channel, route, reroute, reason, person, at, expires_at: until }).await?;
        self.commit(tx, &CHANGED).await
    }

    /// Pauses a route in the gateway's own name; whether that changed anything. The pause in force of a
    /// person stays, and so does one of the
    /// gateway's that lasts about as long.
    pub async fn pause_by_gateway(
        &self,
        channel: &ChannelId,
        route: &RouteId,
        reason: &str,
        until: Option<Timestamp>,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        let at = tx.now();
        let same = |row: &PauseRow| row.channel == *channel && row.route.as_ref() == Some(route);
        let rows = tx.pauses().await?;
        let standing = rows.iter().find(|row| same(row) && in_force(row, at));
        if standing.is_some_and(|row| row.person != GATEWAY || outlasts(row.expires_at, until)) {
            return Ok(false);
        }
        tx.put_pause(&PauseRow {
            channel: channel.clone(),
            route: Some(route.clone()),
            reroute: false,
            reason: reason.to_owned(),
            person: GATEWAY.to_owned(),
            at,
            expires_at: until,
        })
        .await?;
        self.commit(tx, &CHANGED).await?;
        Ok(true)
    }

    /// Ends the pause of just this channel or route; whether there was one in force.
    pub async fn resume(&self, channel: &ChannelId, route: Option<&RouteId>) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        let now = tx.now();
        let paused = tx
            .pauses()
            .await?
            .iter()
            .any(|row| row.channel == *channel && row.route.as_ref() == route && in_force(row, now));
        tx.remove_pause(channel, route).await?;
        self.commit(tx, &CHANGED).await?;
        Ok(paused)
    }

    /// The pauses in force.
    pub async fn pauses(&self) -> Result<Vec<PauseRow>, LedgerError> {
        let mut tx = self.store.read().await?;
        let now = tx.now();
        let mut rows = tx.pauses().await?;
        rows.retain(|row| in_force(row, now));
        Ok(rows)
    }
}

/// Whether a pause goes on at least as long as another would.
fn outlasts(standing: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    match (standing, other) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(standing), Some(other)) => standing.saturating_add(SLACK).is_ok_and(|end| end >= other),
    }
}

fn in_force(row: &PauseRow, now: Timestamp) -> bool {
    row.expires_at.is_none_or(|until| until > now)
}
