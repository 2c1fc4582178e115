//! Small pasts under two sets of rules, as tables. The fixture's citizen lives in Kyiv, three hours ahead
//! of UTC, and is written to from 9 to 20 on workdays; Monday is 1 June 2026.

use jiff::SignedDuration;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::domain::{
    Bundling, Ceilings, ConsentAction, ConsentOrigin, KeptForDeadlines, Mode, SourceId, Yielding,
};
use crate::policy::fixture::{
    at, channel, channels, citizen, closed, consent, enabled, facts, hours, jurisdiction, policy, topic,
};
use crate::policy::{Quiet, Zones};

fn rules() -> Rulebook {
    let law = jurisdiction();
    Rulebook {
        policy: policy(),
        jurisdictions: [(law.id.clone(), law.clone())].into(),
        strict: law,
        channels: enabled(),
    }
}

fn with(change: impl FnOnce(&mut Rulebook)) -> Rulebook {
    let mut changed = rules();
    change(&mut changed);
    changed
}

fn law(rules: &mut Rulebook) -> &mut Jurisdiction {
    rules.jurisdictions.values_mut().next().unwrap()
}

/// An entitlement that came at this moment.
fn came(text: &str) -> Recorded {
    Recorded {
        reference: SourceRef { source: SourceId::new("family_fund").unwrap(), id: text.to_owned() },
        measure: "birth_grant".to_owned(),
        at: at(text),
        facts: facts(),
        topic: topic("family"),
        class: Class::Entitlement,
        taken_back_at: None,
        failed: Vec::new(),
    }
}

/// The life of somebody who consented to everything long before.
fn life(notifications: Vec<Recorded>) -> Life {
    let citizen = citizen();
    let granted = citizen.consents.iter().map(|record| (record.at, record.clone())).collect();
    Life { citizen, consents: granted, others: ContactHistory::default(), notifications }
}

fn came_at<const N: usize>(moments: [&str; N]) -> Life {
    life(moments.map(came).into())
}

fn sent(text: &str, on: &str) -> Fate {
    Fate::Sent { at: at(text), channel: channel(on) }
}

fn ended(state: FinalState, reason: Reason) -> Fate {
    Fate::Ended { state, reason }
}

/// Each change in one word, with the fate that it leads to.
fn changes(life: &Life, after: &Rulebook) -> Vec<Option<(&'static str, Fate)>> {
    let (before, after) = (replay(life, &rules()), replay(life, after));
    let fates = before.fates.iter().zip(after.fates);
    fates.map(|(before, after)| Some((Change::between(before, &after)?.as_str(), after))).collect()
}

#[test]
fn a_lower_ceiling_sends_later_just_what_finds_no_room() {
    let monday = came_at(["2026-06-01T07:00:00Z", "2026-06-01T08:00:00Z", "2026-06-01T09:00:00Z"]);
    let one_a_day = with(|rules| rules.policy.budget.per_day = Some(1));
    let expected = [
        None,
        Some(("later", sent("2026-06-02T06:00:00Z", "viber"))),
        Some(("later", sent("2026-06-03T06:00:00Z", "viber"))),
    ];
    assert_eq!(changes(&monday, &one_a_day), expected);
    let three_a_day = with(|rules| rules.policy.budget.per_day = Some(3));
    let sooner = Some(("sooner", sent("2026-06-01T09:00:00Z", "viber")));
    assert_eq!(changes(&monday, &three_a_day), [None, None, sooner]);
}

#[test]
fn what_others_were_sent_takes_its_places() {
    let mut monday = came_at(["2026-06-01T07:00:00Z"]);
    monday.others.days.insert(date(2026, 6, 1), 1);
    let one_a_day = with(|rules| rules.policy.budget.per_day = Some(1));
    let later = Some(("later", sent("2026-06-02T06:00:00Z", "viber")));
    assert_eq!(changes(&monday, &one_a_day), [later]);
}

