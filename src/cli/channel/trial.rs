//! `vestnik channel test`: one message to one address.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;
use tokio::task::JoinSet;
use uuid::Uuid;
use vestnik_contract::{Address, Channel, ChannelId, Message, Obstacle, SendError, SendErrorKind};

use crate::cli::arguments::{name, number};
use crate::cli::office::not_in_use;
use crate::cli::provider::why;
use crate::cli::table::wrap;
use crate::cli::{Common, Exit, Mistake, load, secrets};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::config::channels::ConnectedChannel;
use crate::config::error::ConfigErrors;
use crate::domain::{Locale, NoticeId};
use crate::gateway::StartError;
use crate::ledger::Keyring;
use crate::notice::{Body, CheckCode, CheckKey};

/// What `channel test` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct TestArgs {
    /// The channel
    #[arg(value_parser = name::<ChannelId>("sms"))]
    channel: ChannelId,
    /// To whom, in the form of the channel: +380671234567, olena@example.org, a chat id
    address: String,
    /// The language of the text
    #[arg(long, default_value = "en", value_name = "ru|uk|en")]
    locale: Locale,
    /// Seconds to wait for the provider, 1 to 300
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = number::<u64>(1, 300))]
    wait: u64,
}

pub(super) async fn run(common: &Common, args: &TestArgs) -> anyhow::Result<Exit> {
    let loaded = load(common)?;
    let clock = Clock::system();
    let ConnectedChannel { mut adapter, .. } = connect(&loaded, &args.channel, &clock)?;
    let recipient = recipient(&loaded, &*adapter.channel, &args.address)?;
    let (message, code) = message(&loaded, &*adapter.channel, recipient, args.locale, &clock)?;
    let mut drivers = JoinSet::new();
    if let Some(driver) = adapter.drive_alone() {
        drivers.spawn(driver);
    }
    let sent = tokio::time::timeout(Duration::from_secs(args.wait), adapter.channel.send(&message)).await;
    match sent.unwrap_or_else(|_| Err(SendError::new(SendErrorKind::Ambiguous).obstacle(Obstacle::TimedOut)))
    {
        Ok(accepted) => {
            let references = accepted.references.join(", ");
            let named = if references.is_empty() { String::new() } else { format!(" as {references}") };
            let told = format!("The provider took it{named}. Its check code is {code}.");
            println!("{}", wrap(&told, 100).join("\n"));
            Ok(Exit::Well)
        }
        Err(error) => {
            let told = format!("The provider did not take it: {}. {}.", error.kind().as_str(), why(&error));
            println!("{}", wrap(&told, 100).join("\n"));
            Ok(Exit::Failed)
        }
    }
}

fn connect(loaded: &Loaded, channel: &ChannelId, clock: &Clock) -> anyhow::Result<ConnectedChannel> {
    let known: Vec<_> = loaded.channels.iter().map(|one| one.channel.as_str()).collect();
    if !known.contains(&channel.as_str()) {
        return Err(not_in_use(channel, known).into());
    }
    let mut errors = ConfigErrors::new();
    let connected = errors.take(loaded.connect_channel(channel, &clock.function())).flatten();
    errors.take(secrets::master_key_there(loaded));
    errors.or(connected)?.context("the channel is in use")
}

/// The address in the channel's one form. An allow-list is obeyed here as everywhere.
fn recipient(loaded: &Loaded, channel: &dyn Channel, text: &str) -> Result<Address, Mistake> {
    let Some(address) = channel.address(text) else {
        return Err(Mistake(format!("expected an address of {}, found something else", channel.id())));
    };
    let allowed = loaded
        .gateway
        .allow_list
        .as_ref()
        .is_none_or(|list| list.in_one_form(&[channel]).contains(address.expose()));
    if allowed {
        return Ok(address);
    }
    Err(Mistake(
        "expected an address of the allow-list in gateway.toml, which names everybody that this \
                 installation may write to"
            .to_owned(),
    ))
}

/// The words, signed like every message, and their check code.
fn message(
    loaded: &Loaded,
    channel: &dyn Channel,
    recipient: Address,
    locale: Locale,
    clock: &Clock,
) -> anyhow::Result<(Message, CheckCode)> {
    let secret = loaded.gateway.ledger.master_key.resolve("ledger.master_key").map_err(StartError::from)?;
    let keys = Keyring::new(secret.expose_secret()).map_err(StartError::from)?;
    let code = CheckKey::new(keys.check_code_secret()).code(NoticeId(Uuid::now_v7()));
    let length = channel.capabilities().length;
    let words = loaded.renderer.render(Body::Test, code, locale, length)?;
    let message = Message {
        attempt: Uuid::now_v7(),
        recipient,
        locale: locale.to_string(),
        title: words.title,
        text: words.text,
        expires_at: Some(clock.now() + SignedDuration::from_hours(1)),
        unsubscribe: None,
    };
    Ok((message, code))
}
