//! `vestnik guard release`.

use clap::Args;
use vestnik_contract::ChannelId;

use crate::cli::arguments::{line, name};
use crate::cli::office::Office;
use crate::cli::{Common, Exit, Mistake, NotThere};
use crate::domain::TemplateName;
use crate::ledger::GATEWAY;

/// What `guard release` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReleaseArgs {
    /// The channel
    #[arg(value_parser = name::<ChannelId>("sms"))]
    channel: ChannelId,
    /// The template, by its measure; gateway:introduction is the introduction
    #[arg(value_parser = template)]
    template: TemplateName,
    /// Who releases it, by name
    #[arg(long = "by", value_name = "NAME", value_parser = line)]
    person: String,
    /// Why, such as what was mended
    #[arg(long, value_name = "TEXT", value_parser = line)]
    reason: String,
}

fn template(text: &str) -> Result<TemplateName, String> {
    let expected = || format!("expected a measure, such as birth_grant, or {}", TemplateName::Introduction);
    text.parse().map_err(|_| expected())
}

pub(super) async fn run(common: &Common, args: &ReleaseArgs) -> anyhow::Result<Exit> {
    let ReleaseArgs { channel, template, person, reason } = args;
    if person == GATEWAY {
        return Err(Mistake(format!("--by: expected a person; {GATEWAY} releases nothing")).into());
    }
    let office = Office::open(common).await?;
    if !office.ledger.release_from_guard(channel, template, person, reason).await? {
        let paused = "`vestnik guard list` shows what is";
        return Err(NotThere(format!("{template} is not paused on {channel}; {paused}")).into());
    }
    println!("{template} is released on {channel}: it is sent there again, and counted anew.");
    Ok(Exit::Well)
}
