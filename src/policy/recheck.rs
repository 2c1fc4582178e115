//! The check just before sending: is what was decided still right?

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use uuid::Uuid;
use vestnik_contract::ChannelId;

use super::budget::{ceilings, ceilings_on_trial, strictest, without};
use super::channels::{Judge, class_rule, is_push, preference_for};
use super::consent::nothing_to_introduce;
use super::guard::Guard;
use super::introduction::{PausedIntroductions, has_law};
use super::moment::{Moment, Timing, expired};
use super::{Quiet, Zones};
use crate::domain::{
    Basis, Citizen, Class, ContactHistory, FinalState, Item, Jurisdiction, NoticeKind, Policy, Priority,
    Reason, Recheck, TopicId, Wish, Would,
};

/// What the check needs to know of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemFacts<'a> {
    /// Its topic.
    pub topic: &'a TopicId,
    /// The class of its template.
    pub class: Class,
    /// The channels on which the guard has paused its template.
    pub guarded: &'a BTreeSet<ChannelId>,
}

impl<'a> ItemFacts<'a> {
    /// Of an item whose template the guard has paused on these channels.
    #[must_use]
    pub fn of(item: &'a Item, guarded: &'a BTreeSet<ChannelId>) -> Self {
        Self { topic: &item.topic, class: item.class, guarded }
    }
}

/// All that [`recheck`] judges by.
#[derive(Debug, Clone, Copy)]
pub struct RecheckInput<'a> {
    /// The channel of the step that is to be sent.
    pub channel: &'a ChannelId,
    /// The channels of the steps that would come after it.
    pub later: &'a [ChannelId],
    /// What the notice is for. A confirmation or an answer is what the citizen asked for a moment ago: it
    /// needs no consent, and neither waits for contact hours nor counts.
    pub kind: NoticeKind,
    /// Where it answers somebody: the address that it goes to.
    pub answers: Option<Uuid>,
    /// The items that are still open. An introduction has none: it may be sent where the citizen consented
    /// to anything on its channel.
    pub items: &'a [ItemFacts<'a>],
    /// Where the guard has paused introductions.
    pub introductions: PausedIntroductions<'a>,
    /// The notice's priority.
    pub priority: Priority,
    /// After this moment the notice is not sent any more.
    pub expires_at: Timestamp,
    /// By when the citizen has to act.
    pub deadline: Option<Timestamp>,
    /// Before this moment it is not sent.
    pub not_before: Option<Timestamp>,
    /// The local day on which this step holds a place in the contact budget; it is part of
    /// `history`, and does not stand in its own way.
    pub reserved: Option<Date>,
    /// The recipient.
    pub citizen: &'a Citizen,
    /// The operator's rules.
    pub policy: &'a Policy,
    /// The law's rules where the citizen lives.
    pub jurisdiction: &'a Jurisdiction,
    /// What the citizen has been sent and is going to be sent.
    pub history: &'a ContactHistory,
    /// The moment of sending.
    pub now: Timestamp,
}

