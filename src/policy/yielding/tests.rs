use jiff::civil::{Date, date};

use super::*;
use crate::domain::{Ceilings, Citizen, KeptForDeadlines, Mode, NoticeKind, Priority, TopicId};
use crate::policy::fixture::{NOWHERE, at, channel, citizen, enabled, facts, jurisdiction, policy, topic};
use crate::policy::{Facts, ItemFacts, PausedIntroductions};

/// One that holds a place.
#[derive(Debug, Clone, Copy)]
struct Held {
    class: Class,
    kind: NoticeKind,
    day: Date,
    expires_at: &'static str,
    deadline: Option<&'static str>,
}

const MONDAY: Date = date(2026, 6, 1);

fn held(class: Class) -> Held {
    Held {
        class,
        kind: NoticeKind::Entitlement,
        day: MONDAY,
        expires_at: "2026-07-01T00:00:00Z",
        deadline: None,
    }
}

/// Who yields to an entitlement on Monday noon under one push a day and three a week, and until when.
fn to_an_entitlement(holders: &[Held], change: impl FnOnce(&mut Citizen, &mut Policy, &mut Facts)) -> Told {
    let (mut citizen, mut policy, mut facts) = (citizen(), policy(), facts());
    policy.budget = Ceilings { per_day: Some(1), per_week: Some(3), per_month: None };
    change(&mut citizen, &mut policy, &mut facts);
    let (law, channels, sms) = (jurisdiction(), enabled(), channel("sms"));
    let mut history = ContactHistory::default();
    for one in holders {
        *history.days.entry(one.day).or_default() += 1;
    }
    let family: TopicId = topic("family");
    let items: Vec<_> = holders
        .iter()
        .map(|one| match one.kind {
            NoticeKind::Introduction => Vec::new(),
            _ => vec![ItemFacts { topic: &family, class: one.class, guarded: &NOWHERE }],
        })
        .collect();
    let now = at("2026-06-01T09:00:00Z");
    let check = |one: &Held, items| RecheckInput {
        channel: &sms,
        later: &[],
        kind: one.kind,
        answers: None,
        items,
        introductions: PausedIntroductions::nowhere(),
        priority: Priority::Normal,
        expires_at: at(one.expires_at),
        deadline: one.deadline.map(at),
        not_before: None,
        reserved: Some(one.day),
        citizen: &citizen,
        policy: &policy,
        jurisdiction: &law,
        history: &history,
        now,
    };
    let held: Vec<_> = holders
        .iter()
        .zip(&items)
        .map(|(one, items)| Holder { check: check(one, items), class: one.class, day: one.day, due_at: now })
        .collect();
    let input = DecideInput {
        facts,
        topic: &family,
        class: Class::Entitlement,
        guarded: &NOWHERE,
        introductions: PausedIntroductions::nowhere(),
        citizen: &citizen,
        policy: &policy,
        jurisdiction: &law,
        history: &history,
        channels: &channels,
        now,
    };
    let made = make_room(&input, &decide(&input), &held)?;
    let (sent_at, _) = pushed(&made.decision)?;
    assert_eq!(sent_at, now, "the place is one of today");
    Some((made.holder, made.until.to_string(), made.reserve))
}

type Told = Option<(usize, String, Option<Date>)>;

fn as_it_is(_: &mut Citizen, _: &mut Policy, _: &mut Facts) {}

const TUESDAY: &str = "2026-06-02T06:00:00Z";

fn until_tuesday(holder: usize) -> (usize, String, Option<Date>) {
    (holder, TUESDAY.to_owned(), Some(date(2026, 6, 2)))
}

#[test]
fn a_lower_class_yields_and_waits_for_the_next_day() {
    assert_eq!(to_an_entitlement(&[held(Class::Campaign)], as_it_is), Some(until_tuesday(0)));
    assert_eq!(to_an_entitlement(&[held(Class::Reminder)], as_it_is), Some(until_tuesday(0)));
    assert_eq!(to_an_entitlement(&[held(Class::Entitlement)], as_it_is), None);
    assert_eq!(to_an_entitlement(&[held(Class::LegalDuty)], as_it_is), None);
}

#[test]
fn an_introduction_of_a_campaign_yields_like_any_campaign() {
    let introduction = Held { kind: NoticeKind::Introduction, ..held(Class::Campaign) };
    assert_eq!(to_an_entitlement(&[introduction], as_it_is), Some(until_tuesday(0)));
    let two_a_day = |_: &mut Citizen, policy: &mut Policy, _: &mut Facts| policy.budget.per_day = Some(2);
    let holders = [introduction, held(Class::Reminder)];
    assert_eq!(to_an_entitlement(&holders, two_a_day), Some(until_tuesday(0)), "before a reminder");
    let today_only = Held { expires_at: "2026-06-02T06:00:00Z", ..introduction };
    assert_eq!(to_an_entitlement(&[today_only], as_it_is), None);
}

