//! Pauses in force, as the lanes see them.

use jiff::Timestamp;
use vestnik_contract::{ChannelId, RouteId};

use crate::ledger::store::PauseRow;

/// What a pause does with work that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paused {
    /// It stays due.
    Hold,
    /// It goes to the next step.
    Reroute,
}

/// The pauses on record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pauses(Vec<PauseRow>);

impl Pauses {
    /// The pauses of these rows.
    #[must_use]
    pub fn new(rows: Vec<PauseRow>) -> Self {
        Self(rows)
    }

    /// Whether this route is paused, on its own or with its channel. Where both are, holding wins:
    /// what is held can still be rerouted.
    #[must_use]
    pub fn of(&self, channel: &ChannelId, route: &RouteId, now: Timestamp) -> Option<Paused> {
        let in_force = |row: &&PauseRow| {
            row.channel == *channel
                && row.route.as_ref().is_none_or(|only| only == route)
                && row.expires_at.is_none_or(|until| until > now)
        };
        let pauses = || self.0.iter().filter(in_force);
        pauses().next()?;
        Some(if pauses().all(|row| row.reroute) { Paused::Reroute } else { Paused::Hold })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(route: Option<&str>, reroute: bool, until: Option<i64>) -> PauseRow {
        PauseRow {
            channel: ChannelId::new("sms").unwrap(),
            route: route.map(|id| RouteId::new(id).unwrap()),
            reroute,
            reason: "maintenance".into(),
            person: "Олена".into(),
            at: Timestamp::UNIX_EPOCH,
            expires_at: until.map(|second| Timestamp::from_second(second).unwrap()),
        }
    }

    #[test]
    fn a_pause_holds_for_its_channel_or_route_until_it_expires() {
        let (sms, viber) = (ChannelId::new("sms").unwrap(), ChannelId::new("viber").unwrap());
        let (main, spare) = (RouteId::new("main").unwrap(), RouteId::new("spare").unwrap());
        let at = |second| Timestamp::from_second(second).unwrap();
        let table = [
            (vec![], None, None),
            (vec![row(None, false, None)], Some(Paused::Hold), Some(Paused::Hold)),
            (vec![row(Some("main"), true, None)], Some(Paused::Reroute), None),
            (vec![row(Some("main"), true, Some(9))], None, None),
            (
                vec![row(Some("main"), false, None), row(None, true, Some(11))],
                Some(Paused::Hold),
                Some(Paused::Reroute),
            ),
        ];
        for (rows, of_main, of_spare) in table {
            let pauses = Pauses::new(rows);
            assert_eq!(pauses.of(&sms, &main, at(10)), of_main, "{pauses:?}");
            assert_eq!(pauses.of(&sms, &spare, at(10)), of_spare, "{pauses:?}");
            assert_eq!(pauses.of(&viber, &main, at(10)), None);
        }
    }
}
