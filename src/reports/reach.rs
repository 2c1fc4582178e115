//! Who was reached: how many notifications came, and how many of them reached their citizens, by channel,
//! measure, source and region.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use crate::domain::Counted;
use crate::ledger::store::{ReachRow, TallySum};
use crate::ledger::{Ledger, LedgerError};

/// The report.
#[derive(Debug, Clone, Serialize)]
pub struct Reach {
    /// The first of the days looked at, in UTC.
    pub since: Date,
    /// By channel: what was sent there, and what is known to have reached its citizen there.
    pub channels: Vec<Channel>,
    /// By measure.
    pub measures: Vec<Group>,
    /// By source.
    pub sources: Vec<Group>,
    /// By the citizens' region; without a name where the registry names none, or does not know them.
    pub regions: Vec<Group>,
}

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Channel {
    /// Which.
    pub name: String,
    /// Notifications that were sent on it.
    pub sent: u64,
    /// Those that reached their citizens by it: delivered, read, or taken by a provider that gives no
    /// receipt.
    pub reached: u64,
}

/// Notifications that have something in common.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Group {
    /// What that is.
    pub name: Option<String>,
    /// All of them but for those that their source took back.
    pub notified: u64,
    /// Those that were delivered, read, or taken by a provider that gives no receipt.
    pub reached: u64,
    /// Those that ended otherwise; the inbox alone reaches nobody.
    pub unreached: u64,
    /// Those that have not ended.
    pub under_way: u64,
}

impl Group {
    fn add(&mut self, row: &ReachRow) {
        let into = match row.state {
            None => &mut self.under_way,
            Some(state) if state.is_unreached() => &mut self.unreached,
            Some(crate::domain::FinalState::Cancelled) => return,
            Some(_) => &mut self.reached,
        };
        *into += row.count;
        self.notified += row.count;
    }
}

/// The report over so many days.
pub async fn reach(ledger: &Ledger, days: u16) -> Result<Reach, LedgerError> {
    let (sums, tallies) = (ledger.reach(days).await?, ledger.tallies(days).await?);
    let rows = &sums.rows;
    Ok(Reach {
        since: sums.since,
        channels: channels(&tallies.rows),
        measures: groups(rows, |row| Some(row.measure.clone())),
        sources: groups(rows, |row| Some(row.source.to_string())),
        regions: groups(rows, |row| row.region.clone()),
    })
}

fn channels(rows: &[TallySum]) -> Vec<Channel> {
    let mut channels: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.template.is_of_notifications()) {
        let Some(channel) = &row.channel else { continue };
        let (sent, reached) = match row.what {
            Counted::Sent => (row.count, 0),
            Counted::Reached => (0, row.count),
            _ => continue,
        };
        let sums = channels.entry(channel.to_string()).or_default();
        *sums = (sums.0 + sent, sums.1 + reached);
    }
    channels.into_iter().map(|(name, (sent, reached))| Channel { name, sent, reached }).collect()
}

fn groups(rows: &[ReachRow], name: impl Fn(&ReachRow) -> Option<String>) -> Vec<Group> {
    let mut groups: BTreeMap<Option<String>, Group> = BTreeMap::new();
    for row in rows {
        groups.entry(name(row)).or_default().add(row);
    }
    groups.into_iter().map(|(name, group)| Group { name, ..group }).collect()
}

const HEADINGS: [&str; 7] = ["by", "name", "notified", "sent", "reached", "unreached", "under_way"];

impl Reach {
    /// The groups by what they have in common.
    #[must_use]
    pub fn groups(&self) -> [(&'static str, &[Group]); 3] {
        [("measure", &self.measures), ("source", &self.sources), ("region", &self.regions)]
    }

    /// The report as comma-separated values.
    pub fn as_csv(&self) -> Result<String, csv::Error> {
        let channel = |one: &Channel| {
            let (sent, reached) = (one.sent.to_string(), one.reached.to_string());
            [
                "channel".to_owned(),
                one.name.clone(),
                String::new(),
                sent,
                reached,
                String::new(),
                String::new(),
            ]
        };
        let groups =
            self.groups().into_iter().flat_map(|(by, all)| all.iter().map(move |one| cells(by, one)));
        let headings = [HEADINGS.map(str::to_owned)];
        super::csv::rows(headings.into_iter().chain(self.channels.iter().map(channel)).chain(groups))
    }
}

fn cells(by: &str, one: &Group) -> [String; 7] {
    [
        by.to_owned(),
        one.name.clone().unwrap_or_default(),
        one.notified.to_string(),
        String::new(),
        one.reached.to_string(),
        one.unreached.to_string(),
        one.under_way.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FinalState, SourceId};

    fn row(measure: &str, region: Option<&str>, state: Option<FinalState>, count: u64) -> ReachRow {
        let source = SourceId::new("family_fund").unwrap();
        ReachRow { source, measure: measure.to_owned(), region: region.map(str::to_owned), state, count }
    }

    #[test]
    fn what_was_taken_back_is_no_notification_and_the_inbox_reaches_nobody() {
        let rows = [
            row("a", Some("north"), Some(FinalState::Delivered), 5),
            row("a", Some("north"), Some(FinalState::InboxOnly), 2),
            row("a", None, None, 1),
            row("b", Some("north"), Some(FinalState::Cancelled), 9),
            row("b", Some("north"), Some(FinalState::Accepted), 4),
        ];
        let group = |name: &str, notified, reached, unreached, under_way| Group {
            name: (!name.is_empty()).then(|| name.to_owned()),
            notified,
            reached,
            unreached,
            under_way,
        };
        let by_measure = groups(&rows, |row| Some(row.measure.clone()));
        assert_eq!(by_measure, [group("a", 8, 5, 2, 1), group("b", 4, 4, 0, 0)]);
        let by_region = groups(&rows, |row| row.region.clone());
        assert_eq!(by_region, [group("", 1, 0, 0, 1), group("north", 11, 9, 2, 0)]);
    }
}