#[test]
fn another_order_or_law_is_another_channel() {
    let monday = came_at(["2026-06-01T07:00:00Z"]);
    let sms = [Some(("other_channel", sent("2026-06-01T07:00:00Z", "sms")))];
    let sms_first = with(|rules| rules.policy.order = channels(&["sms", "viber"]));
    assert_eq!(changes(&monday, &sms_first), sms);
    let no_messengers = with(|rules| {
        law(rules).channels.retain(|one| !["viber", "telegram"].contains(&one.as_str()));
    });
    assert_eq!(changes(&monday, &no_messengers), sms);
    let switched_off = with(|rules| {
        rules.channels.retain(|one| !["viber", "telegram"].contains(&one.id.as_str()));
    });
    assert_eq!(changes(&monday, &switched_off), sms);
    let nothing = with(|rules| rules.channels.clear());
    let lost = Some(("lost", ended(FinalState::InboxOnly, Reason::ChannelOff)));
    assert_eq!(changes(&monday, &nothing), [lost]);
}

#[test]
fn narrower_hours_send_later_and_wider_ones_sooner() {
    let evening = came_at(["2026-06-01T16:30:00Z", "2026-06-02T03:00:00Z"]);
    let workday = |from, until| with(|rules| law(rules).contact_hours.workday = hours(from, until));
    let later = Some(("later", sent("2026-06-02T06:00:00Z", "viber")));
    assert_eq!(changes(&evening, &workday([9, 0], [19, 0])), [later, None]);
    let sooner = Some(("sooner", sent("2026-06-02T05:00:00Z", "viber")));
    assert_eq!(changes(&evening, &workday([8, 0], [20, 0])), [None, sooner]);
}

#[test]
fn a_class_without_consent_is_sent_by_law() {
    let mut life = came_at(["2026-06-01T07:00:00Z"]);
    life.consents.clear();
    let by_law = with(|rules| {
        rules.policy.classes.insert(Class::Entitlement, rules.policy.classes[&Class::LegalDuty].clone());
    });
    assert_eq!(changes(&life, &by_law), [Some(("won", sent("2026-06-01T07:00:00Z", "viber")))]);
    let no_inbox = with(|rules| {
        rules.policy.classes.insert(Class::Entitlement, rules.policy.classes[&Class::Campaign].clone());
    });
    let suppressed = ended(FinalState::Suppressed, Reason::NoConsent);
    assert_eq!(changes(&life, &no_inbox), [Some(("ends_otherwise", suppressed))]);
}

#[test]
fn the_citizen_is_as_known_at_each_moment() {
    let mut life = came_at(["2026-06-01T07:00:00Z", "2026-06-01T19:00:00Z", "2026-06-03T07:00:00Z"]);
    let stop = consent(None, None, ConsentAction::Withdrawn, ConsentOrigin::Reply, 2);
    let start = consent(None, None, ConsentAction::Granted, ConsentOrigin::Reply, 3);
    life.consents.push((at("2026-06-02T05:00:00Z"), stop));
    life.consents.push((at("2026-06-03T05:00:00Z"), start));
    let viber = life.citizen.addresses.iter_mut().find(|entry| entry.channel == channel("viber")).unwrap();
    viber.closed = Some(crate::domain::Closed { at: at("2026-06-01T08:00:00Z"), ..closed("blocked") });
    let fates = replay(&life, &rules()).fates;
    let stopped = ended(FinalState::InboxOnly, Reason::ConsentWithdrawn);
    assert_eq!(
        fates,
        [sent("2026-06-01T07:00:00Z", "viber"), stopped, sent("2026-06-03T07:00:00Z", "telegram")]
    );
}