/// Checks again, at the moment of sending, all that may have changed since the plan was made.
///
/// - A notice whose time is over closes as [`FinalState::Expired`].
/// - What is for a citizen who has died closes as [`FinalState::Suppressed`]; but whoever writes from an
///   address of theirs is answered.
/// - A channel that the law or the configuration has taken away, or that has no active address any
///   more, is skipped.
/// - Items without ground on this channel are left out ([`Recheck::Go`]); where none is left the
///   channel is skipped, with [`Reason::ConsentWithdrawn`] if any consent was withdrawn. An item
///   that a law demands is left out for a withdrawal only as long as a later step could carry it.
/// - Where the guard has paused one of the items on this channel and a later step could carry it, the
///   channel is skipped for all of them with [`Reason::Guarded`]; else that item is left out. Where it has
///   paused introductions, they are skipped, and so is what would have to wait for one.
/// - A push outside of contact hours, or for which the budget has no room, is put off, together
///   with its reservation. Where no moment is left before the notice expires the channel is skipped
///   for that reason, so that a later step without noise has its turn.
///
/// Never panics, whatever is passed in.
#[must_use]
pub fn recheck(input: &RecheckInput<'_>) -> Recheck {
    if expired(input.expires_at, input.now) {
        return Recheck::Close(FinalState::Expired, Reason::Expired);
    }
    let own_request = is_own_request(input.kind);
    if input.citizen.deceased && !own_request {
        return Recheck::Close(FinalState::Suppressed, Reason::Deceased);
    }
    if let Some(reason) = obstacle(input) {
        return Recheck::Skip(reason);
    }
    if own_request {
        return timed(input, &[], Vec::new());
    }
    if input.kind == NoticeKind::Introduction {
        let against = nothing_to_introduce(&input.citizen.consents, input.channel)
            .or_else(|| guard(input, input.introductions.on).against(input.channel));
        return against.map_or_else(|| timed(input, &[], Vec::new()), Recheck::Skip);
    }
    let left_out = groundless(input);
    // What the guard sends on to the next step takes along what it is bundled with.
    if left_out.iter().any(|(number, reason)| *reason == Reason::Guarded && goes_on(input, *number)) {
        return Recheck::Skip(Reason::Guarded);
    }
    let is_left = |number: &usize| !left_out.iter().any(|(out, _)| out == number);
    let left: Vec<_> =
        (0..).zip(input.items).filter(|(number, _)| is_left(number)).map(|(_, item)| *item).collect();
    if left.is_empty() { Recheck::Skip(why_none(&left_out)) } else { timed(input, &left, left_out) }
}

fn judge<'a>(input: &RecheckInput<'a>) -> Judge<'a> {
    Judge { citizen: input.citizen, policy: input.policy, jurisdiction: input.jurisdiction }
}

/// Why the channel cannot carry it. An answer looks at the address alone that it goes to.
fn obstacle(input: &RecheckInput<'_>) -> Option<Reason> {
    let found = judge(input).obstacle(input.channel, false)?;
    let of_addresses = matches!(found, Reason::NoAddress | Reason::AddressClosed);
    let answers = |id| input.citizen.addresses.iter().any(|one| one.id == id && one.may_be_answered());
    (!of_addresses || !input.answers.is_some_and(answers)).then_some(found)
}

pub(super) fn is_own_request(kind: NoticeKind) -> bool {
    matches!(kind, NoticeKind::Confirmation | NoticeKind::Answer)
}

/// The items that have no ground on this channel any more.
fn groundless(input: &RecheckInput<'_>) -> Vec<(usize, Reason)> {
    let numbered = input.items.iter().enumerate();
    numbered.filter_map(|(number, item)| Some((number, no_ground(input, item)?))).collect()
}

/// Whether a later step can carry this item.
fn goes_on(input: &RecheckInput<'_>, number: usize) -> bool {
    input.items.get(number).is_some_and(|item| another_is_left(input, item))
}

fn no_ground(input: &RecheckInput<'_>, item: &ItemFacts<'_>) -> Option<Reason> {
    let against = against(input, item, input.channel)?;
    let by_law = class_rule(input.policy, item.class).basis == Basis::Law;
    if by_law && !another_is_left(input, item) { None } else { Some(against) }
}

/// Whether a later step could carry the item without going against a withdrawal.
fn another_is_left(input: &RecheckInput<'_>, item: &ItemFacts<'_>) -> bool {
    let obstacle = |channel| judge(input).obstacle(channel, false);
    input.later.iter().any(|channel| obstacle(channel).or(against(input, item, channel)).is_none())
}

/// What speaks against this item on a channel.
fn against(input: &RecheckInput<'_>, item: &ItemFacts<'_>, channel: &ChannelId) -> Option<Reason> {
    let no_ground = judge(input).no_ground(channel, item.topic, item.class);
    no_ground.or_else(|| guard(input, item.guarded).against(channel))
}

/// What the guard has against something whose template it has paused on these channels.
fn guard<'a>(input: &RecheckInput<'a>, template: &'a BTreeSet<ChannelId>) -> Guard<'a> {
    let waits = input.kind == NoticeKind::Entitlement;
    let introductions = input.introductions.before(input.policy, input.priority, has_law(input));
    Guard { policy: input.policy, template, introductions: introductions.filter(|_| waits) }
}

