//! `vestnik report effectiveness`.

use super::{Form, Numbers};
use crate::cli::guard::standing;
use crate::cli::office::Office;
use crate::cli::table::Table;
use crate::cli::{Common, Exit};
use crate::reports::effectiveness::{Effectiveness, effectiveness};

pub(super) async fn run(common: &Common, args: &Numbers<366>) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let report = effectiveness(&office.ledger, args.days()).await?;
    args.print(&report, report.as_csv(), || table(&report).to_string())
}

impl Form for Effectiveness {
    fn is_empty(&self) -> bool {
        self.templates.is_empty()
    }
}

fn table(report: &Effectiveness) -> Table {
    let headings = ["channel", "template", "sent", "delivered", "answered", "declined", "percent", "guard"];
    let mut table = Table::new(headings);
    for one in &report.templates {
        table.row([
            one.channel.to_string(),
            one.template.to_string(),
            one.sent.to_string(),
            one.delivered.to_string(),
            one.answered.to_string(),
            one.declined.to_string(),
            one.declined_percent.map_or("-".to_owned(), |percent| format!("{percent:.1}")),
            standing(one.standing).to_owned(),
        ]);
    }
    table
}
