//! What the readers of the timeline ask for: entries from where they left off, and the one place that
//! the relay of statuses has come to.

use std::time::Duration;

use uuid::Uuid;

use super::duty::hold;
use super::store::{Position, Tx};
use super::writes::entry;
use super::{Ledger, LedgerError};
use crate::domain::{Entry, SourceId};

/// The duty of publishing statuses and what the registry's owner is told: one process at a time does it. Also
/// how far statuses have been published.
const RELAY: &str = "status-relay";

/// How far what the registry's owner is told has been published.
const REGISTRY: &str = "registry-relay";

/// How far the relay has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Relayed {
    /// With statuses.
    pub statuses: Position,
    /// With what the registry's owner is told.
    pub events: Position,
}

impl Ledger {
    /// Timeline entries after a position, of one source or of all, in the order in which they become
    /// visible: at most `limit`. Nothing can appear later before what was given.
    pub async fn entries_after(
        &self,
        after: Position,
        source: Option<&SourceId>,
        limit: u32,
    ) -> Result<Vec<(Position, Entry)>, LedgerError> {
        let rows = self.store.read().await?.entries_after(after, source, limit).await?;
        rows.into_iter().map(|(position, row)| Ok((position, entry(row)?))).collect()
    }

    /// Takes or prolongs the relay's duty, and gives how far it has come; `None` while another process has
    /// the duty.
    pub async fn take_relay(&self, holder: Uuid, lease: Duration) -> Result<Option<Relayed>, LedgerError> {
        let mut tx = self.store.begin().await?;
        if !hold(&mut *tx, RELAY, holder, lease).await? {
            return Ok(None);
        }
        let (statuses, events) = (kept(&mut *tx, RELAY).await?, kept(&mut *tx, REGISTRY).await?);
        tx.commit().await?;
        Ok(Some(Relayed { statuses, events }))
    }

    /// Remembers how far the relay has come, and prolongs the duty; `false` if another process has it by
    /// now, and then nothing is remembered.
    pub async fn save_relay(&self, holder: Uuid, lease: Duration, to: Relayed) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        if !hold(&mut *tx, RELAY, holder, lease).await? {
            return Ok(false);
        }
        tx.put_value(RELAY, &to.statuses.to_string()).await?;
        tx.put_value(REGISTRY, &to.events.to_string()).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Lets go of the relay's duty, so that another process need not wait for the lease to end.
    pub async fn leave_relay(&self, holder: Uuid) -> Result<(), LedgerError> {
        self.hold_duty(RELAY, holder, Duration::ZERO).await.map(drop)
    }
}

/// A position that the ledger keeps; the beginning where it keeps none yet.
async fn kept(tx: &mut dyn Tx, name: &str) -> Result<Position, LedgerError> {
    let corrupt = |InvalidPosition| super::people::corrupt("value");
    tx.value(name).await?.map_or(Ok(Position::default()), |text| text.parse().map_err(corrupt))
}

/// A text that names no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a position such as 12-345")]
pub struct InvalidPosition;

impl std::fmt::Display for Position {
    /// Transaction and id, such as `12-345`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.transaction, self.id)
    }
}

impl std::str::FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (transaction, id) = text.split_once('-').ok_or(InvalidPosition)?;
        let number = |text: &str| text.parse().ok().filter(|number: &i64| number.to_string() == text);
        match (number(transaction), number(id)) {
            (Some(transaction), Some(id)) => Ok(Self { transaction, id }),
            _ => Err(InvalidPosition),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture::World;

    const LEASE: Duration = Duration::from_secs(30);

    #[test]
    fn positions_round_trip() {
        for position in [Position::default(), Position { transaction: 7, id: i64::MAX }] {
            assert_eq!(position.to_string().parse(), Ok(position));
        }
        for bad in ["", "1", "1-", "-1-2", "a-b", "1-02", "1-+2"] {
            assert_eq!(bad.parse::<Position>(), Err(InvalidPosition), "{bad}");
        }
    }

    #[tokio::test]
    async fn one_process_relays_and_the_next_goes_on_where_it_stopped() {
        let world = World::sqlite().await;
        let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
        let (statuses, events) = (Position { transaction: 3, id: 14 }, Position { transaction: 0, id: 2 });
        let there = Relayed { statuses, events };
        assert_eq!(world.ledger.take_relay(one, LEASE).await.unwrap(), Some(Relayed::default()));
        assert_eq!(world.ledger.take_relay(other, LEASE).await.unwrap(), None);
        assert!(world.ledger.save_relay(one, LEASE, there).await.unwrap());
        assert!(!world.ledger.save_relay(other, LEASE, Relayed::default()).await.unwrap());

        world.ledger.leave_relay(one).await.unwrap();
        assert_eq!(world.ledger.take_relay(other, LEASE).await.unwrap(), Some(there));
        assert!(!world.ledger.save_relay(one, LEASE, Relayed::default()).await.unwrap());
        world.pass(31).await;
        assert_eq!(world.ledger.take_relay(one, LEASE).await.unwrap(), Some(there), "the lease was over");
    }
}
