//! The window by examples, and what holds of it whatever comes.

use jiff::civil::date;
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::{
    Bundling, Citizen, CitizenKey, ContactHistory, Item, Jurisdiction, NoticeId, NoticeKind, NotificationKey,
    Preference, SourceId, SourceRef, Step, StepState, TopicId,
};
use crate::policy::fixture::{
    NOWHERE, at, channels, citizen, enabled, jurisdiction, policy, preference, topic,
};
use crate::policy::{ChannelFacts, Facts, PausedIntroductions};

/// Ten minutes, an hour at most, a day before a deadline, three in one.
const RULE: Bundling = Bundling {
    mode: Mode::Enforce,
    window_seconds: 600,
    hard_end_seconds: 3600,
    deadline_margin_seconds: 86_400,
    largest: 3,
};

/// Monday at noon in Kyiv.
const NOON: &str = "2026-06-01T09:00:00Z";

/// One citizen with what waits for them.
struct World {
    citizen: Citizen,
    policy: Policy,
    law: Jurisdiction,
    history: ContactHistory,
    channels: Vec<ChannelFacts>,
    topic: TopicId,
    notice: Option<Notice>,
}

impl World {
    fn new() -> Self {
        Self {
            citizen: citizen(),
            policy: Policy { bundling: RULE, ..policy() },
            law: jurisdiction(),
            history: ContactHistory::default(),
            channels: enabled(),
            topic: topic("family"),
            notice: None,
        }
    }

    fn input(&self, class: Class, facts: Facts, now: Timestamp) -> DecideInput<'_> {
        DecideInput {
            facts,
            topic: &self.topic,
            class,
            guarded: &NOWHERE,
            introductions: PausedIntroductions::nowhere(),
            citizen: &self.citizen,
            policy: &self.policy,
            jurisdiction: &self.law,
            history: &self.history,
            channels: &self.channels,
            now,
        }
    }

    /// One more comes: what is decided on it, and whether it joined what waits.
    fn comes(&mut self, class: Class, facts: Facts, now: Timestamp) -> (Decision, bool) {
        let input = self.input(class, facts, now);
        let joined = self.notice.as_ref().and_then(|notice| join(&input, notice));
        if let Some(Joined { decision, window, due_at, reserve }) = joined {
            let notice = self.notice.as_mut().unwrap();
            notice.items.push(item(class));
            notice.window = Some(window);
            notice.steps[0].state = StepState::Due { at: due_at };
            let before = std::mem::replace(&mut notice.steps[0].reserved, reserve);
            self.moved(before, reserve);
            return (decision, true);
        }
        let (decision, window) = open(&input, decide(&input));
        if let Outcome::Push(plan) = &decision.outcome {
            self.notice = Some(notice(class, plan, window));
            self.moved(None, plan.reserve);
        }
        (decision, false)
    }

    fn moved(&mut self, from: Option<Date>, to: Option<Date>) {
        if let Some(day) = from {
            *self.history.days.get_mut(&day).unwrap() -= 1;
        }
        if let Some(day) = to {
            *self.history.days.entry(day).or_default() += 1;
        }
    }

    fn due(&self) -> Timestamp {
        match self.notice.as_ref().unwrap().steps[0].state {
            StepState::Due { at } => at,
            other => panic!("not due: {other:?}"),
        }
    }
}

fn item(class: Class) -> Item {
    Item {
        notification: NotificationKey(Uuid::nil()),
        reference: SourceRef { source: SourceId::new("fund").unwrap(), id: "1".to_owned() },
        measure: None,
        topic: topic("family"),
        class,
        expires_at: None,
        closed: None,
    }
}

fn notice(class: Class, plan: &Plan, window: Option<Window>) -> Notice {
    let mut steps: Vec<_> = plan.steps.iter().cloned().map(Step::planned).collect();
    steps[0].state = StepState::Due { at: plan.due_at };
    steps[0].reserved = plan.reserve;
    Notice {
        id: NoticeId(Uuid::nil()),
        citizen: CitizenKey([0; 32]),
        kind: NoticeKind::Entitlement,
        priority: Priority::Normal,
        items: vec![item(class)],
        on_behalf_of: None,
        steps,
        current: 0,
        not_before: None,
        expires_at: Timestamp::MAX,
        deadline: None,
        window,
        answers: None,
        inbox: true,
        config: "test".to_owned(),
        closed: None,
    }
}

fn act_by(day: i8) -> Facts {
    Facts { act_by: Some(date(2026, 6, day)), ..Facts::default() }
}

fn due(decision: &Decision) -> Option<(Timestamp, Option<Reason>)> {
    match &decision.outcome {
        Outcome::Push(plan) => Some((plan.due_at, plan.deferred)),
        Outcome::Close { .. } => None,
    }
}

/// What comes alone at this moment, with these facts.
fn alone(class: Class, facts: Facts, now: &str) -> Option<(Timestamp, Option<Reason>)> {
    due(&World::new().comes(class, facts, at(now)).0)
}

