//! `vestnik channel`: the channels, their pauses, and a test message.

mod list;
mod pause;
mod trial;

use std::fmt;
use std::str::FromStr;

use clap::Subcommand;
use vestnik_contract::{ChannelId, RouteId};

use super::office::{Office, not_in_use, unknown};
use super::{Common, Exit, Mistake};

/// What `channel` takes.
#[derive(Debug, Subcommand)]
pub(super) enum ChannelCommand {
    /// List the channels: routes, limits, open work, pauses.
    #[command(after_help = "Examples:
  vestnik channel list
  vestnik channel list --json | jq '.[] | select(.pauses != [])'")]
    List {
        /// Print JSON, for scripts
        #[arg(long)]
        json: bool,
    },
    /// Pause a channel or one of its routes.
    #[command(override_usage = "vestnik channel pause CHANNEL[/ROUTE] --reason TEXT --as PERSON
           [--for SPAN] [--reroute]")]
    #[command(after_help = "Examples:
  vestnik channel pause sms --for 2h \\
    --reason \"the operator's maintenance\" --as \"Olena Koval\"
  vestnik channel pause viber/main --reroute \\
    --reason \"outage at Viber\" --as \"Olena Koval\"

What is due waits. With --reroute it goes to the citizen's next channel, and waits only where there is \
none. The lanes see a pause within two seconds; what is under way is not called back. A pause of the \
same channel or route takes the place of the one before.")]
    Pause(pause::PauseArgs),
    /// End a pause.
    #[command(after_help = "Example:
  vestnik channel resume sms

A pause of a route is ended by naming the route, as in sms/main.")]
    Resume {
        /// The channel, or the route, that is paused
        #[arg(value_name = "CHANNEL[/ROUTE]")]
        target: Target,
    },
    /// Send one message to one address, marked as a test.
    #[command(after_help = "Examples:
  vestnik channel test sms +380671234567
  vestnik channel test email olena@example.org --locale uk

The text shows the agency, the single number and a check code, as every message does. Nothing of it \
goes into the ledger, and no contact budget or contact hour is looked at: test at decent hours, and with \
addresses of your own. The allow-list is obeyed. Ends with 1 if the provider does not take it.")]
    Test(trial::TestArgs),
}

pub(super) async fn run(common: &Common, command: &ChannelCommand) -> anyhow::Result<Exit> {
    match command {
        ChannelCommand::List { json } => list::run(common, *json).await,
        ChannelCommand::Pause(args) => pause::run(common, args).await,
        ChannelCommand::Resume { target } => pause::resume(common, target).await,
        ChannelCommand::Test(args) => trial::run(common, args).await,
    }
}

/// A channel, or one of its routes: `sms` or `sms/main`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    channel: ChannelId,
    route: Option<RouteId>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected CHANNEL or CHANNEL/ROUTE, such as sms or sms/main".to_owned();
        let (channel, route) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let channel = ChannelId::new(channel).map_err(|_| expected())?;
        let route = route.map(RouteId::new).transpose().map_err(|_| expected())?;
        Ok(Self { channel, route })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.route {
            Some(route) => write!(f, "{}/{route}", self.channel),
            None => write!(f, "{}", self.channel),
        }
    }
}

impl Target {
    /// Whether it is in use here; otherwise the mistake says what is.
    fn check(&self, office: &Office) -> Result<(), Mistake> {
        let in_use = &office.loaded.channels;
        let known = in_use.iter().map(|one| one.channel.as_str()).collect();
        let Some(found) = in_use.iter().find(|one| one.channel == self.channel) else {
            return Err(not_in_use(&self.channel, known));
        };
        match &self.route {
            Some(route) if *route != found.route => {
                let what = format!("a route of {}", self.channel);
                Err(unknown(&what, route.as_str(), vec![found.route.as_str()]))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_channel_or_a_route() {
        for good in ["sms", "sms/main"] {
            assert_eq!(good.parse::<Target>().unwrap().to_string(), good);
        }
        for bad in ["", "/", "sms/", "/main", "SMS", "sms/main/spare", "a b"] {
            assert!(bad.parse::<Target>().unwrap_err().contains("CHANNEL/ROUTE"), "{bad}");
        }
    }
}
