//! `vestnik report reach`.

use super::{Form, Numbers};
use crate::cli::office::Office;
use crate::cli::table::Table;
use crate::cli::{Common, Exit};
use crate::reports::reach::{Reach, reach};

pub(super) async fn run(common: &Common, args: &Numbers<366>) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let report = reach(&office.ledger, args.days()).await?;
    args.print(&report, report.as_csv(), || table(&report))
}

impl Form for Reach {
    fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.channels.is_empty()
    }
}

fn table(report: &Reach) -> String {
    let mut channels = Table::new(["channel", "sent", "reached"]);
    for one in &report.channels {
        channels.row([one.name.clone(), one.sent.to_string(), one.reached.to_string()]);
    }
    let groups = report.groups().map(|(by, all)| {
        let mut table = Table::new([by, "notified", "reached", "unreached", "under way"]);
        for one in all {
            let name = one.name.clone().unwrap_or_else(|| "unknown".to_owned());
            let numbers =
                [one.notified, one.reached, one.unreached, one.under_way].map(|number| number.to_string());
            let [notified, reached, unreached, under_way] = numbers;
            table.row([name, notified, reached, unreached, under_way]);
        }
        table.to_string()
    });
    format!("{channels}\n{}", groups.join("\n"))
}
