use std::collections::BTreeMap;

use jiff::civil::date;
use vestnik_contract::ChannelId;

use super::*;
use crate::domain::ConsentAction::{Granted, Withdrawn};
use crate::domain::ConsentOrigin::{Portal, Reply};
use crate::domain::{Awaits, Mode, TrialRule};
use crate::policy::Introduced;
use crate::policy::fixture::{
    at, channel, channels, citizen, closed, consent, enabled, facts, hours, jurisdiction, policy, preference,
    topic,
};

/// A case: a notification of the topic `family` on Monday noon, 2026-06-01, in Kyiv, that may be
/// changed before it is decided.
struct Case {
    facts: Facts,
    class: Class,
    guarded: BTreeSet<ChannelId>,
    /// Where the guard has paused introductions.
    paused: BTreeSet<ChannelId>,
    /// Who was introduced there.
    known: BTreeMap<ChannelId, Introduced>,
    citizen: Citizen,
    policy: Policy,
    jurisdiction: Jurisdiction,
    history: ContactHistory,
    channels: Vec<ChannelFacts>,
    now: Timestamp,
}

fn case() -> Case {
    Case {
        facts: facts(),
        class: Class::Entitlement,
        guarded: BTreeSet::new(),
        paused: BTreeSet::new(),
        known: BTreeMap::new(),
        citizen: citizen(),
        policy: policy(),
        jurisdiction: jurisdiction(),
        history: ContactHistory::default(),
        channels: enabled(),
        now: at("2026-06-01T09:00:00Z"),
    }
}

fn decided(change: impl FnOnce(&mut Case)) -> Decision {
    let mut case = case();
    change(&mut case);
    decide(&DecideInput {
        facts: case.facts,
        topic: &topic("family"),
        class: case.class,
        guarded: &case.guarded,
        introductions: PausedIntroductions { on: &case.paused, known: &case.known },
        citizen: &case.citizen,
        policy: &case.policy,
        jurisdiction: &case.jurisdiction,
        history: &case.history,
        channels: &case.channels,
        now: case.now,
    })
}

#[test]
fn nobody_who_has_died_is_told_of_anything() {
    for class in [Class::LegalDuty, Class::Entitlement] {
        let died = decided(|case| (case.class, case.citizen.deceased) = (class, true));
        assert_eq!(closes(&died), Some((FinalState::Suppressed, Reason::Deceased, false)), "{class:?}");
    }
}

fn pushed(decision: &Decision) -> &Plan {
    match &decision.outcome {
        Outcome::Push(plan) => plan,
        closed @ Outcome::Close { .. } => panic!("not pushed: {closed:?}"),
    }
}

fn closes(decision: &Decision) -> Option<(FinalState, Reason, bool)> {
    match decision.outcome {
        Outcome::Push(_) => None,
        Outcome::Close { state, reason } => Some((state, reason, decision.inbox)),
    }
}

fn used(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.channel.as_str()).collect()
}

#[test]
fn a_plain_notification_goes_out_now_on_every_channel_in_order() {
    let decision = decided(|_| ());
    let plan = pushed(&decision);
    assert_eq!(used(plan), ["viber", "telegram", "sms", "email", "portal"]);
    assert_eq!((plan.due_at, plan.deferred), (at("2026-06-01T09:00:00Z"), None));
    assert_eq!(plan.reserve, Some(date(2026, 6, 1)));
    assert!(decision.inbox && decision.trace.deferrals.is_empty());
}

#[test]
fn steps_await_what_policy_wants_and_the_channel_can_tell() {
    let decision = decided(|case| {
        case.policy.channels.get_mut(&channel("sms")).unwrap().awaits = Awaits::Read;
        case.channels.retain(|facts| facts.id != channel("viber"));
        for facts in &mut case.channels {
            facts.receipt_read = false;
            facts.receipt_delivered = facts.id != channel("telegram");
        }
    });
    let awaits: Vec<_> =
        pushed(&decision).steps.iter().map(|step| (step.channel.as_str(), step.awaits)).collect();
    let expected = [
        ("telegram", Awaits::Accepted),
        ("sms", Awaits::Delivered),
        ("email", Awaits::Delivered),
        ("portal", Awaits::Delivered),
    ];
    assert_eq!(awaits, expected);
    assert_eq!(pushed(&decision).steps[0].wait_seconds, 3600);
}

#[test]
fn what_is_expired_on_arrival_closes_without_an_inbox_entry() {
    for expires in ["2026-06-01T09:00:00Z", "2020-01-01T00:00:00Z"] {
        let decision = decided(|case| case.facts.expires_at = Some(at(expires)));
        assert_eq!(closes(&decision), Some((FinalState::Expired, Reason::ExpiredOnArrival, false)));
        assert_eq!(decision.trace, Trace::default());
    }
}

