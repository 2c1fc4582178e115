//! What must hold, with its number in the design's list of what must always hold where it has one: of a
//! message at the moment of sending, of a citizen at every instant, and of all of it at the end.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::deed::{Fate, TOPICS};
use super::person::{Person, Published, Sent, carried, named};
use super::will::Will;
use crate::domain::{
    Class, Evidence, Item, Mode, Notice, NoticeKind, NotificationKey, Priority, Reason, Step, StepState, Wish,
};
use crate::ledger::fixture::address;
use crate::ledger::{Outgoing, Rules};
use crate::policy::Quiet;

/// It holds, or what breaks it.
pub(super) type Holds = Result<(), String>;

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Holds {
    if holds { Ok(()) } else { Err(otherwise()) }
}

// ---- at the moment of sending ----

/// A message at the moment of sending.
pub(super) struct Sending<'a> {
    person: &'a Person,
    outgoing: &'a Outgoing,
    notice: &'a Notice,
    step: &'a Step,
    channel: &'static str,
    rules: &'a Rules,
    now: Timestamp,
}

impl<'a> Sending<'a> {
    pub fn of(person: &'a Person, outgoing: &'a Outgoing, rules: &'a Rules, now: Timestamp) -> Self {
        let notice = &person.notices[&outgoing.notice].1;
        let step = notice.step().unwrap();
        Self { person, outgoing, notice, step, channel: named(&step.planned.channel), rules, now }
    }

    pub fn check(&self) -> Holds {
        self.is_of_one_citizen()?;
        self.has_one_sender()?;
        self.is_in_time()?;
        self.is_not_sent_twice()?;
        self.follows_the_plan()?;
        self.is_introduced()?;
        let agrees = self.agrees_with(&self.person.will);
        // What is said while it is started may count already or not yet.
        agrees
            .or_else(|broken| self.person.before.as_ref().map_or(Err(broken), |will| self.agrees_with(will)))
    }

    /// Of this message, what is said about it.
    fn told(&self, what: &str) -> String {
        format!("{what}: on {} at {}, {:?}", self.channel, self.now, self.notice)
    }

    fn must(&self, holds: bool, what: &str) -> Holds {
        ensure(holds, || self.told(what))
    }

    fn is_push(&self) -> bool {
        self.rules.policy.channels[self.channel].push
    }

    /// Whether the citizen asked for it a moment ago.
    fn is_answer(&self) -> bool {
        !matches!(self.notice.kind, NoticeKind::Entitlement | NoticeKind::Introduction)
    }

    fn is_urgent(&self) -> bool {
        self.notice.priority == Priority::Urgent
    }

    fn has_deadline(&self) -> bool {
        self.notice.deadline.is_some()
    }