#[test]
fn where_the_record_says_that_it_failed_the_next_channel_has_its_turn() {
    let failed = |reason| {
        let one = Recorded { failed: vec![(channel("viber"), reason)], ..came("2026-06-01T16:30:00Z") };
        replay(&life(vec![one]), &rules())
    };
    let refused = failed(Reason::Unreachable);
    assert_eq!((&refused.fates[..], refused.contacts), (&[sent("2026-06-01T16:30:00Z", "telegram")][..], 2));
    // An hour of contact hours: half of it on the next morning.
    let silent = failed(Reason::NoReceipt);
    assert_eq!((&silent.fates[..], silent.contacts), (&[sent("2026-06-02T06:30:00Z", "telegram")][..], 2));
    let mut nowhere = came("2026-06-01T07:00:00Z");
    nowhere.failed =
        ["viber", "telegram", "sms", "email", "portal"].map(|on| (channel(on), Reason::Rejected)).into();
    let unreachable = ended(FinalState::Unreachable, Reason::Rejected);
    assert_eq!(replay(&life(vec![nowhere]), &rules()).fates[0], unreachable);
}

#[test]
fn what_its_source_took_back_in_time_is_not_sent_and_gives_its_place_back() {
    let taken_back = |text: &str, by: &str| Recorded { taken_back_at: Some(at(by)), ..came(text) };
    let night = life(vec![
        taken_back("2026-06-01T20:00:00Z", "2026-06-02T05:00:00Z"),
        came("2026-06-02T07:00:00Z"),
        came("2026-06-02T08:00:00Z"),
        taken_back("2026-06-02T09:00:00Z", "2026-06-02T09:00:00Z"),
    ]);
    let cancelled = ended(FinalState::Cancelled, Reason::CancelledBySource);
    let expected = [
        cancelled.clone(),
        sent("2026-06-02T07:00:00Z", "viber"),
        sent("2026-06-02T08:00:00Z", "viber"),
        cancelled,
    ];
    assert_eq!(replay(&night, &rules()).fates, expected);
    // Under rules that write at night it would have gone out before.
    let by_night = with(|rules| law(rules).contact_hours.workday = hours([0, 0], [0, 0]));
    assert_eq!(changes(&night, &by_night)[0].as_ref().unwrap().0, "won");
}

#[test]
fn one_window_makes_one_contact_of_two() {
    let minutes = came_at(["2026-06-01T07:00:00Z", "2026-06-01T07:05:00Z"]);
    let bundled = with(|rules| {
        rules.policy.bundling = Bundling {
            mode: Mode::Enforce,
            window_seconds: 600,
            hard_end_seconds: 3_600,
            deadline_margin_seconds: 0,
            largest: 5,
        };
    });
    let together = replay(&minutes, &bundled);
    let both = sent("2026-06-01T07:15:00Z", "viber");
    assert_eq!((together.fates, together.contacts), (vec![both.clone(), both], 1));
    assert_eq!(replay(&minutes, &rules()).contacts, 2);
    // The record says of one of them alone that Viber did not reach the citizen.
    let mut minutes = minutes;
    minutes.notifications[0].failed = vec![(channel("viber"), Reason::Unreachable)];
    assert_eq!(replay(&minutes, &bundled).contacts, 1);
    minutes.notifications[1].failed = minutes.notifications[0].failed.clone();
    let both = sent("2026-06-01T07:15:00Z", "telegram");
    let together = replay(&minutes, &bundled);
    assert_eq!((together.fates, together.contacts), (vec![both.clone(), both], 2));
}

#[test]
fn a_lower_class_yields_where_the_rule_is_put_to_work() {
    let campaign = Recorded { class: Class::Campaign, ..came("2026-06-01T20:00:00Z") };
    let night = life(vec![campaign, came("2026-06-01T20:30:00Z")]);
    let one_a_day = |mode| {
        with(|rules| {
            rules.policy.budget = Ceilings { per_day: Some(1), ..Ceilings::default() };
            rules.policy.yielding = Yielding { mode };
        })
    };
    let (tuesday, wednesday) = ("2026-06-02T06:00:00Z", "2026-06-03T06:00:00Z");
    let fates = |mode| replay(&night, &one_a_day(mode)).fates;
    assert_eq!(fates(Mode::Off), [sent(tuesday, "viber"), sent(wednesday, "viber")]);
    assert_eq!(fates(Mode::Report), fates(Mode::Off));
    assert_eq!(fates(Mode::Enforce), [sent(wednesday, "viber"), sent(tuesday, "viber")]);
}

