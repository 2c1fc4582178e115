//! Pauses: a person, or the gateway itself, stops a channel or one of its routes for a while.

use jiff::Timestamp;
use vestnik_contract::{ChannelId, RouteId};

use super::store::PauseRow;
use super::{Ledger, LedgerError};

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
        Ok(tx.commit().await?)
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
        tx.commit().await?;
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

fn in_force(row: &PauseRow, now: Timestamp) -> bool {
    row.expires_at.is_none_or(|until| until > now)
}
