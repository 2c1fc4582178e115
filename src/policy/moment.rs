//! The moment of sending: what may put it off, and for how long it is worth waiting.

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::budget::first_day_with_room;
use super::decide::Facts;
use super::{Quiet, Zones};
use crate::domain::{Ceilings, ContactHistory, Policy, Priority, Reason, TrialRule, Would};

/// After which moment a notification is not sent any more.
///
/// It is what the source named in `expires_at`. Where the source named nothing it is the operator's
/// number of days from `now`, or the end of the day by which the citizen has to act, if that is
/// sooner and still ahead: nobody is told of a deadline that passed while the message waited. A
/// notification that comes after its deadline was sent so on purpose, and its deadline shortens
/// nothing.
#[must_use]
pub fn expiry(facts: &Facts, policy: &Policy, zones: &Zones, now: Timestamp) -> Timestamp {
    facts.expires_at.unwrap_or_else(|| {
        let days = SignedDuration::from_hours(24 * i64::from(policy.expires_after_days));
        let latest = now.checked_add(days).unwrap_or(Timestamp::MAX);
        deadline(facts, zones, now).map_or(latest, |end| end.min(latest))
    })
}

/// The end of the day by which the citizen has to act, where it is still ahead. That a source does not
/// want something sent after a moment makes no deadline of it: the citizen loses nothing by it.
#[must_use]
pub fn deadline(facts: &Facts, zones: &Zones, now: Timestamp) -> Option<Timestamp> {
    facts.act_by.and_then(|day| zones.end_of(day)).filter(|end| *end > now)
}

/// Whether the time of something is over. At the very moment it is.
#[must_use]
pub fn expired(expires_at: Timestamp, now: Timestamp) -> bool {
    expires_at <= now
}

/// When something may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    /// The moment.
    pub at: Timestamp,
    /// The local day on which it takes from the contact budget; `None` where it does not count.
    pub reserve: Option<Date>,
    /// Every rule that put it off, with the moment it was put off to, in the order of time.
    pub deferrals: Vec<(Reason, Timestamp)>,
}

/// What may put off the moment of sending.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing<'a> {
    pub priority: Priority,
    pub not_before: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub quiet: Quiet<'a>,
    /// The ceilings in force, where what is sent counts in the budget.
    pub ceilings: Option<Ceilings>,
    pub history: &'a ContactHistory,
    pub now: Timestamp,
}

