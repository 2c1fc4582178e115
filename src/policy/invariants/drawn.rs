//! What a random world is made of, part by part.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use vestnik_contract::ChannelId;

use crate::domain::{
    AddressEntry, Awaits, Basis, Ceilings, ChannelRule, Citizen, Class, ClassRule, Consent, ConsentAction,
    ConsentOrigin, ContactHistory, ContactHours, DayHours, Hours, Jurisdiction, KeptForDeadlines, Mode,
    Policy, Preference, Priority, TopicId, Wish,
};
use crate::policy::fixture::{address, at, channel, citizen, closed, jurisdiction, policy, topic};
use crate::policy::{ChannelFacts, Facts};

/// The channels of the fixture and one that nobody configured.
const NAMES: [&str; 6] = ["viber", "telegram", "sms", "email", "portal", "pigeon"];

/// A minute between the end of 2025 and the spring of 2028.
pub(super) fn minute() -> impl Strategy<Value = Timestamp> {
    (0..1_200_000_i64).prop_map(|minutes| at("2025-12-25T00:00:00Z") + SignedDuration::from_mins(minutes))
}

/// Any moment there is, and often one close to an end of time.
pub(super) fn any_moment() -> impl Strategy<Value = Timestamp> {
    let second = |seconds| Timestamp::from_second(seconds).unwrap();
    let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    prop_oneof![
        minute(),
        (first..=last).prop_map(second),
        (0..4_000_000_i64).prop_map(move |seconds| second(first + seconds)),
        (0..4_000_000_i64).prop_map(move |seconds| second(last - seconds)),
    ]
}

fn any_date() -> impl Strategy<Value = Date> {
    prop_oneof![
        minute().prop_map(|at| jiff::tz::TimeZone::UTC.to_datetime(at).date()),
        select(vec![Date::MIN, Date::MAX]),
    ]
}

pub(super) fn zone() -> impl Strategy<Value = Option<String>> {
    select(vec![
        Some("Europe/Kyiv"),
        Some("Europe/Kyiv"),
        Some("Asia/Kamchatka"),
        Some("Pacific/Apia"),
        Some("Asia/Beirut"),
        Some("Australia/Lord_Howe"),
        Some("Africa/Casablanca"),
        Some("Etc/GMT+12"),
        Some("Etc/Unknown"),
        Some("Mars/Olympus"),
        Some(""),
        Some("../etc/passwd"),
        None,
    ])
    .prop_map(|name| name.map(str::to_owned))
}

