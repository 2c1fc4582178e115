use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;

use super::*;
use crate::domain::AddressEntry;
use crate::domain::ConsentAction::{Granted, Withdrawn};
use crate::domain::ConsentOrigin::{Portal, Reply};
use crate::domain::Mode;
use crate::policy::Introduced;
use crate::policy::fixture::{
    NOWHERE, address, at, channel, channels, citizen, closed, consent, hours, jurisdiction, policy,
    preference, topic,
};

/// A case: SMS, with email still to come, on Monday noon, 2026-06-01, in Kyiv, with a place held
/// for that day.
struct Case {
    channel: ChannelId,
    later: Vec<ChannelId>,
    kind: NoticeKind,
    answers: Option<Uuid>,
    items: Vec<(TopicId, Class)>,
    /// Where the guard has paused the first of them.
    guarded: BTreeSet<ChannelId>,
    /// Where it has paused introductions.
    paused: BTreeSet<ChannelId>,
    /// Who was introduced there.
    known: BTreeMap<ChannelId, Introduced>,
    priority: Priority,
    expires_at: Timestamp,
    not_before: Option<Timestamp>,
    citizen: Citizen,
    policy: Policy,
    jurisdiction: Jurisdiction,
    history: ContactHistory,
    now: Timestamp,
}

const MONDAY: Date = date(2026, 6, 1);

fn checked(change: impl FnOnce(&mut Case)) -> Recheck {
    let mut case = Case {
        channel: channel("sms"),
        later: channels(&["email"]),
        kind: NoticeKind::Entitlement,
        answers: None,
        items: vec![(topic("family"), Class::Entitlement)],
        guarded: BTreeSet::new(),
        paused: BTreeSet::new(),
        known: BTreeMap::new(),
        priority: Priority::Normal,
        expires_at: at("2026-07-01T00:00:00Z"),
        not_before: None,
        citizen: citizen(),
        policy: policy(),
        jurisdiction: jurisdiction(),
        history: ContactHistory { days: [(MONDAY, 1)].into() },
        now: at("2026-06-01T09:00:00Z"),
    };
    change(&mut case);
    let items: Vec<_> = case
        .items
        .iter()
        .enumerate()
        .map(|(number, (topic, class))| ItemFacts {
            topic,
            class: *class,
            guarded: if number == 0 { &case.guarded } else { &NOWHERE },
        })
        .collect();
    recheck(&RecheckInput {
        channel: &case.channel,
        later: &case.later,
        kind: case.kind,
        answers: case.answers,
        items: &items,
        introductions: PausedIntroductions { on: &case.paused, known: &case.known },
        priority: case.priority,
        expires_at: case.expires_at,
        deadline: None,
        not_before: case.not_before,
        reserved: Some(MONDAY),
        citizen: &case.citizen,
        policy: &case.policy,
        jurisdiction: &case.jurisdiction,
        history: &case.history,
        now: case.now,
    })
}

fn go(reserve: Option<Date>) -> Recheck {
    Recheck::Go { reserve, left_out: vec![] }
}

#[test]
fn what_was_decided_and_did_not_change_goes() {
    assert_eq!(checked(|_| ()), go(Some(MONDAY)));
}

#[test]
fn nothing_goes_to_who_has_died_but_an_answer() {
    for class in [Class::LegalDuty, Class::Entitlement] {
        let died = checked(|case| {
            case.citizen.deceased = true;
            case.items = vec![(topic("family"), class)];
        });
        assert_eq!(died, Recheck::Close(FinalState::Suppressed, Reason::Deceased), "{class:?}");
    }
    let answer = checked(|case| {
        case.citizen.deceased = true;
        case.kind = NoticeKind::Answer;
    });
    assert!(matches!(answer, Recheck::Go { .. }), "{answer:?}");
}