#[test]
fn what_may_wait_is_put_off_by_a_window_and_nothing_else_is() {
    let waits = |until: &str| Some((at(until), Some(Reason::Bundled)));
    let goes = |now: &str| Some((at(now), None));
    assert_eq!(alone(Class::Entitlement, Facts::default(), NOON), waits("2026-06-01T09:10:00Z"));
    assert_eq!(alone(Class::LegalDuty, Facts::default(), NOON), goes(NOON));
    let urgent = Facts { priority: Priority::Urgent, ..Facts::default() };
    assert_eq!(alone(Class::Entitlement, urgent, NOON), goes(NOON));
    // Who has to act by tomorrow is told now.
    assert_eq!(alone(Class::Entitlement, act_by(1), NOON), goes(NOON));
    assert_eq!(alone(Class::Entitlement, act_by(9), NOON), waits("2026-06-01T09:10:00Z"));
}

#[test]
fn a_citizen_may_wish_otherwise() {
    let comes = |wish, class, priority| {
        let mut world = World::new();
        world.citizen.preferences = vec![Preference { bundling: wish, ..preference(None, None) }];
        due(&world.comes(class, Facts { priority, ..Facts::default() }, at(NOON)).0).unwrap().1
    };
    let table = [
        (None, Class::Entitlement, Priority::Normal, true),
        (Some(false), Class::Entitlement, Priority::Normal, false),
        (Some(true), Class::Entitlement, Priority::Normal, true),
        (Some(true), Class::LegalDuty, Priority::Normal, true),
        (Some(true), Class::LegalDuty, Priority::Urgent, false),
    ];
    for (wish, class, priority, waits) in table {
        let expected = waits.then_some(Reason::Bundled);
        assert_eq!(comes(wish, class, priority), expected, "{wish:?} {class:?} {priority:?}");
    }
}

#[test]
fn a_window_ends_before_the_night_and_does_not_move_into_it() {
    // Contact hours end at 17:00Z.
    let evening = alone(Class::Entitlement, Facts::default(), "2026-06-01T16:55:30Z");
    assert_eq!(evening, Some((at("2026-06-01T16:59:30Z"), Some(Reason::Bundled))));
    let last_minute = alone(Class::Entitlement, Facts::default(), "2026-06-01T16:59:50Z");
    assert_eq!(last_minute, Some((at("2026-06-01T16:59:50Z"), None)));
    // What waits for the morning waits no longer for others, but may be joined in the night.
    let mut world = World::new();
    let night = world.comes(Class::Entitlement, Facts::default(), at("2026-06-01T19:00:00Z")).0;
    let morning = at("2026-06-02T06:00:00Z");
    assert_eq!(due(&night), Some((morning, Some(Reason::QuietHours))));
    let (second, joined) = world.comes(Class::Campaign, Facts::default(), at("2026-06-02T03:00:00Z"));
    assert_eq!((due(&second), joined), (Some((morning, Some(Reason::QuietHours))), true));
}

#[test]
fn a_window_slides_to_its_hard_end() {
    let mut world = World::new();
    world.policy.bundling.largest = 20;
    for minute in 0..7 {
        let now = at(NOON) + SignedDuration::from_mins(9 * minute);
        let (_, joined) = world.comes(Class::Entitlement, Facts::default(), now);
        assert_eq!(joined, minute > 0, "{minute}");
        let expected = (now + SignedDuration::from_mins(10)).min(at("2026-06-01T10:00:00Z"));
        assert_eq!(world.due(), expected, "{minute}");
    }
    assert_eq!(world.history.days, [(date(2026, 6, 1), 1)].into(), "one push for all of them");
}

#[test]
fn only_what_would_go_the_same_way_joins() {
    let later = at("2026-06-01T09:05:00Z");
    let joins = |change: fn(&mut World), class, facts: Facts| {
        let mut world = World::new();
        world.comes(Class::Entitlement, Facts::default(), at(NOON));
        change(&mut world);
        world.comes(class, facts, later).1
    };
    let nothing = |_: &mut World| ();
    assert!(joins(nothing, Class::Reminder, Facts::default()));
    assert!(!joins(nothing, Class::LegalDuty, Facts::default()));
    assert!(!joins(nothing, Class::Reminder, Facts { priority: Priority::Urgent, ..Facts::default() }));
    // It would keep the others back until tomorrow.
    let tomorrow = Some(at("2026-06-02T09:00:00Z"));
    assert!(!joins(nothing, Class::Reminder, Facts { not_before: tomorrow, ..Facts::default() }));
    let by_mail = |world: &mut World| world.citizen.preferences = vec![preference(None, Some(&["email"]))];
    assert!(!joins(by_mail, Class::Reminder, Facts::default()));
    let sent = |world: &mut World| world.notice.as_mut().unwrap().steps[0].state = StepState::Started;
    assert!(!joins(sent, Class::Reminder, Facts::default()));
    let full = |world: &mut World| {
        let notice = world.notice.as_mut().unwrap();
        notice.items.extend([item(Class::Reminder), item(Class::Reminder)]);
    };
    assert!(!joins(full, Class::Reminder, Facts::default()));
    let quiet = |world: &mut World| world.policy.channels.get_mut("viber").unwrap().push = false;
    assert!(!joins(quiet, Class::Reminder, Facts::default()));
}

