//! One window: what comes to one citizen soon after one another goes out as one notice, whatever its
//! sources.
//!
//! What may wait is put off by a few minutes. What comes meanwhile and would go the same way joins it,
//! and the wait is counted anew, up to a hard end. The whole of it takes one place in the contact
//! budget. Nobody waits longer for the others than a window of one's own would have lasted, and never
//! past the day by which one of them has to act.

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::channels::{class_rule, is_push, preference_for};
use super::decide::{DecideInput, decide};
use super::moment::{deadline, expiry};
use super::{Quiet, Zones};
use crate::domain::{
    Citizen, Class, Decision, Mode, Notice, Outcome, Plan, Policy, Priority, Reason, TopicId, TrialRule,
    Window, Would,
};

/// The end of a window is looked for in steps of this length where it falls into quiet hours.
const STEP: SignedDuration = SignedDuration::from_mins(1);

/// What joins a notice that waits, and what becomes of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// What is decided on the one that joins: its plan is the notice's.
    pub decision: Decision,
    /// The window of them all.
    pub window: Window,
    /// When they are all due.
    pub due_at: Timestamp,
    /// The local day of the one place that they take in the contact budget.
    pub reserve: Option<Date>,
}

/// Whether something of this class, topic and priority may wait for others at all: as the citizen wishes,
/// or else by the rule of the class.
#[must_use]
pub fn may_wait(
    policy: &Policy,
    class: Class,
    priority: Priority,
    citizen: &Citizen,
    topic: &TopicId,
) -> bool {
    let wish = preference_for(citizen, topic).and_then(|one| one.bundling);
    policy.bundling.mode != Mode::Off
        && priority != Priority::Urgent
        && wish.unwrap_or_else(|| class_rule(policy, class).bundle)
}

/// Lets what was decided wait for others, where it is a push that may. Where the rule is only reported
/// on, nothing waits, and the trace says until when it would have.
///
/// There is a window also where nothing is put off by it: what waits for the morning anyway is joined by
/// what comes in the night.
#[must_use]
pub fn open(input: &DecideInput<'_>, mut decision: Decision) -> (Decision, Option<Window>) {
    let Outcome::Push(plan) = &mut decision.outcome else { return (decision, None) };
    if !is_bundled(input, plan) {
        return (decision, None);
    }
    let window = Window { earliest: plan.due_at, latest: latest(input) };
    let due_at = end(input, window);
    if input.policy.bundling.mode == Mode::Report {
        let would = Would::moved(TrialRule::Bundling, Some(due_at));
        decision.trace.would.extend((due_at > plan.due_at).then_some(would));
        return (decision, None);
    }
    put_off(plan, due_at, &mut decision.trace.deferrals);
    // What is due at once waits for nobody.
    (decision, (due_at > input.now).then_some(window))
}

/// Whether and how a notification joins a notice that waits for others; `None` where it does not.
///
/// It joins what would go the same way, over the same channels in the same order, as long as there is
/// room in it, and where neither is kept back by the other for longer than a window lasts. It needs no
/// place of its own in the contact budget: it goes with the place that the notice holds.
#[must_use]
pub fn join(input: &DecideInput<'_>, notice: &Notice) -> Option<Joined> {
    let rule = input.policy.bundling;
    let window = notice.window.filter(|_| rule.mode == Mode::Enforce && notice.is_open_to_others())?;
    if notice.open_items().count() >= usize::try_from(rule.largest).unwrap_or(usize::MAX) {
        return None;
    }
    let step = notice.step()?;
    let mut history = input.history.clone();
    // It takes no place of that day, however many there are: the notice's is there.
    if let Some(day) = step.reserved {
        history.days.remove(&day);
    }
    let mut decision = decide(&DecideInput { history: &history, ..*input });
    let inbox = decision.inbox;
    let Outcome::Push(plan) = &mut decision.outcome else { return None };
    let same_way = plan.steps.iter().map(|step| &step.channel).eq(notice.channels());
    if !same_way || inbox != notice.inbox || !is_bundled(input, plan) {
        return None;
    }
    let own = Window { earliest: plan.due_at, latest: latest(input) };
    let joined = together(window, own)?;
    let due_at = end(input, joined);
    let reserve = if own.earliest > window.earliest { plan.reserve.or(step.reserved) } else { step.reserved };
    let reserve = reserve.or(plan.reserve);
    put_off(plan, due_at, &mut decision.trace.deferrals);
    plan.reserve = None;
    Some(Joined { decision, window: joined, due_at, reserve })
}

/// The window of two, where neither keeps the other back for longer than it may be kept.
fn together(one: Window, other: Window) -> Option<Window> {
    let longest = |window: Window| window.earliest.max(window.latest);
    let fits = one.earliest <= longest(other) && other.earliest <= longest(one);
    fits.then(|| Window { earliest: one.earliest.max(other.earliest), latest: one.latest.min(other.latest) })
}

/// Whether it makes itself heard and may wait: what makes no noise bothers nobody by coming alone.
fn is_bundled(input: &DecideInput<'_>, plan: &Plan) -> bool {
    may_wait(input.policy, input.class, input.facts.priority, input.citizen, input.topic)
        && plan.steps.first().is_some_and(|step| is_push(input.policy, &step.channel))
}

/// The last moment until which this one may be kept waiting for others: the hard end of a window that
/// opens now, or the margin before the end of the day by which the citizen has to act, or before it
/// expires, whichever comes first.
fn latest(input: &DecideInput<'_>) -> Timestamp {
    let rule = input.policy.bundling;
    let zones = Zones::of(input.citizen, input.jurisdiction);
    let hard_end = after(input.now, rule.hard_end_seconds);
    let expires_at = expiry(&input.facts, input.policy, &zones, input.now);
    let end = deadline(&input.facts, &zones, input.now).map_or(expires_at, |end| end.min(expires_at));
    let margin = SignedDuration::from_secs(rule.deadline_margin_seconds.into());
    hard_end.min(end.saturating_sub(margin).unwrap_or(Timestamp::MIN))
}

/// When a window is over that is as long as it may be from now on: the last moment in it at which the
/// citizen may be pushed to on the same local day, so that waiting never leads into the night, nor to
/// another day's place in the budget. Where there is none, it is the first moment at which all may go.
fn end(input: &DecideInput<'_>, window: Window) -> Timestamp {
    let zones = Zones::of(input.citizen, input.jurisdiction);
    let wishes = preference_for(input.citizen, input.topic).and_then(|one| one.hours);
    let hours = &input.jurisdiction.contact_hours;
    let quiet = Quiet { hours, zones: &zones, wishes: wishes.as_slice() };
    let day = zones.day(window.earliest);
    let last = after(input.now, input.policy.bundling.window_seconds).min(window.latest);
    let steps = std::iter::successors(Some(last), |at| at.checked_sub(STEP).ok());
    let mut later = steps.take_while(|at| *at > window.earliest);
    later.find(|at| zones.day(*at) == day && quiet.is_permitted(*at)).unwrap_or(window.earliest)
}

/// Sets when a plan is due, and why it waits.
fn put_off(plan: &mut Plan, due_at: Timestamp, deferrals: &mut Vec<(Reason, Timestamp)>) {
    if due_at > plan.due_at {
        plan.due_at = due_at;
        plan.deferred = Some(Reason::Bundled);
        deferrals.push((Reason::Bundled, due_at));
    }
}

fn after(now: Timestamp, seconds: u32) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
