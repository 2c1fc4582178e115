//! What other rules would change, counted.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::Tallies;
use crate::ledger::replay::LeftOut;
use crate::policy::replay::{Change, Recorded};

/// What other rules would change.
#[derive(Debug, Default, Serialize)]
pub struct Totals {
    /// How many notifications were replayed, and what changes for them.
    #[serde(flatten)]
    pub all: Tally,
    /// How many citizens they were for.
    pub citizens: u64,
    /// What could not be replayed.
    pub left_out: LeftOut,
    /// Messages that make themselves heard, by the rules in force.
    pub contacts_before: u64,
    /// The same, by the others.
    pub contacts_after: u64,
    /// Citizens who would get more of them.
    pub citizens_with_more: u64,
    /// Citizens who would get fewer.
    pub citizens_with_fewer: u64,
    /// By how much those that are sent later are.
    pub delay: Delays,
    /// By how much those that are sent sooner are.
    pub advance: Delays,
    /// Those on another channel, as `viber → sms`.
    pub channels: BTreeMap<String, u64>,
    /// Those that are sent no longer, by why.
    pub lost_because: BTreeMap<&'static str, u64>,
    /// Those that were not sent and are now, by why they were not.
    pub won_in_spite_of: BTreeMap<&'static str, u64>,
    /// By measure.
    pub by_measure: Tallies,
    /// By source.
    pub by_source: Tallies,
}

/// How many, and what changes for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// How many there are.
    pub notifications: u64,
    /// How many anything changes for.
    pub changed: u64,
    /// Sent later, on whatever channel.
    pub later: u64,
    /// Sent sooner.
    pub sooner: u64,
    /// Sent on another channel.
    pub other_channel: u64,
    /// Sent no longer.
    pub lost: u64,
    /// Not sent before, and now.
    pub won: u64,
}

/// Spans of time.
#[derive(Debug, Default)]
pub struct Delays(Vec<i64>);

impl Delays {
    /// The span, in seconds, that so many in a hundred do not exceed; `None` where there are none.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Option<i64> {
        let mut seconds = self.0.clone();
        let at = (seconds.len() * percent).div_ceil(100).saturating_sub(1);
        (at < seconds.len()).then(|| *seconds.select_nth_unstable(at).1)
    }
}

impl Serialize for Delays {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let spans = [("median_seconds", self.percentile(50)), ("p90_seconds", self.percentile(90))];
        BTreeMap::from(spans).serialize(to)
    }
}

impl Totals {
    /// Counts a citizen.
    pub(super) fn citizen(&mut self, before: u32, after: u32) {
        self.citizens += 1;
        self.contacts_before += u64::from(before);
        self.contacts_after += u64::from(after);
        self.citizens_with_more += u64::from(after > before);
        self.citizens_with_fewer += u64::from(after < before);
    }

    /// Counts a notification.
    pub(super) fn notification(&mut self, recorded: &Recorded, change: Option<&Change>) {
        self.all.count(change);
        self.by_measure.entry(recorded.measure.clone()).or_default().count(change);
        self.by_source.entry(recorded.reference.source.to_string()).or_default().count(change);
        match change {
            Some(Change::Moved { by, from, to }) => {
                let spans = if by.is_negative() { &mut self.advance } else { &mut self.delay };
                spans.0.extend(Some(by.as_secs().abs()).filter(|_| !by.is_zero()));
                if from != to {
                    *self.channels.entry(format!("{from} → {to}")).or_default() += 1;
                }
            }
            Some(Change::Lost { reason, .. }) => *self.lost_because.entry(reason.as_str()).or_default() += 1,
            Some(Change::Won { reason, .. }) => {
                *self.won_in_spite_of.entry(reason.as_str()).or_default() += 1;
            }
            Some(Change::EndsOtherwise { .. }) | None => {}
        }
    }
}

impl Tally {
    fn count(&mut self, change: Option<&Change>) {
        self.notifications += 1;
        self.changed += u64::from(change.is_some());
        match change {
            Some(Change::Moved { by, from, to }) => {
                self.later += u64::from(by.is_positive());
                self.sooner += u64::from(by.is_negative());
                self.other_channel += u64::from(from != to);
            }
            Some(Change::Lost { .. }) => self.lost += 1,
            Some(Change::Won { .. }) => self.won += 1,
            Some(Change::EndsOtherwise { .. }) | None => {}
        }
    }
}
