//! The totals of a simulation, for people.

use std::collections::BTreeMap;
use std::fmt;

use crate::cli::table::{Table, counted};
use crate::reports::simulation::{Delays, Tally, Totals};

/// What is shown.
pub(super) struct Shown<'a> {
    pub(super) totals: &'a Totals,
    /// How far it was looked back.
    pub(super) days: u16,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Totals { all, citizens, .. } = self.totals;
        let notifications = counted(all.notifications, "notification");
        let (citizens, days) = (counted(*citizens, "citizen"), counted(self.days.into(), "day"));
        writeln!(f, "Replayed: {notifications} to {citizens}, of the last {days}.")?;
        write!(f, "{}", self.left_out())?;
        if all.changed == 0 {
            return writeln!(f, "\nThe new rules would have changed nothing.");
        }
        write!(f, "\n{}", self.changes())?;
        for (heading, tallies) in [("measure", &self.totals.by_measure), ("source", &self.totals.by_source)] {
            write!(f, "\n{}", by(heading, tallies))?;
        }
        Ok(())
    }
}

impl Shown<'_> {
    /// What could not be replayed.
    fn left_out(&self) -> String {
        let left_out = &self.totals.left_out;
        let lines = [
            (left_out.unknown, "nobody knew the citizen when it came"),
            (left_out.erased, "the citizen was erased"),
            (left_out.not_in_catalogue, "the catalogue no longer has its measure"),
        ];
        let line = |(count, why): (u64, &str)| format!("Left out: {count}, because {why}.\n");
        lines.into_iter().filter(|(count, _)| *count > 0).map(line).collect()
    }

    fn changes(&self) -> Table {
        let totals = self.totals;
        let Tally { changed, later, sooner, other_channel, lost, won, .. } = totals.all;
        let Totals { contacts_before, contacts_after, citizens_with_more, citizens_with_fewer, .. } = totals;
        let rows = [
            ("changed", changed, String::new()),
            ("  later", later, spans(&totals.delay)),
            ("  sooner", sooner, spans(&totals.advance)),
            ("  on another channel", other_channel, listed(&totals.channels)),
            ("  sent no longer", lost, listed(&totals.lost_because)),
            ("  sent now, and not before", won, listed(&totals.won_in_spite_of)),
            ("citizens with more contacts", *citizens_with_more, String::new()),
            ("citizens with fewer contacts", *citizens_with_fewer, String::new()),
        ];
        let mut table = Table::plain();
        for (what, count, more) in rows.into_iter().filter(|(_, count, _)| *count > 0) {
            table.row([what.to_owned(), count.to_string(), more]);
        }
        let before = format!("by the rules in force {contacts_before}");
        table.row(["contacts in all".to_owned(), contacts_after.to_string(), before]);
        table
    }
}

/// `median 2 h 5 min, 9 of 10 within 1 d`.
fn spans(delays: &Delays) -> String {
    let spans = delays.percentile(50).zip(delays.percentile(90));
    spans.map_or(String::new(), |(median, p90)| {
        format!("median {}, 90 of 100 within {}", span(median), span(p90))
    })
}

/// A span in its two largest units: `1 d 3 h`, `2 h 5 min`, `40 s`.
fn span(seconds: i64) -> String {
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let shown = units[first..].iter().take(2).filter(|(count, _)| *count > 0);
    let shown: Vec<_> = shown.map(|(count, unit)| format!("{count} {unit}")).collect();
    shown.join(" ")
}

/// `contact_budget 3, no_consent 1`.
fn listed(counts: &BTreeMap<impl AsRef<str>, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{} {count}", name.as_ref())).collect::<Vec<_>>().join(", ")
}

/// What changes for each, where anything does.
fn by(heading: &str, tallies: &BTreeMap<String, Tally>) -> Table {
    let mut table = Table::new([heading, "of", "later", "sooner", "other channel", "no longer", "newly"]);
    for (name, tally) in tallies.iter().filter(|(_, tally)| tally.changed > 0) {
        let Tally { notifications, later, sooner, other_channel, lost, won, .. } = tally;
        let counts = [notifications, later, sooner, other_channel, lost, won].map(u64::to_string);
        let [of, later, sooner, other_channel, lost, won] = counts;
        table.row([name.clone(), of, later, sooner, other_channel, lost, won]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_their_two_largest_units() {
        for (seconds, told) in [
            (0, ""),
            (40, "40 s"),
            (600, "10 min"),
            (7_500, "2 h 5 min"),
            (97_200, "1 d 3 h"),
            (86_430, "1 d"),
        ] {
            assert_eq!(span(seconds), told);
        }
    }
}
