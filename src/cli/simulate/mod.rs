//! `vestnik simulate`: what other rules would have changed for the recorded past.

mod show;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::SignedDuration;

use self::show::Shown;
use super::arguments::number;
use super::office::{Office, print_json};
use super::{Common, Exit, Mistake, load};
use crate::config::Loaded;
use crate::policy::ChannelFacts;
use crate::policy::replay::Rulebook;
use crate::reports::simulation::{Progress, Simulation, as_csv, csv_headings};

/// Replay the recorded past by other rules, and tell who would have got more, less or later.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cp -r config new    # then change the rules in new/
  vestnik simulate --policy new
  vestnik simulate --policy new --days 7 --csv > changed.csv

NEW is a folder with a whole configuration, as `check` takes it. Compared are policy.toml, jurisdictions/ and which channels are in use; the catalogue is that in force for both. What was accepted in the last days is \
decided anew, citizen by citizen in the order of time: once by the rules in force and once by NEW, so that what differs comes from the rules alone.

A message is taken to reach the citizen by the first channel that it is sent on, unless the record says that it was sent in vain there. Consents and closed addresses are as they were at each moment; preferences, \
zones and new addresses as they are now. Nothing is sent, nothing is written, and nothing of a text or an address is read.")]
pub(super) struct SimulateArgs {
    /// The folder with the configuration to be tried
    #[arg(long, value_name = "NEW")]
    policy: PathBuf,
    /// How many days to look back, 1 to 365
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = number::<u16>(1, 365))]
    days: u16,
    /// Print what changes, notification by notification, as comma-separated values
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print the totals as JSON, for scripts
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(common: &Common, args: &SimulateArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    if !args.policy.is_dir() {
        let found = args.policy.display();
        return Err(Mistake(format!(
            "--policy: expected a folder with a whole configuration, found {found}"
        ))
        .into());
    }
    let new = load(&Common { config: args.policy.clone() })?;
    let (before, after) = (rulebook(&office.loaded), rulebook(&new));
    let back = SignedDuration::from_hours(24 * i64::from(args.days));
    let simulation = Simulation {
        ledger: &office.ledger,
        catalogue: &office.loaded.catalogue,
        before: &before,
        after: &after,
        since: office.clock.now().saturating_sub(back)?,
    };
    let (bar, mut failed) = (progress(), None);
    if args.csv {
        print!("{}", csv_headings()?);
    }
    let totals = simulation
        .run(|progress| {
            show_progress(&bar, &progress);
            if let (true, Progress::Replayed { changed, .. }) = (args.csv, progress) {
                match as_csv(changed) {
                    Ok(text) => bar.suspend(|| print!("{text}")),
                    Err(error) => failed = Some(error),
                }
            }
        })
        .await;
    bar.finish_and_clear();
    let totals = totals?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if args.json {
        print_json(&totals)?;
    } else if !args.csv {
        print!("{}", Shown { totals: &totals, days: args.days });
    }
    Ok(Exit::Well)
}

/// The rules of a configuration. What a channel's provider tells of a message decides nothing of what is
/// compared, so that no secret of a channel is needed.
fn rulebook(loaded: &Loaded) -> Rulebook {
    let facts = |one: &crate::config::channels::ChannelSettings| ChannelFacts {
        id: one.channel.clone(),
        receipt_delivered: true,
        receipt_read: true,
    };
    Rulebook {
        policy: loaded.policy.clone(),
        jurisdictions: loaded.jurisdictions.clone(),
        strict: loaded.strict.clone(),
        channels: loaded.channels.iter().map(facts).collect(),
    }
}

/// A spinner while nobody knows how much there is, and then a bar; nothing where standard error is no
/// terminal.
fn progress() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    bar.set_style(ProgressStyle::default_spinner());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn show_progress(bar: &ProgressBar, progress: &Progress<'_>) {
    match progress {
        Progress::Found(found) => bar.set_message(format!("{found} notifications found")),
        Progress::Replayed { done, of, .. } => {
            if bar.length().is_none() {
                bar.set_length(*of);
                bar.set_message("replayed");
                let style = ProgressStyle::with_template("{bar:40} {pos} of {len} {msg}  {eta} left");
                if let Ok(style) = style {
                    bar.set_style(style);
                }
            }
            bar.set_position(*done);
        }
    }
}