#[test]
fn one_that_finds_no_place_of_its_own_goes_with_the_place_of_the_others() {
    let mut world = World::new();
    world.history.days = [(date(2026, 6, 1), 1)].into();
    world.comes(Class::Entitlement, Facts::default(), at(NOON));
    assert_eq!(world.history.days[&date(2026, 6, 1)], 2, "the day is full");
    let (second, joined) = world.comes(Class::Entitlement, Facts::default(), at("2026-06-01T09:05:00Z"));
    assert_eq!((due(&second), joined), (Some((at("2026-06-01T09:15:00Z"), Some(Reason::Bundled))), true));
    assert_eq!(world.history.days[&date(2026, 6, 1)], 2);
}

#[test]
fn on_trial_nothing_waits_and_the_trace_says_what_would() {
    let mut world = World::new();
    world.policy.bundling.mode = Mode::Report;
    let (decision, _) = world.comes(Class::Entitlement, Facts::default(), at(NOON));
    assert_eq!(due(&decision), Some((at(NOON), None)));
    let until = Some(at("2026-06-01T09:10:00Z"));
    assert_eq!(decision.trace.would, [Would::moved(TrialRule::Bundling, until)]);
    assert_eq!(world.notice.as_ref().unwrap().window, None);
    world.policy.bundling.mode = Mode::Off;
    let (decision, _) = world.comes(Class::Entitlement, Facts::default(), at(NOON));
    assert_eq!(decision.trace.would, []);
    assert_eq!(channels(&["viber"]), [decision.trace.channels[0].0.clone()]);
}

/// One that comes: after so many minutes, of this class, with these moments in hours from then.
type Coming = (i64, Class, Option<i64>, Option<i64>, Option<i8>);

fn comings() -> impl Strategy<Value = Vec<Coming>> {
    let class = prop_oneof![Just(Class::Entitlement), Just(Class::Reminder), Just(Class::Campaign)];
    let hours = proptest::option::weighted(0.3, 1..60_i64);
    let day = proptest::option::weighted(0.3, 0..6_i8);
    vec((0..40_i64, class, hours.clone(), hours, day), 1..12)
}

fn facts((_, _, not_before, lives, act_by): &Coming, now: Timestamp) -> Facts {
    let later = |hours: i64| now + SignedDuration::from_hours(hours);
    let day =
        |days: i8| now.to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(jiff::Span::new().days(days));
    Facts {
        priority: Priority::Normal,
        act_by: act_by.map(day),
        expires_at: lives.map(|hours| later(hours + not_before.unwrap_or(0))),
        not_before: not_before.map(later),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Nobody waits longer for the others than a window of one's own would have lasted, nobody goes
    /// sooner than may be, and nobody is led into the night.
    #[test]
    fn window_it_closes_before_the_nearest_deadline_and_its_hard_end(
        comings in comings(),
        begin in 0..2880_i64,
        zone in proptest::option::of(Just("Europe/Kyiv".to_owned())),
    ) {
        let mut world = World::new();
        world.citizen.profile.zone = zone;
        world.policy.budget = crate::domain::Ceilings::default();
        let zones = Zones::of(&world.citizen, &world.law);
        let mut now = at(NOON) + SignedDuration::from_mins(begin);
        let mut limits: Vec<Window> = Vec::new();
        for coming in &comings {
            now += SignedDuration::from_mins(coming.0);
            // What is due is sent before the next one comes.
            if world.notice.is_some() && world.due() <= now {
                world.notice = None;
            }
            let facts = facts(coming, now);
            let input = world.input(coming.1, facts, now);
            let latest = latest(&input);
            let Outcome::Push(plan) = decide(&input).outcome else { continue };
            let own = Window { earliest: plan.due_at, latest };
            let (decision, joined) = world.comes(coming.1, facts, now);
            if !joined {
                limits.clear();
            }
            limits.push(own);
            let due_at = world.due();
            prop_assert_eq!(due(&decision).unwrap().0, due_at, "all go together");
            for own in &limits {
                prop_assert!(due_at >= own.earliest, "{due_at} is too early for {own:?}");
                prop_assert!(due_at <= own.earliest.max(own.latest), "{due_at} is too late for {own:?}");
            }
            prop_assert!(limits.len() <= 3);
            let earliest = limits.iter().map(|own| own.earliest).max().unwrap();
            if due_at > earliest {
                let hours = &world.law.contact_hours;
                let quiet = Quiet { hours, zones: &zones, wishes: &[] };
                prop_assert!(quiet.is_permitted(due_at), "{due_at} is in the night");
                prop_assert_eq!(zones.day(due_at), zones.day(earliest));
            }
        }
    }
}