    fn facts(&self, item: &Item) -> Option<&'a Published> {
        self.person.published.iter().find(|one| one.key == Some(item.notification))
    }

    fn is_of_one_citizen(&self) -> Holds {
        let to = address(self.channel, &self.person.name);
        self.must(self.outgoing.message.recipient == to, "it goes to somebody else")?;
        let own = self.notice.items.iter().all(|item| self.facts(item).is_some());
        self.must(own, "it holds what is another's")
    }

    /// Invariant 7.
    fn has_one_sender(&self) -> Holds {
        let text = &self.outgoing.message.text;
        self.must(text.starts_with("Ministry") && text.contains("Code "), "the sender is not shown")
    }

    fn is_in_time(&self) -> Holds {
        let over = |item: &Item| item.expires_at.unwrap_or(self.notice.expires_at) <= self.now;
        self.must(self.notice.expires_at > self.now, "its time is over")?;
        self.must(!carried(self.notice).any(over), "an item's time is over")?;
        for facts in carried(self.notice).filter_map(|item| self.facts(item)) {
            let named = facts.expires_at.is_none_or(|end| end > self.now);
            let asked = facts.not_before.is_none_or(|begin| begin <= self.now);
            self.must(named && asked, "the source wanted it earlier or later")?;
        }
        Ok(())
    }

    /// Invariant 3, and of invariant 6 that a provider is not asked again before the time that it named.
    fn is_not_sent_twice(&self) -> Holds {
        let same = |sent: &&Sent| sent.notice == self.notice.id && sent.channel == self.channel;
        for sent in self.person.sent.iter().filter(same) {
            let again = !sent.may_have_arrived() || (self.channel == "portal" && !sent.was_taken());
            self.must(again, "sent twice")?;
            if let Fate::Throttled { minutes } = sent.fate {
                let asked = sent.at + SignedDuration::from_mins(minutes);
                self.must(asked <= self.now, "sooner than the provider asked for")?;
            }
        }
        Ok(())
    }

    /// One step at a time, in the order of the plan, and the next only once the one before is over.
    fn follows_the_plan(&self) -> Holds {
        let (before, after) = self.notice.steps.split_at(self.notice.current);
        // A receipt that came at the same time may have ended it meanwhile.
        let ended = self.notice.closed.is_some();
        let later = after[1..].iter().all(|step| ended || step.state == StepState::Planned);
        self.must(self.step.state == StepState::Started, "what is sent is not started")?;
        self.must(later, "a later step was begun")?;
        for step in before {
            let done = ended && step.state == StepState::Done;
            let over = done || matches!(step.state, StepState::Failed { .. } | StepState::Skipped { .. });
            self.must(over, "the step before is not over")?;
            let waited =
                matches!(step.state, StepState::Failed { reason: Reason::NoReceipt | Reason::Ambiguous });
            self.must(!waited || self.has_waited(step), "the fallback did not wait")?;
        }
        Ok(())
    }

    /// Whether the time to wait has passed since the step was sent: by the clock, and by the hours in which
    /// a push could have been looked at, where it is one that keeps them.
    fn has_waited(&self, step: &Step) -> bool {
        let Some(sent) = step.attempts.last() else { return false };
        let wait = SignedDuration::from_secs(i64::from(step.planned.wait_seconds));
        let keeps_hours = self.rules.policy.channels[&step.planned.channel].push && !self.is_urgent();
        let quiet = self.quiet(&[]);
        // A sample stands for ten minutes, of which hours that open or close cut off some.
        let sample = SignedDuration::from_mins(10);
        let samples = std::iter::successors(Some(sent.started_at), |at| Some(*at + sample));
        let lawful = samples.take_while(|at| *at < self.now).filter(|at| quiet.is_lawful(*at));
        let enough = usize::try_from(wait.as_mins() / 10).unwrap_or_default().saturating_sub(2);
        sent.started_at + wait <= self.now && (!keeps_hours || lawful.take(enough).count() == enough)
    }

    /// Who writes is told before the first push on a channel, in good time and once.
    fn is_introduced(&self) -> Holds {
        if self.rules.policy.introduction.mode != Mode::Enforce || !self.is_push() {
            return Ok(());
        }
        let on_it: Vec<_> = self.person.sent.iter().filter(|sent| sent.channel == self.channel).collect();
        let introductions = || on_it.iter().filter(|sent| sent.kind == NoticeKind::Introduction);
        if self.notice.kind == NoticeKind::Introduction {
            let welcomed = self.person.will.is_welcomed(self.channel)
                && self.person.before.as_ref().is_none_or(|will| will.is_welcomed(self.channel));
            // What was tried before they asked is tried again.
            let calls: usize = self.notice.steps.iter().map(|step| step.attempts.len()).sum();
            self.must(!welcomed || calls > 1, "introduced to whoever asked for it")?;
            return self.must(!introductions().any(|sent| sent.may_have_arrived()), "introduced twice");
        }
        let by_law = carried(self.notice).any(|item| item.class == Class::LegalDuty);
        if self.is_answer() || self.is_urgent() || by_law || self.has_deadline() || self.is_pressed() {
            return Ok(());
        }
        let known = on_it.iter().any(|sent| sent.kind == NoticeKind::Entitlement);
        let welcomed = self.person.will.is_welcomed(self.channel);
        let lead = SignedDuration::from_secs(self.rules.policy.introduction.lead_seconds.into());
        let introduced = introductions().any(|sent| sent.at + lead <= self.now);
        self.must(known || welcomed || introduced, "not introduced before the first push")
    }

    /// Whether there may be no moment left for an introduction and what follows it: little time, or few
    /// places in the budget.
    fn is_pressed(&self) -> bool {
        let week = SignedDuration::from_hours(7 * 24);
        let ahead = self.person.places.range(self.person.zones.day(self.now)..).map(|(_, count)| count);
        self.notice.sent_until() < self.now + week * 2 || ahead.sum::<u32>() > 2
    }

    // ---- by what the citizen wants ----

    fn agrees_with(&self, will: &Will) -> Holds {
        self.must(!will.is_blocked(self.channel), "to whom has turned away")?;
        if self.is_answer() {
            return Ok(());
        }
        self.must(!will.dead, "to whom has died")?;
        self.must(!will.is_disputed(self.channel), "to an address that is another's")?;
        self.has_consent(will)?;
        self.comes_at_a_permitted_moment(will)
    }

    /// Invariant 1.
    fn has_consent(&self, will: &Will) -> Holds {
        let holds = match self.notice.kind {
            NoticeKind::Introduction => TOPICS.iter().any(|topic| will.consents(self.channel, topic)),
            _ => carried(self.notice).all(|item| {
                item.class == Class::LegalDuty || will.consents(self.channel, item.topic.as_str())
            }),
        };
        self.must(holds, "without consent")
    }

    /// Invariant 5, and the citizen's own hours, as long as they ever come.
    fn comes_at_a_permitted_moment(&self, will: &Will) -> Holds {
        if !self.is_push() || self.is_urgent() {
            return Ok(());
        }
        let wishes: Vec<_> = if self.notice.kind == NoticeKind::Introduction {
            will.hours(None).into_iter().collect()
        } else {
            carried(self.notice).filter_map(|item| will.hours(Some(item.topic.as_str()))).collect()
        };
        let quiet = self.quiet(&wishes);
        self.must(quiet.is_lawful(self.now), "in quiet hours")?;
        let quarters = (0..8 * 24 * 4).map(|quarter| self.now + SignedDuration::from_mins(15 * quarter));
        let never = || quarters.into_iter().all(|at| !quiet.is_permitted(at));
        self.must(quiet.is_permitted(self.now) || never(), "outside of the citizen's own hours")
    }

    fn quiet<'b>(&'b self, wishes: &'b [Wish]) -> Quiet<'b> {
        Quiet { hours: &self.rules.strict.contact_hours, zones: &self.person.zones, wishes }
    }
}

