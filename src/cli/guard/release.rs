//! `vestnik guard release`.

use clap::Args;
use vestnik_contract::ChannelId;

use crate::cli::arguments::{By, line, name};
use crate::cli::office::{Office, known_channel};
use crate::cli::{Common, Exit, NotThere};
use crate::domain::TemplateName;

/// What `guard release` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReleaseArgs {
    /// The channel
    #[arg(value_parser = name::<ChannelId>("sms"))]
    channel: ChannelId,
    /// The template, by its measure; gateway:introduction is the introduction
    #[arg(value_parser = template)]
    template: TemplateName,
    #[command(flatten)]
    by: By,
    /// Why, such as what was mended
    #[arg(long, value_name = "TEXT", value_parser = line)]
    reason: String,
}

fn template(text: &str) -> Result<TemplateName, String> {
    let expected = || format!("expected a measure, such as birth_grant, or {}", TemplateName::Introduction);
    text.parse().map_err(|_| expected())
}

pub(super) async fn run(common: &Common, args: &ReleaseArgs) -> anyhow::Result<Exit> {
    let ReleaseArgs { channel, template, by, reason } = args;
    let office = Office::open(common).await?;
    if !office.ledger.release_from_guard(channel, template, &by.person, reason).await? {
        // Not to be paused is no good news where it was a slip of the pen.
        known_channel(channel)?;
        if let TemplateName::Measure(measure) = template {
            office.measure(measure)?;
        }
        let paused = "`vestnik guard list` shows what is";
        return Err(NotThere(format!("{template} is not paused on {channel}; {paused}")).into());
    }
    println!("{template} is released on {channel}: it is sent there again, and counted anew.");
    Ok(Exit::Well)
}
