//! `vestnik citizen`: what is done with a citizen by hand.

mod erase;

use clap::Subcommand;

use super::{Common, Exit};

/// What `citizen` takes.
#[derive(Debug, Subcommand)]
pub(super) enum CitizenCommand {
    /// Erase a citizen for good, and write the act of it with an extract of what was on record.
    #[command(after_help = "Example:
  vestnik citizen erase snils:11223344595 \\
    --reason \"request 118\" --as \"Olena Koval\" --act act-118.json

Addresses, preferences, the inbox, the facts of notifications and the evidence of consent records go, and \
with the data key everything that was sealed under it, in backups too once the key is gone from them. \
Keyed hashes stay: the addresses are not written to again unless somebody registers them as just used or \
confirmed, and the chain of consent records stays whole. Notifications that are open end without being \
sent. A citizen who was erased is registered again only with a consent that was given since, on the \
portal, by phone or at a counter.

The act names the citizen by the key in the ledger alone; it is written before anything is erased, and \
never over another file. Ends with 3 if the citizen is not known or was erased before.")]
    Erase(erase::EraseArgs),
}

pub(super) async fn run(common: &Common, command: &CitizenCommand) -> anyhow::Result<Exit> {
    match command {
        CitizenCommand::Erase(args) => erase::run(common, args).await,
    }
}