// ---- at every instant ----

/// What must hold of a citizen and all notices to them, whatever happened.
pub(super) fn at_this_instant(person: &Person, rules: &Rules) -> Holds {
    keeps_the_budget(person, rules)?;
    for (_, notice) in person.notices.values() {
        let held = works_on_one_step(notice)
            .and_then(|()| takes_the_day_of_its_sending(person, notice, rules))
            .and_then(|()| waits_for_others_in_time(person, notice, rules))
            .and_then(|()| goes_the_way_that_is_wanted(person, notice));
        held.map_err(|what| format!("{what}: {notice:?}"))?;
    }
    Ok(())
}

/// Invariant 4. What is urgent passes the budget, and takes from it.
fn keeps_the_budget(person: &Person, rules: &Rules) -> Holds {
    let notices = || person.notices.values().map(|(_, notice)| notice);
    let places = |of: &dyn Fn(&Notice) -> bool| -> BTreeMap<Date, u32> {
        let steps = notices().filter(|notice| of(notice)).flat_map(|notice| &notice.steps);
        steps.filter_map(|step| step.reserved).fold(BTreeMap::new(), |mut days, day| {
            *days.entry(day).or_default() += 1;
            days
        })
    };
    let all = places(&|_| true);
    ensure(all == person.places, || {
        format!("the ledger counts {:?} and notices hold {all:?}", person.places)
    })?;
    let (budget, kept) = (rules.policy.budget, rules.policy.kept_for_deadlines);
    let most = [budget.per_day, budget.per_week];
    within(&places(&|notice| notice.priority != Priority::Urgent), most, "the budget")?;
    if kept.mode != Mode::Enforce {
        return Ok(());
    }
    let rest = |all: Option<u32>, kept: Option<u32>| all.map(|all| all - kept.unwrap_or(0));
    let rest = [rest(budget.per_day, kept.per_day), rest(budget.per_week, kept.per_week)];
    let has_time = |notice: &Notice| notice.priority != Priority::Urgent && notice.deadline.is_none();
    within(&places(&has_time), rest, "all but the part that is kept for deadlines")
}

