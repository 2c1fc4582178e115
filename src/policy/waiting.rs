//! The waits of a cascade: how long evidence is awaited before the next channel has its turn.
//!
//! A wait counts the time in which the law permits pushes, and no other: two hours that begin at
//! 19:30 are over at 10:30 of the next workday, when the citizen had two hours of the day to look,
//! and not in the middle of the night. The hours that a citizen wishes for do not count here: two of
//! them a day would make a week of an hour.

use jiff::{SignedDuration, Timestamp};

use super::channels::is_push;
use super::quiet::day_after;
use super::recheck::{RecheckInput, is_own_request};
use super::{Quiet, Zones};
use crate::domain::Priority;

/// No wait takes longer, however few the hours are.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 31);

/// When the wait is over of a step that is sent now; `None` where it is counted by the clock alone,
/// as for what makes no noise, what is urgent, and what the citizen asked for: none of these keeps
/// contact hours.
///
/// It is never over sooner than by the clock, and otherwise not later than the notice expires:
/// afterwards nothing could follow that is worth waiting for.
#[must_use]
pub fn wait_until(input: &RecheckInput<'_>, wait: SignedDuration) -> Option<Timestamp> {
    let keeps_hours = is_push(input.policy, input.channel)
        && input.priority != Priority::Urgent
        && !is_own_request(input.kind);
    keeps_hours.then(|| {
        let zones = Zones::of(input.citizen, input.jurisdiction);
        let quiet = Quiet { hours: &input.jurisdiction.contact_hours, zones: &zones, wishes: &[] };
        let by_clock = input.now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        let longest = input.now.saturating_add(LONGEST).unwrap_or(Timestamp::MAX);
        quiet.after_lawful(input.now, wait, input.expires_at.min(longest).max(by_clock))
    })
}

impl Quiet<'_> {
    /// The moment by which the law has permitted pushes for so long since `from`, or `latest` where
    /// that comes sooner.
    #[must_use]
    pub fn after_lawful(&self, from: Timestamp, wait: SignedDuration, latest: Timestamp) -> Timestamp {
        let (mut at, mut left) = (from, wait);
        while at < latest {
            let stop = day_after(at).min(latest);
            let mut turns = self.lawful_turns(at, stop);
            turns.push(stop);
            turns.sort_unstable();
            // Between two turns it is permitted all the time or never.
            for turn in turns {
                if self.is_lawful(at) {
                    let open = at.duration_until(turn);
                    if open >= left {
                        return at.saturating_add(left).unwrap_or(latest);
                    }
                    left -= open;
                }
                at = turn;
            }
        }
        latest
    }
}

#[cfg(test)]
mod tests;
