//! Quiet hours: when a citizen may be pushed to.
//!
//! A moment is permitted when, in every zone the citizen may be in, the local time of day lies in
//! the contact hours of the local day's type: holiday, weekend or workday, in this order. The hours
//! are read off the wall clock, so what daylight saving does to a day needs no rule of its own: an
//! opening that falls into the gap of spring comes with the first moment after it, and an hour that
//! autumn repeats is judged by its name both times.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Zones;
use crate::domain::{ContactHours, DayType, Hours, Wish};

/// Hours that do not open within this many days are taken for never opening. The longest closed
/// time to be expected is that of the new year's holidays, less than two weeks.
const HORIZON_DAYS: u32 = 31;

/// For how many days a push waits for the hours the citizen wishes, once the law would permit it.
const PATIENCE_DAYS: u32 = 8;

/// When one citizen may be pushed to.
#[derive(Debug, Clone, Copy)]
pub struct Quiet<'a> {
    /// The contact hours of the jurisdiction.
    pub hours: &'a ContactHours,
    /// Where the citizen may be.
    pub zones: &'a Zones,
    /// The hours the citizen wishes: one wish for each preference that concerns the message. They
    /// narrow the contact hours and never widen them.
    pub wishes: &'a [Wish],
}

impl Quiet<'_> {
    /// Whether the law permits this moment, in every zone the citizen may be in.
    #[must_use]
    pub fn is_lawful(&self, at: Timestamp) -> bool {
        self.everywhere(at, |local| {
            hours_of(self.hours, local.date()).is_some_and(|span| span.contains(local.time()))
        })
    }

    /// Whether the law permits this moment and the citizen wishes it.
    #[must_use]
    pub fn is_permitted(&self, at: Timestamp) -> bool {
        self.is_lawful(at) && self.is_wished(at)
    }

    /// The first permitted moment, not before `from`; `None` where the law permits none within a
    /// month.
    ///
    /// Permitted is what the law and the citizen's wishes have in common. Where they have nothing
    /// in common within eight days of the first moment that the law permits, the wishes give way:
    /// nobody is left without word because they wish to be written to at midnight.
    #[must_use]
    pub fn next_permitted(&self, from: Timestamp) -> Option<Timestamp> {
        let lawful = self.first(from, HORIZON_DAYS, |at| self.is_lawful(at))?;
        if self.wishes.is_empty() {
            return Some(lawful);
        }
        let wished = self.first(lawful, PATIENCE_DAYS, |at| self.is_permitted(at));
        Some(wished.unwrap_or(lawful))
    }

    fn is_wished(&self, at: Timestamp) -> bool {
        self.everywhere(at, |local| {
            let day = day_type(self.hours, local.date());
            self.wishes.iter().all(|wish| wish.on(day).is_some_and(|span| span.contains(local.time())))
        })
    }

    fn everywhere(&self, at: Timestamp, holds: impl Fn(DateTime) -> bool) -> bool {
        self.zones.iter().all(|zone| holds(zone.to_datetime(at)))
    }

    /// The first moment within `days` of `from` at which `open` holds. What is open in several
    /// zones at once can only open when it opens in one of them, so only such moments are asked.
    fn first(&self, from: Timestamp, days: u32, open: impl Fn(Timestamp) -> bool) -> Option<Timestamp> {
        if open(from) {
            return Some(from);
        }
        let mut start = from;
        for _ in 0..days {
            let stop = day_after(start);
            let mut openings = self.openings(start, stop);
            openings.sort_unstable();
            if let Some(found) = openings.into_iter().find(|at| open(*at)) {
                return Some(found);
            }
            start = stop;
        }
        None
    }

    /// Every moment from `start` until before `stop` at which hours may open in some zone: where the
    /// type of day changes, where the contact hours begin, and where a wish begins.
    fn openings(&self, start: Timestamp, stop: Timestamp) -> Vec<Timestamp> {
        self.turns(start, stop, |day| {
            let lawful = hours_of(self.hours, day).map(|span| span.from);
            let day = day_type(self.hours, day);
            lawful.into_iter().chain(self.wishes.iter().filter_map(move |wish| Some(wish.on(day)?.from)))
        })
    }

    /// Every moment from `start` until before `stop` at which the law's hours may open or close in
    /// some zone.
    pub(super) fn lawful_turns(&self, start: Timestamp, stop: Timestamp) -> Vec<Timestamp> {
        self.turns(start, stop, |day| {
            hours_of(self.hours, day).into_iter().flat_map(|span| [span.from, span.until])
        })
    }

    /// Every moment from `start` until before `stop` at which some zone's clock shows one of these
    /// times of the day or midnight, for the type of day may change, or is changed itself, for it may
    /// jump into the hours or out of them.
    fn turns<T: Iterator<Item = Time>>(
        &self,
        start: Timestamp,
        stop: Timestamp,
        times: impl Fn(Date) -> T,
    ) -> Vec<Timestamp> {
        let mut found = Vec::new();
        for zone in self.zones.iter() {
            found.extend(zone.following(start).map(|change| change.timestamp()).take_while(|at| *at < stop));
            let last = zone.to_datetime(stop).date();
            let days = std::iter::successors(Some(zone.to_datetime(start).date()), |day| day.tomorrow().ok());
            for day in days.take_while(|day| *day <= last) {
                let times = std::iter::once(Time::midnight()).chain(times(day));
                found.extend(times.flat_map(|time| moments(zone, day.to_datetime(time))));
            }
        }
        found.retain(|at| start <= *at && *at < stop);
        found
    }
}

