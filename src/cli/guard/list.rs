//! `vestnik guard list`.

use crate::cli::office::{Office, moment, print_json};
use crate::cli::table::{Table, wrap};
use crate::cli::{Common, Exit};
use crate::domain::{Mode, Standing, TemplateName};
use crate::ledger::GuardView;

pub(super) async fn run(common: &Common, json: bool) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let all = office.ledger.guards().await?;
    if json {
        print_json(&all)?;
        return Ok(Exit::Well);
    }
    match office.loaded.policy.guard.mode {
        Mode::Off => println!("The guard is off: [guard] in policy.toml."),
        Mode::Report => println!("The guard only reports: nothing is paused ([guard] in policy.toml)."),
        Mode::Enforce => {}
    }
    if all.is_empty() {
        println!("It has found nothing wrong so far.");
    } else {
        print!("{}{}", table(&all), sentences(&all));
    }
    Ok(Exit::Well)
}

fn table(all: &[GuardView]) -> Table {
    let mut table = Table::new(["channel", "template", "standing", "declined", "of", "since"]);
    for one in all {
        table.row([
            one.channel.to_string(),
            one.template.to_string(),
            standing(one.standing).to_owned(),
            one.counts.declined.to_string(),
            one.counts.offered.to_string(),
            moment(one.since),
        ]);
    }
    table
}

/// The standing for people: a pause is not to be overlooked.
pub(in crate::cli) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Paused => "PAUSED",
        Standing::OnTrial => "on trial",
        other => other.as_str(),
    }
}

/// How what is paused is released, and who released what.
fn sentences(all: &[GuardView]) -> String {
    all.iter().filter_map(sentence).collect()
}

fn sentence(one: &GuardView) -> Option<String> {
    let GuardView { channel, template, .. } = one;
    if one.standing == Standing::Paused {
        let means = match template {
            TemplateName::Measure(_) => format!("{template} goes to the next channel instead of {channel}."),
            TemplateName::Introduction => format!(
                "Nobody is introduced on {channel}: what is for whoever was not goes to the next channel."
            ),
        };
        let command = format!("vestnik guard release {channel} {template} --as PERSON --reason TEXT");
        return Some(format!("\n{means}\n  To release it: {command}\n"));
    }
    let (at, by) = (one.released_at?, one.released_by.as_deref()?);
    let because = wrap(one.released_because.as_deref()?, 96).join("\n  ");
    Some(format!("\n{template} was released on {channel} by {by}, {}.\n  {because}\n", moment(at)))
}
