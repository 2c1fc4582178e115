//! `vestnik citizen`: what is done with a citizen by hand.

mod deceased;
mod erase;
mod verify;

use clap::Subcommand;

use super::{Common, Exit};

/// What `citizen` takes.
#[derive(Debug, Subcommand)]
pub(super) enum CitizenCommand {
    /// Record that a citizen has died, or take it back.
    #[command(
        override_usage = "vestnik citizen deceased CITIZEN --reference TEXT --as PERSON [--undo]",
        after_help = "Examples:
  vestnik citizen deceased snils:11223344595 \\
    --reference \"death register 118\" --as \"Olena Koval\"
  vestnik citizen deceased snils:11223344595 --undo \\
    --reference \"mixed up, call 88121\" --as \"Olena Koval\"

Nothing is sent to the citizen any more: what is still to be sent, and what comes, ends as suppressed with \
the reason `deceased`, and its source is told. What is under way is not called back. The registry's owner is \
told too. With --undo what comes from now on is sent again; what ended stays so: publish it again. What \
changes nothing is not recorded. Ends with 3 if the citizen is not known."
    )]
    Deceased(deceased::DeceasedArgs),
    /// Erase a citizen for good, and write the act of it with an extract of what was on record.
    #[command(override_usage = "vestnik citizen erase CITIZEN --reason TEXT --as PERSON --act FILE")]
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
never over another file. Of a citizen who was erased before it says when, by whom and why, and \
does nothing. Ends with 3 if the citizen is not known.")]
    Erase(erase::EraseArgs),
    /// Hand out a one-time code that proves an address of a citizen.
    #[command(
        override_usage = "vestnik citizen verify CITIZEN --channel CHANNEL
           --reference TEXT --as PERSON [--address ADDRESS]",
        after_help = "Example:
  vestnik citizen verify snils:11223344595 --channel sms \\
    --reference \"passport seen\" --as \"Olena Koval\"

Give the code to the citizen, who is there and has shown who they are. They send it back from that address, \
by SMS to the single number or in the chat with the bot, within 30 minutes: that opens the address, \
whatever it was closed for, and the registry's owner is told. After five wrong codes it is good no more. A \
new code takes the place of the one before. Nothing is sent to the address before the code came back.

Ends with 3 if the citizen is not known or has no such address."
    )]
    Verify(verify::VerifyArgs),
}

pub(super) async fn run(common: &Common, command: &CitizenCommand) -> anyhow::Result<Exit> {
    match command {
        CitizenCommand::Deceased(args) => deceased::run(common, args).await,
        CitizenCommand::Erase(args) => erase::run(common, args).await,
        CitizenCommand::Verify(args) => verify::run(common, args).await,
    }
}
