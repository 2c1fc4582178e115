//! Random worlds: citizens, rules, histories and notifications of every kind.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use vestnik_contract::ChannelId;

use crate::domain::{
    AddressEntry, Awaits, Basis, Ceilings, ChannelRule, Citizen, Class, ClassRule, Consent, ConsentAction,
    ConsentOrigin, ContactHistory, ContactHours, Decision, Hours, Jurisdiction, NoticeKind, Plan, Policy,
    Preference, Priority, Recheck, TopicId,
};
use crate::policy::fixture::{CHANNELS, address, at, channel, citizen, closed, jurisdiction, policy, topic};
use crate::policy::{
    ChannelFacts, DecideInput, Facts, ItemFacts, RecheckInput, Zones, decide, expiry, recheck,
};

/// The channels of the fixture and one that nobody configured.
const NAMES: [&str; 6] = ["viber", "telegram", "sms", "email", "portal", "pigeon"];

/// All that a decision depends on.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub facts: Facts,
    pub class: Class,
    pub citizen: Citizen,
    pub policy: Policy,
    pub jurisdiction: Jurisdiction,
    pub history: ContactHistory,
    pub channels: Vec<ChannelFacts>,
    pub now: Timestamp,
}

pub(super) fn family() -> TopicId {
    topic("family")
}

impl World {
    pub(super) fn decide(&self) -> Decision {
        decide(&DecideInput {
            facts: self.facts,
            topic: &family(),
            class: self.class,
            citizen: &self.citizen,
            policy: &self.policy,
            jurisdiction: &self.jurisdiction,
            history: &self.history,
            channels: &self.channels,
            now: self.now,
        })
    }

    pub(super) fn zones(&self) -> Zones {
        Zones::of(&self.citizen, &self.jurisdiction)
    }

    pub(super) fn expires_at(&self) -> Timestamp {
        expiry(&self.facts, &self.policy, &self.zones(), self.now)
    }

    /// The check of a step of a notice with this one item, at the world's `now`.
    pub(super) fn recheck(
        &self,
        on: &ChannelId,
        later: &[ChannelId],
        expires_at: Timestamp,
        reserved: Option<Date>,
    ) -> Recheck {
        recheck(&RecheckInput {
            channel: on,
            later,
            kind: NoticeKind::Entitlement,
            items: &[ItemFacts { topic: &family(), class: self.class }],
            priority: self.facts.priority,
            expires_at,
            not_before: self.facts.not_before,
            reserved,
            citizen: &self.citizen,
            policy: &self.policy,
            jurisdiction: &self.jurisdiction,
            history: &self.history,
            now: self.now,
        })
    }

    /// The check of the first step of a plan, when it is due and nothing has changed but that its
    /// place in the budget is held.
    pub(super) fn recheck_when_due(&self, plan: &Plan) -> Recheck {
        let mut then = self.clone();
        then.now = plan.due_at;
        if let Some(day) = plan.reserve {
            then.hold(day);
        }
        let channels: Vec<_> = plan.steps.iter().map(|step| step.channel.clone()).collect();
        then.recheck(&channels[0], &channels[1..], self.expires_at(), plan.reserve)
    }

    pub(super) fn hold(&mut self, day: Date) {
        let count = self.history.days.entry(day).or_default();
        *count = count.saturating_add(1);
    }

    pub(super) fn is_push(&self, channel: &ChannelId) -> bool {
        self.policy.channels[channel].push
    }

    pub(super) fn basis(&self) -> Basis {
        self.policy.classes.get(&self.class).map_or(Basis::Consent, |rule| rule.basis)
    }
}

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
    let one = (some_topic(), option::of(vec(some_channel(), 0..6)), option::of(span()));
    vec(one.prop_map(|(topic, channels, hours)| Preference { topic, channels, hours, locale: None }), 0..3)
}

fn some_citizen() -> impl Strategy<Value = Citizen> {
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
        .prop_map(|(basis, budget, inbox)| ClassRule { basis, budget, inbox })
}

fn some_policy() -> impl Strategy<Value = Policy> {
    (
        vec(some_channel(), 0..8),
        btree_map(some_channel(), channel_rule(), 3..7),
        btree_map(classes(), class_rule(), 0..5),
        ceilings(),
        any::<u16>(),
    )
        .prop_map(|(order, channels, classes, budget, expires_after_days)| Policy {
            order,
            channels,
            classes,
            budget,
            expires_after_days,
            ..policy()
        })
}

fn some_jurisdiction() -> impl Strategy<Value = Jurisdiction> {
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

fn history() -> impl Strategy<Value = ContactHistory> {
    let count = prop_oneof![8 => 0..4_u32, 1 => Just(u32::MAX)];
    btree_map(any_date(), count, 0..20).prop_map(|days| ContactHistory { days })
}

fn enabled() -> impl Strategy<Value = Vec<ChannelFacts>> {
    let facts = |(id, receipt_delivered, receipt_read)| ChannelFacts { id, receipt_delivered, receipt_read };
    subsequence(&NAMES[..], 2..=6).prop_flat_map(move |ids| {
        let each: Vec<_> =
            ids.into_iter().map(|id| (Just(channel(id)), any::<bool>(), any::<bool>())).collect();
        each.prop_map(move |all| all.into_iter().map(facts).collect())
    })
}

fn facts(moments: impl Strategy<Value = Timestamp> + Clone) -> impl Strategy<Value = Facts> {
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

/// A world at one of these moments, odd in every way that a world can be odd.
pub(super) fn world(moments: impl Strategy<Value = Timestamp> + Clone) -> impl Strategy<Value = World> {
    (
        facts(moments.clone()),
        classes(),
        some_citizen(),
        some_policy(),
        some_jurisdiction(),
        history(),
        enabled(),
        moments,
    )
        .prop_map(|(facts, class, citizen, policy, jurisdiction, history, channels, now)| World {
            facts,
            class,
            citizen,
            policy,
            jurisdiction,
            history,
            channels,
            now,
        })
}

/// A world in which most things can be sent: the fixture's citizen, channels and rules with random
/// hours, ceilings, zones and dates.
pub(super) fn calm_world() -> impl Strategy<Value = World> {
    (world(minute().boxed()), option::of(span()), any::<Index>()).prop_map(|(odd, hours, first)| {
        let mut calm = World {
            citizen: citizen(),
            policy: policy(),
            channels: crate::policy::fixture::enabled(),
            ..odd
        };
        calm.jurisdiction.channels = jurisdiction().channels;
        calm.policy.order.rotate_left(first.index(CHANNELS.len()));
        calm.policy.budget = odd.policy.budget;
        calm.citizen.profile = odd.citizen.profile;
        calm.citizen.preferences = vec![Preference { topic: None, channels: None, hours, locale: None }];
        calm
    })
}