/// A zone, and a minute within a day before its clock changes.
pub(super) fn near_a_change_of_the_clock() -> impl Strategy<Value = (Option<String>, Timestamp)> {
    let changes = select(vec![
        ("Europe/Kyiv", "2026-03-29T01:00:00Z"),
        ("Europe/Kyiv", "2026-10-25T01:00:00Z"),
        ("Asia/Beirut", "2026-03-28T22:00:00Z"),
        ("Asia/Beirut", "2026-10-24T21:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ]);
    (changes, 0..1440_i64).prop_map(|((zone, change), minutes)| {
        (Some(zone.to_owned()), at(change) - SignedDuration::from_mins(minutes))
    })
}

/// A time of day, and often one at which clocks are changed.
fn time() -> impl Strategy<Value = Time> {
    (prop_oneof![0..24_i8, 0..5_i8], 0..60_i8)
        .prop_map(|(hour, minute)| Time::new(hour, minute, 0, 0).unwrap())
}

pub(super) fn span() -> impl Strategy<Value = Hours> {
    (time(), time()).prop_map(|(from, until)| Hours { from, until })
}

pub(super) fn wish() -> impl Strategy<Value = Wish> {
    let by_day = (option::of(span()), option::of(span()), option::of(span()));
    let by_day = by_day.prop_map(|(workday, weekend, holiday)| DayHours { workday, weekend, holiday });
    prop_oneof![span().prop_map(Wish::EveryDay), by_day.prop_map(Wish::ByDay)]
}

pub(super) fn contact_hours() -> impl Strategy<Value = ContactHours> {
    (span(), option::of(span()), option::of(span()), btree_set(any_date(), 0..20)).prop_map(
        |(workday, weekend, holiday, holidays)| ContactHours { workday, weekend, holiday, holidays },
    )
}

fn some_channel() -> impl Strategy<Value = ChannelId> {
    select(&NAMES[..]).prop_map(channel)
}

fn some_topic() -> impl Strategy<Value = Option<TopicId>> {
    select(vec![None, Some("family"), Some("family"), Some("housing")]).prop_map(|id| id.map(topic))
}

fn record() -> impl Strategy<Value = Consent> {
    use ConsentOrigin::{Import, InPerson, Law, Portal, Provider, Reply, SingleNumber};
    let origin = select(vec![Portal, SingleNumber, InPerson, Reply, Provider, Law, Import, Import, Import]);
    let action = select(vec![ConsentAction::Granted, ConsentAction::Granted, ConsentAction::Withdrawn]);
    (option::of(some_channel()), some_topic(), action, origin, 0..8_i64).prop_map(
        |(channel, topic, action, origin, day)| {
            let at = at("2020-06-01T00:00:00Z") + SignedDuration::from_hours(24 * day);
            Consent {
                seq: 0,
                channel,
                topic,
                action,
                origin,
                evidence: "form-1".to_owned(),
                wording: None,
                locale: None,
                actor: None,
                at,
            }
        },
    )
}

/// Up to twelve records, numbered in the order of recording.
pub(super) fn records() -> impl Strategy<Value = Vec<Consent>> {
    vec(record(), 0..12)
        .prop_map(|records| (1..).zip(records).map(|(seq, record)| Consent { seq, ..record }).collect())
}

fn addresses() -> impl Strategy<Value = Vec<AddressEntry>> {
    vec((select(&NAMES[..]), prop::bool::weighted(0.2)), 0..10).prop_map(|drawn| {
        let entry =
            |(on, gone)| AddressEntry { closed: bool::then(gone, || closed("blocked")), ..address(on) };
        drawn.into_iter().map(entry).collect()
    })
}

fn preferences() -> impl Strategy<Value = Vec<Preference>> {
    let one = (some_topic(), option::of(vec(some_channel(), 0..6)), option::of(wish()));
    vec(
        one.prop_map(|(topic, channels, hours)| Preference {
            topic,
            channels,
            hours,
            locale: None,
            bundling: None,
        }),
        0..3,
    )
}

pub(super) fn some_citizen() -> impl Strategy<Value = Citizen> {
    (zone(), addresses(), records(), preferences()).prop_map(|(zone, addresses, consents, preferences)| {
        let mut citizen = Citizen { addresses, consents, preferences, ..citizen() };
        citizen.profile.zone = zone;
        citizen
    })
}

pub(super) fn ceilings() -> impl Strategy<Value = Ceilings> {
    (option::of(0..4_u32), option::of(0..7_u32), option::of(0..12_u32))
        .prop_map(|(per_day, per_week, per_month)| Ceilings { per_day, per_week, per_month })
}

fn channel_rule() -> impl Strategy<Value = ChannelRule> {
    (select(vec![Awaits::Accepted, Awaits::Delivered, Awaits::Read]), any::<u32>(), prop::bool::weighted(0.8))
        .prop_map(|(awaits, wait_minutes, push)| ChannelRule { awaits, wait_minutes, push })
}

pub(super) fn classes() -> impl Strategy<Value = Class> {
    select(vec![Class::LegalDuty, Class::Entitlement, Class::Reminder, Class::Campaign])
}

fn class_rule() -> impl Strategy<Value = ClassRule> {
    (select(vec![Basis::Consent, Basis::Consent, Basis::Law]), prop::bool::weighted(0.7), any::<bool>())
        .prop_map(|(basis, budget, inbox)| ClassRule { basis, budget, inbox, bundle: false })
}

fn mode() -> impl Strategy<Value = Mode> {
    select(vec![Mode::Off, Mode::Report, Mode::Enforce])
}

pub(super) fn kept() -> impl Strategy<Value = KeptForDeadlines> {
    (mode(), 1..60_u16, option::of(1..3_u32), option::of(1..4_u32), option::of(1..5_u32)).prop_map(
        |(mode, deadline_days, per_day, per_week, per_month)| KeptForDeadlines {
            mode,
            deadline_days,
            per_day,
            per_week,
            per_month,
        },
    )
}

pub(super) fn some_policy() -> impl Strategy<Value = Policy> {
    (
        kept(),
        vec(some_channel(), 0..8),
        btree_map(some_channel(), channel_rule(), 3..7),
        btree_map(classes(), class_rule(), 0..5),
        ceilings(),
        any::<u16>(),
    )
        .prop_map(|(kept_for_deadlines, order, channels, classes, budget, expires_after_days)| Policy {
            order,
            channels,
            classes,
            budget,
            expires_after_days,
            kept_for_deadlines,
            ..policy()
        })
}

pub(super) fn some_jurisdiction() -> impl Strategy<Value = Jurisdiction> {
    (subsequence(&NAMES[..], 2..=6), vec(zone(), 0..3), contact_hours(), ceilings()).prop_map(
        |(channels, zones, contact_hours, ceilings)| Jurisdiction {
            channels: channels.into_iter().map(channel).collect(),
            zones: zones.into_iter().flatten().collect(),
            contact_hours,
            ceilings,
            ..jurisdiction()
        },
    )
}

pub(super) fn history() -> impl Strategy<Value = ContactHistory> {
    let count = prop_oneof![8 => 0..4_u32, 1 => Just(u32::MAX)];
    btree_map(any_date(), count, 0..20).prop_map(|days| ContactHistory { days })
}

pub(super) fn enabled() -> impl Strategy<Value = Vec<ChannelFacts>> {
    let facts = |(id, receipt_delivered, receipt_read)| ChannelFacts { id, receipt_delivered, receipt_read };
    subsequence(&NAMES[..], 2..=6).prop_flat_map(move |ids| {
        let each: Vec<_> =
            ids.into_iter().map(|id| (Just(channel(id)), any::<bool>(), any::<bool>())).collect();
        each.prop_map(move |all| all.into_iter().map(facts).collect())
    })
}

pub(super) fn facts(moments: impl Strategy<Value = Timestamp> + Clone) -> impl Strategy<Value = Facts> {
    let priority = select(vec![Priority::Urgent, Priority::Normal, Priority::Normal, Priority::Bulk]);
    (
        priority,
        option::weighted(0.3, any_date()),
        option::weighted(0.3, moments.clone()),
        option::weighted(0.2, moments),
    )
        .prop_map(|(priority, act_by, expires_at, not_before)| Facts {
            priority,
            act_by,
            expires_at,
            not_before,
        })
}
