//! Yielding: who gives a place in the contact budget to a message that matters more.
//!
//! A citizen's places are few. When a message finds none because one of a lower class holds it and has
//! not been sent, the other gives its place up and waits on for the next: told later, and never dropped
//! for it. One yields for one, so that what comes never moves more than one other.

use std::cmp::Reverse;

use jiff::{Timestamp, civil::Date};

use super::budget::{has_room, is_near, without};
use super::decide::{DecideInput, decide};
use super::moment::deadline;
use super::recheck::{RecheckInput, recheck};
use super::{Zones, ceilings};
use crate::domain::{Class, ContactHistory, Decision, Jurisdiction, Outcome, Policy, Reason, Recheck};

/// A push that holds a place and has not been started.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// All that is judged of it, but for `reserved`, `history` and `now`, which follow from the asking.
    pub check: RecheckInput<'a>,
    /// The [class](crate::domain::Notice::class) that it is judged by.
    pub class: Class,
    /// The local day of its place.
    pub day: Date,
    /// When it is due.
    pub due_at: Timestamp,
}

/// One that yields, and what becomes of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yield {
    /// Which of the holders.
    pub holder: usize,
    /// When it is due instead.
    pub until: Timestamp,
    /// The local day of its new place.
    pub reserve: Option<Date>,
    /// What is decided on the one it yields to.
    pub decision: Decision,
}

/// Whether somebody of this history might have a place to give: some day from `from` on is full for
/// those without a deadline.
#[must_use]
pub fn is_tight(history: &ContactHistory, policy: &Policy, law: &Jurisdiction, from: Date) -> bool {
    let ceilings = ceilings(policy, law, None, Timestamp::MIN);
    let taken = history.days.range(from..).filter(|(_, count)| **count > 0);
    taken.into_iter().any(|(day, _)| !has_room(history, ceilings, *day))
}

/// Who of these, given in the order in which they came, yields to one that was put off or closed for
/// want of room; `None` where nobody does.
///
/// Only a lower class yields, the lowest first; of one class the one by whose place the other is sent
/// soonest, and where that is the same the newest. Who has to act soon yields only to another who has to. It must help: the one it yields to is sent sooner, or at all.
/// And it must not cost more than time: who would find no other moment keeps the place.
#[must_use]
pub fn make_room(input: &DecideInput<'_>, decided: &Decision, holders: &[Holder<'_>]) -> Option<Yield> {
    if !wants_room(decided) {
        return None;
    }
    let lower = (0..holders.len()).filter(|number| may_yield(input, &holders[*number]));
    let able = lower.filter_map(|number| yields(input, decided, holders, number));
    able.min_by_key(|found| {
        let sooner = pushed(&found.decision).map(|(at, _)| at);
        (Reverse(holders[found.holder].class), sooner, Reverse(found.holder))
    })
}

fn wants_room(decided: &Decision) -> bool {
    let trace = &decided.trace;
    trace.deferrals.iter().any(|(reason, _)| *reason == Reason::ContactBudget)
        || trace.channels.iter().any(|(_, reason)| *reason == Reason::ContactBudget)
}

fn may_yield(input: &DecideInput<'_>, holder: &Holder<'_>) -> bool {
    let kept = input.policy.kept_for_deadlines;
    let zones = Zones::of(input.citizen, input.jurisdiction);
    let acts_soon = |deadline: Option<Timestamp>| is_near(deadline, kept, input.now);
    holder.class > input.class
        && (!acts_soon(holder.check.deadline) || acts_soon(deadline(&input.facts, &zones, input.now)))
}

/// What becomes of both where this one yields, if it helps the one and the other has a later moment.
fn yields(
    input: &DecideInput<'_>,
    decided: &Decision,
    holders: &[Holder<'_>],
    number: usize,
) -> Option<Yield> {
    let holder = &holders[number];
    let mut history = without(input.history, Some(holder.day));
    let decision = decide(&DecideInput { history: &history, ..*input });
    let (sooner, day) = pushed(&decision)?;
    if pushed(decided).is_some_and(|(before, _)| before <= sooner) {
        return None;
    }
    *history.days.entry(day).or_default() += 1;
    // It is not brought forward: its own reasons to wait may be ones that nobody sees from here.
    let now = input.now.max(holder.due_at);
    match recheck(&RecheckInput { reserved: None, history: &history, now, ..holder.check }) {
        Recheck::Defer { until, reserve, .. } => Some(Yield { holder: number, until, reserve, decision }),
        _ => None,
    }
}

/// When it is pushed, and on which day it takes its place.
fn pushed(decision: &Decision) -> Option<(Timestamp, Date)> {
    match &decision.outcome {
        Outcome::Push(plan) => Some((plan.due_at, plan.reserve?)),
        Outcome::Close { .. } => None,
    }
}

#[cfg(test)]
mod tests;