#[test]
fn quiet_hours_defer_and_the_trace_says_until_when() {
    let decision = decided(|case| case.now = at("2026-06-01T19:00:00Z"));
    let tuesday = at("2026-06-02T06:00:00Z");
    assert_eq!(decision.trace.deferrals, [(Reason::QuietHours, tuesday)]);
    let plan = pushed(&decision);
    assert_eq!((plan.due_at, plan.deferred), (tuesday, Some(Reason::QuietHours)));
    assert_eq!(plan.reserve, Some(date(2026, 6, 2)));
}

#[test]
fn the_citizens_hours_narrow_the_contact_hours() {
    let decision = decided(|case| {
        let mut evening = preference(Some("family"), None);
        evening.hours = Some(Wish::EveryDay(hours([18, 0], [20, 0])));
        case.citizen.preferences = vec![evening];
    });
    assert_eq!(pushed(&decision).due_at, at("2026-06-01T15:00:00Z"));
}

#[test]
fn urgent_goes_through_quiet_hours_and_budget_but_not_without_consent() {
    let at_night = |case: &mut Case| {
        case.facts.priority = Priority::Urgent;
        case.now = at("2026-06-01T23:00:00Z");
        case.history.days.insert(date(2026, 6, 2), 5);
    };
    let decision = decided(at_night);
    assert_eq!(pushed(&decision).due_at, at("2026-06-01T23:00:00Z"));
    assert_eq!(pushed(&decision).reserve, Some(date(2026, 6, 2)));
    let refused = decided(|case| {
        at_night(case);
        case.citizen.consents.push(consent(None, None, Withdrawn, Reply, 2));
    });
    assert_eq!(closes(&refused), Some((FinalState::InboxOnly, Reason::ConsentWithdrawn, true)));
}

#[test]
fn the_budget_moves_to_the_first_permitted_moment_of_a_day_with_room() {
    let full = |case: &mut Case| {
        case.history.days.insert(date(2026, 6, 1), 2);
    };
    let decision = decided(full);
    let plan = pushed(&decision);
    assert_eq!((plan.due_at, plan.deferred), (at("2026-06-02T06:00:00Z"), Some(Reason::ContactBudget)));
    // The stricter of the two ceilings holds.
    let stricter = decided(|case| {
        full(case);
        case.jurisdiction.ceilings.per_week = Some(2);
    });
    assert_eq!(pushed(&stricter).due_at, at("2026-06-08T06:00:00Z"));
    let free = decided(|case| {
        full(case);
        case.class = Class::LegalDuty;
    });
    assert_eq!((pushed(&free).due_at, pushed(&free).reserve), (at("2026-06-01T09:00:00Z"), None));
}

#[test]
fn what_finds_no_moment_before_it_expires_stays_in_the_inbox_and_names_the_rule() {
    let only_noisy =
        |case: &mut Case| case.citizen.addresses.retain(|entry| entry.channel != channel("portal"));
    let quiet = decided(|case| {
        only_noisy(case);
        case.now = at("2026-06-01T19:00:00Z");
        case.facts.expires_at = Some(at("2026-06-02T05:00:00Z"));
    });
    assert_eq!(closes(&quiet), Some((FinalState::InboxOnly, Reason::QuietHours, true)));
    assert_eq!(quiet.trace.channels[0].1, Reason::QuietHours);
    let budget = decided(|case| {
        only_noisy(case);
        case.history.days.insert(date(2026, 6, 1), 2);
        case.facts.expires_at = Some(at("2026-06-01T22:00:00Z"));
    });
    assert_eq!(closes(&budget), Some((FinalState::InboxOnly, Reason::ContactBudget, true)));
}

#[test]
fn what_makes_no_noise_has_its_turn_where_pushes_find_no_moment() {
    let decision = decided(|case| {
        case.now = at("2026-06-01T19:00:00Z");
        case.facts.expires_at = Some(at("2026-06-02T05:00:00Z"));
    });
    let plan = pushed(&decision);
    assert_eq!(used(plan), ["portal"]);
    assert_eq!((plan.due_at, plan.reserve), (at("2026-06-01T19:00:00Z"), None));
    let reasons: Vec<_> = decision.trace.channels.iter().map(|(_, reason)| *reason).collect();
    let quiet = Reason::QuietHours;
    assert_eq!(reasons, [quiet, quiet, quiet, quiet, Reason::Chosen]);
}

#[test]
fn what_the_guard_paused_goes_to_the_next_channel_and_the_trace_says_so() {
    let guarded = |mode, on: &[&str]| {
        let on = on.iter().map(|one| channel(one)).collect();
        decided(|case| {
            case.policy.guard.mode = mode;
            case.guarded = on;
        })
    };
    let decision = guarded(Mode::Enforce, &["viber", "sms"]);
    let steps: Vec<_> = pushed(&decision).steps.iter().map(|step| step.channel.as_str()).collect();
    assert_eq!(steps, ["telegram", "email", "portal"]);
    assert_eq!(decision.trace.channels[0], (channel("viber"), Reason::Guarded));
    let nowhere = guarded(Mode::Enforce, &["viber", "telegram", "sms", "email", "portal"]);
    assert_eq!(closes(&nowhere), Some((FinalState::InboxOnly, Reason::Guarded, true)));

    let decision = guarded(Mode::Report, &["viber"]);
    assert_eq!(pushed(&decision).steps.len(), 5);
    let would = Would { rule: TrialRule::Guard, until: None, channel: Some(channel("viber")) };
    assert_eq!(decision.trace.would, [would]);
    assert_eq!(guarded(Mode::Off, &["viber"]).trace.would, []);
}

