//! `vestnik code`: which message of ours carries a check code.

use clap::Args;

use super::office::{Office, moment, print_json};
use super::table::Table;
use super::{Common, Exit, NotThere};
use crate::domain::NoticeKind;
use crate::ledger::Shown;
use crate::notice::{CheckCode, InvalidCheckCode};

/// What `code` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vestnik code 7K2M-9QXT
  vestnik code '7k2m 9qxt' --json | jq -r '.[].notifications[].id'

For whoever answers the single number: what the caller may be told is when and by which way it was sent, and \
nothing of what it says. No name, address or text is shown. Any spelling will do: case, spaces, O for 0, \
Cyrillic letters. Ends with 3 if no message of ours carries the code.")]
pub(super) struct CodeArgs {
    /// The code as it stands at the end of the message
    #[arg(value_name = "CODE", value_parser = code)]
    code: CheckCode,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

fn code(text: &str) -> Result<CheckCode, String> {
    text.parse().map_err(|error: InvalidCheckCode| error.to_string())
}

pub(super) async fn run(common: &Common, args: &CodeArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let shown = office.ledger.shown_with(args.code).await?;
    if shown.is_empty() {
        let days = office.loaded.gateway.retention.check_code_days;
        let why = format!("{} is not ours: no message of the last {days} days carries it", args.code);
        return Err(NotThere(why).into());
    }
    if args.json {
        print_json(&shown)?;
    } else {
        println!("{} is ours.", args.code);
        print!("{}", shown.iter().map(in_lines).collect::<String>());
    }
    Ok(Exit::Well)
}

fn in_lines(shown: &Shown) -> String {
    let mut table = Table::plain();
    table.row(["  notice", &shown.notice.to_string()]);
    table.row(["  it is", what(shown.kind)]);
    for reference in &shown.notifications {
        table.row(["  notification", &format!("vestnik explain {reference}")]);
    }
    if let Some(at) = shown.inbox_at {
        table.row(["  in the inbox", &format!("since {}", moment(at))]);
    }
    for one in &shown.sent {
        table.row([&format!("  sent by {}", one.channel), &moment(one.at)]);
    }
    if shown.sent.is_empty() && shown.kind.is_some() {
        table.row(["  sent", "not yet"]);
    }
    format!("\n{table}")
}

fn what(kind: Option<NoticeKind>) -> &'static str {
    match kind {
        None => "an entry of the inbox, not sent by any channel",
        Some(NoticeKind::Entitlement) => "a message of notifications",
        Some(NoticeKind::Introduction) => "an introduction: who will write from now on",
        Some(NoticeKind::Confirmation) => "a confirmation of what the citizen asked for, such as STOP",
        Some(NoticeKind::Answer) => "an answer to what the citizen wrote",
    }
}
