//! Introduction: before the first push on a channel the citizen is told who will write there, and how to
//! check it.
//!
//! What is urgent and what a law demands waits for no introduction, and neither does what the wait would
//! cost its time: its expiry, or a day of those that are left to act in.
//!
//! Where the guard has paused introductions on a channel none is made, and whoever was not introduced there
//! is not pushed there but by what waits for none at all. That the wait would cost time is no reason then,
//! because nothing waits: the next channel has its turn.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, civil::Date};
use vestnik_contract::ChannelId;

use super::Zones;
use super::budget::without;
use super::channels::{class_rule, is_push};
use super::recheck::{RecheckInput, recheck, with_timing};
use crate::domain::{Basis, ContactHistory, Mode, NoticeKind, Policy, Priority, Reason, Recheck};

/// What is known of a citizen having been told on a channel who writes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introduced {
    /// Nothing was sent there.
    Never,
    /// The introduction is made, and has not been sent.
    Underway,
    /// Since then.
    At(Timestamp),
}

/// Where the guard has paused introductions, as it concerns one citizen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PausedIntroductions<'a> {
    /// The channels.
    pub on: &'a BTreeSet<ChannelId>,
    /// What is known of the citizen there; nothing where nothing was sent.
    pub known: &'a BTreeMap<ChannelId, Introduced>,
}

impl PausedIntroductions<'static> {
    /// Nowhere.
    #[must_use]
    pub fn nowhere() -> Self {
        static NO_CHANNEL: BTreeSet<ChannelId> = BTreeSet::new();
        static NOTHING: BTreeMap<ChannelId, Introduced> = BTreeMap::new();
        Self { on: &NO_CHANNEL, known: &NOTHING }
    }
}

impl PausedIntroductions<'_> {
    /// As far as they come before messages of this priority; `None` where they do not.
    pub(super) fn before(self, policy: &Policy, priority: Priority, by_law: bool) -> Option<Self> {
        let come = policy.introduction.mode == Mode::Enforce && may_come_before(priority, by_law);
        come.then_some(self)
    }

    /// Whether the citizen would have to be introduced on a channel on which introductions are paused.
    pub(super) fn concerns(self, channel: &ChannelId) -> bool {
        let introduced = matches!(self.known.get(channel), Some(Introduced::At(_)));
        self.on.contains(channel) && !introduced
    }
}

/// What comes before a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comes {
    /// The introduction that has to be made; `None` where there is one.
    pub introduction: Option<Place>,
    /// When the push is due instead.
    pub then: Place,
    /// Why so late: [`Reason::ContactBudget`] where the introduction left it no place on the day on which it
    /// could follow, else [`Reason::Introduction`].
    pub reason: Reason,
}

/// A moment, and the local day of a place in the contact budget where one is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When it is due.
    pub due_at: Timestamp,
    /// The local day that it reserves.
    pub reserve: Option<Date>,
}

impl Place {
    /// The place that a check gives; `None` where it leaves none.
    #[must_use]
    pub fn of(says: &Recheck, now: Timestamp) -> Option<Self> {
        match *says {
            Recheck::Go { reserve, .. } => Some(Self { due_at: now, reserve }),
            Recheck::Defer { until, reserve, .. } => Some(Self { due_at: until, reserve }),
            Recheck::Skip(_) | Recheck::Close(..) => None,
        }
    }
}

/// What has to come before a step that may be sent now, and when the step is due then; `None` where it goes
/// now.
///
/// The introduction is judged like a push of its own that counts in the contact budget, and has the first
/// place: the step takes the next that is left `lead_seconds` after it.
#[must_use]
pub fn first(input: &RecheckInput<'_>, introduced: Introduced) -> Option<Comes> {
    if !waits(input) {
        return None;
    }
    let others = without(input.history, input.reserved);
    let (introduction, after) = match introduced {
        Introduced::At(at) => (None, at),
        Introduced::Underway => (None, input.now),
        Introduced::Never => {
            let place = place(input, &others)?;
            (Some(place), place.due_at)
        }
    };
    let lead = SignedDuration::from_secs(input.policy.introduction.lead_seconds.into());
    let earliest = after.checked_add(lead).ok().filter(|earliest| *earliest > input.now)?;
    let (then, reason) = next(input, others, introduction, earliest)?;
    Some(Comes { introduction, then, reason })
}

/// Whether it is something that waits for an introduction at all.
fn waits(input: &RecheckInput<'_>) -> bool {
    input.policy.introduction.mode != Mode::Off
        && input.kind == NoticeKind::Entitlement
        && is_push(input.policy, input.channel)
        && may_come_before(input.priority, has_law(input))
}

/// Whether something of this priority waits for an introduction: what is urgent, and a message in which
/// something is demanded by law, does not.
fn may_come_before(priority: Priority, by_law: bool) -> bool {
    priority != Priority::Urgent && !by_law
}

/// Whether a law demands something in a message.
pub(super) fn has_law(input: &RecheckInput<'_>) -> bool {
    input.items.iter().any(|item| class_rule(input.policy, item.class).basis == Basis::Law)
}

/// The place of the introduction; `None` where it cannot be sent on the channel.
fn place(input: &RecheckInput<'_>, others: &ContactHistory) -> Option<Place> {
    let asked = RecheckInput {
        kind: NoticeKind::Introduction,
        items: &[],
        later: &[],
        not_before: None,
        reserved: None,
        history: others,
        ..*input
    };
    Place::of(&recheck(&asked), input.now)
}

/// The place of the step that comes next, and what puts it off so far; `None` where it would be too late
/// for it.
fn next(
    input: &RecheckInput<'_>,
    mut history: ContactHistory,
    introduction: Option<Place>,
    earliest: Timestamp,
) -> Option<(Place, Reason)> {
    if let Some(day) = introduction.and_then(|place| place.reserve) {
        *history.days.entry(day).or_default() += 1;
    }
    let not_before = Some(input.not_before.map_or(earliest, |asked| asked.max(earliest)));
    let asked = RecheckInput { not_before, reserved: None, history: &history, ..*input };
    let moment = with_timing(&asked, input.items, |timing, push| timing.moment(push).ok())?;
    let zones = Zones::of(input.citizen, input.jurisdiction);
    let costs_a_day = zones.day(moment.at) != zones.day(input.now);
    let too_late = input.deadline.is_some() && costs_a_day;
    let by_budget = moment.deferrals.last().is_some_and(|(reason, _)| *reason == Reason::ContactBudget);
    let reason = if by_budget { Reason::ContactBudget } else { Reason::Introduction };
    (!too_late).then_some((Place { due_at: moment.at, reserve: moment.reserve }, reason))
}

#[cfg(test)]
mod tests;
