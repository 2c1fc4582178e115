//! The shapes of load: what the notifications of one measurement have in common. Pure.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Value, json};

use super::load::Place;

/// What the notifications of one measurement have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// All go to one channel, Viber, whose provider is called over HTTP.
    One,
    /// They go to the five channels in turn.
    Mixed,
    /// It is night where the citizens live: each is decided and put on record, and waits.
    Deferred,
    /// Nobody consented: each is decided, and ends.
    Suppressed,
    /// Three citizens of ten have blocked us on Viber, and get an SMS.
    Failover,
}

/// Three of ten.
const BLOCKED_OF_TEN: usize = 3;

impl Shape {
    /// Every shape, in the order in which they are measured.
    pub const ALL: [Self; 5] = [Self::One, Self::Mixed, Self::Deferred, Self::Suppressed, Self::Failover];

    /// What it is called on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Mixed => "mixed",
            Self::Deferred => "deferred",
            Self::Suppressed => "suppressed",
            Self::Failover => "failover",
        }
    }

    /// What it is, in a heading. It says when a notification of this shape is counted.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::One => "all to one channel, until final",
            Self::Mixed => "over five channels in turn, until final",
            Self::Deferred => "all deferred by quiet hours, until on record",
            Self::Suppressed => "all suppressed without consent, until final",
            Self::Failover => "30 % blocked on Viber and sent by SMS, until final",
        }
    }

    /// Whether the notifications reach a provider.
    pub(super) fn is_sent(self) -> bool {
        !matches!(self, Self::Deferred | Self::Suppressed)
    }

    /// Whether a status says that the gateway has done what there was to do.
    pub(super) fn is_done(self, state: &str, is_final: bool) -> bool {
        match self {
            Self::Deferred => state == "deferred",
            _ => is_final,
        }
    }

    /// Where a citizen can be written to, the first channel first.
    pub(super) fn places(self, number: usize) -> Vec<Place> {
        match self {
            Self::Mixed => vec![Place::ALL[number % Place::ALL.len()]],
            Self::Failover => vec![Place::Viber, Place::Sms],
            Self::One | Self::Deferred | Self::Suppressed => vec![Place::Viber],
        }
    }

    /// Whether a citizen has blocked us on Viber.
    pub(super) fn has_blocked(self, number: usize) -> bool {
        self == Self::Failover && number % 10 < BLOCKED_OF_TEN
    }

    pub(super) fn consents(self) -> Value {
        match self {
            Self::Suppressed => json!([]),
            _ => json!([{ "channel": "all", "topic": "all", "action": "granted", "origin": "import",
                "evidence": "benchmark", "at": "2026-01-01T00:00:00Z" }]),
        }
    }

    /// The life event, the measure and its params. Who consented to nothing is told of an entitlement in
    /// the inbox; only a campaign is suppressed.
    pub(super) fn measure(self) -> (&'static str, &'static str, Value) {
        match self {
            Self::Suppressed => ("large_family", "large_family_summer_camp", json!({ "days": 14 })),
            _ => ("child_birth", "utilities_compensation", json!({ "percent": 30 })),
        }
    }

    /// A zone in which it is early afternoon now, where no contact hours forbid a push, whatever day it
    /// is; or the middle of the night.
    pub(super) fn zone(self, now: Timestamp) -> String {
        match self {
            Self::Deferred => where_it_is(1, now),
            _ => where_it_is(13, now),
        }
    }
}

/// The zones reach from twelve hours behind to fourteen ahead.
fn where_it_is(hour: i8, now: Timestamp) -> String {
    let ahead = match hour - now.to_zoned(TimeZone::UTC).hour() {
        too_far if too_far < -12 => too_far + 24,
        ahead => ahead,
    };
    match ahead {
        0 => "Etc/GMT".to_owned(),
        // The names of the zones count to the west.
        east => format!("Etc/GMT{:+}", -east),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_always_early_afternoon_and_always_night_somewhere() {
        for hour in 0..24 {
            let now = Timestamp::from_second(1_800_000_000 + hour * 3600).unwrap();
            for (shape, expected) in [(Shape::Mixed, 13), (Shape::Deferred, 1)] {
                let zone = shape.zone(now);
                assert_eq!(now.to_zoned(TimeZone::get(&zone).unwrap()).hour(), expected, "{zone}");
            }
        }
    }

    #[test]
    fn of_ten_who_fail_over_three_are_blocked_and_of_the_others_none() {
        for shape in Shape::ALL {
            let blocked = (0..1000).filter(|number| shape.has_blocked(*number)).count();
            assert_eq!(blocked, if shape == Shape::Failover { 300 } else { 0 }, "{shape:?}");
        }
    }

    #[test]
    fn what_waits_for_the_morning_is_done_when_it_is_on_record() {
        assert!(Shape::Deferred.is_done("deferred", false));
        assert!(!Shape::Mixed.is_done("deferred", false));
        assert!(!Shape::Mixed.is_done("sent", false));
        assert!(Shape::Mixed.is_done("delivered", true));
    }
}