#[test]
fn an_answer_goes_to_the_address_that_it_answers() {
    let (written_from, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let answered = |reason: &str, answers: Option<Uuid>| {
        checked(|case| {
            case.kind = NoticeKind::Confirmation;
            case.answers = answers;
            case.citizen.addresses.retain(|entry| entry.channel != case.channel);
            let address = AddressEntry { id: written_from, ..address("sms") };
            case.citizen.addresses.push(AddressEntry { closed: Some(closed(reason)), ..address });
        })
    };
    assert!(matches!(answered("disputed", Some(written_from)), Recheck::Go { .. }));
    let skipped = Recheck::Skip(Reason::AddressClosed);
    assert_eq!(answered("disputed", Some(other)), skipped);
    assert_eq!(answered("disputed", None), skipped);
    assert_eq!(answered("blocked", Some(written_from)), skipped);
    let forbidden = checked(|case| {
        (case.kind, case.answers) = (NoticeKind::Confirmation, Some(Uuid::nil()));
        case.jurisdiction.channels.remove("sms");
    });
    assert_eq!(forbidden, Recheck::Skip(Reason::JurisdictionForbids));
}

#[test]
fn the_step_does_not_wait_for_its_own_place_in_the_budget() {
    let spent = |count: u32| {
        move |case: &mut Case| {
            case.history.days.insert(MONDAY, count);
        }
    };
    assert_eq!(checked(spent(2)), go(Some(MONDAY)));
    let until = at("2026-06-02T06:00:00Z");
    let tuesday = Some(date(2026, 6, 2));
    assert_eq!(checked(spent(3)), Recheck::Defer { until, reason: Reason::ContactBudget, reserve: tuesday });
    assert_eq!(
        checked(|case| {
            spent(3)(case);
            case.priority = Priority::Urgent;
        }),
        go(Some(MONDAY))
    );
}

#[test]
fn what_is_over_closes_and_what_comes_too_early_or_at_night_waits() {
    let over = checked(|case| case.expires_at = case.now);
    assert_eq!(over, Recheck::Close(FinalState::Expired, Reason::Expired));
    let until = at("2026-06-02T06:00:00Z");
    let deferred = |reason| Recheck::Defer { until, reason, reserve: Some(date(2026, 6, 2)) };
    assert_eq!(checked(|case| case.now = at("2026-06-01T18:00:00Z")), deferred(Reason::QuietHours));
    assert_eq!(checked(|case| case.not_before = Some(until)), deferred(Reason::NotBefore));
    let evening = checked(|case| {
        let mut wish = preference(None, None);
        wish.hours = Some(Wish::EveryDay(hours([18, 0], [20, 0])));
        case.citizen.preferences = vec![wish];
    });
    let until = at("2026-06-01T15:00:00Z");
    assert_eq!(evening, Recheck::Defer { until, reason: Reason::QuietHours, reserve: Some(MONDAY) });
}

#[test]
fn a_push_without_a_moment_left_makes_way_for_the_next_step() {
    let night = |case: &mut Case| {
        case.now = at("2026-06-01T18:00:00Z");
        case.expires_at = at("2026-06-02T05:00:00Z");
    };
    assert_eq!(checked(night), Recheck::Skip(Reason::QuietHours));
    assert_eq!(
        checked(|case| {
            night(case);
            case.channel = channel("portal");
        }),
        go(None)
    );
}

#[test]
fn a_channel_that_was_taken_away_is_skipped() {
    let no_law = checked(|case| case.jurisdiction.channels.clear());
    assert_eq!(no_law, Recheck::Skip(Reason::JurisdictionForbids));
    let no_rule = checked(|case| case.policy.channels.clear());
    assert_eq!(no_rule, Recheck::Skip(Reason::ChannelOff));
    let no_address = checked(|case| case.citizen.addresses.clear());
    assert_eq!(no_address, Recheck::Skip(Reason::NoAddress));
    let blocked = checked(|case| {
        for entry in &mut case.citizen.addresses {
            entry.closed = Some(closed("blocked"));
        }
    });
    assert_eq!(blocked, Recheck::Skip(Reason::AddressClosed));
}

#[test]
fn an_item_whose_consent_is_gone_is_told_apart() {
    let two = |case: &mut Case| case.items.push((topic("housing"), Class::Campaign));
    let stop = |of| consent(Some("sms"), of, Withdrawn, Reply, 2);
    let one_left = checked(|case| {
        two(case);
        case.citizen.consents.push(stop(Some("family")));
    });
    let left_out = vec![(0, Reason::ConsentWithdrawn)];
    assert_eq!(one_left, Recheck::Go { reserve: Some(MONDAY), left_out });
    let none_left = checked(|case| {
        two(case);
        case.citizen.consents.push(stop(None));
    });
    assert_eq!(none_left, Recheck::Skip(Reason::ConsentWithdrawn));
    let never = checked(|case| case.citizen.consents.clear());
    assert_eq!(never, Recheck::Skip(Reason::NoConsent));
    let mixed = checked(|case| {
        two(case);
        case.citizen.consents = vec![stop(Some("housing"))];
    });
    assert_eq!(mixed, Recheck::Skip(Reason::ConsentWithdrawn));
    assert_eq!(checked(|case| case.items.clear()), Recheck::Skip(Reason::NotNeeded));
}

#[test]
fn a_law_obeys_a_withdrawal_as_long_as_a_later_step_can_carry_it() {
    let by_law = |case: &mut Case| {
        case.items = vec![(topic("family"), Class::LegalDuty)];
        case.citizen.consents = vec![consent(Some("sms"), None, Withdrawn, Reply, 2)];
    };
    assert_eq!(checked(by_law), Recheck::Skip(Reason::ConsentWithdrawn));
    assert_eq!(
        checked(|case| {
            by_law(case);
            case.later.clear();
        }),
        go(None)
    );
    let closed_later = checked(|case| {
        by_law(case);
        case.citizen.addresses.retain(|entry| entry.channel == channel("sms"));
    });
    assert_eq!(closed_later, go(None));
    let withdrawn_later = checked(|case| {
        by_law(case);
        case.citizen.consents.push(consent(Some("email"), None, Withdrawn, Reply, 2));
    });
    assert_eq!(withdrawn_later, go(None));
    let never_asked = checked(|case| {
        by_law(case);
        case.citizen.consents.clear();
    });
    assert_eq!(never_asked, go(None));
}

#[test]
fn what_the_citizen_asked_for_just_now_is_answered_at_once() {
    for kind in [NoticeKind::Confirmation, NoticeKind::Answer] {
        let answered = checked(|case| {
            case.kind = kind;
            case.items.clear();
            case.citizen.consents = vec![consent(None, None, Withdrawn, Reply, 2)];
            case.history.days.insert(MONDAY, 99);
            case.now = at("2026-06-01T21:30:00Z");
        });
        assert_eq!(answered, go(None), "{kind:?}");
    }
    let introduction = checked(|case| {
        case.kind = NoticeKind::Introduction;
        case.citizen.consents = vec![consent(Some("email"), None, Granted, Portal, 2)];
    });
    assert_eq!(introduction, Recheck::Skip(Reason::NoConsent));
}

/// The case with a guard that is enforced and has paused the first item on these channels.
fn guarded(on: &[&str], change: impl FnOnce(&mut Case)) -> Recheck {
    let on = channels(on).into_iter().collect();
    checked(|case| {
        case.policy.guard.mode = Mode::Enforce;
        case.guarded = on;
        change(case);
    })
}

#[test]
fn what_the_guard_paused_goes_to_the_next_step_with_all_that_it_is_bundled_with() {
    let skipped = Recheck::Skip(Reason::Guarded);
    assert_eq!(guarded(&["email"], |_| ()), go(Some(MONDAY)));
    assert_eq!(guarded(&["sms"], |_| ()), skipped);
    assert_eq!(guarded(&["sms"], |case| case.later.clear()), skipped, "nothing of it is left");
    let more = |case: &mut Case| case.items.push((topic("family"), Class::Entitlement));
    assert_eq!(guarded(&["sms"], more), skipped, "they go on together");
    for nowhere_to_go in [&["sms", "email"][..], &["sms"]] {
        let one_goes = guarded(nowhere_to_go, |case| {
            more(case);
            if nowhere_to_go.len() == 1 {
                case.later.clear();
            }
        });
        let left_out = vec![(0, Reason::Guarded)];
        assert_eq!(one_goes, Recheck::Go { reserve: Some(MONDAY), left_out });
    }
    assert_eq!(guarded(&["sms"], |case| case.policy.guard.mode = Mode::Report), go(Some(MONDAY)));
}

#[test]
fn a_law_passes_the_guard_where_no_other_channel_is_left() {
    let law = |case: &mut Case| case.items = vec![(topic("family"), Class::LegalDuty)];
    assert_eq!(guarded(&["sms"], law), Recheck::Skip(Reason::Guarded));
    assert_eq!(guarded(&["sms", "email"], law), go(None));
}

/// The case where introductions come first, are paused on these channels, and nobody was introduced.
fn unintroduced(on: &[&str], change: impl FnOnce(&mut Case)) -> Recheck {
    let on = channels(on).into_iter().collect();
    checked(|case| {
        case.policy.guard.mode = Mode::Enforce;
        case.policy.introduction.mode = Mode::Enforce;
        case.paused = on;
        change(case);
    })
}

#[test]
fn where_introductions_are_paused_who_was_not_introduced_is_not_pushed() {
    type Change = fn(&mut Case);
    let skipped = Recheck::Skip(Reason::Guarded);
    assert_eq!(unintroduced(&["sms"], |_| ()), skipped);
    assert_eq!(unintroduced(&["sms"], |case| case.later.clear()), skipped, "nor where nothing else is left");
    let known = |introduced| {
        unintroduced(&["sms"], |case| {
            case.known.insert(channel("sms"), introduced);
        })
    };
    assert_eq!(known(Introduced::At(at("2026-06-01T08:59:00Z"))), go(Some(MONDAY)));
    assert_eq!(known(Introduced::At(Timestamp::MIN)), go(Some(MONDAY)));
    assert_eq!(known(Introduced::Underway), skipped, "it will never be sent");
    assert_eq!(known(Introduced::Never), skipped);
    let two = |case: &mut Case| case.items.push((topic("family"), Class::Entitlement));
    assert_eq!(unintroduced(&["sms"], two), skipped, "all of it");
    let soon = |case: &mut Case| case.expires_at = at("2026-06-01T09:05:00Z");
    assert_eq!(unintroduced(&["sms"], soon), skipped, "what has no time to wait does not wait: it goes on");

    let table: [(&str, Change, Option<Date>); 7] = [
        ("paused elsewhere", |case| case.paused = channels(&["email"]).into_iter().collect(), Some(MONDAY)),
        ("urgent", |case| case.priority = Priority::Urgent, Some(MONDAY)),
        ("a law", |case| case.items = vec![(topic("family"), Class::LegalDuty)], None),
        ("a law among others", |case| case.items.push((topic("family"), Class::LegalDuty)), Some(MONDAY)),
        ("only reported on", |case| case.policy.guard.mode = Mode::Report, Some(MONDAY)),
        ("no introductions", |case| case.policy.introduction.mode = Mode::Off, Some(MONDAY)),
        ("introductions on trial", |case| case.policy.introduction.mode = Mode::Report, Some(MONDAY)),
    ];
    for (name, change, reserve) in table {
        assert_eq!(unintroduced(&["sms"], change), go(reserve), "{name}");
    }
    let portal = |case: &mut Case| case.channel = channel("portal");
    assert_eq!(unintroduced(&["portal"], portal), go(None), "what makes no noise needs none");
}

#[test]
fn a_paused_introduction_ends_whoever_it_is_for() {
    let introduction = |case: &mut Case| {
        case.kind = NoticeKind::Introduction;
        case.items.clear();
    };
    assert_eq!(unintroduced(&["sms"], introduction), Recheck::Skip(Reason::Guarded));
    assert_eq!(unintroduced(&["email"], introduction), go(Some(MONDAY)));
    let tried = unintroduced(&["sms"], |case| {
        introduction(case);
        case.known.insert(channel("sms"), Introduced::At(case.now));
    });
    assert_eq!(tried, Recheck::Skip(Reason::Guarded), "nor is one tried again");
    let by_hand = unintroduced(&["sms"], |case| {
        introduction(case);
        case.policy.introduction.mode = Mode::Off;
    });
    assert_eq!(by_hand, Recheck::Skip(Reason::Guarded), "a campaign is judged where pushes wait for none");
    let stopped = unintroduced(&["sms"], |case| {
        introduction(case);
        case.citizen.consents.clear();
    });
    assert_eq!(stopped, Recheck::Skip(Reason::NoConsent));
}

#[test]
fn no_item_is_left_for_a_later_step_on_which_introductions_are_paused() {
    let item_paused_here = |case: &mut Case| {
        case.guarded = channels(&["sms"]).into_iter().collect();
        case.items.push((topic("family"), Class::Entitlement));
    };
    let left_out = Recheck::Go { reserve: Some(MONDAY), left_out: vec![(0, Reason::Guarded)] };
    assert_eq!(unintroduced(&["email"], item_paused_here), left_out);
}
