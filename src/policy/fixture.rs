//! What the tests of this room start from: a citizen in Kyiv with an active address and consent on
//! all five channels, under plain rules.

use std::collections::BTreeSet;

use jiff::civil::{Time, date};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vestnik_contract::{Address, ChannelId};

use super::{ChannelFacts, Facts};
use crate::domain::{
    AddressEntry, AppealClocks, Awaits, Basis, Bundling, Ceilings, ChannelRule, Citizen, CitizenKey, Class,
    ClassRule, Closed, Consent, ConsentAction, ConsentOrigin, ContactHours, GuardRule, Hours, Introduction,
    Jurisdiction, JurisdictionId, KeptForDeadlines, Locale, Policy, Preference, Profile, RetrySchedule,
    TopicId, Yielding,
};

pub(super) const CHANNELS: [&str; 5] = ["viber", "telegram", "sms", "email", "portal"];

/// Where the guard has paused nothing.
pub(super) static NOWHERE: BTreeSet<ChannelId> = BTreeSet::new();

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn channel(id: &str) -> ChannelId {
    ChannelId::new(id).unwrap()
}

pub(super) fn channels(ids: &[&str]) -> Vec<ChannelId> {
    ids.iter().map(|id| channel(id)).collect()
}

pub(super) fn topic(id: &str) -> TopicId {
    TopicId::new(id).unwrap()
}

pub(super) fn hours(from: [i8; 2], until: [i8; 2]) -> Hours {
    let time = |[hour, minute]: [i8; 2]| Time::new(hour, minute, 0, 0).unwrap();
    Hours { from: time(from), until: time(until) }
}

/// Nothing asked for: normal priority and no dates.
pub(super) fn facts() -> Facts {
    Facts::default()
}

/// All five, each with every receipt.
pub(super) fn enabled() -> Vec<ChannelFacts> {
    let facts = |id: &&str| ChannelFacts { id: channel(id), receipt_delivered: true, receipt_read: true };
    CHANNELS.iter().map(facts).collect()
}

pub(super) fn address(on: &str) -> AddressEntry {
    AddressEntry { id: Uuid::nil(), channel: channel(on), address: Address::new("somewhere"), closed: None }
}

pub(super) fn closed(reason: &str) -> Closed {
    Closed { reason: reason.to_owned(), at: Timestamp::UNIX_EPOCH }
}

/// A record said on this day of June 2020.
pub(super) fn consent(
    on: Option<&str>,
    of: Option<&str>,
    action: ConsentAction,
    origin: ConsentOrigin,
    day: i8,
) -> Consent {
    let said = SignedDuration::from_hours(24 * i64::from(day));
    Consent {
        seq: 0,
        channel: on.map(channel),
        topic: of.map(topic),
        action,
        origin,
        evidence: "form-1".to_owned(),
        wording: None,
        locale: None,
        actor: None,
        at: at("2020-05-31T12:00:00Z") + said,
    }
}

pub(super) fn preference(of: Option<&str>, order: Option<&[&str]>) -> Preference {
    Preference {
        topic: of.map(topic),
        channels: order.map(channels),
        hours: None,
        locale: None,
        bundling: None,
    }
}

pub(super) fn citizen() -> Citizen {
    Citizen {
        key: CitizenKey([0; 32]),
        profile: Profile {
            locale: Locale::Uk,
            zone: Some("Europe/Kyiv".to_owned()),
            region: None,
            jurisdiction: JurisdictionId::new("ua").unwrap(),
        },
        addresses: ["telegram", "viber", "sms", "email", "portal"].map(address).to_vec(),
        consents: vec![consent(None, None, ConsentAction::Granted, ConsentOrigin::Portal, 1)],
        preferences: vec![],
        deceased: false,
    }
}

/// Viber, Telegram, SMS, email, portal; two pushes a day, four a week, nine a month; 30 days.
pub(super) fn policy() -> Policy {
    let rule = |id: &&str| {
        (channel(id), ChannelRule { awaits: Awaits::Delivered, wait_minutes: 60, push: **id != *"portal" })
    };
    let by_consent = |budget, inbox| ClassRule { basis: Basis::Consent, budget, inbox, bundle: true };
    Policy {
        order: channels(&CHANNELS),
        channels: CHANNELS.iter().map(rule).collect(),
        classes: [
            (Class::LegalDuty, ClassRule { basis: Basis::Law, budget: false, inbox: true, bundle: false }),
            (Class::Entitlement, by_consent(true, true)),
            (Class::Reminder, by_consent(true, true)),
            (Class::Campaign, by_consent(true, false)),
        ]
        .into(),
        budget: Ceilings { per_day: Some(2), per_week: Some(4), per_month: Some(9) },
        expires_after_days: 30,
        retry: RetrySchedule { first_seconds: 30, longest_seconds: 3600, tries: 8 },
        kept_for_deadlines: KeptForDeadlines::default(),
        yielding: Yielding::default(),
        bundling: Bundling::default(),
        guard: GuardRule::default(),
        introduction: Introduction::default(),
    }
}

/// Workdays 09:00 to 20:00, weekends 10:00 to 18:00, no contact on the 24 June 2026; all five
/// channels; Kyiv and Moscow.
pub(super) fn jurisdiction() -> Jurisdiction {
    Jurisdiction {
        id: JurisdictionId::new("ua").unwrap(),
        channels: channels(&CHANNELS).into_iter().collect(),
        zones: vec!["Europe/Kyiv".to_owned(), "Europe/Moscow".to_owned()],
        contact_hours: ContactHours {
            workday: hours([9, 0], [20, 0]),
            weekend: Some(hours([10, 0], [18, 0])),
            holiday: None,
            holidays: [date(2026, 6, 24)].into(),
        },
        ceilings: Ceilings::default(),
        appeals: AppealClocks { register_days: 1, answer_days: 30, extended_days: 45 },
    }
}
