//! The law's rules.

use jiff::Timestamp;
use jiff::civil::Time;

use super::super::error::{ConfigError, ConfigErrors};
use super::super::place::Sheet;
use super::Look;
use super::zones::{is_zone, meant};
use crate::domain::{AppealClocks, Ceilings, ContactHours, Hours, Jurisdiction, Policy};
use crate::policy::{Quiet, Zones, strictest};

/// One jurisdiction.
pub(in crate::config) fn jurisdiction(sheet: &Sheet<Jurisdiction>) -> ConfigErrors {
    let mut look = Look::at(&sheet.place);
    let law = &sheet.value;
    look.lawful_channels(&["channels"], &law.channels);
    look.zones(&law.zones);
    look.hours(&law.contact_hours);
    look.ceilings("ceilings", law.ceilings);
    look.appeals(law.appeals);
    if look.errors.is_empty() && !leaves_an_hour(law) {
        let message = "expected hours that some moment of every month has in all of the zones at once, \
                       for citizens whose zone is not known";
        look.wrong(&["contact_hours"], message);
    }
    look.errors
}

/// The rules where none are known must allow nothing that a law forbids, whichever it turns out to
/// be. `others` are those that are right by themselves.
pub(in crate::config) fn strict_is_strictest(
    strict: &Sheet<Jurisdiction>,
    others: &[&Sheet<Jurisdiction>],
) -> ConfigErrors {
    let mut look = Look::at(&strict.place);
    for other in others.iter().map(|sheet| &sheet.value) {
        for channel in strict.value.channels.difference(&other.channels) {
            let message = format!("expected what every jurisdiction allows; {} forbids {channel}", other.id);
            look.wrong(&["channels", channel.as_str()], message);
        }
        for zone in other.zones.iter().filter(|zone| !strict.value.zones.contains(zone)) {
            let message =
                format!("expected every zone of every jurisdiction: {zone} of {} is missing", other.id);
            look.wrong(&["zones"], message);
        }
        look.no_higher(strict.value.ceilings, other);
        look.no_later(strict.value.appeals, other);
    }
    look.errors
}

/// What is kept for deadlines must leave a place for everything else, whichever law holds.
pub(in crate::config) fn kept_leaves_room(
    policy: &Sheet<Policy>,
    laws: &[&Sheet<Jurisdiction>],
) -> ConfigErrors {
    let mut look = Look::at(&policy.place);
    let Policy { budget, kept_for_deadlines: kept, .. } = policy.value;
    for key in ["per_day", "per_week", "per_month"] {
        let of = |ceilings: Ceilings| match key {
            "per_day" => ceilings.per_day,
            "per_week" => ceilings.per_week,
            _ => ceilings.per_month,
        };
        let lowest = laws
            .iter()
            .filter_map(|law| Some((of(strictest(budget, law.value.ceilings))?, &law.value.id)))
            .min();
        let kept = of(Ceilings { per_day: kept.per_day, per_week: kept.per_week, per_month: kept.per_month });
        if let (Some(kept), Some((most, law))) = (kept, lowest)
            && kept >= most
        {
            let message = format!("expected less than {most}, which is all that {law} leaves, found {kept}");
            look.wrong(&["kept_for_deadlines", key], message);
        }
    }
    look.errors
}

impl Look<'_> {
    fn zones(&mut self, zones: &[String]) {
        if zones.is_empty() {
            self.wrong(&["zones"], "expected at least one time zone, such as \"Europe/Kyiv\"");
        }
        for zone in zones.iter().filter(|zone| !is_zone(zone)) {
            let message = format!("expected the IANA name of a time zone, found \"{zone}\"");
            let error = self.place.wrong(&["zones", zone], message);
            self.errors.push(ConfigError { hint: meant(zone), ..error });
        }
    }

    fn hours(&mut self, contact: &ContactHours) {
        let ContactHours { workday, weekend, holiday, .. } = contact;
        for (day, hours) in
            [("workday", Some(workday)), ("weekend", weekend.as_ref()), ("holiday", holiday.as_ref())]
        {
            if let Some(Hours { from, until }) = hours.filter(|hours| turned_round(hours)) {
                let expected =
                    "expected contact hours within one day: `from` before `until`, or `until` 00:00";
                let found = format!("{} to {}", from.strftime("%H:%M"), until.strftime("%H:%M"));
                self.wrong(&["contact_hours", day], format!("{expected}, found {found}"));
            }
        }
    }

    /// An appeal is registered before it is answered, and more time is not less.
    fn appeals(&mut self, AppealClocks { register_days, answer_days, extended_days }: AppealClocks) {
        let pairs = [
            (("register_days", register_days), ("answer_days", answer_days)),
            (("answer_days", answer_days), ("extended_days", extended_days)),
        ];
        for ((sooner, least), (later, found)) in pairs.into_iter().filter(|((_, a), (_, b))| b < a) {
            let message = format!("expected at least {sooner}, which is {least}, found {found}");
            self.wrong(&["appeals", later], message);
        }
    }

    fn no_later(&mut self, strict: AppealClocks, other: &Jurisdiction) {
        let theirs = other.appeals;
        for (key, own, most) in [
            ("register_days", strict.register_days, theirs.register_days),
            ("answer_days", strict.answer_days, theirs.answer_days),
            ("extended_days", strict.extended_days, theirs.extended_days),
        ] {
            if own > most {
                let message = format!("expected {key} of at most {most}, which is what {} has", other.id);
                self.wrong(&["appeals", key], message);
            }
        }
    }

    fn no_higher(&mut self, strict: Ceilings, other: &Jurisdiction) {
        let both = strictest(strict, other.ceilings);
        let mut no_higher = |key: &str, own: Option<u32>, most: Option<u32>| {
            if let Some(most) = most.filter(|most| own != Some(*most)) {
                let message = format!("expected {key} of at most {most}, which {} allows", other.id);
                self.wrong(&["ceilings", key], message);
            }
        };
        no_higher("per_day", strict.per_day, both.per_day);
        no_higher("per_week", strict.per_week, both.per_week);
        no_higher("per_month", strict.per_month, both.per_month);
    }
}

/// Contact hours over midnight: most likely somebody wrote the quiet hours. Hours that end at
/// midnight have the name 00:00 for their end, and from 00:00 until 00:00 is the whole day.
fn turned_round(hours: &Hours) -> bool {
    hours.until != Time::midnight() && hours.until <= hours.from
}

/// Whether a citizen whose zone is not known can be pushed to within a month of any of some moments
/// over a year: daylight saving shifts zones against one another.
fn leaves_an_hour(law: &Jurisdiction) -> bool {
    let zones = Zones::all_of(law);
    let quiet = Quiet { hours: &law.contact_hours, zones: &zones, wishes: &[] };
    // The first of each month of 2026, more or less.
    let month = jiff::SignedDuration::from_hours(24 * 30);
    let months =
        std::iter::successors(Timestamp::from_second(1_767_225_600).ok(), |at| at.checked_add(month).ok());
    months.take(12).all(|at| quiet.next_permitted(at).is_some())
}
