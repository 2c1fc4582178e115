//! The decision: what happens with a notification when it is accepted.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use vestnik_contract::ChannelId;

use super::budget::{ceilings, ceilings_on_trial};
use super::channels::{ChannelFacts, Judge, class_rule, is_push, preference_for};
use super::consent::{refusal, wanted_in_inbox};
use super::guard::Guard;
use super::introduction::PausedIntroductions;
use super::moment::{Moment, Timing, deadline, expired, expiry};
use super::{Quiet, Zones};
use crate::domain::{
    Basis, Citizen, Class, ContactHistory, Decision, FinalState, Jurisdiction, Notification, Outcome, Plan,
    PlannedStep, Policy, Priority, Reason, TopicId, Trace, Wish, Would,
};

/// What a decision needs to know of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// How soon. Whether its source may be urgent was checked at intake.
    pub priority: Priority,
    /// By when the citizen has to act.
    pub act_by: Option<Date>,
    /// After this moment it is not sent any more.
    pub expires_at: Option<Timestamp>,
    /// Before this moment it is not sent.
    pub not_before: Option<Timestamp>,
}

impl From<&Notification> for Facts {
    fn from(notification: &Notification) -> Self {
        Self {
            priority: notification.priority,
            act_by: notification.act_by,
            expires_at: notification.expires_at,
            not_before: notification.not_before,
        }
    }
}

/// All that [`decide`] judges by.
#[derive(Debug, Clone, Copy)]
pub struct DecideInput<'a> {
    /// The notification.
    pub facts: Facts,
    /// The topic of its measure.
    pub topic: &'a TopicId,
    /// The class of its template.
    pub class: Class,
    /// The channels on which the guard has paused its template.
    pub guarded: &'a BTreeSet<ChannelId>,
    /// Where the guard has paused introductions.
    pub introductions: PausedIntroductions<'a>,
    /// The recipient.
    pub citizen: &'a Citizen,
    /// The operator's rules.
    pub policy: &'a Policy,
    /// The law's rules where the citizen lives.
    pub jurisdiction: &'a Jurisdiction,
    /// What the citizen has been sent and is going to be sent.
    pub history: &'a ContactHistory,
    /// The channels that are configured and enabled here.
    pub channels: &'a [ChannelFacts],
    /// The moment of the decision.
    pub now: Timestamp,
}

/// Decides whether, where and when a citizen is told.
///
/// - What had expired when it came closes as [`FinalState::Expired`], without an inbox entry.
/// - What is for a citizen who has died closes as [`FinalState::Suppressed`], whatever it is about.
/// - The inbox gets an entry wherever the class has one in any case, a law demands the message, or
///   the citizen consented to the topic on any channel. So whatever is pushed has one.
/// - The plan holds every channel that may be used, in the order of the citizen's preference or
///   else of policy. Where none may be used, the notification closes as [`FinalState::InboxOnly`]
///   with the most telling reason, or without an inbox entry as [`FinalState::Suppressed`].
/// - The first step is due at the first moment that the source, the contact hours and the contact
///   budget leave. Where they leave none to pushes before it expires, only the channels without
///   noise stay in the plan; where none of these is left either, it closes at once, naming the rule
///   that left no moment: waiting for the expiry would change nothing that the citizen or the
///   source may know. It closes as [`FinalState::InboxOnly`], or as [`FinalState::Expired`] where
///   there is no inbox entry.
///
/// Never panics, whatever is passed in.
#[must_use]
pub fn decide(input: &DecideInput<'_>) -> Decision {
    let zones = Zones::of(input.citizen, input.jurisdiction);
    let expires_at = expiry(&input.facts, input.policy, &zones, input.now);
    if expired(expires_at, input.now) {
        let outcome = Outcome::Close { state: FinalState::Expired, reason: Reason::ExpiredOnArrival };
        return Decision { outcome, inbox: false, trace: Trace::default() };
    }
    if input.citizen.deceased {
        let outcome = Outcome::Close { state: FinalState::Suppressed, reason: Reason::Deceased };
        return Decision { outcome, inbox: false, trace: Trace::default() };
    }
    let inbox = gets_inbox(input);
    let mut trace = Trace {
        channels: judge(input).consider(input.topic, input.class, &guard(input), input.channels),
        ..Trace::default()
    };
    let outcome = match planned(input, &trace) {
        steps if steps.is_empty() => not_pushed(input, inbox, &trace),
        steps => timed(input, &zones, expires_at, steps, &mut trace)
            .map_or_else(|reason| too_late(inbox, reason), Outcome::Push),
    };
    trace.would.extend(guarded_on_trial(input, &trace));
    Decision { outcome, inbox, trace }
}

fn judge<'a>(input: &DecideInput<'a>) -> Judge<'a> {
    Judge { citizen: input.citizen, policy: input.policy, jurisdiction: input.jurisdiction }
}

fn guard<'a>(input: &DecideInput<'a>) -> Guard<'a> {
    let by_law = class_rule(input.policy, input.class).basis == Basis::Law;
    let introductions = input.introductions.before(input.policy, input.facts.priority, by_law);
    Guard { policy: input.policy, template: input.guarded, introductions }
}

fn gets_inbox(input: &DecideInput<'_>) -> bool {
    let rule = class_rule(input.policy, input.class);
    let in_use = input.channels.iter().map(|facts| &facts.id);
    rule.inbox || rule.basis == Basis::Law || wanted_in_inbox(&input.citizen.consents, input.topic, in_use)
}