#[test]
fn the_lowest_class_yields_first_and_of_one_class_the_newest() {
    let two_a_day = |_: &mut Citizen, policy: &mut Policy, _: &mut Facts| policy.budget.per_day = Some(3);
    let holders = [Class::Campaign, Class::Campaign, Class::Reminder].map(held);
    assert_eq!(to_an_entitlement(&holders, two_a_day).map(|(holder, ..)| holder), Some(1));
    let holders = [Class::Entitlement, Class::Reminder, Class::Entitlement].map(held);
    assert_eq!(to_an_entitlement(&holders, two_a_day).map(|(holder, ..)| holder), Some(1));
}

#[test]
fn of_one_class_the_place_of_the_soonest_day_is_given() {
    let days = [1, 3, 2].map(|day| Held { day: date(2026, 6, day), ..held(Class::Campaign) });
    let three_a_week = Some((0, "2026-06-08T06:00:00Z".to_owned(), Some(date(2026, 6, 8))));
    assert_eq!(to_an_entitlement(&days, as_it_is), three_a_week);
}

#[test]
fn a_place_of_another_day_of_a_full_week_is_given_too() {
    let on = |day: i8, class| Held { day: date(2026, 6, day), ..held(class) };
    let week = [on(3, Class::Entitlement), on(4, Class::Entitlement), on(5, Class::Campaign)];
    let next_monday = Some((2, "2026-06-08T06:00:00Z".to_owned(), Some(date(2026, 6, 8))));
    assert_eq!(to_an_entitlement(&week, as_it_is), next_monday);
    let over = [
        on(2, Class::Campaign),
        on(3, Class::Entitlement),
        on(4, Class::Entitlement),
        on(5, Class::Reminder),
    ];
    assert_eq!(to_an_entitlement(&over, as_it_is), None, "the week would be full even so");
}

#[test]
fn who_would_find_no_other_moment_keeps_the_place() {
    let today_only = Held { expires_at: "2026-06-02T06:00:00Z", ..held(Class::Campaign) };
    assert_eq!(to_an_entitlement(&[today_only], as_it_is), None);
    let holders = [held(Class::Campaign), today_only];
    let of_two = |_: &mut Citizen, policy: &mut Policy, _: &mut Facts| policy.budget.per_day = Some(2);
    assert_eq!(to_an_entitlement(&holders, of_two), Some(until_tuesday(0)), "and the other one yields");
}

#[test]
fn who_has_to_act_soon_yields_only_to_another_who_has_to() {
    let soon = Held { deadline: Some("2026-06-03T21:00:00Z"), ..held(Class::Reminder) };
    let kept = |_: &mut Citizen, policy: &mut Policy, _: &mut Facts| {
        policy.kept_for_deadlines = KeptForDeadlines { deadline_days: 7, ..KeptForDeadlines::default() };
    };
    assert_eq!(to_an_entitlement(&[soon], kept), None);
    let both = |citizen: &mut Citizen, policy: &mut Policy, facts: &mut Facts| {
        kept(citizen, policy, facts);
        facts.act_by = Some(date(2026, 6, 4));
    };
    assert_eq!(to_an_entitlement(&[soon], both), Some(until_tuesday(0)));
    let later = Held { deadline: Some("2026-06-20T21:00:00Z"), ..soon };
    assert_eq!(to_an_entitlement(&[later], kept), Some(until_tuesday(0)));
}

#[test]
fn only_a_citizen_with_a_full_day_ahead_is_tight() {
    let mut policy = policy();
    policy.budget = Ceilings { per_day: Some(1), per_week: None, per_month: Some(5) };
    let tight = |days: &[(Date, u32)]| {
        is_tight(&ContactHistory { days: days.iter().copied().collect() }, &policy, &jurisdiction(), MONDAY)
    };
    assert!(!tight(&[]) && !tight(&[(MONDAY, 0)]));
    assert!(tight(&[(MONDAY, 1)]) && !tight(&[(date(2026, 5, 31), 1)]), "what is past holds nothing");
    let mut kept = policy.clone();
    kept.budget.per_day = None;
    kept.kept_for_deadlines =
        KeptForDeadlines { mode: Mode::Enforce, per_month: Some(4), ..KeptForDeadlines::default() };
    let history = ContactHistory { days: [(MONDAY, 1)].into() };
    assert!(is_tight(&history, &kept, &jurisdiction(), MONDAY), "for those without a deadline it is full");
}