#[test]
fn who_was_not_introduced_where_introductions_are_paused_gets_it_on_the_next_channel() {
    type Change = fn(&mut Case);
    let paused = |on: &[&str], change: Change| {
        let on = channels(on).into_iter().collect();
        decided(|case| {
            case.policy.guard.mode = Mode::Enforce;
            case.policy.introduction.mode = Mode::Enforce;
            case.paused = on;
            change(case);
        })
    };
    let all = ["viber", "telegram", "sms", "email", "portal"];
    let decision = paused(&["viber", "sms"], |_| ());
    assert_eq!(used(pushed(&decision)), ["telegram", "email", "portal"]);
    assert_eq!(decision.trace.channels[0], (channel("viber"), Reason::Guarded));
    assert_eq!(used(pushed(&paused(&all, |_| ()))), ["portal"], "what makes no noise needs none");
    let known = paused(&["viber", "sms"], |case| {
        case.known =
            [(channel("viber"), Introduced::At(Timestamp::MIN)), (channel("sms"), Introduced::Underway)]
                .into();
    });
    assert_eq!(used(pushed(&known)), ["viber", "telegram", "email", "portal"]);
    let table: [(&str, Change); 4] = [
        ("urgent", |case| case.facts.priority = Priority::Urgent),
        ("a law", |case| case.class = Class::LegalDuty),
        ("no introductions", |case| case.policy.introduction.mode = Mode::Off),
        ("introductions on trial", |case| case.policy.introduction.mode = Mode::Report),
    ];
    for (name, change) in table {
        assert_eq!(used(pushed(&paused(&all, change))), all, "{name}");
    }
    let trial = paused(&["viber"], |case| case.policy.guard.mode = Mode::Report);
    assert_eq!(used(pushed(&trial)), all);
    let would = Would { rule: TrialRule::Guard, until: None, channel: Some(channel("viber")) };
    assert_eq!(trial.trace.would, [would]);
}

#[test]
fn where_nothing_is_left_the_most_telling_reason_is_named() {
    type Change = fn(&mut Case);
    let table: [(Change, Reason); 7] = [
        (|case| case.citizen.addresses.clear(), Reason::NoAddress),
        (|case| case.citizen.addresses[2].closed = Some(closed("blocked")), Reason::AddressClosed),
        (|case| case.citizen.consents.clear(), Reason::NoConsent),
        (
            |case| case.citizen.consents.push(consent(None, None, Withdrawn, Reply, 2)),
            Reason::ConsentWithdrawn,
        ),
        (|case| case.jurisdiction.channels.clear(), Reason::JurisdictionForbids),
        (|case| case.channels.clear(), Reason::ChannelOff),
        (|case| case.citizen.preferences = vec![preference(None, Some(&[]))], Reason::NotPreferred),
    ];
    for (change, reason) in table {
        let decision = decided(|case| {
            // Of the five only SMS has an address.
            for entry in &mut case.citizen.addresses {
                if entry.channel != channel("sms") {
                    entry.channel = ChannelId::new("pigeon").unwrap();
                }
            }
            change(case);
        });
        assert_eq!(closes(&decision), Some((FinalState::InboxOnly, reason, true)), "{reason}");
    }
}

#[test]
fn a_campaign_leaves_no_trace_with_whom_it_was_never_agreed() {
    let campaign = |records: Vec<crate::domain::Consent>| {
        decided(move |case| {
            case.class = Class::Campaign;
            case.citizen.consents = records;
        })
    };
    let never = campaign(vec![consent(Some("sms"), Some("housing"), Granted, Portal, 1)]);
    assert_eq!(closes(&never), Some((FinalState::Suppressed, Reason::NoConsent, false)));
    let stopped = campaign(vec![consent(None, None, Withdrawn, Reply, 1)]);
    assert_eq!(closes(&stopped), Some((FinalState::Suppressed, Reason::ConsentWithdrawn, false)));
    let elsewhere = campaign(vec![consent(Some("pigeon"), Some("family"), Granted, Portal, 1)]);
    assert_eq!(closes(&elsewhere), Some((FinalState::InboxOnly, Reason::NoConsent, true)));
}

#[test]
fn a_class_without_a_rule_is_treated_with_care() {
    let decision = decided(|case| {
        case.policy.classes.clear();
        case.class = Class::LegalDuty;
        case.citizen.consents.clear();
    });
    assert_eq!(closes(&decision), Some((FinalState::InboxOnly, Reason::NoConsent, true)));
}