/// The channels that the guard would have passed over, where it is only reported on.
fn guarded_on_trial(input: &DecideInput<'_>, trace: &Trace) -> Vec<Would> {
    let used = trace.channels.iter().filter(|(_, reason)| is_used(*reason));
    used.filter_map(|(channel, _)| guard(input).on_trial(channel)).collect()
}

/// The steps of all channels that may be used, in their order.
fn planned(input: &DecideInput<'_>, trace: &Trace) -> Vec<PlannedStep> {
    let used = trace.channels.iter().filter(|(_, reason)| is_used(*reason));
    used.filter_map(|(channel, _)| step(input, channel)).collect()
}

fn is_used(reason: Reason) -> bool {
    matches!(reason, Reason::Chosen | Reason::LawOverrides)
}

fn step(input: &DecideInput<'_>, channel: &ChannelId) -> Option<PlannedStep> {
    let rule = input.policy.channels.get(channel)?;
    let facts = input.channels.iter().find(|facts| facts.id == *channel)?;
    Some(PlannedStep {
        channel: channel.clone(),
        awaits: facts.at_most(rule.awaits),
        wait_seconds: rule.wait_minutes.saturating_mul(60),
    })
}

/// Sets the moment of the first step. Steps for which no moment is left are taken from the plan, and
/// the trace says why.
fn timed(
    input: &DecideInput<'_>,
    zones: &Zones,
    expires_at: Timestamp,
    mut steps: Vec<PlannedStep>,
    trace: &mut Trace,
) -> Result<Plan, Reason> {
    let wishes = preference_for(input.citizen, input.topic).and_then(|one| one.hours);
    let timing = timing(input, zones, expires_at, wishes.as_slice());
    let is_heard = |channel: &ChannelId| is_push(input.policy, channel);
    let push = steps.first().is_some_and(|step| is_heard(&step.channel));
    let by_all_rules = timing.moment(push);
    trace.would.extend(on_trial(input, &timing, &by_all_rules, push));
    let moment = by_all_rules
        .or_else(|reason| {
            steps.retain(|step| !is_heard(&step.channel));
            strike(trace, reason, is_heard);
            if steps.is_empty() { Err(reason) } else { timing.moment(false) }
        })
        .inspect_err(|reason| strike(trace, *reason, |_| true))?;
    Ok(plan(steps, moment, trace))
}

/// What the part that is kept for deadlines would have changed, where it is only reported on.
fn on_trial(
    input: &DecideInput<'_>,
    timing: &Timing<'_>,
    found: &Result<Moment, Reason>,
    push: bool,
) -> Option<Would> {
    let deadline = deadline(&input.facts, timing.quiet.zones, input.now);
    timing.ceilings?;
    let trial = ceilings_on_trial(input.policy, input.jurisdiction, deadline, input.now)?;
    timing.on_trial(trial, found, push)
}

fn timing<'a>(
    input: &DecideInput<'a>,
    zones: &'a Zones,
    expires_at: Timestamp,
    wishes: &'a [Wish],
) -> Timing<'a> {
    let counts = class_rule(input.policy, input.class).budget;
    Timing {
        priority: input.facts.priority,
        not_before: input.facts.not_before,
        expires_at,
        quiet: Quiet { hours: &input.jurisdiction.contact_hours, zones, wishes },
        ceilings: counts.then(|| {
            let deadline = deadline(&input.facts, zones, input.now);
            ceilings(input.policy, input.jurisdiction, deadline, input.now)
        }),
        history: input.history,
        now: input.now,
    }
}

/// Notes why channels that might have been used are not.
fn strike(trace: &mut Trace, reason: Reason, concerns: impl Fn(&ChannelId) -> bool) {
    for (_, used) in trace.channels.iter_mut().filter(|(channel, used)| is_used(*used) && concerns(channel)) {
        *used = reason;
    }
}

fn plan(steps: Vec<PlannedStep>, moment: Moment, trace: &mut Trace) -> Plan {
    trace.deferrals = moment.deferrals;
    let deferred = trace.deferrals.last().map(|(reason, _)| *reason);
    Plan { steps, due_at: moment.at, deferred, reserve: moment.reserve }
}

fn too_late(inbox: bool, reason: Reason) -> Outcome {
    Outcome::Close { state: if inbox { FinalState::InboxOnly } else { FinalState::Expired }, reason }
}

/// No channel may be used.
fn not_pushed(input: &DecideInput<'_>, inbox: bool, trace: &Trace) -> Outcome {
    if inbox {
        Outcome::Close { state: FinalState::InboxOnly, reason: most_telling(trace) }
    } else {
        Outcome::Close {
            state: FinalState::Suppressed,
            reason: refusal(&input.citizen.consents, input.topic),
        }
    }
}

/// Reasons against a channel, those first that say most of the citizen's own will and situation.
const TELLING: [Reason; 8] = [
    Reason::ConsentWithdrawn,
    Reason::NoConsent,
    Reason::Guarded,
    Reason::AddressClosed,
    Reason::NoAddress,
    Reason::JurisdictionForbids,
    Reason::ChannelOff,
    Reason::NotPreferred,
];

/// The reason that tells most of why no channel may be used; that all are off where policy names
/// none.
fn most_telling(trace: &Trace) -> Reason {
    let stands = |reason: &Reason| trace.channels.iter().any(|(_, against)| against == reason);
    TELLING.into_iter().find(stands).unwrap_or(Reason::ChannelOff)
}

#[cfg(test)]
mod tests;
