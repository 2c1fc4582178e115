//! Where a citizen's clock stands.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::domain::{Citizen, Jurisdiction};

/// The time zones a citizen may be in: the one that is known, or else every zone of the
/// jurisdiction at once. Never empty.
#[derive(Debug, Clone)]
pub struct Zones {
    /// The zone that local days are counted in.
    reckoning: TimeZone,
    /// The further zones the citizen may be in.
    others: Vec<TimeZone>,
}

impl Zones {
    /// The zones of this citizen. Where the citizen's zone is not known they are those of the
    /// jurisdiction; names that are no zone are passed over, and where no name is left it is UTC.
    #[must_use]
    pub fn of(citizen: &Citizen, jurisdiction: &Jurisdiction) -> Self {
        if let Some(zone) = citizen.profile.time_zone().filter(|zone| !zone.is_unknown()) {
            return Self { reckoning: zone, others: Vec::new() };
        }
        Self::all_of(jurisdiction)
    }

    /// Every zone of the jurisdiction at once: those of a citizen whose own is not known.
    #[must_use]
    pub fn all_of(jurisdiction: &Jurisdiction) -> Self {
        let mut named = jurisdiction.zones.iter().filter_map(|name| TimeZone::get(name).ok());
        let reckoning = named.next().unwrap_or(TimeZone::UTC);
        Self { reckoning, others: named.collect() }
    }

    /// Every zone.
    pub fn iter(&self) -> impl Iterator<Item = &TimeZone> {
        std::iter::once(&self.reckoning).chain(&self.others)
    }

    /// The local day, as the contact budget counts it: in the citizen's zone, or in the first zone
    /// of the jurisdiction where the citizen's is not known.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> Date {
        self.reckoning.to_datetime(at).date()
    }

    /// The first moment of a local day, by the same reckoning as [`day`](Self::day). `None` past the
    /// end of time.
    #[must_use]
    pub fn start_of(&self, day: Date) -> Option<Timestamp> {
        day.to_zoned(self.reckoning.clone()).ok().map(|start| start.timestamp())
    }

    /// The moment at which a calendar day is over wherever the citizen may be. `None` past the end
    /// of time.
    #[must_use]
    pub fn end_of(&self, day: Date) -> Option<Timestamp> {
        let next = day.tomorrow().ok()?;
        self.iter().filter_map(|zone| next.to_zoned(zone.clone()).ok()).map(|start| start.timestamp()).max()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::policy::fixture::{at, citizen, jurisdiction};

    fn zones(zone: Option<&str>, of: &[&str]) -> Zones {
        let mut citizen = citizen();
        citizen.profile.zone = zone.map(str::to_owned);
        let mut jurisdiction = jurisdiction();
        jurisdiction.zones = of.iter().map(|&name| name.to_owned()).collect();
        Zones::of(&citizen, &jurisdiction)
    }

    #[test]
    fn a_known_zone_stands_alone_and_an_unknown_one_is_all_of_them() {
        assert_eq!(zones(Some("Europe/Kyiv"), &["Europe/Moscow"]).iter().count(), 1);
        for unknown in [None, Some("Mars/Olympus"), Some(""), Some("Etc/Unknown")] {
            assert_eq!(zones(unknown, &["Europe/Moscow", "Asia/Omsk"]).iter().count(), 2, "{unknown:?}");
        }
        assert_eq!(zones(None, &["nowhere"]).iter().next(), Some(&TimeZone::UTC));
    }

    #[test]
    fn days_begin_and_end_on_the_citizens_clock() {
        let kyiv = zones(Some("Europe/Kyiv"), &[]);
        assert_eq!(kyiv.day(at("2026-06-01T21:30:00Z")), date(2026, 6, 2));
        assert_eq!(kyiv.start_of(date(2026, 6, 2)), Some(at("2026-06-01T21:00:00Z")));
        let both = zones(None, &["Asia/Kamchatka", "Europe/Kaliningrad"]);
        assert_eq!(both.end_of(date(2026, 6, 2)), Some(at("2026-06-02T22:00:00Z")));
        assert_eq!(both.end_of(jiff::civil::Date::MAX), None);
    }

    #[test]
    fn a_day_that_begins_in_a_gap_begins_after_it() {
        // In Beirut the clocks go from 00:00 to 01:00 on the last Sunday of March.
        let beirut = zones(Some("Asia/Beirut"), &[]);
        assert_eq!(beirut.start_of(date(2026, 3, 29)), Some(at("2026-03-28T22:00:00Z")));
    }
}