fn why_none(left_out: &[(usize, Reason)]) -> Reason {
    let withdrawn = left_out.iter().find(|(_, reason)| *reason == Reason::ConsentWithdrawn);
    withdrawn.or(left_out.first()).map_or(Reason::NotNeeded, |(_, reason)| *reason)
}

/// Now, later, or not at all. `items` are those that are left; a citizen's own request has none and
/// is judged like something that makes no noise. An introduction is a push that counts.
///
/// Who holds a place of today took it when there was room beside the part that is kept for deadlines;
/// that others have taken of that part since is no reason to give the place up.
fn timed(input: &RecheckInput<'_>, items: &[ItemFacts<'_>], left_out: Vec<(usize, Reason)>) -> Recheck {
    let moment = with_timing(input, items, |timing, push| {
        let all = timing.ceilings.map(|_| strictest(input.policy.budget, input.jurisdiction.ceilings));
        let kept_place = input.reserved.and_then(|_| Timing { ceilings: all, ..*timing }.moment(push).ok());
        let stays = kept_place.filter(|moment| moment.reserve == input.reserved);
        stays.map_or_else(|| timing.moment(push), Ok)
    });
    match moment {
        Ok(moment) => go_or_defer(&moment, left_out),
        Err(reason) => Recheck::Skip(reason),
    }
}

/// What the rules that are only reported on would have changed just now. Of a step that holds its place in
/// the contact budget the part that is kept for deadlines was told of when the place was taken.
#[must_use]
pub fn on_trial(input: &RecheckInput<'_>) -> Vec<Would> {
    let takes_place = input.reserved.is_none();
    let kept = takes_place.then(|| kept_on_trial(input)).flatten();
    let mut guarded = input.items.iter();
    let guarded = guarded.find_map(|item| guard(input, item.guarded).on_trial(input.channel));
    kept.into_iter().chain(guarded).collect()
}

fn kept_on_trial(input: &RecheckInput<'_>) -> Option<Would> {
    let trial = ceilings_on_trial(input.policy, input.jurisdiction, input.deadline, input.now)?;
    with_timing(input, input.items, |timing, push| {
        timing.ceilings?;
        timing.on_trial(trial, &timing.moment(push), push)
    })
}

pub(super) fn with_timing<T>(
    input: &RecheckInput<'_>,
    items: &[ItemFacts<'_>],
    then: impl FnOnce(&Timing<'_>, bool) -> T,
) -> T {
    let zones = Zones::of(input.citizen, input.jurisdiction);
    let introduces = input.kind == NoticeKind::Introduction;
    let wishes = if introduces { wish_for_all(input.citizen) } else { wishes(input.citizen, items) };
    let counts = introduces || items.iter().any(|item| class_rule(input.policy, item.class).budget);
    let others = without(input.history, input.reserved);
    let timing = Timing {
        priority: input.priority,
        not_before: input.not_before,
        expires_at: input.expires_at,
        quiet: Quiet { hours: &input.jurisdiction.contact_hours, zones: &zones, wishes: &wishes },
        ceilings: counts.then(|| ceilings(input.policy, input.jurisdiction, input.deadline, input.now)),
        history: &others,
        now: input.now,
    };
    then(&timing, (introduces || !items.is_empty()) && is_push(input.policy, input.channel))
}

fn go_or_defer(moment: &Moment, left_out: Vec<(usize, Reason)>) -> Recheck {
    match moment.deferrals.last() {
        None => Recheck::Go { reserve: moment.reserve, left_out },
        Some((reason, until)) => Recheck::Defer { until: *until, reason: *reason, reserve: moment.reserve },
    }
}

/// The hours that the citizen wishes for the topics of these items.
fn wishes(citizen: &Citizen, items: &[ItemFacts<'_>]) -> Vec<Wish> {
    items.iter().filter_map(|item| preference_for(citizen, item.topic)?.hours).collect()
}

/// The hours that the citizen wishes for whatever has no topic.
fn wish_for_all(citizen: &Citizen) -> Vec<Wish> {
    let for_all = citizen.preferences.iter().find(|one| one.topic.is_none());
    for_all.and_then(|one| one.hours).into_iter().collect()
}

#[cfg(test)]
mod tests;
