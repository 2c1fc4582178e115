use jiff::civil::date;
use vestnik_contract::ChannelId;

use super::*;
use crate::domain::ConsentAction::{Granted, Withdrawn};
use crate::domain::ConsentOrigin::Portal;
use crate::domain::{Citizen, Class, Hours, Introduction, Jurisdiction, Policy, TopicId, Wish};
use crate::policy::ItemFacts;
use crate::policy::fixture::{
    NOWHERE, at, channel, citizen, closed, consent, hours, jurisdiction, policy, preference, topic,
};

/// A case: an entitlement on SMS on Monday noon, 2026-06-01, in Kyiv, with a place held for that day, two
/// pushes a day and an introduction ten minutes ahead.
struct Case {
    channel: ChannelId,
    kind: NoticeKind,
    items: Vec<(TopicId, Class)>,
    priority: Priority,
    expires_at: Timestamp,
    deadline: Option<Timestamp>,
    not_before: Option<Timestamp>,
    citizen: Citizen,
    policy: Policy,
    jurisdiction: Jurisdiction,
    history: ContactHistory,
    introduced: Introduced,
    /// Where the guard has paused introductions.
    paused: BTreeSet<ChannelId>,
    now: Timestamp,
}

const MONDAY: Date = date(2026, 6, 1);
const TUESDAY: Date = date(2026, 6, 2);

fn comes(change: impl FnOnce(&mut Case)) -> Option<Comes> {
    let rule = Introduction { mode: Mode::Enforce, lead_seconds: 600 };
    let mut case = Case {
        channel: channel("sms"),
        kind: NoticeKind::Entitlement,
        items: vec![(topic("family"), Class::Entitlement)],
        priority: Priority::Normal,
        expires_at: at("2026-07-01T00:00:00Z"),
        deadline: None,
        not_before: None,
        citizen: citizen(),
        policy: Policy { introduction: rule, ..policy() },
        jurisdiction: jurisdiction(),
        history: ContactHistory { days: [(MONDAY, 1)].into() },
        introduced: Introduced::Never,
        paused: BTreeSet::new(),
        now: at("2026-06-01T09:00:00Z"),
    };
    change(&mut case);
    let items: Vec<_> = case
        .items
        .iter()
        .map(|(topic, class)| ItemFacts { topic, class: *class, guarded: &NOWHERE })
        .collect();
    let input = RecheckInput {
        channel: &case.channel,
        later: &[],
        kind: case.kind,
        answers: None,
        items: &items,
        introductions: PausedIntroductions { on: &case.paused, known: &BTreeMap::new() },
        priority: case.priority,
        expires_at: case.expires_at,
        deadline: case.deadline,
        not_before: case.not_before,
        reserved: Some(MONDAY),
        citizen: &case.citizen,
        policy: &case.policy,
        jurisdiction: &case.jurisdiction,
        history: &case.history,
        now: case.now,
    };
    first(&input, case.introduced)
}

fn place(due_at: &str, day: Date) -> Place {
    Place { due_at: at(due_at), reserve: Some(day) }
}

/// A step that is due then for no other reason than the introduction.
fn after(introduction: Option<Place>, then: Place) -> Comes {
    Comes { introduction, then, reason: Reason::Introduction }
}

#[test]
fn the_introduction_goes_now_and_the_step_follows_on_the_places_of_the_day() {
    let now = place("2026-06-01T09:00:00Z", MONDAY);
    let expected = after(Some(now), place("2026-06-01T09:10:00Z", MONDAY));
    assert_eq!(comes(|_| ()), Some(expected));
    // The first place of a day is the introduction's, and then it is the budget that puts the step off.
    let one_a_day = comes(|case| case.policy.budget.per_day = Some(1));
    let tuesday = after(Some(now), place("2026-06-02T06:00:00Z", TUESDAY));
    assert_eq!(one_a_day, Some(Comes { reason: Reason::ContactBudget, ..tuesday }));
    let evening = comes(|case| case.now = at("2026-06-01T16:55:00Z"));
    let now = place("2026-06-01T16:55:00Z", MONDAY);
    let expected = after(Some(now), place("2026-06-02T06:00:00Z", TUESDAY));
    assert_eq!(evening, Some(expected));
}

