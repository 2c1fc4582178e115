//! Quiet hours and waits against another way of reckoning: reading the clocks minute by minute.

use jiff::civil::{DateTime, Weekday};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::cases;
use super::drawn::{contact_hours, minute, near_a_change_of_the_clock, wish, zone};
use crate::domain::{ContactHours, DayType, Hours, Wish};
use crate::policy::fixture::{citizen, jurisdiction};
use crate::policy::{Quiet, Zones};

/// The type of the day that a wall clock shows.
fn type_of(hours: &ContactHours, local: DateTime) -> DayType {
    let weekend = [Weekday::Saturday, Weekday::Sunday].contains(&local.weekday());
    match (hours.holidays.contains(&local.date()), weekend) {
        (true, _) => DayType::Holiday,
        (false, true) => DayType::Weekend,
        (false, false) => DayType::Workday,
    }
}

/// The contact hours of the day that a wall clock shows.
fn span_of(hours: &ContactHours, local: DateTime) -> Option<Hours> {
    match type_of(hours, local) {
        DayType::Holiday => hours.holiday,
        DayType::Weekend => hours.weekend,
        DayType::Workday => Some(hours.workday),
    }
}

/// Whether the wall clocks of every zone show contact hours.
pub(super) fn is_open(hours: &ContactHours, zones: &Zones, at: Timestamp) -> bool {
    let mut clocks = zones.iter().map(|zone| zone.to_datetime(at));
    clocks.all(|local| span_of(hours, local).is_some_and(|span| span.contains(local.time())))
}

const QUARTER: i64 = 15 * 60;

/// Every minute of so many days at which all of these wall clocks show contact hours and what is wished.
///
/// Clocks are changed, and days begin, on a quarter of an hour: in between a clock is not asked anew,
/// but counted on, which costs a fifteenth.
fn open_minutes<'a>(
    hours: &'a ContactHours,
    zones: &'a Zones,
    wishes: &'a [Wish],
    from: Timestamp,
    days: i64,
) -> impl Iterator<Item = Timestamp> + 'a {
    let end = from + SignedDuration::from_hours(24 * days);
    let next = |at: Timestamp| {
        let quarter = (at.as_second().div_euclid(QUARTER) + 1) * QUARTER;
        Timestamp::from_second(quarter).unwrap()
    };
    let quarters =
        std::iter::successors(Some(from), move |at| Some(next(*at))).take_while(move |at| *at < end);
    quarters.flat_map(move |quarter| {
        let clocks: Vec<_> = zones.iter().map(|zone| zone.to_datetime(quarter)).collect();
        let on_day = |local: DateTime| wishes.iter().map(move |wish| wish.on(type_of(hours, local)));
        let spans: Vec<Vec<_>> = clocks
            .iter()
            .map(|local| std::iter::once(span_of(hours, *local)).chain(on_day(*local)).collect())
            .collect();
        let last = next(quarter).min(end).duration_since(quarter).as_mins();
        (0..last).map(SignedDuration::from_mins).filter_map(move |passed| {
            let mut clocks = clocks.iter().map(|local| local.time().wrapping_add(passed)).zip(&spans);
            let is_open = clocks
                .all(|(time, spans)| spans.iter().all(|span| span.is_some_and(|span| span.contains(time))));
            is_open.then(|| quarter + passed)
        })
    })
}

fn zones_of(home: Option<String>) -> Zones {
    let mut citizen = citizen();
    citizen.profile.zone = home;
    Zones::of(&citizen, &jurisdiction())
}

#[test]
fn counting_on_within_a_quarter_shows_what_the_clocks_show() {
    let near_a_change = "2026-10-24T20:07:00Z".parse().unwrap();
    for home in [None, Some("Australia/Lord_Howe"), Some("Asia/Beirut"), Some("Etc/GMT+12")] {
        let (law, zones) = (jurisdiction(), zones_of(home.map(str::to_owned)));
        let counted: Vec<_> = open_minutes(&law.contact_hours, &zones, &[], near_a_change, 3).collect();
        let minutes = (0..3 * 1440).map(|after| near_a_change + SignedDuration::from_mins(after));
        let shown: Vec<_> = minutes.filter(|at| is_open(&law.contact_hours, &zones, *at)).collect();
        assert!(!counted.is_empty() && counted == shown, "{home:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn quiet_no_earlier_minute_was_permitted(
        (home, from) in prop_oneof![(zone(), minute()), near_a_change_of_the_clock()],
        hours in contact_hours(),
    ) {
        let zones = zones_of(home);
        let found = Quiet { hours: &hours, zones: &zones, wishes: &[] }.next_permitted(from);
        prop_assert!(found.is_none_or(|at| is_open(&hours, &zones, at)));
        let before = open_minutes(&hours, &zones, &[], from, 3).next();
        let soon = from + SignedDuration::from_hours(72);
        prop_assert_eq!(before, found.filter(|at| *at < soon));
    }

    #[test]
    fn quiet_a_wait_is_as_long_as_the_permitted_minutes_in_it(
        (home, from) in prop_oneof![(zone(), minute()), near_a_change_of_the_clock()],
        hours in contact_hours(),
        wait in 1..1_500_usize,
    ) {
        let zones = zones_of(home);
        let latest = from + SignedDuration::from_hours(72);
        let quiet = Quiet { hours: &hours, zones: &zones, wishes: &[] };
        let found = quiet.after_lawful(from, SignedDuration::from_mins(i64::try_from(wait).unwrap()), latest);
        let last = open_minutes(&hours, &zones, &[], from, 3).nth(wait - 1);
        prop_assert_eq!(found, last.map_or(latest, |minute| minute + SignedDuration::from_mins(1)));
    }
}

proptest! {
    // Counting sixteen days takes its time.
    #![proptest_config(ProptestConfig::with_cases(cases() / 4))]

    #[test]
    fn quiet_a_wish_is_kept_for_eight_days_or_gives_way(
        home in zone(),
        from in minute(),
        hours in contact_hours(),
        wishes in prop::collection::vec(wish(), 1..3),
    ) {
        let zones = zones_of(home);
        let Some(lawful) = open_minutes(&hours, &zones, &[], from, 8).next() else { return Ok(()) };
        let wished = open_minutes(&hours, &zones, &wishes, lawful, 8).next();
        let found = Quiet { hours: &hours, zones: &zones, wishes: &wishes }.next_permitted(from);
        prop_assert_eq!(found, Some(wished.unwrap_or(lawful)));
    }
}
