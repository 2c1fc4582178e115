//! The shipped rules, read the way the configuration reads them and held to what their comments
//! promise.

use std::path::Path;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::de::DeserializeOwned;

use super::fixture::{at, citizen};
use super::{Quiet, Zones, strictest};
use crate::domain::{AppealClocks, Citizen, Class, Jurisdiction, Policy};

fn shipped<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name);
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn jurisdictions() -> [Jurisdiction; 3] {
    ["ua", "ru", "strict"].map(|id| {
        let jurisdiction: Jurisdiction = shipped(&format!("jurisdictions/{id}.toml"));
        assert_eq!(jurisdiction.id.as_str(), id);
        jurisdiction
    })
}

fn quiet<'a>(jurisdiction: &'a Jurisdiction, zones: &'a Zones) -> Quiet<'a> {
    Quiet { hours: &jurisdiction.contact_hours, zones, wishes: &[] }
}

fn somewhere() -> Citizen {
    let mut citizen = citizen();
    citizen.profile.zone = None;
    citizen
}

/// Every quarter of an hour of 2026 and 2027.
fn two_years() -> impl Iterator<Item = Timestamp> {
    let quarter = SignedDuration::from_mins(15);
    std::iter::successors(Some(at("2026-01-01T00:00:00Z")), move |now| now.checked_add(quarter).ok())
        .take_while(|now| *now < at("2028-01-01T00:00:00Z"))
}

#[test]
fn the_policy_has_a_rule_for_every_channel_and_class_it_names() {
    let policy: Policy = shipped("policy.toml");
    assert!(policy.order.iter().all(|channel| policy.channels.contains_key(channel)));
    assert_eq!(policy.order.len(), policy.channels.len());
    for class in [Class::LegalDuty, Class::Entitlement, Class::Reminder, Class::Campaign] {
        assert!(policy.classes.contains_key(&class), "{class:?}");
    }
    assert!(policy.retry.tries >= 1 && policy.retry.first_seconds <= policy.retry.longest_seconds);
}

#[test]
fn every_jurisdiction_can_be_written_to_even_where_the_zone_is_not_known() {
    for jurisdiction in jurisdictions() {
        for zone in &jurisdiction.zones {
            assert!(TimeZone::get(zone).is_ok(), "{zone}");
        }
        let zones = Zones::of(&somewhere(), &jurisdiction);
        assert_eq!(zones.iter().count(), jurisdiction.zones.len());
        for now in two_years().step_by(96) {
            assert!(
                quiet(&jurisdiction, &zones).next_permitted(now).is_some(),
                "{} at {now}",
                jurisdiction.id
            );
        }
    }
}

#[test]
fn strict_allows_nothing_that_another_forbids() {
    let [ua, ru, strict] = jurisdictions();
    let zones = Zones::of(&citizen(), &strict);
    for other in [&ua, &ru] {
        assert!(strict.channels.is_subset(&other.channels));
        assert!(other.zones.iter().all(|zone| strict.zones.contains(zone)));
        assert_eq!(strictest(strict.ceilings, other.ceilings), strict.ceilings);
        for now in two_years().filter(|now| quiet(&strict, &zones).is_lawful(*now)) {
            assert!(quiet(other, &zones).is_lawful(now), "{} forbids {now}", other.id);
        }
    }
}

#[test]
fn max_is_on_in_russia_and_no_messenger_of_abroad() {
    let [ua, ru, strict] = jurisdictions();
    for messenger in ["viber", "telegram"] {
        assert!(ua.channels.contains(messenger) && !ru.channels.contains(messenger));
    }
    for channel in ["max", "sms", "email", "portal"] {
        assert!(ru.channels.contains(channel), "{channel}");
    }
    assert!(!ua.channels.contains("max") && !strict.channels.contains("max"));
}

#[test]
fn every_law_has_appeal_clocks_and_strict_the_shortest() {
    let [ua, ru, strict] = jurisdictions().map(|law| law.appeals);
    for clocks in [ua, ru, strict] {
        let AppealClocks { register_days, answer_days, extended_days } = clocks;
        assert!(register_days <= answer_days && answer_days <= extended_days, "{clocks:?}");
    }
    assert_eq!(strict.register_days, ua.register_days.min(ru.register_days));
    assert_eq!(strict.answer_days, ua.answer_days.min(ru.answer_days));
    assert_eq!(strict.extended_days, ua.extended_days.min(ru.extended_days));
}
