//! The course of one citizen's past: what comes, and what of it is sent and when, in the order of time.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, civil::Date};
use uuid::Uuid;
use vestnik_contract::ChannelId;

use super::{Fate, Life, Recorded, Replayed, Rulebook};
use crate::domain::{
    Citizen, ContactHistory, Decision, Ending, FinalState, Item, Jurisdiction, Mode, Notice, NoticeId,
    NoticeKind, NotificationKey, Outcome, Plan, Reason, Recheck, Step, StepState, Window,
};
use crate::policy::channels::is_push;
use crate::policy::{
    DecideInput, Holder, ItemFacts, Joined, PausedIntroductions, RecheckInput, Yield, Zones, deadline,
    decide, expiry, join, make_room, may_wait, open, recheck, wait_until,
};

/// A notice that is not over. Its items stand in the order of `numbers`.
struct Open {
    notice: Notice,
    /// Which of the recorded notifications its items are.
    numbers: Vec<usize>,
    /// Whether something of it was sent, in vain.
    tried: bool,
}

impl Open {
    /// Sets when the step whose turn it is is due.
    fn due(&mut self, at: Timestamp) {
        let current = self.notice.current;
        if let Some(step) = self.notice.steps.get_mut(current) {
            step.state = StepState::Due { at };
        }
    }
}

/// A citizen's past on its way through a set of rules.
pub(super) struct Course<'a> {
    life: &'a Life,
    rules: &'a Rulebook,
    law: &'a Jurisdiction,
    zones: Zones,
    /// The citizen as known at the moment.
    citizen: Citizen,
    history: ContactHistory,
    /// In the order in which they came.
    open: Vec<Open>,
    fates: Vec<Fate>,
    contacts: u32,
}

impl<'a> Course<'a> {
    pub(super) fn new(life: &'a Life, rules: &'a Rulebook) -> Self {
        let law = rules.jurisdictions.get(&life.citizen.profile.jurisdiction).unwrap_or(&rules.strict);
        let untold = Fate::Ended { state: FinalState::Unknown, reason: Reason::NotNeeded };
        Self {
            life,
            rules,
            law,
            zones: Zones::of(&life.citizen, law),
            citizen: Citizen { consents: Vec::new(), ..life.citizen.clone() },
            history: life.others.clone(),
            open: Vec::new(),
            fates: vec![untold; life.notifications.len()],
            contacts: 0,
        }
    }

    pub(super) fn run(mut self) -> Replayed {
        for (number, recorded) in self.life.notifications.iter().enumerate() {
            self.go_on_until(recorded.at);
            self.hear(recorded.at);
            self.take(number, recorded);
        }
        self.go_on_until(Timestamp::MAX);
        Replayed { fates: self.fates, contacts: self.contacts }
    }

    /// What the citizen has said by now, and which addresses were closed before.
    fn hear(&mut self, now: Timestamp) {
        let heard = self.citizen.consents.len();
        let said = self.life.consents[heard..].iter().take_while(|(recorded_at, _)| *recorded_at <= now);
        self.citizen.consents.extend(said.map(|(_, consent)| consent.clone()));
        for (entry, known) in self.citizen.addresses.iter_mut().zip(&self.life.citizen.addresses) {
            entry.closed = known.closed.clone().filter(|closed| closed.at < now);
        }
    }

    // ---- what comes ----

    fn take(&mut self, number: usize, recorded: &Recorded) {
        if recorded.taken_back_at.is_some_and(|at| at <= recorded.at) {
            return self.tell(number, taken_back());
        }
        if let Some((at, joined)) = self.joins(recorded) {
            return self.join(at, number, recorded, &joined);
        }
        let input = self.asked(recorded);
        let decision = decide(&input);
        let room = self.room(&input, &decision);
        let decision = room.as_ref().map_or(decision, |room| room.decision.clone());
        let (decision, window) = open(&input, decision);
        if let Some(room) = room {
            self.defer(room.holder, room.until, room.reserve);
        }
        let inbox = decision.inbox;
        match decision.outcome {
            Outcome::Close { state, reason } => self.tell(number, Fate::Ended { state, reason }),
            Outcome::Push(plan) => self.keep(number, recorded, plan, inbox, window),
        }
    }

    fn asked<'b>(&'b self, recorded: &'b Recorded) -> DecideInput<'b> {
        DecideInput {
            facts: recorded.facts,
            topic: &recorded.topic,
            class: recorded.class,
            citizen: &self.citizen,
            policy: &self.rules.policy,
            jurisdiction: self.law,
            history: &self.history,
            channels: &self.rules.channels,
            guarded: &NOWHERE,
            introductions: PausedIntroductions::nowhere(),
            now: recorded.at,
        }
    }

