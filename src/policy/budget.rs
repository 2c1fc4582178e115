//! The contact budget: how many pushes one citizen may get, from all sources together.

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Span, Timestamp, civil::Date};

use crate::domain::{Ceilings, ContactHistory, Jurisdiction, KeptForDeadlines, Mode, Policy};

/// A budget that leaves no room within this many days leaves none at all.
const HORIZON_DAYS: usize = 366;

/// The lower of each two ceilings; one that is absent yields to one that is named.
#[must_use]
pub fn strictest(one: Ceilings, other: Ceilings) -> Ceilings {
    let lower = |a: Option<u32>, b: Option<u32>| a.into_iter().chain(b).min();
    Ceilings {
        per_day: lower(one.per_day, other.per_day),
        per_week: lower(one.per_week, other.per_week),
        per_month: lower(one.per_month, other.per_month),
    }
}

/// The ceilings that hold for one push: the lower of the operator's and the law's, less the part that
/// is kept for those who have to act soon, unless this citizen has to, by `deadline`.
#[must_use]
pub fn ceilings(
    policy: &Policy,
    law: &Jurisdiction,
    deadline: Option<Timestamp>,
    now: Timestamp,
) -> Ceilings {
    let all = strictest(policy.budget, law.ceilings);
    let kept = policy.kept_for_deadlines;
    if kept.mode == Mode::Enforce && !is_near(deadline, kept, now) { less(all, kept) } else { all }
}

/// The ceilings that would hold if the kept part, which is only reported on, were kept.
pub(super) fn ceilings_on_trial(
    policy: &Policy,
    law: &Jurisdiction,
    deadline: Option<Timestamp>,
    now: Timestamp,
) -> Option<Ceilings> {
    let kept = policy.kept_for_deadlines;
    let concerns = kept.mode == Mode::Report && !is_near(deadline, kept, now);
    concerns.then(|| less(strictest(policy.budget, law.ceilings), kept))
}

/// Whether the citizen has to act within the days that count as soon.
pub(super) fn is_near(deadline: Option<Timestamp>, kept: KeptForDeadlines, now: Timestamp) -> bool {
    let soon = SignedDuration::from_hours(24 * i64::from(kept.deadline_days));
    let end = now.checked_add(soon).unwrap_or(Timestamp::MAX);
    deadline.is_some_and(|deadline| deadline <= end)
}

fn less(all: Ceilings, kept: KeptForDeadlines) -> Ceilings {
    let less = |most: Option<u32>, kept: Option<u32>| most.map(|most| most.saturating_sub(kept.unwrap_or(0)));
    Ceilings {
        per_day: less(all.per_day, kept.per_day),
        per_week: less(all.per_week, kept.per_week),
        per_month: less(all.per_month, kept.per_month),
    }
}

/// Whether one more push fits on this day, in its ISO week (Monday to Sunday) and in its month.
/// Reservations on later days of the same week and month count too.
#[must_use]
pub fn has_room(history: &ContactHistory, ceilings: Ceilings, day: Date) -> bool {
    let fits =
        |ceiling: Option<u32>, days| ceiling.is_none_or(|most| pushes(history, days) < u64::from(most));
    fits(ceilings.per_day, day..=day)
        && fits(ceilings.per_week, week_of(day))
        && fits(ceilings.per_month, day.first_of_month()..=day.last_of_month())
}

/// The first day, from this one on, on which one more push fits; `None` where there is none within
/// a year, as with a ceiling of 0.
#[must_use]
pub fn first_day_with_room(history: &ContactHistory, ceilings: Ceilings, from: Date) -> Option<Date> {
    if [ceilings.per_day, ceilings.per_week, ceilings.per_month].contains(&Some(0)) {
        return None;
    }
    std::iter::successors(Some(from), |day| day.tomorrow().ok())
        .take(HORIZON_DAYS)
        .find(|day| has_room(history, ceilings, *day))
}

