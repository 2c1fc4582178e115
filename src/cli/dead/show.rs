//! `vestnik dead list` and `show`.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::cli::arguments::{id, number};
use crate::cli::office::{Office, moment, print_json};
use crate::cli::table::{Table, wrap};
use crate::cli::{Common, Exit, NotThere};
use crate::domain::{RefusalReason, SourceId};
use crate::ledger::store::DeadRow;

/// What `dead list` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// How many at most, 1 to 10000
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = number::<u32>(1, 10_000))]
    limit: u32,
    /// Only those older than this one: the last id of the list before
    #[arg(long, value_name = "ID", value_parser = id)]
    before: Option<Uuid>,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// A dead letter without its body.
#[derive(Debug, Serialize)]
struct Letter {
    id: Uuid,
    at: Timestamp,
    /// `amqp`, `http`, `file`, `callback` or `broker`.
    origin: String,
    /// The source that the transport proved.
    source: Option<SourceId>,
    /// The routing key or path; empty where none is known.
    routing: String,
    reason: String,
    detail: String,
}

impl From<&DeadRow> for Letter {
    fn from(row: &DeadRow) -> Self {
        Self {
            id: row.id,
            at: row.at,
            origin: row.origin.clone(),
            source: row.source.clone(),
            routing: row.routing.clone(),
            reason: row.reason.clone(),
            detail: row.detail.clone(),
        }
    }
}

pub(super) async fn list(common: &Common, args: &ListArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let rows = office.ledger.dead_letters(args.before, args.limit).await?;
    let letters: Vec<_> = rows.iter().map(Letter::from).collect();
    if args.json {
        print_json(&letters)?;
    } else if letters.is_empty() {
        println!("There are no dead letters.");
    } else {
        print!("{}", letters.iter().map(two_lines).collect::<String>());
        if letters.len() == args.limit as usize {
            println!("There may be more: --before {}", letters[letters.len() - 1].id);
        }
    }
    Ok(Exit::Well)
}

/// When and whence on one line, why below it.
fn two_lines(letter: &Letter) -> String {
    let source = letter.source.as_ref().map_or("no source proved", SourceId::as_str);
    let why = wrap(&format!("{}: {}", letter.reason, letter.detail), 96).join("\n    ");
    format!("{}  {}  {}  {source}\n    {why}\n", letter.id, moment(letter.at), letter.origin)
}

pub(super) async fn show(common: &Common, id: Uuid, json: bool) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let row = find(&office, id).await?;
    let body = body(&row.body);
    if json {
        print_json(&Shown { letter: Letter::from(&row), body })?;
        return Ok(Exit::Well);
    }
    print!("{}", about(&Letter::from(&row)));
    match body {
        Value::String(text) => println!("\n{text}"),
        json => println!("\n{json:#}"),
    }
    Ok(Exit::Well)
}

/// A dead letter with its body.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    letter: Letter,
    /// The body: as JSON where it is JSON, and as text otherwise.
    body: Value,
}

/// The dead letter with its body opened.
pub(super) async fn find(office: &Office, id: Uuid) -> anyhow::Result<DeadRow> {
    let found = office.ledger.dead_letter(id).await?;
    let nothing =
        || NotThere(format!("there is no dead letter {id}; `vestnik dead list` shows those that there are"));
    Ok(found.ok_or_else(nothing)?)
}

fn about(letter: &Letter) -> Table {
    let means = RefusalReason::ALL.iter().find(|reason| reason.as_str() == letter.reason);
    let mut table = Table::plain();
    table.row(["id", &letter.id.to_string()]);
    table.row(["came", &format!("{} by {}", moment(letter.at), letter.origin)]);
    table.row(["source", letter.source.as_ref().map_or("none is proved", SourceId::as_str)]);
    if !letter.routing.is_empty() {
        table.row(["routing", &letter.routing]);
    }
    table.row(["reason", &letter.reason]);
    if let Some(means) = means {
        table.row(["", means.describe()]);
    }
    table.row(["detail", &letter.detail]);
    table
}

/// A terminal is told nothing but text: control characters are written out.
fn body(bytes: &[u8]) -> Value {
    let shown = |c: char| c == '\n' || c == '\t' || !c.is_control();
    let text = || {
        let text = String::from_utf8_lossy(bytes);
        text.chars().flat_map(|c| if shown(c) { vec![c] } else { c.escape_default().collect() }).collect()
    };
    serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_shown_as_what_it_is_and_commands_nothing() {
        assert_eq!(body(br#"{"id": "1"}"#)["id"], "1");
        assert_eq!(body(b"not JSON\n\x1b[2J\xff"), Value::String("not JSON\n\\u{1b}[2J\u{fffd}".to_owned()));
    }

    #[test]
    fn a_letter_is_listed_on_two_lines() {
        let letter = Letter {
            id: Uuid::nil(),
            at: "2026-06-17T09:00:00Z".parse().unwrap(),
            origin: "amqp".to_owned(),
            source: None,
            routing: String::new(),
            reason: "invalid_params".to_owned(),
            detail: "/params/child_order: expected a whole number from 1 to 20".to_owned(),
        };
        assert_eq!(
            two_lines(&letter),
            "00000000-0000-0000-0000-000000000000  2026-06-17 09:00 UTC  amqp  no source proved\n    \
             invalid_params: /params/child_order: expected a whole number from 1 to 20\n"
        );
        assert!(about(&letter).to_string().contains("The params do not fit the template of the measure."));
    }
}