impl Timing<'_> {
    /// The first moment at which it may be sent, or the rule that leaves none before it expires.
    ///
    /// What makes no noise (`push` is false) waits for its source's `not_before` alone. A push
    /// waits for contact hours, and where it counts also for the first day on which the budget has
    /// room. An urgent push waits for neither, but where it counts it takes from the budget, even
    /// where no room is left.
    pub(super) fn moment(&self, push: bool) -> Result<Moment, Reason> {
        let start = self.not_before.map_or(self.now, |asked| asked.max(self.now));
        let mut moment = Moment { at: self.now, reserve: None, deferrals: Vec::new() };
        self.put_off(&mut moment, Reason::NotBefore, start)?;
        if !push {
            return Ok(moment);
        }
        if self.priority != Priority::Urgent {
            self.put_off(&mut moment, Reason::QuietHours, self.quiet.next_permitted(start))?;
            let with_room = self.with_room(moment.at);
            self.put_off(&mut moment, Reason::ContactBudget, with_room)?;
        }
        moment.reserve = self.ceilings.map(|_| self.quiet.zones.day(moment.at));
        Ok(moment)
    }

    /// What these ceilings, of the rule that keeps a part for deadlines, would have changed in what was
    /// found without the rule.
    pub(super) fn on_trial(
        &self,
        ceilings: Ceilings,
        found: &Result<Moment, Reason>,
        push: bool,
    ) -> Option<Would> {
        let at = |found: &Result<Moment, Reason>| found.as_ref().ok().map(|moment| moment.at);
        let until = at(&Timing { ceilings: Some(ceilings), ..*self }.moment(push));
        (until != at(found)).then_some(Would::moved(TrialRule::KeptForDeadlines, until))
    }

    /// The first permitted moment, from a permitted one on, of a day with room.
    fn with_room(&self, from: Timestamp) -> Option<Timestamp> {
        let Some(ceilings) = self.ceilings else { return Some(from) };
        let zones = self.quiet.zones;
        let mut at = from;
        while at < self.expires_at {
            let day = zones.day(at);
            let free = first_day_with_room(self.history, ceilings, day)?;
            if free == day {
                return Some(at);
            }
            at = self.quiet.next_permitted(zones.start_of(free)?.max(at))?;
        }
        None
    }

    fn put_off(
        &self,
        moment: &mut Moment,
        reason: Reason,
        until: impl Into<Option<Timestamp>>,
    ) -> Result<(), Reason> {
        let until = until.into().filter(|until| !expired(self.expires_at, *until)).ok_or(reason)?;
        if until > moment.at {
            moment.deferrals.push((reason, until));
            moment.at = until;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::policy::fixture::{at, citizen, facts, jurisdiction, policy};

    /// The moment of a push to the fixture's citizen in Kyiv on Monday 2026-06-01, with one push a
    /// day and two a week.
    fn moment(change: impl FnOnce(&mut Timing<'_>), spent: &[(Date, u32)]) -> Result<Moment, Reason> {
        let law = jurisdiction();
        let zones = Zones::of(&citizen(), &law);
        let history = ContactHistory { days: spent.iter().copied().collect() };
        let mut timing = Timing {
            priority: Priority::Normal,
            not_before: None,
            expires_at: at("2026-07-01T00:00:00Z"),
            quiet: Quiet { hours: &law.contact_hours, zones: &zones, wishes: &[] },
            ceilings: Some(Ceilings { per_day: Some(1), per_week: Some(2), per_month: None }),
            history: &history,
            now: at("2026-06-01T09:00:00Z"),
        };
        change(&mut timing);
        timing.moment(true)
    }

    fn sent_at(moment: &Result<Moment, Reason>) -> Option<Timestamp> {
        moment.as_ref().ok().map(|moment| moment.at)
    }

    #[test]
    fn a_moment_that_nothing_puts_off_is_now() {
        let now = moment(|_| (), &[]).unwrap();
        assert_eq!(
            now,
            Moment { at: at("2026-06-01T09:00:00Z"), reserve: Some(date(2026, 6, 1)), deferrals: vec![] }
        );
    }

    #[test]
    fn quiet_hours_and_then_the_budget_put_it_off() {
        let late = |timing: &mut Timing<'_>| timing.now = at("2026-06-01T19:00:00Z");
        let moved = moment(late, &[(date(2026, 6, 2), 1)]).unwrap();
        let (tuesday, wednesday) = (at("2026-06-02T06:00:00Z"), at("2026-06-03T06:00:00Z"));
        assert_eq!(moved.deferrals, [(Reason::QuietHours, tuesday), (Reason::ContactBudget, wednesday)]);
        assert_eq!((moved.at, moved.reserve), (wednesday, Some(date(2026, 6, 3))));
    }

    #[test]
    fn a_day_with_room_but_without_contact_is_passed_over() {
        // Tuesday 23 June is full, and Wednesday is the fixture's holiday.
        let tuesday = |timing: &mut Timing<'_>| timing.now = at("2026-06-23T09:00:00Z");
        let moved = moment(tuesday, &[(date(2026, 6, 23), 1)]).unwrap();
        assert_eq!((moved.at, moved.reserve), (at("2026-06-25T06:00:00Z"), Some(date(2026, 6, 25))));
    }

    #[test]
    fn urgent_waits_for_its_source_alone_and_is_counted() {
        let urgent = moment(
            |timing| {
                timing.priority = Priority::Urgent;
                timing.now = at("2026-06-01T22:00:00Z");
            },
            &[(date(2026, 6, 2), 9)],
        );
        let urgent = urgent.unwrap();
        assert_eq!((urgent.at, urgent.reserve), (at("2026-06-01T22:00:00Z"), Some(date(2026, 6, 2))));
        assert_eq!(urgent.deferrals, []);
    }

    #[test]
    fn the_source_may_ask_to_wait() {
        let asked = at("2026-06-03T19:00:00Z");
        let moved = moment(|timing| timing.not_before = Some(asked), &[]).unwrap();
        let thursday = at("2026-06-04T06:00:00Z");
        assert_eq!(moved.deferrals, [(Reason::NotBefore, asked), (Reason::QuietHours, thursday)]);
        let past = moment(|timing| timing.not_before = Some(Timestamp::MIN), &[]).unwrap();
        assert_eq!(past.deferrals, []);
    }

    #[test]
    fn the_rule_that_leaves_no_moment_is_named() {
        let quiet = |text: &str| {
            let expires = at(text);
            let late = move |timing: &mut Timing<'_>| {
                timing.now = at("2026-06-01T19:00:00Z");
                timing.expires_at = expires;
            };
            moment(late, &[])
        };
        assert_eq!(quiet("2026-06-02T06:00:00Z"), Err(Reason::QuietHours));
        assert_eq!(sent_at(&quiet("2026-06-02T06:00:01Z")), Some(at("2026-06-02T06:00:00Z")));
        let today = |timing: &mut Timing<'_>| timing.expires_at = at("2026-06-02T00:00:00Z");
        assert_eq!(moment(today, &[(date(2026, 6, 1), 1)]), Err(Reason::ContactBudget));
        let asked = moment(|timing| timing.not_before = Some(timing.expires_at), &[]);
        assert_eq!(asked, Err(Reason::NotBefore));
        let never = moment(
            |timing| timing.ceilings = Some(Ceilings { per_day: Some(0), ..Ceilings::default() }),
            &[],
        );
        assert_eq!(never, Err(Reason::ContactBudget));
    }

    #[test]
    fn what_makes_no_noise_does_not_wait_and_does_not_count() {
        let law = jurisdiction();
        let zones = Zones::of(&citizen(), &law);
        let night = at("2026-06-01T23:00:00Z");
        let timing = Timing {
            priority: Priority::Bulk,
            not_before: None,
            expires_at: Timestamp::MAX,
            quiet: Quiet { hours: &law.contact_hours, zones: &zones, wishes: &[] },
            ceilings: Some(Ceilings { per_day: Some(0), per_week: None, per_month: None }),
            history: &ContactHistory::default(),
            now: night,
        };
        assert_eq!(timing.moment(false), Ok(Moment { at: night, reserve: None, deferrals: vec![] }));
    }

    #[test]
    fn without_an_expiry_it_is_the_operators_days_or_the_deadline() {
        let (policy, now) = (policy(), at("2026-06-01T09:00:00Z"));
        let zones = Zones::of(&citizen(), &jurisdiction());
        let expires = |facts: &Facts| expiry(facts, &policy, &zones, now);
        let named =
            Facts { expires_at: Some(at("2026-06-02T00:00:00Z")), act_by: Some(date(2026, 6, 1)), ..facts() };
        assert_eq!(expires(&named), at("2026-06-02T00:00:00Z"));
        assert_eq!(expires(&facts()), at("2026-07-01T09:00:00Z"));
        let act_by = |day| Facts { act_by: Some(day), ..facts() };
        assert_eq!(expires(&act_by(date(2026, 6, 5))), at("2026-06-05T21:00:00Z"));
        assert_eq!(expires(&act_by(date(2026, 6, 1))), at("2026-06-01T21:00:00Z"));
        assert_eq!(expires(&act_by(date(2026, 5, 31))), at("2026-07-01T09:00:00Z"));
        assert_eq!(expires(&act_by(Date::MAX)), at("2026-07-01T09:00:00Z"));
        assert_eq!(expiry(&facts(), &policy, &zones, Timestamp::MAX), Timestamp::MAX);
        assert!(expired(now, now) && !expired(now, at("2026-06-01T08:59:59Z")));
    }
}