/// The history without a reservation that is one's own, so that it does not stand in its own way.
pub(super) fn without(history: &ContactHistory, reserved: Option<Date>) -> ContactHistory {
    let mut rest = history.clone();
    if let Some(count) = reserved.and_then(|day| rest.days.get_mut(&day)) {
        *count = count.saturating_sub(1);
    }
    rest
}

fn pushes(history: &ContactHistory, days: RangeInclusive<Date>) -> u64 {
    history.days.range(days).map(|(_, count)| u64::from(*count)).sum()
}

/// Monday to Sunday around a day, cut off at the ends of time.
fn week_of(day: Date) -> RangeInclusive<Date> {
    let since_monday = day.weekday().to_monday_zero_offset();
    let monday = day.saturating_sub(Span::new().days(since_monday));
    monday..=day.saturating_add(Span::new().days(6 - since_monday))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn ceilings(day: u32, week: u32, month: u32) -> Ceilings {
        Ceilings { per_day: Some(day), per_week: Some(week), per_month: Some(month) }
    }

    fn history(days: &[(Date, u32)]) -> ContactHistory {
        ContactHistory { days: days.iter().copied().collect() }
    }

    #[test]
    fn the_strictest_of_two_is_the_lower_of_each() {
        let policy = Ceilings { per_day: Some(2), per_week: None, per_month: Some(9) };
        let law = Ceilings { per_day: None, per_week: Some(3), per_month: Some(4) };
        assert_eq!(strictest(policy, law), ceilings(2, 3, 4));
        assert_eq!(strictest(Ceilings::default(), Ceilings::default()), Ceilings::default());
    }

    #[test]
    fn a_full_day_week_or_month_moves_to_the_next() {
        let thursday = date(2026, 6, 25);
        let room = |history: &ContactHistory, ceilings| first_day_with_room(history, ceilings, thursday);
        let none = Ceilings::default();
        assert_eq!(room(&history(&[(thursday, 9)]), none), Some(thursday));
        assert_eq!(room(&history(&[(thursday, 1)]), ceilings(2, 5, 9)), Some(thursday));
        assert_eq!(room(&history(&[(thursday, 2)]), ceilings(2, 5, 9)), Some(date(2026, 6, 26)));
        let monday = (date(2026, 6, 22), 2);
        assert_eq!(room(&history(&[monday]), ceilings(2, 2, 9)), Some(date(2026, 6, 29)));
        let early = (date(2026, 6, 1), 4);
        assert_eq!(room(&history(&[early]), ceilings(9, 9, 4)), Some(date(2026, 7, 1)));
        assert_eq!(room(&history(&[]), ceilings(0, 9, 9)), None);
    }

    #[test]
    fn reservations_ahead_count_in_their_week_and_month() {
        let sunday = (date(2026, 6, 28), 2);
        let monday = date(2026, 6, 22);
        assert!(!has_room(&history(&[sunday]), ceilings(9, 2, 9), monday));
        assert!(has_room(&history(&[sunday]), ceilings(9, 3, 9), monday));
    }

    #[test]
    fn an_iso_week_may_lie_in_two_years() {
        let in_december = history(&[(date(2026, 12, 28), 1)]);
        assert!(!has_room(&in_december, ceilings(9, 1, 9), date(2027, 1, 3)));
        assert!(has_room(&in_december, ceilings(9, 1, 9), date(2027, 1, 4)));
    }

    #[test]
    fn the_own_reservation_does_not_stand_in_its_way() {
        let day = date(2026, 6, 25);
        let full = history(&[(day, 1)]);
        assert!(!has_room(&full, ceilings(1, 1, 1), day));
        assert!(has_room(&without(&full, Some(day)), ceilings(1, 1, 1), day));
        assert_eq!(without(&full, Some(date(2026, 6, 26))), full);
        assert_eq!(without(&full, None), full);
    }

    #[test]
    fn the_ends_of_time_do_no_harm() {
        let full = history(&[(Date::MIN, u32::MAX), (Date::MAX, u32::MAX)]);
        assert_eq!(first_day_with_room(&full, ceilings(1, 1, 1), Date::MAX), None);
        assert!(first_day_with_room(&full, ceilings(1, 1, 1), Date::MIN).is_some());
    }
}