    fn joins(&self, recorded: &Recorded) -> Option<(usize, Joined)> {
        let Recorded { class, facts, topic, .. } = recorded;
        if !may_wait(&self.rules.policy, *class, facts.priority, &self.citizen, topic) {
            return None;
        }
        let input = self.asked(recorded);
        self.open.iter().enumerate().find_map(|(at, one)| Some((at, join(&input, &one.notice)?)))
    }

    fn join(&mut self, at: usize, number: usize, recorded: &Recorded, joined: &Joined) {
        let (expires_at, deadline) = self.limits(recorded);
        let Open { notice, numbers, .. } = &mut self.open[at];
        numbers.push(number);
        notice.items.push(Item { expires_at: Some(expires_at), ..item(recorded) });
        notice.window = Some(joined.window);
        notice.priority = notice.priority.min(recorded.facts.priority);
        notice.expires_at = notice.expires_at.max(expires_at);
        notice.not_before = notice.not_before.max(recorded.facts.not_before);
        notice.deadline = notice.deadline.into_iter().chain(deadline).min();
        if let Some(step) = notice.steps.first_mut() {
            step.state = StepState::Due { at: joined.due_at };
            moved(&mut self.history, &mut step.reserved, joined.reserve);
        }
    }

    /// Who gives a place to this one, where one does.
    fn room(&self, input: &DecideInput<'_>, decision: &Decision) -> Option<Yield> {
        if self.rules.policy.yielding.mode != Mode::Enforce {
            return None;
        }
        let unsent: Vec<_> = (0..self.open.len()).filter(|at| !self.open[*at].tried).collect();
        let asked: Vec<_> = unsent.iter().map(|at| Asked::of(&self.open[*at].notice)).collect();
        let holders = unsent.iter().zip(&asked).filter_map(|(at, asked)| {
            let step = self.open[*at].notice.step()?;
            let StepState::Due { at: due_at } = step.state else { return None };
            let check = asked.input(self, &self.open[*at].notice, step, input.now);
            let (class, day) = (self.open[*at].notice.class()?, step.reserved?);
            Some((*at, Holder { check, class, day, due_at }))
        });
        let (places, holders): (Vec<_>, Vec<_>) = holders.unzip();
        let made = make_room(input, decision, &holders)?;
        Some(Yield { holder: places[made.holder], ..made })
    }

    fn keep(&mut self, number: usize, recorded: &Recorded, plan: Plan, inbox: bool, window: Option<Window>) {
        let (expires_at, deadline) = self.limits(recorded);
        let mut steps: Vec<_> = plan.steps.into_iter().map(Step::planned).collect();
        let Some(first) = steps.first_mut() else { return };
        first.state = StepState::Due { at: plan.due_at };
        moved(&mut self.history, &mut first.reserved, plan.reserve);
        let notice = Notice {
            id: NoticeId(Uuid::nil()),
            citizen: self.citizen.key,
            kind: NoticeKind::Entitlement,
            priority: recorded.facts.priority,
            answers: None,
            items: vec![Item { expires_at: Some(expires_at), ..item(recorded) }],
            on_behalf_of: None,
            steps,
            current: 0,
            not_before: recorded.facts.not_before,
            expires_at,
            deadline,
            window,
            inbox,
            config: String::new(),
            closed: None,
        };
        self.open.push(Open { notice, numbers: vec![number], tried: false });
    }

    fn limits(&self, recorded: &Recorded) -> (Timestamp, Option<Timestamp>) {
        let Recorded { facts, at, .. } = recorded;
        (expiry(facts, &self.rules.policy, &self.zones, *at), deadline(facts, &self.zones, *at))
    }

    // ---- what is sent ----

    /// Lets everything happen that has its moment by then.
    fn go_on_until(&mut self, end: Timestamp) {
        while let Some((now, at)) = self.next().filter(|(now, _)| *now <= end) {
            self.hear(now);
            let one = self.open.remove(at);
            if let Some(one) = self.go_on(one, now) {
                self.open.insert(at, one);
            }
        }
    }

    /// The next moment at which something happens to a notice, and which.
    fn next(&self) -> Option<(Timestamp, usize)> {
        let moments = self.open.iter().map(|one| {
            let due = one.notice.step().map(|step| step.state);
            let due = due.and_then(|state| if let StepState::Due { at } = state { Some(at) } else { None });
            let ends = self.still(one).filter_map(|(_, recorded)| recorded.taken_back_at);
            ends.chain(due).min().unwrap_or(Timestamp::MIN)
        });
        moments.zip(0..).min()
    }