#[test]
fn who_was_introduced_is_not_introduced_again_and_waits_only_for_the_lead() {
    let waits = |introduced| comes(|case| case.introduced = introduced);
    let then = |due_at| Some(after(None, place(due_at, MONDAY)));
    assert_eq!(waits(Introduced::Underway), then("2026-06-01T09:10:00Z"));
    assert_eq!(waits(Introduced::At(at("2026-06-01T08:55:00Z"))), then("2026-06-01T09:05:00Z"));
    assert_eq!(waits(Introduced::At(at("2026-06-01T08:50:00Z"))), None);
    assert_eq!(waits(Introduced::At(Timestamp::MIN)), None);
}

#[test]
fn what_does_not_wait_goes_now() {
    type Change = fn(&mut Case);
    let table: [(&str, Change); 8] = [
        ("off", |case| case.policy.introduction.mode = Mode::Off),
        ("urgent", |case| case.priority = Priority::Urgent),
        ("a law", |case| case.items = vec![(topic("family"), Class::LegalDuty)]),
        ("a law among others", |case| case.items.push((topic("family"), Class::LegalDuty))),
        ("no noise", |case| case.channel = channel("portal")),
        ("an answer", |case| case.kind = NoticeKind::Answer),
        ("an introduction", |case| case.kind = NoticeKind::Introduction),
        ("expiry", |case| case.expires_at = at("2026-06-01T09:10:00Z")),
    ];
    for (name, change) in table {
        assert_eq!(comes(change), None, "{name}");
        let underway = comes(|case| {
            change(case);
            case.introduced = Introduced::Underway;
        });
        assert_eq!(underway, None, "{name}");
    }
    let trial = comes(|case| case.policy.introduction.mode = Mode::Report);
    assert!(trial.is_some(), "what would have been done is asked for");
}

#[test]
fn who_has_to_act_loses_no_day_by_it() {
    let soon = |case: &mut Case| case.deadline = Some(at("2026-06-05T21:00:00Z"));
    assert!(comes(soon).is_some(), "ten minutes of the same day");
    let another_day = comes(|case| {
        soon(case);
        case.policy.budget.per_day = Some(1);
    });
    assert_eq!(another_day, None);
}

#[test]
fn where_it_cannot_be_sent_nothing_waits_for_it() {
    type Change = fn(&mut Case);
    let table: [(&str, Change); 3] = [
        ("closed", |case| {
            case.citizen.addresses.iter_mut().for_each(|entry| entry.closed = Some(closed("blocked")));
        }),
        ("stopped", |case| case.citizen.consents = vec![consent(None, None, Withdrawn, Portal, 2)]),
        ("forbidden", |case| case.jurisdiction.channels.clear()),
    ];
    for (name, change) in table {
        assert_eq!(comes(change), None, "{name}");
    }
    let one_topic = comes(|case| {
        case.citizen.consents = vec![
            consent(None, None, Withdrawn, Portal, 2),
            consent(Some("sms"), Some("family"), Granted, Portal, 3),
        ];
    });
    assert!(one_topic.is_some(), "consent for one topic is enough");
}

#[test]
fn where_the_guard_paused_introductions_none_is_made() {
    let paused = |mode| {
        comes(|case| {
            case.policy.guard.mode = mode;
            case.paused = [channel("sms")].into();
        })
    };
    assert_eq!(paused(Mode::Enforce), None);
    assert_eq!(paused(Mode::Report), comes(|_| ()));
    let elsewhere = comes(|case| {
        case.policy.guard.mode = Mode::Enforce;
        case.paused = [channel("viber")].into();
    });
    assert_eq!(elsewhere, comes(|_| ()));
}

#[test]
fn it_waits_for_the_hours_that_the_citizen_wishes_for_all() {
    let wishes = |of: Option<&str>, wished: Hours| {
        let mut preference = preference(of, None);
        preference.hours = Some(Wish::EveryDay(wished));
        preference
    };
    let comes = comes(|case| {
        case.citizen.preferences =
            vec![wishes(None, hours([15, 0], [17, 0])), wishes(Some("family"), hours([11, 0], [18, 0]))];
    });
    let introduction = place("2026-06-01T12:00:00Z", MONDAY);
    let expected = after(Some(introduction), place("2026-06-01T12:10:00Z", MONDAY));
    assert_eq!(comes, Some(expected));
}
