//! `vestnik channel pause` and `resume`.

use clap::Args;
use jiff::Span;

use super::Target;
use crate::cli::arguments::{By, line};
use crate::cli::office::{Office, after, moment, span};
use crate::cli::{Common, Exit};
use crate::ledger::Pause;

/// What `channel pause` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct PauseArgs {
    /// The channel, or one of its routes
    #[arg(value_name = "CHANNEL[/ROUTE]")]
    target: Target,
    /// Why, for whoever finds the pause at night
    #[arg(long, value_name = "TEXT", value_parser = line)]
    reason: String,
    /// For how long, such as 30m, 2h or 3d; without it, until somebody resumes it
    #[arg(long = "for", value_name = "SPAN", value_parser = span)]
    span: Option<Span>,
    /// Send what is due to the citizen's next channel, instead of holding it
    #[arg(long)]
    reroute: bool,
    #[command(flatten)]
    by: By,
}

pub(super) async fn run(common: &Common, args: &PauseArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    args.target.check(&office)?;
    let now = office.clock.now();
    let until = args.span.map(|span| after(now, span)).transpose()?;
    let Target { channel, route } = args.target.clone();
    let (reason, person) = (args.reason.clone(), args.by.person.clone());
    let pause = Pause { channel, route, reroute: args.reroute, reason, person, until };
    office.ledger.pause(pause).await?;
    office.tell_others().await;
    let end =
        until.map_or("until somebody resumes it".to_owned(), |until| format!("until {}", moment(until)));
    let work = if args.reroute { "what is due goes to the next channel" } else { "what is due waits" };
    println!("{} is paused {end}: {work}.", args.target);
    Ok(Exit::Well)
}

pub(super) async fn resume(common: &Common, target: &Target) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    target.check(&office)?;
    let paused = office.ledger.resume(&target.channel, target.route.as_ref()).await?;
    office.tell_others().await;
    println!("{target} {}.", if paused { "is not paused any more" } else { "was not paused" });
    for left in office.ledger.pauses().await?.into_iter().filter(|row| row.channel == target.channel) {
        let left = Target { channel: left.channel, route: left.route };
        println!("{left} is still paused: vestnik channel resume {left}");
    }
    Ok(Exit::Well)
}