/// No more than so many on one day and in one ISO week.
fn within(places: &BTreeMap<Date, u32>, [per_day, per_week]: [Option<u32>; 2], what: &str) -> Holds {
    let week = |day: &Date| (day.iso_week_date().year(), day.iso_week_date().week());
    for (day, of_day) in places {
        let of_week: u32 =
            places.iter().filter(|(other, _)| week(other) == week(day)).map(|(_, count)| count).sum();
        let holds = per_day.is_none_or(|most| *of_day <= most) && per_week.is_none_or(|most| of_week <= most);
        ensure(holds, || format!("{what}: {of_day} on {day}, {of_week} in its week"))?;
    }
    Ok(())
}

/// An open notice has one step that it works on, those before are over and those after have not begun. One
/// that is closed has no item left that is open, and no step that is still to be sent.
fn works_on_one_step(notice: &Notice) -> Holds {
    let waits = |step: &Step| matches!(step.state, StepState::Planned | StepState::Due { .. });
    if notice.closed.is_some() {
        let over = !notice.steps.iter().any(waits) && notice.open_items().next().is_none();
        return ensure(over, || "something is open after the end".to_owned());
    }
    let is_begun = |step: &Step| {
        matches!(step.state, StepState::Due { .. } | StepState::Started | StepState::Awaiting { .. })
    };
    let (before, after) = notice.steps.split_at(notice.current);
    let one = after.first().is_some_and(is_begun)
        && after.iter().skip(1).all(|step| step.state == StepState::Planned)
        && !before.iter().any(|step| waits(step) || is_begun(step));
    ensure(one, || "it does not work on one step".to_owned())
}

/// A push that may have arrived holds its place on the local day on which it was sent. One that was said to
/// have failed gave it back, whatever is said of it later.
fn takes_the_day_of_its_sending(person: &Person, notice: &Notice, rules: &Rules) -> Holds {
    let counts = |item: &Item| rules.policy.classes.get(&item.class).is_none_or(|rule| rule.budget);
    let all_count = !notice.items.is_empty() && notice.items.iter().all(counts);
    if !all_count && notice.kind != NoticeKind::Introduction {
        return Ok(());
    }
    let is_contradicted = |step: &Step| {
        let mut sent =
            person.sent.iter().filter(|sent| step.attempts.iter().any(|one| one.id == sent.attempt));
        sent.any(|sent| sent.is_contradicted)
    };
    let pushed = notice.steps.iter().filter(|step| rules.policy.channels[&step.planned.channel].push);
    for step in pushed.filter(|step| step.evidence() > Evidence::None && !is_contradicted(step)) {
        let day = step.attempts.last().map(|sent| person.zones.day(sent.started_at));
        ensure(step.reserved == day, || format!("sent on {day:?}, its place is of {:?}", step.reserved))?;
    }
    Ok(())
}

