//! `vestnik report`: what became of the work as a whole.

mod budget;
mod effectiveness;
mod reach;
mod unreached;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::arguments::number;
use super::office::print_json;
use super::{Common, Exit};
use crate::reports::budget::KNOWN_DAYS;

/// What `report` takes.
#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    /// Count those whom no notification has reached, with what comes next and who does it.
    #[command(after_help = "Examples:
  vestnik report unreached
  vestnik report unreached --list             # with the citizens: personal data
  vestnik report unreached --csv > list.csv   # the same for a spreadsheet

A citizen is on the list whose notification ended without being delivered, read, or taken by a provider that gives no receipt, unless its source took it back. One leaves it by reading it in the inbox, or when a later notification about the same measure arrives.")]
    Unreached(unreached::UnreachedArgs),
    /// Count who was notified and who was reached, by channel, measure, source and region.
    #[command(after_help = "Examples:
  vestnik report reach
  vestnik report reach --days 7 --csv > reach.csv

Reached is what was delivered, read, or taken by a provider that gives no receipt; what stands in the \
inbox alone is not. It counts the notifications that came in these days, and by channel the messages that \
were sent in them. No citizen is named.")]
    Reach(Numbers<366>),
    /// Count what became of the messages of each template on each channel.
    #[command(after_help = "Examples:
  vestnik report effectiveness
  vestnik report effectiveness --json |
    jq '.templates[] | select(.declined > .answered)'

Answered: read, replied to, or its check code asked for. Declined: blocked, answered with STOP, called \
fraud, or rejected for what it says. What a citizen does within 48 hours counts for the last message on \
that channel. The guard goes by these numbers: [guard] in policy.toml, `vestnik guard list`.")]
    Effectiveness(Numbers<366>),
    /// Tell how much of the contact budget was used, and what it put off or kept back.
    #[command(after_help = "Examples:
  vestnik report budget
  vestnik report budget --days 7 --json

A citizen counts once for each day, week or month, and is at the ceiling that is in force now. Who holds \
which place is known for 40 days.")]
    Budget(Numbers<KNOWN_DAYS>),
}

pub(super) async fn run(common: &Common, command: &ReportCommand) -> anyhow::Result<Exit> {
    match command {
        ReportCommand::Unreached(args) => unreached::run(common, args).await,
        ReportCommand::Reach(args) => reach::run(common, args).await,
        ReportCommand::Effectiveness(args) => effectiveness::run(common, args).await,
        ReportCommand::Budget(args) => budget::run(common, args).await,
    }
}

/// What a report of numbers takes: over how many days, at most so many, and in which form.
#[derive(Debug, Args)]
pub(super) struct Numbers<const MOST: u16> {
    /// Over how many days, today included
    #[arg(long, value_name = "COUNT", default_value_t = 30, value_parser = number::<u16>(1, u64::from(MOST)))]
    days: u16,
    /// Print comma-separated values, for a spreadsheet
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// A report of numbers.
trait Form: Serialize {
    /// Whether there is nothing to tell.
    fn is_empty(&self) -> bool;
}

impl<const MOST: u16> Numbers<MOST> {
    fn days(&self) -> u16 {
        self.days
    }

    fn print<R: Form>(
        &self,
        report: &R,
        csv: Result<String, csv::Error>,
        table: impl FnOnce() -> String,
    ) -> anyhow::Result<Exit> {
        if self.json {
            print_json(report)?;
        } else if self.csv {
            print!("{}", csv?);
        } else if report.is_empty() {
            println!("Nothing was counted in the last {} days.", self.days);
        } else {
            print!("{}", table());
        }
        Ok(Exit::Well)
    }
}
