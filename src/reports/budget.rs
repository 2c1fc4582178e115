//! What the contact budget did: who is at a ceiling, and what was put off or not sent because of it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use crate::domain::{Ceilings, Counted, JurisdictionId, SourceId};
use crate::ledger::store::{Period, PlacesRow, TallySum};
use crate::ledger::{Ledger, LedgerError};

/// For how many days it is known who held which place.
pub const KNOWN_DAYS: u16 = 40;

/// The report.
#[derive(Debug, Clone, Serialize)]
pub struct Budget {
    /// The first of the days looked at, in UTC.
    pub since: Date,
    /// By period: day, week, month.
    pub periods: Vec<Used>,
    /// By source.
    pub sources: Vec<OfSource>,
}

/// How much of the budget of a period was used. One citizen counts once for each day, week or month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Used {
    /// The period.
    pub period: Period,
    /// Citizens who got, or are to get, something that takes a place.
    pub citizens: u64,
    /// Those of them who are at their ceiling, or above one that was lowered since.
    pub at_ceiling: u64,
    /// The most places that anybody held.
    pub most: u64,
}

/// What the budget did to a source's notifications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfSource {
    /// The source.
    pub source: SourceId,
    /// What was sent, whether it takes a place or not.
    pub sent: u64,
    /// How often something was put off.
    pub deferred: u64,
    /// What was not pushed, because no place was left before its time was over.
    pub suppressed: u64,
}

/// The report over so many days, at most [`KNOWN_DAYS`]; `ceilings` gives those in force where a law applies.
pub async fn budget(
    ledger: &Ledger,
    days: u16,
    ceilings: impl Fn(&JurisdictionId) -> Ceilings,
) -> Result<Budget, LedgerError> {
    let days = days.min(KNOWN_DAYS);
    let (places, tallies) = (ledger.places(days).await?, ledger.tallies(days).await?);
    let periods = Period::ALL.map(|period| used(period, &places.rows, &ceilings)).to_vec();
    Ok(Budget { since: places.since, periods, sources: sources(&tallies.rows) })
}

fn used(period: Period, rows: &[PlacesRow], ceilings: &impl Fn(&JurisdictionId) -> Ceilings) -> Used {
    let mut used = Used { period, citizens: 0, at_ceiling: 0, most: 0 };
    for row in rows.iter().filter(|row| row.period == period) {
        let ceilings = ceilings(&row.jurisdiction);
        let ceiling = match period {
            Period::Day => ceilings.per_day,
            Period::Week => ceilings.per_week,
            Period::Month => ceilings.per_month,
        };
        used.citizens += row.citizens;
        used.most = used.most.max(row.places);
        if ceiling.is_some_and(|ceiling| row.places >= u64::from(ceiling)) {
            used.at_ceiling += row.citizens;
        }
    }
    used
}

fn sources(rows: &[TallySum]) -> Vec<OfSource> {
    let mut sources: BTreeMap<&SourceId, OfSource> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.template.is_of_notifications()) {
        let Some(source) = &row.source else { continue };
        let new = || OfSource { source: source.clone(), sent: 0, deferred: 0, suppressed: 0 };
        let of = sources.entry(source).or_insert_with(new);
        match row.what {
            Counted::Sent => of.sent += row.count,
            Counted::BudgetDeferred => of.deferred += row.count,
            Counted::BudgetSuppressed => of.suppressed += row.count,
            _ => {}
        }
    }
    sources.into_values().collect()
}

const HEADINGS: [&str; 8] =
    ["by", "name", "citizens", "at_ceiling", "most", "sent", "deferred", "suppressed"];

impl Budget {
    /// The report as comma-separated values.
    pub fn as_csv(&self) -> Result<String, csv::Error> {
        let cells = |by: &str, name: &str, numbers: [Option<u64>; 6]| -> [String; 8] {
            let mut cells = [by, name, "", "", "", "", "", ""].map(str::to_owned);
            for (cell, number) in cells[2..].iter_mut().zip(numbers) {
                *cell = number.map(|number| number.to_string()).unwrap_or_default();
            }
            cells
        };
        let periods = self.periods.iter().map(|one| {
            let numbers = [Some(one.citizens), Some(one.at_ceiling), Some(one.most), None, None, None];
            cells("period", one.period.as_str(), numbers)
        });
        let sources = self.sources.iter().map(|one| {
            let numbers = [None, None, None, Some(one.sent), Some(one.deferred), Some(one.suppressed)];
            cells("source", one.source.as_str(), numbers)
        });
        super::csv::rows([HEADINGS.map(str::to_owned)].into_iter().chain(periods).chain(sources))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_is_that_of_the_law_that_applies() {
        let id = |text: &str| JurisdictionId::new(text).unwrap();
        let row = |law: &str, places, citizens| PlacesRow {
            jurisdiction: id(law),
            period: Period::Day,
            places,
            citizens,
        };
        let rows = [row("ru", 1, 10), row("ru", 2, 3), row("ua", 2, 4), row("ua", 5, 1)];
        let ceilings = |law: &JurisdictionId| Ceilings {
            per_day: (law.as_str() == "ru").then_some(2),
            per_week: Some(1),
            per_month: None,
        };
        let day = Used { period: Period::Day, citizens: 18, at_ceiling: 3, most: 5 };
        assert_eq!(used(Period::Day, &rows, &ceilings), day);
        let week = Used { period: Period::Week, citizens: 0, at_ceiling: 0, most: 0 };
        assert_eq!(used(Period::Week, &rows, &ceilings), week);
    }
}