    /// The items that are still to be sent, by their number in the notice.
    fn still<'b>(&'b self, one: &'b Open) -> impl Iterator<Item = (usize, &'b Recorded)> {
        let open = one.notice.items.iter().zip(&one.numbers).enumerate();
        open.filter(|(_, (item, _))| item.closed.is_none())
            .map(|(at, (_, number))| (at, &self.life.notifications[*number]))
    }

    /// What is left of a notice after this moment.
    fn go_on(&mut self, mut one: Open, now: Timestamp) -> Option<Open> {
        let taken = self.still(&one).filter(|(_, item)| item.taken_back_at.is_some_and(|at| at <= now));
        let taken: Vec<_> = taken.map(|(at, _)| at).collect();
        self.close(&mut one, &taken, &taken_back());
        if one.notice.open_items().next().is_none() {
            return self.drop(one);
        }
        if matches!(one.notice.step(), Some(Step { state: StepState::Due { at }, .. }) if *at > now) {
            return Some(one);
        }
        let over = |item: &Item| item.expires_at.is_some_and(|end| end <= now);
        let over: Vec<_> =
            (0..).zip(&one.notice.items).filter(|(_, item)| over(item)).map(|(at, _)| at).collect();
        self.close(&mut one, &over, &ended(FinalState::Expired, Reason::Expired));
        if one.notice.open_items().next().is_some() { self.send(one, now) } else { self.drop(one) }
    }

    fn send(&mut self, mut one: Open, now: Timestamp) -> Option<Open> {
        let Some(step) = one.notice.step().cloned() else { return self.drop(one) };
        let asked = Asked::of(&one.notice);
        let input = asked.input(self, &one.notice, &step, now);
        let wait = SignedDuration::from_secs(step.planned.wait_seconds.into());
        let (verdict, until) = (recheck(&input), wait_until(&input, wait));
        let until = until.unwrap_or_else(|| now.saturating_add(wait).unwrap_or(Timestamp::MAX));
        match verdict {
            Recheck::Defer { until, reserve, .. } => {
                self.put_off(&mut one, until, reserve);
                Some(one)
            }
            Recheck::Close(state, reason) => self.end(one, &ended(state, reason)),
            Recheck::Skip(reason) => self.next_step(one, now, reason),
            Recheck::Go { reserve, left_out } => {
                let still: Vec<_> = self.still(&one).map(|(at, _)| at).collect();
                for (number, reason) in left_out {
                    let state = if one.notice.inbox { FinalState::InboxOnly } else { FinalState::Suppressed };
                    self.close(&mut one, &still[number..=number], &ended(state, reason));
                }
                self.take_place(&mut one, reserve);
                self.sent(one, &step.planned.channel, now, until)
            }
        }
    }

    /// After a message was sent: it reached the citizen, unless the record says that it did not.
    fn sent(&mut self, mut one: Open, channel: &ChannelId, now: Timestamp, until: Timestamp) -> Option<Open> {
        self.contacts += u32::from(is_push(&self.rules.policy, channel));
        let is_last = one.notice.current + 1 >= one.notice.steps.len();
        let in_vain = self.in_vain(&one, channel);
        match in_vain {
            // A message of which no receipt came was sent, and may have arrived.
            Some(Reason::NoReceipt) if !is_last => {
                one.tried = true;
                one.notice.current += 1;
                one.due(until);
                Some(one)
            }
            Some(reason) if reason != Reason::NoReceipt => {
                one.tried = true;
                self.next_step(one, now, reason)
            }
            _ => {
                let sent = Fate::Sent { at: now, channel: channel.clone() };
                let still: Vec<_> = self.still(&one).map(|(at, _)| one.numbers[at]).collect();
                for number in still {
                    self.tell(number, sent.clone());
                }
                None
            }
        }
    }

    /// Why a message was sent in vain on a channel, where the record says so of all that is in it.
    fn in_vain(&self, one: &Open, channel: &ChannelId) -> Option<Reason> {
        let failed =
            |item: &Recorded| item.failed.iter().find(|(on, _)| on == channel).map(|(_, reason)| *reason);
        let reasons: Option<Vec<_>> = self.still(one).map(|(_, item)| failed(item)).collect();
        reasons?.first().copied()
    }

    /// The next channel has its turn, or none is left. The place that was not used is given back.
    fn next_step(&mut self, mut one: Open, now: Timestamp, reason: Reason) -> Option<Open> {
        self.take_place(&mut one, None);
        one.notice.current += 1;
        if one.notice.step().is_some() {
            one.due(now);
            return Some(one);
        }
        let state = match reason {
            _ if one.tried => FinalState::Unreachable,
            _ if one.notice.inbox => FinalState::InboxOnly,
            Reason::ConsentWithdrawn => FinalState::Suppressed,
            _ => FinalState::Unreachable,
        };
        self.end(one, &ended(state, reason))
    }

    // ---- small moves ----

    fn put_off(&mut self, one: &mut Open, until: Timestamp, reserve: Option<Date>) {
        one.due(until);
        if let Some(window) = &mut one.notice.window {
            window.earliest = until;
        }
        self.take_place(one, reserve);
    }

    fn defer(&mut self, at: usize, until: Timestamp, reserve: Option<Date>) {
        let mut one = self.open.remove(at);
        self.put_off(&mut one, until, reserve);
        self.open.insert(at, one);
    }

    fn take_place(&mut self, one: &mut Open, day: Option<Date>) {
        let current = one.notice.current;
        if let Some(step) = one.notice.steps.get_mut(current) {
            moved(&mut self.history, &mut step.reserved, day);
        }
    }

    fn close(&mut self, one: &mut Open, items: &[usize], fate: &Fate) {
        let Fate::Ended { state, reason } = *fate else { return };
        for at in items {
            let item = &mut one.notice.items[*at];
            if item.closed.is_none() {
                item.closed = Some(Ending { state, reason });
                self.tell(one.numbers[*at], fate.clone());
            }
        }
    }

    fn end(&mut self, mut one: Open, fate: &Fate) -> Option<Open> {
        let all: Vec<_> = (0..one.notice.items.len()).collect();
        self.close(&mut one, &all, fate);
        self.drop(one)
    }

    /// A notice of which nothing is left gives its place back.
    fn drop(&mut self, mut one: Open) -> Option<Open> {
        self.take_place(&mut one, None);
        None
    }

    fn tell(&mut self, number: usize, fate: Fate) {
        self.fates[number] = fate;
    }
}

