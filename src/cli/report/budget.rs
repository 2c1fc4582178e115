//! `vestnik report budget`.

use super::{Form, Numbers};
use crate::cli::office::Office;
use crate::cli::table::Table;
use crate::cli::{Common, Exit};
use crate::domain::JurisdictionId;
use crate::policy::strictest;
use crate::reports::budget::{Budget, KNOWN_DAYS, budget};

pub(super) async fn run(common: &Common, args: &Numbers<KNOWN_DAYS>) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let loaded = &office.loaded;
    let ceilings = |law: &JurisdictionId| {
        let law = loaded.jurisdictions.get(law).unwrap_or(&loaded.strict);
        strictest(loaded.policy.budget, law.ceilings)
    };
    let report = budget(&office.ledger, args.days(), ceilings).await?;
    args.print(&report, report.as_csv(), || tables(&report))
}

impl Form for Budget {
    fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.periods.iter().all(|one| one.citizens == 0)
    }
}

fn tables(report: &Budget) -> String {
    let mut periods = Table::new(["in one", "citizens", "at their ceiling", "most of one"]);
    for one in &report.periods {
        let [citizens, ceiling, most] =
            [one.citizens, one.at_ceiling, one.most].map(|number| number.to_string());
        periods.row([one.period.as_str().to_owned(), citizens, ceiling, most]);
    }
    let mut sources = Table::new(["source", "sent", "deferred", "not pushed"]);
    for one in &report.sources {
        let [sent, deferred, suppressed] =
            [one.sent, one.deferred, one.suppressed].map(|number| number.to_string());
        sources.row([one.source.to_string(), sent, deferred, suppressed]);
    }
    format!("{periods}\n{sources}")
}
