//! `vestnik consent`: consent records as evidence.

mod drift;
mod history;
mod verify;

use clap::Subcommand;

use super::{Common, Exit};
use crate::domain::CitizenId;

/// What `consent` takes.
#[derive(Debug, Subcommand)]
pub(super) enum ConsentCommand {
    /// Count addresses that a provider closed on channels that their citizens say they want.
    #[command(after_help = "Examples:
  vestnik consent drift
  vestnik consent drift --list                # with the citizens: personal data

A duty counts them once a day (`vestnik_drift` on /metrics); this counts them now. An address is counted \
where the citizen blocked us there or cannot be reached, consent for the channel is in force or a \
preference names it, and the citizen has no other open address on it: somebody should ask them.")]
    Drift(drift::DriftArgs),
    /// Print all consent records of a citizen, for an official enquiry.
    #[command(after_help = "Examples:
  vestnik consent history snils:11223344595
  vestnik consent history snils:11223344595 --json

What it prints is personal data. Of a citizen who was erased it prints what is left: no evidence, wording \
or actor. Ends with 3 if the citizen is not known, and with 1 if the records are not just those that were \
written.")]
    History(history::HistoryArgs),
    /// Verify that consent records are what was written: none changed, removed or added.
    #[command(after_help = "Examples:
  vestnik consent verify                      # those of all citizens
  vestnik consent verify snils:11223344595

It reads only, and may run beside `serve`. What is wrong is told with the citizen's id, unless they \
were erased, with their key in the ledger and the record's number. Records older than the chain have no number: the chain holds that they are still \
there, from the citizen's first record in it on. Ends with 1 if anything is wrong, and with 3 if the \
citizen is not known.")]
    Verify(verify::VerifyArgs),
}

pub(super) async fn run(common: &Common, command: &ConsentCommand) -> anyhow::Result<Exit> {
    match command {
        ConsentCommand::Drift(args) => drift::run(common, args).await,
        ConsentCommand::History(args) => history::run(common, args).await,
        ConsentCommand::Verify(args) => verify::run(common, args).await,
    }
}

/// A citizen's id. It is personal: what is wrong with it is told without it.
pub(in crate::cli) fn citizen(text: &str) -> Result<CitizenId, String> {
    let expected = "expected a citizen id of 1 to 128 printable ASCII characters without spaces";
    CitizenId::new(text).map_err(|_| expected.to_owned())
}

/// The citizen is not there.
pub(in crate::cli) const UNKNOWN: &str =
    "there is no such citizen; ids are written as the sources write them";