/// Whether a wish has a moment in common with the law's hours on some type of day, by the clock of one
/// place: what has none would never come, wherever the citizen is.
#[must_use]
pub fn ever_opens(wish: &Wish, hours: &ContactHours) -> bool {
    let days = DayType::ALL.into_iter().filter(|day| *day != DayType::Holiday || !hours.holidays.is_empty());
    days.into_iter().any(|day| match (wish.on(day), lawful(hours, day)) {
        (Some(wished), Some(lawful)) => wished.overlaps(lawful),
        _ => false,
    })
}

/// The contact hours of a day; `None` where there is no contact on it.
fn hours_of(hours: &ContactHours, day: Date) -> Option<Hours> {
    lawful(hours, day_type(hours, day))
}

fn lawful(hours: &ContactHours, day: DayType) -> Option<Hours> {
    match day {
        DayType::Workday => Some(hours.workday),
        DayType::Weekend => hours.weekend,
        DayType::Holiday => hours.holiday,
    }
}

fn day_type(hours: &ContactHours, day: Date) -> DayType {
    if hours.holidays.contains(&day) {
        DayType::Holiday
    } else if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
        DayType::Weekend
    } else {
        DayType::Workday
    }
}

/// The moments at which a wall clock shows this: one, or two where the hour is repeated. For a time
/// that the clock skips they are before and after the gap, and do no harm.
fn moments(zone: &TimeZone, wall: DateTime) -> impl Iterator<Item = Timestamp> + use<> {
    let moment = zone.to_ambiguous_timestamp(wall);
    moment.earlier().ok().into_iter().chain(moment.later().ok())
}