/// What waits for others waits no longer than each of them may: not past its hard end, nor past the margin
/// before the day by which the citizen has to act or before it expires.
fn waits_for_others_in_time(person: &Person, notice: &Notice, rules: &Rules) -> Holds {
    let (Some(window), true) = (notice.window, notice.is_open_to_others()) else { return Ok(()) };
    let Some(StepState::Due { at }) = notice.step().map(|step| step.state) else { return Ok(()) };
    if at <= window.earliest {
        return Ok(());
    }
    let rule = rules.policy.bundling;
    let margin = SignedDuration::from_secs(rule.deadline_margin_seconds.into());
    for item in notice.open_items() {
        let Some(facts) = person.published.iter().find(|one| one.key == Some(item.notification)) else {
            continue;
        };
        let hard_end = facts.at + SignedDuration::from_secs(rule.hard_end_seconds.into());
        let ends = facts.deadline.into_iter().chain(facts.expires_at).map(|end| end - margin);
        let latest = ends.fold(hard_end, Timestamp::min);
        ensure(at <= latest, || format!("it waits for others until {at}, and one may until {latest}"))?;
    }
    ensure(notice.open_items().count() <= rule.largest as usize, || {
        "more than one notice may hold".to_owned()
    })
}

/// A new notice goes over channels that the citizen has and wants, in the order in which they want them.
fn goes_the_way_that_is_wanted(person: &Person, notice: &Notice) -> Holds {
    let [item] = &notice.items[..] else { return Ok(()) };
    let is_new = person.published.iter().any(|one| one.key == Some(item.notification) && one.is_new);
    if !is_new {
        return Ok(());
    }
    let mut order = person.will.order(item.topic.as_str()).into_iter();
    let holds = notice.channels().all(|channel| {
        person.channels.contains(&channel.as_str()) && order.any(|next| next == channel.as_str())
    });
    ensure(holds, || "it goes another way than the citizen wants".to_owned())
}

// ---- at the end ----

/// Invariants 2 and 10, once everything is over: whatever came in ended once, and says what is known.
pub(super) fn at_the_end(person: &Person, closings: &BTreeMap<NotificationKey, usize>, open: u64) -> Holds {
    ensure(open == 0, || format!("{open} are still at work"))?;
    for (_, notice) in person.notices.values() {
        ensure(notice.closed.is_some(), || format!("it never ended: {notice:?}"))?;
    }
    for one in &person.published {
        let closed = one.key.and_then(|key| closings.get(&key)).copied().unwrap_or_default();
        ensure(closed == 1 && one.ended.is_some(), || format!("it ended {closed} times: {one:?}"))?;
        says_what_is_known(person, one).map_err(|what| format!("{what}: {one:?}"))?;
    }
    Ok(())
}

fn says_what_is_known(person: &Person, one: &Published) -> Holds {
    let Some((state, key)) = one.ended.zip(one.key) else { return Ok(()) };
    let carried: Vec<_> = person.sent.iter().filter(|sent| sent.items.contains(&key)).collect();
    if carried.iter().any(|sent| sent.is_contradicted) {
        return Ok(());
    }
    let some = |of: &dyn Fn(&Sent) -> bool| carried.iter().any(|sent| of(sent));
    let known = match state.evidence() {
        Evidence::Delivered | Evidence::Read => some(&|sent| sent.arrived.len() == sent.parts()),
        Evidence::Accepted => some(&Sent::was_taken),
        Evidence::Unknown => some(&|sent| !sent.was_refused()),
        Evidence::None => !some(&Sent::may_have_arrived),
    };
    ensure(known, || format!("that is not what is known: {carried:?}"))?;
    // What was left out of the message before its end is not told of it any more.
    let notice = one.notice.and_then(|id| person.notices.get(&id)).map(|(_, notice)| notice);
    let ended_with_it = notice.is_some_and(|notice| {
        notice.items.iter().any(|item| item.notification == key && item.closed == notice.closed)
    });
    let arrived = some(&|sent| sent.arrived.len() == sent.parts());
    let rose = !arrived || state.evidence() >= Evidence::Delivered;
    ensure(rose || !ended_with_it, || format!("it does not say that it arrived: {carried:?}"))
}
