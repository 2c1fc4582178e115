//! `vestnik dead list` and `show`.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::cli::arguments::{id, number};
use crate::cli::office::{Office, moment, none, print_json};
use crate::cli::table::{Table, wrap};
use crate::cli::{Common, Exit, NotThere};
use crate::domain::wording::escaped_lines;
use crate::domain::{RefusalReason, SourceId};
use crate::intake::{json, named_id};
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

/// The ways by which messages of sources come.
pub(super) const SOURCES: [&str; 4] = ["amqp", "broker", "http", "file"];

/// A dead letter without its body.
#[derive(Debug, Serialize)]
struct Letter {
    id: Uuid,
    at: Timestamp,
    /// `amqp`, `http`, `file`, `callback` or `broker`.
    origin: String,
    /// The source that the transport proved.
    source: Option<SourceId>,
    /// The source's own id of the notification, as far as the message can be read; what does not print
    /// in it is written out.
    notification: Option<String>,
    /// The routing key or path; empty where none is known.
    routing: String,
    reason: String,
    detail: String,
}

impl Letter {
    /// The letter of a row whose body is opened, where it can be.
    fn of(row: &DeadRow, body: Option<&[u8]>) -> Self {
        let named = body.filter(|_| SOURCES.contains(&row.origin.as_str())).and_then(named_id);
        Self {
            notification: named.map(|id| id.to_operator()),
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
    let letters = letters(&office, args).await?;
    if args.json {
        print_json(&letters)?;
    } else if letters.is_empty() {
        println!("{}", none("dead letters", args.before));
    } else {
        print!("{}", letters.iter().map(in_lines).collect::<String>());
        if letters.len() == args.limit as usize {
            println!("There may be more: --before {}", letters[letters.len() - 1].id);
        }
    }
    Ok(Exit::Well)
}

/// Dead letters that are read at once: their bodies, which may be long, are looked into.
const PAGE: u32 = 50;

async fn letters(office: &Office, args: &ListArgs) -> anyhow::Result<Vec<Letter>> {
    let (mut letters, mut before) = (Vec::new(), args.before);
    loop {
        let page = PAGE.min(args.limit - u32::try_from(letters.len())?);
        let rows = office.ledger.dead_letters(before, page).await?;
        before = rows.last().map(|row| row.id);
        let last = page == 0 || rows.len() < page as usize;
        for row in rows {
            // One that was sealed under another key is listed all the same.
            let opened = office.ledger.open_dead_letter(row.clone()).ok();
            letters.push(Letter::of(&row, opened.as_ref().map(|row| row.body.as_slice())));
        }
        if last {
            return Ok(letters);
        }
    }
}

/// When, whence and which on the first lines, why below.
fn in_lines(letter: &Letter) -> String {
    let why = wrap(&format!("{}: {}", letter.reason, letter.detail), 96).join("\n    ");
    let which = wrap(&which(letter), 96).join("\n    ");
    format!("{}  {}  {}\n    {which}\n    {why}\n", letter.id, moment(letter.at), letter.origin)
}

/// Source and id as `explain` takes them.
fn which(letter: &Letter) -> String {
    match (&letter.source, &letter.notification) {
        (Some(source), Some(id)) => format!("{source}/{id}"),
        (Some(source), None) => format!("{source}, no id in it"),
        (None, Some(id)) => format!("no source proved, id {id}"),
        (None, None) => "no source proved, no id in it".to_owned(),
    }
}

/// What `dead show` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArgs {
    /// The dead letter's id, as `vestnik dead list` shows it
    #[arg(value_parser = id)]
    id: Uuid,
    /// Print the whole of a long body
    #[arg(long)]
    full: bool,
    /// Print JSON with the whole body, for scripts
    #[arg(long)]
    json: bool,
}

pub(super) async fn show(common: &Common, args: &ShowArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let row = find(&office, args.id).await?;
    let letter = Letter::of(&row, Some(&row.body));
    if args.json {
        print_json(&Shown { letter, body: body(&row.body) })?;
        return Ok(Exit::Well);
    }
    print!("{}", about(&letter));
    let text = printed(&row.body);
    let (shown, more) = if args.full { (text.as_str(), 0) } else { beginning(&text) };
    println!("\n{shown}");
    if more > 0 {
        println!("\n… and {more} characters more: vestnik dead show {} --full", args.id);
    }
    Ok(Exit::Well)
}

/// Characters of a body that are shown unasked: more than any message needs that is not broken.
const SHOWN: usize = 4_000;

/// What is shown of a text unasked, and how many characters more there are.
fn beginning(text: &str) -> (&str, usize) {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => (&text[..end], text[end..].chars().count()),
        None => (text, 0),
    }
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
    table.row(["notification", letter.notification.as_deref().unwrap_or("no id in it")]);
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

/// The body as JSON where it is JSON, and as text otherwise.
fn body(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|_| Value::String(escaped_lines(&String::from_utf8_lossy(bytes))))
}

/// A body for people. A terminal is told nothing but text, whatever stands in it. One that says
/// something twice is shown as it was written: as JSON it would have lost the first.
fn printed(bytes: &[u8]) -> String {
    match json::read(bytes, |_| "") {
        Ok(json) => escaped_lines(&format!("{json:#}")),
        Err(_) => escaped_lines(&String::from_utf8_lossy(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_shown_as_what_it_is_and_commands_nothing() {
        assert_eq!(body(br#"{"id": "1"}"#)["id"], "1");
        assert_eq!(body(b"not JSON\n\x1b[2J\xff"), Value::String("not JSON\n\\u{1b}[2J\u{fffd}".to_owned()));
        assert_eq!(
            printed("{\"a\":\"\u{9b}2J\u{202e}\"}".as_bytes()),
            "{\n  \"a\": \"\\u{9b}2J\\u{202e}\"\n}"
        );
        assert_eq!(printed(br#"{"a":1,"a":2}"#), r#"{"a":1,"a":2}"#);
    }

    #[test]
    fn of_a_long_body_the_beginning_is_shown() {
        let (short, long) = ("я".repeat(SHOWN), "я".repeat(SHOWN + 7));
        assert_eq!(beginning(&short), (short.as_str(), 0));
        assert_eq!(beginning(&long), (short.as_str(), 7));
    }

    #[test]
    fn a_letter_is_listed_with_all_that_a_complaint_may_name() {
        let letter = Letter {
            id: Uuid::nil(),
            at: "2026-06-17T09:00:00Z".parse().unwrap(),
            origin: "amqp".to_owned(),
            source: None,
            notification: Some("2f1c9a".to_owned()),
            routing: String::new(),
            reason: "invalid_params".to_owned(),
            detail: "/params/child_order: expected a whole number from 1 to 20".to_owned(),
        };
        assert_eq!(
            in_lines(&letter),
            "00000000-0000-0000-0000-000000000000  2026-06-17 09:00 UTC  amqp\n    \
             no source proved, id 2f1c9a\n    \
             invalid_params: /params/child_order: expected a whole number from 1 to 20\n"
        );
        assert!(about(&letter).to_string().contains("The params do not fit the template of the measure."));
    }
}
