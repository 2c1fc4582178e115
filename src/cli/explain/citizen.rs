//! `vestnik explain --for-citizen`: what became of a notification, in words that its citizen can be told.

use std::collections::BTreeMap;

use super::{ExplainArgs, not_there};
use crate::cli::Exit;
use crate::cli::office::{Office, print_json};
use crate::cli::table::wrap;
use crate::gateway::rules;
use crate::notice::Explanation;
use crate::reports::explanation::explain;

/// No line of what is read out is longer.
const WIDTH: usize = 96;

pub(super) async fn run(office: Office, args: &ExplainArgs) -> anyhow::Result<Exit> {
    let reference = &args.notification;
    let nothing = not_there(&office, reference);
    let Office { loaded, ledger, .. } = office;
    let rules = rules(loaded, BTreeMap::new(), ledger.keys());
    let explained = explain(&ledger, &rules, reference, args.locale).await?.ok_or(nothing)?;
    if args.json {
        print_json(&explained)?;
    } else {
        print!("{}", read_out(&explained));
    }
    Ok(Exit::Well)
}

/// The whole of it, to be read out.
fn read_out(explained: &Explanation) -> String {
    let channels = explained.channels.iter().map(|one| one.text.as_str()).collect();
    let advice = explained.advice.iter().map(String::as_str).collect();
    [
        paragraph(&explained.told.join(" "), ""),
        list(&explained.channels_heading, channels),
        list(&explained.advice_heading, advice),
        format!("\n{}\n", explained.questions),
    ]
    .concat()
}

/// Lines under their heading; nothing where there are none.
fn list(heading: &str, lines: Vec<&str>) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines: String = lines.into_iter().map(|line| paragraph(line, "- ")).collect();
    format!("\n{heading}\n{lines}")
}

/// Lines that a terminal shows whole; `mark` stands before the first.
fn paragraph(text: &str, mark: &str) -> String {
    let indent = format!("\n{}", " ".repeat(mark.len()));
    format!("{mark}{}\n", wrap(text, WIDTH).join(&indent))
}
