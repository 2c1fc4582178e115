use jiff::{SignedDuration, Timestamp};

use super::wait_until;
use crate::domain::{ContactHistory, NoticeKind, Priority};
use crate::policy::fixture::{at, channel, citizen, hours, jurisdiction, policy};
use crate::policy::{PausedIntroductions, Quiet, RecheckInput, Zones};

const NEVER: Timestamp = Timestamp::MAX;

/// When so many minutes have passed in a zone (`None`: unknown) under the fixture's contact hours:
/// workdays 09 to 20, weekends 10 to 18, holidays never.
fn after(zone: Option<&str>, from: &str, minutes: i64, latest: Timestamp) -> Timestamp {
    let mut citizen = citizen();
    citizen.profile.zone = zone.map(str::to_owned);
    let law = jurisdiction();
    let zones = Zones::of(&citizen, &law);
    let quiet = Quiet { hours: &law.contact_hours, zones: &zones, wishes: &[] };
    quiet.after_lawful(at(from), SignedDuration::from_mins(minutes), latest)
}

#[test]
fn a_wait_counts_permitted_time_only() {
    let kyiv = Some("Europe/Kyiv");
    let table = [
        ("within the day", kyiv, "2026-06-01T09:00:00Z", 120, "2026-06-01T11:00:00Z"),
        ("just until the evening", kyiv, "2026-06-01T15:00:00Z", 120, "2026-06-01T17:00:00Z"),
        ("over the night", kyiv, "2026-06-01T16:00:00Z", 120, "2026-06-02T07:00:00Z"),
        ("that begins at night", kyiv, "2026-06-01T20:00:00Z", 30, "2026-06-02T06:30:00Z"),
        ("over a weekend, eight hours each day", kyiv, "2026-06-05T16:30:00Z", 1_000, "2026-06-08T06:10:00Z"),
        ("over the holiday on Wednesday", kyiv, "2026-06-23T16:00:00Z", 90, "2026-06-25T06:30:00Z"),
        ("no time at all", kyiv, "2026-06-01T20:00:00Z", 0, "2026-06-02T06:00:00Z"),
        // Kyiv springs forward on Sunday 2026-03-29 and falls back on Sunday 2026-10-25.
        ("into summer", kyiv, "2026-03-28T15:30:00Z", 60, "2026-03-29T07:30:00Z"),
        ("into winter", kyiv, "2026-10-24T14:30:00Z", 60, "2026-10-25T08:30:00Z"),
        // Kyiv and Moscow, in winter an hour apart: open together from 07:00Z to 17:00Z.
        ("anywhere", None, "2026-01-14T16:30:00Z", 60, "2026-01-15T07:30:00Z"),
        ("in a zone that is none", Some("Mars/Olympus"), "2026-01-14T16:30:00Z", 60, "2026-01-15T07:30:00Z"),
    ];
    for (name, zone, from, minutes, until) in table {
        assert_eq!(after(zone, from, minutes, NEVER), at(until), "{name}");
    }
}

#[test]
fn a_change_of_the_clock_takes_from_the_hours_and_adds_to_them() {
    let mut law = jurisdiction();
    law.contact_hours.weekend = Some(hours([2, 0], [5, 0]));
    let zones = Zones::of(&citizen(), &law);
    let quiet = Quiet { hours: &law.contact_hours, zones: &zones, wishes: &[] };
    let three_hours = SignedDuration::from_hours(3);
    // Of 02:00 to 05:00 two hours exist in spring; the third comes on Monday at 09:00.
    let in_spring = quiet.after_lawful(at("2026-03-28T22:00:00Z"), three_hours, NEVER);
    assert_eq!(in_spring, at("2026-03-30T07:00:00Z"));
    // In autumn there are four.
    let in_autumn = quiet.after_lawful(at("2026-10-24T22:00:00Z"), three_hours, NEVER);
    assert_eq!(in_autumn, at("2026-10-25T02:00:00Z"));
}

#[test]
fn there_is_an_end_to_it() {
    let kyiv = Some("Europe/Kyiv");
    let expires = at("2026-06-02T06:10:00Z");
    assert_eq!(after(kyiv, "2026-06-01T20:00:00Z", 30, expires), expires);
    let never_open = Quiet {
        hours: &crate::domain::ContactHours {
            workday: hours([9, 0], [9, 1]),
            ..jurisdiction().contact_hours
        },
        zones: &Zones::of(&citizen(), &jurisdiction()),
        wishes: &[],
    };
    let soon = at("2026-07-01T00:00:00Z");
    assert_eq!(never_open.after_lawful(at("2026-06-01T00:00:00Z"), SignedDuration::MAX, soon), soon);
    for from in [Timestamp::MIN, Timestamp::MAX] {
        let end = never_open.after_lawful(from, SignedDuration::from_secs(1), Timestamp::MAX);
        assert!(end >= from);
    }
}

/// The end of a wait of two hours on a channel that begins on Monday evening at 19:00 in Kyiv.
fn waits(on: &str, change: impl FnOnce(&mut RecheckInput<'_>)) -> Option<Timestamp> {
    let (citizen, policy, law) = (citizen(), policy(), jurisdiction());
    let mut input = RecheckInput {
        channel: &channel(on),
        later: &[],
        kind: NoticeKind::Entitlement,
        answers: None,
        items: &[],
        introductions: PausedIntroductions::nowhere(),
        priority: Priority::Normal,
        expires_at: at("2026-07-01T00:00:00Z"),
        deadline: None,
        not_before: None,
        reserved: None,
        citizen: &citizen,
        policy: &policy,
        jurisdiction: &law,
        history: &ContactHistory::default(),
        now: at("2026-06-01T16:00:00Z"),
    };
    change(&mut input);
    wait_until(&input, SignedDuration::from_hours(2))
}

#[test]
fn what_keeps_no_hours_is_waited_for_by_the_clock() {
    assert_eq!(waits("sms", |_| ()), Some(at("2026-06-02T07:00:00Z")));
    assert_eq!(waits("sms", |input| input.priority = Priority::Urgent), None);
    assert_eq!(waits("sms", |input| input.kind = NoticeKind::Confirmation), None);
    assert_eq!(waits("portal", |_| ()), None, "the fixture's portal makes no noise");
}

#[test]
fn no_wait_outlives_what_waits_nor_is_cut_short_of_the_clock() {
    let expiring = |text: &str| waits("sms", |input| input.expires_at = at(text));
    assert_eq!(expiring("2026-06-02T06:30:00Z"), Some(at("2026-06-02T06:30:00Z")));
    assert_eq!(expiring("2026-06-01T17:00:00Z"), Some(at("2026-06-01T18:00:00Z")));
    let at_the_end_of_time = |input: &mut RecheckInput<'_>| {
        input.expires_at = Timestamp::MAX;
        input.now = Timestamp::MAX;
    };
    assert_eq!(waits("sms", at_the_end_of_time), Some(Timestamp::MAX));
}