#[test]
fn what_is_kept_for_deadlines_is_left_to_them() {
    let mut urgent = came("2026-06-01T08:00:00Z");
    urgent.facts.act_by = Some(date(2026, 6, 5));
    let monday = life(vec![came("2026-06-01T07:00:00Z"), came("2026-06-01T07:30:00Z"), urgent]);
    let kept = with(|rules| {
        rules.policy.kept_for_deadlines = KeptForDeadlines {
            mode: Mode::Enforce,
            deadline_days: 14,
            per_day: Some(1),
            per_week: None,
            per_month: None,
        };
    });
    let expected = [
        None,
        Some(("later", sent("2026-06-02T06:00:00Z", "viber"))),
        Some(("sooner", sent("2026-06-01T08:00:00Z", "viber"))),
    ];
    assert_eq!(changes(&monday, &kept), expected);
}

/// A past of some notifications within two weeks, of every class.
fn any_life() -> impl Strategy<Value = Life> {
    let classes = [Class::LegalDuty, Class::Entitlement, Class::Reminder, Class::Campaign];
    let failed = proptest::sample::subsequence(vec!["viber", "telegram", "sms", "email"], 0..4);
    let one = (0..20_000_i64, proptest::sample::select(classes.to_vec()), failed, any::<bool>());
    proptest::collection::vec(one, 0..20).prop_map(|drawn| {
        let mut all: Vec<_> = drawn
            .into_iter()
            .map(|(minute, class, failed, silent)| {
                let reason = if silent { Reason::NoReceipt } else { Reason::Unreachable };
                Recorded {
                    at: at("2026-06-01T00:00:00Z") + SignedDuration::from_mins(minute),
                    class,
                    failed: failed.into_iter().map(|on| (channel(on), reason)).collect(),
                    ..came("2026-06-01T00:00:00Z")
                }
            })
            .collect();
        all.sort_by_key(|one| one.at);
        life(all)
    })
}

proptest! {
    #[test]
    fn no_replay_disturbs_anybody_and_the_same_rules_change_nothing(life in any_life(), bundle in any::<bool>()) {
        let rules = with(|rules| {
            if bundle {
                rules.policy.bundling = Bundling {
                    mode: Mode::Enforce,
                    window_seconds: 600,
                    hard_end_seconds: 3_600,
                    deadline_margin_seconds: 0,
                    largest: 3,
                };
            }
            rules.policy.yielding = Yielding { mode: Mode::Enforce };
        });
        let replayed = replay(&life, &rules);
        let law = &rules.strict;
        let zones = Zones::of(&life.citizen, law);
        let quiet = Quiet { hours: &law.contact_hours, zones: &zones, wishes: &[] };
        let mut pushes = std::collections::BTreeSet::new();
        for (fate, recorded) in replayed.fates.iter().zip(&life.notifications) {
            let Fate::Sent { at, channel } = fate else { continue };
            prop_assert!(*at >= recorded.at);
            if channel.as_str() != "portal" {
                prop_assert!(quiet.is_permitted(*at), "{at}");
                if recorded.class != Class::LegalDuty {
                    pushes.insert((*at, channel.clone()));
                }
            }
        }
        // What came to the same moment on one channel may have come together: at the least so many.
        let mut days = BTreeMap::<_, u32>::new();
        for (at, _) in pushes {
            *days.entry(zones.day(at)).or_default() += 1;
        }
        prop_assert!(days.values().all(|count| *count <= 2), "{days:?}");
        let again = replay(&life, &rules);
        let same = replayed.fates.iter().zip(&again.fates);
        prop_assert!(same.clone().all(|(one, other)| Change::between(one, other).is_none()));
        prop_assert_eq!(replayed.contacts, again.contacts);
        let counted = u32::try_from(life.notifications.len()).unwrap() * 5;
        prop_assert!(replayed.contacts <= counted);
    }
}