pub(super) fn day_after(at: Timestamp) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::DayHours;
    use crate::policy::fixture::{at, citizen, hours, jurisdiction};

    /// The next permitted moment in a zone (`None`: unknown) under the fixture's contact hours:
    /// workdays 09 to 20, weekends 10 to 18, holidays never.
    fn next(zone: Option<&str>, wishes: &[Wish], from: &str) -> Option<Timestamp> {
        let mut citizen = citizen();
        citizen.profile.zone = zone.map(str::to_owned);
        let law = jurisdiction();
        let zones = Zones::of(&citizen, &law);
        Quiet { hours: &law.contact_hours, zones: &zones, wishes }.next_permitted(at(from))
    }

    fn kyiv(from: &str) -> Option<Timestamp> {
        next(Some("Europe/Kyiv"), &[], from)
    }

    #[test]
    fn hours_follow_the_type_of_the_local_day() {
        let table = [
            ("a workday, open", "2026-06-01T09:00:00Z", "2026-06-01T09:00:00Z"),
            ("a workday, early", "2026-06-01T03:00:00Z", "2026-06-01T06:00:00Z"),
            ("a workday, late", "2026-06-01T17:00:00Z", "2026-06-02T06:00:00Z"),
            ("Friday night to Saturday", "2026-06-05T20:00:00Z", "2026-06-06T07:00:00Z"),
            ("Sunday night to Monday", "2026-06-07T15:00:00Z", "2026-06-08T06:00:00Z"),
            ("a holiday on Wednesday", "2026-06-24T10:00:00Z", "2026-06-25T06:00:00Z"),
            ("in winter", "2026-01-14T03:00:00Z", "2026-01-14T07:00:00Z"),
        ];
        for (name, from, until) in table {
            assert_eq!(kyiv(from), Some(at(until)), "{name}");
        }
    }

    #[test]
    fn the_days_on_which_the_clock_changes_open_on_the_wall_clock() {
        // Kyiv springs forward on Sunday 2026-03-29 and falls back on Sunday 2026-10-25.
        assert_eq!(kyiv("2026-03-28T20:00:00Z"), Some(at("2026-03-29T07:00:00Z")));
        assert_eq!(kyiv("2026-10-24T20:00:00Z"), Some(at("2026-10-25T08:00:00Z")));
    }

    fn at_night(from: [i8; 2], until: [i8; 2], asked: &str) -> Option<Timestamp> {
        let mut law = jurisdiction();
        law.contact_hours.weekend = Some(hours(from, until));
        let zones = Zones::of(&citizen(), &law);
        Quiet { hours: &law.contact_hours, zones: &zones, wishes: &[] }.next_permitted(at(asked))
    }

    #[test]
    fn an_opening_in_the_gap_comes_right_after_it() {
        // 03:00 to 04:00 does not exist in Kyiv on this day: 03:30 is first seen as 04:00.
        let after_the_gap = at("2026-03-29T01:00:00Z");
        assert_eq!(at_night([3, 30], [6, 0], "2026-03-28T22:00:00Z"), Some(after_the_gap));
        // Hours that lie wholly in the gap do not come at all; the next day is a workday.
        assert_eq!(at_night([3, 10], [3, 50], "2026-03-28T22:00:00Z"), Some(at("2026-03-30T06:00:00Z")));
    }

    #[test]
    fn a_repeated_hour_is_judged_by_its_name_both_times() {
        // Kyiv shows 03:00 to 04:00 twice: from 00:00Z and again from 01:00Z.
        let open = |asked| at_night([3, 30], [3, 45], asked);
        assert_eq!(open("2026-10-24T23:00:00Z"), Some(at("2026-10-25T00:30:00Z")));
        assert_eq!(open("2026-10-25T00:50:00Z"), Some(at("2026-10-25T01:30:00Z")));
        assert_eq!(open("2026-10-25T01:40:00Z"), Some(at("2026-10-25T01:40:00Z")));
        assert_eq!(open("2026-10-25T01:45:00Z"), Some(at("2026-10-26T07:00:00Z")));
    }

    #[test]
    fn falling_back_may_open_what_had_closed() {
        // Hours until 03:15 close at 00:15Z and open again when the clock falls back at 01:00Z.
        assert_eq!(at_night([1, 0], [3, 15], "2026-10-25T00:20:00Z"), Some(at("2026-10-25T01:00:00Z")));
    }

    #[test]
    fn an_unknown_zone_is_every_zone_of_the_jurisdiction() {
        // The fixture's zones are Kyiv and Moscow: in winter an hour apart, and on a workday both
        // are open from 09 in Kyiv until 20 in Moscow.
        assert_eq!(next(None, &[], "2026-01-14T00:00:00Z"), Some(at("2026-01-14T07:00:00Z")));
        assert_eq!(next(None, &[], "2026-01-14T16:59:59Z"), Some(at("2026-01-14T16:59:59Z")));
        assert_eq!(next(None, &[], "2026-01-14T17:00:00Z"), Some(at("2026-01-15T07:00:00Z")));
        assert_eq!(next(Some("Mars/Olympus"), &[], "2026-01-14T17:00:00Z"), Some(at("2026-01-15T07:00:00Z")));
    }

    #[test]
    fn a_wish_narrows_and_gives_way_where_it_would_never_come() {
        let zone = Some("Europe/Kyiv");
        let evening = [Wish::EveryDay(hours([18, 0], [22, 0]))];
        assert_eq!(next(zone, &evening, "2026-06-01T09:00:00Z"), Some(at("2026-06-01T15:00:00Z")));
        assert_eq!(next(zone, &evening, "2026-06-01T16:59:00Z"), Some(at("2026-06-01T16:59:00Z")));
        // 18:00 is over on weekends: Friday 20:00 waits until Monday 18:00.
        assert_eq!(next(zone, &evening, "2026-06-05T17:00:00Z"), Some(at("2026-06-08T15:00:00Z")));
        let night = [Wish::EveryDay(hours([23, 0], [5, 0]))];
        assert_eq!(next(zone, &night, "2026-06-01T03:00:00Z"), Some(at("2026-06-01T06:00:00Z")));
        let no_time_at_all = [hours([9, 0], [10, 0]), hours([12, 0], [13, 0])].map(Wish::EveryDay);
        assert_eq!(next(zone, &no_time_at_all, "2026-06-01T08:00:00Z"), Some(at("2026-06-01T08:00:00Z")));
    }

    #[test]
    fn a_wish_may_differ_by_day_type() {
        let zone = Some("Europe/Kyiv");
        let weekend = DayHours { workday: None, weekend: Some(hours([12, 0], [14, 0])), holiday: None };
        let (evening, weekend) = (hours([18, 0], [20, 0]), Wish::ByDay(weekend));
        // From Monday to Saturday noon; the evenings of workdays are not wished.
        assert_eq!(next(zone, &[weekend], "2026-06-01T09:00:00Z"), Some(at("2026-06-06T09:00:00Z")));
        let both = Wish::ByDay(DayHours {
            workday: Some(evening),
            weekend: weekend.on(DayType::Weekend),
            holiday: None,
        });
        assert_eq!(next(zone, &[both], "2026-06-01T09:00:00Z"), Some(at("2026-06-01T15:00:00Z")));
        assert_eq!(next(zone, &[both], "2026-06-05T17:00:00Z"), Some(at("2026-06-06T09:00:00Z")));
        // Wednesday 24 June is a holiday: a wish for workdays waits for Thursday.
        assert_eq!(next(zone, &[both], "2026-06-23T17:00:00Z"), Some(at("2026-06-25T15:00:00Z")));
    }

    #[test]
    fn a_wish_that_has_no_moment_in_common_with_the_law_never_opens() {
        let law = jurisdiction().contact_hours;
        let opens = |wish| ever_opens(&wish, &law);
        let by_day = |workday, weekend, holiday| Wish::ByDay(DayHours { workday, weekend, holiday });
        let (morning, evening, night) =
            (hours([7, 0], [9, 0]), Some(hours([18, 0], [20, 0])), Some(hours([20, 0], [9, 0])));
        assert!(!opens(Wish::EveryDay(morning)), "the law opens when the wish is over");
        assert!(opens(Wish::EveryDay(hours([7, 0], [9, 1]))) && opens(Wish::EveryDay(hours([0, 0], [0, 0]))));
        assert!(opens(by_day(evening, None, None)) && !opens(by_day(None, evening, None)));
        assert!(!opens(by_day(night, None, None)) && !opens(by_day(None, None, evening)));
        assert!(!opens(by_day(None, None, None)));
    }

    #[test]
    fn hours_that_never_open_are_said_to_be_so() {
        let mut law = jurisdiction();
        law.zones = vec!["Pacific/Auckland".into(), "America/New_York".into()];
        law.contact_hours.workday = hours([9, 0], [10, 0]);
        law.contact_hours.weekend = None;
        let mut anywhere = citizen();
        anywhere.profile.zone = None;
        let zones = Zones::of(&anywhere, &law);
        let quiet = Quiet { hours: &law.contact_hours, zones: &zones, wishes: &[] };
        assert_eq!(quiet.next_permitted(at("2026-06-01T00:00:00Z")), None);
    }

    #[test]
    fn a_day_that_was_left_out_is_passed_over() {
        // Samoa had no 30 December 2011; the fixture's 31st was a Saturday.
        let samoa = next(Some("Pacific/Apia"), &[], "2011-12-30T09:00:00Z");
        assert_eq!(samoa, Some(at("2011-12-30T20:00:00Z")));
        assert_eq!(
            TimeZone::get("Pacific/Apia").unwrap().to_datetime(samoa.unwrap()).date(),
            date(2011, 12, 31)
        );
    }
}