/// What the guard paused is no part of the rules that are compared.
static NOWHERE: BTreeSet<ChannelId> = BTreeSet::new();

/// A notice as the check before sending asks for it.
struct Asked<'a> {
    items: Vec<ItemFacts<'a>>,
    later: Vec<ChannelId>,
}

impl<'a> Asked<'a> {
    fn of(notice: &'a Notice) -> Self {
        let later = notice.steps.iter().skip(notice.current + 1);
        Self {
            items: notice.open_items().map(|item| ItemFacts::of(item, &NOWHERE)).collect(),
            later: later.map(|step| step.planned.channel.clone()).collect(),
        }
    }

    fn input<'b>(
        &'b self,
        course: &'b Course<'_>,
        notice: &Notice,
        step: &'b Step,
        now: Timestamp,
    ) -> RecheckInput<'b> {
        RecheckInput {
            channel: &step.planned.channel,
            later: &self.later,
            kind: notice.kind,
            answers: notice.answers,
            items: &self.items,
            introductions: PausedIntroductions::nowhere(),
            priority: notice.priority,
            expires_at: notice.expires_at,
            deadline: notice.deadline,
            not_before: notice.not_before,
            reserved: step.reserved,
            citizen: &course.citizen,
            policy: &course.rules.policy,
            jurisdiction: course.law,
            history: &course.history,
            now,
        }
    }
}

fn item(recorded: &Recorded) -> Item {
    Item {
        notification: NotificationKey(Uuid::nil()),
        reference: recorded.reference.clone(),
        measure: None,
        topic: recorded.topic.clone(),
        class: recorded.class,
        expires_at: None,
        closed: None,
    }
}

/// A place in the contact budget moves from one day to another.
fn moved(history: &mut ContactHistory, held: &mut Option<Date>, to: Option<Date>) {
    let from = std::mem::replace(held, to);
    if let Some(count) = from.and_then(|day| history.days.get_mut(&day)) {
        *count = count.saturating_sub(1);
    }
    if let Some(day) = to {
        *history.days.entry(day).or_default() += 1;
    }
}

fn ended(state: FinalState, reason: Reason) -> Fate {
    Fate::Ended { state, reason }
}

fn taken_back() -> Fate {
    ended(FinalState::Cancelled, Reason::CancelledBySource)
}
