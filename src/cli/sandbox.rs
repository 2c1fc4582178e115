//! `vestnik sandbox`.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use url::Url;
use vestnik_contract::sandbox::Shown;

use super::Exit;
use super::arguments::{number, url};
use crate::clock::Clock;
use crate::config::Overrides;
use crate::demo::{Folder, Ports, Sandboxes, Started};
use crate::lifecycle::Lifecycle;
use crate::telemetry::{LogFormat, open_log};

/// Play the five providers on this machine, for a gateway that has none yet.
#[derive(Debug, Args)]
#[command(after_help = "Example, in two terminals:
  vestnik sandbox > sandbox.env
  . ./sandbox.env && vestnik serve

Prints the settings that point the shipped configuration at the providers' sides it plays, over the real \
wire protocols, and then shows on standard error what each citizen's phone shows. Addresses need not \
exist. Runs until Ctrl-C. No message leaves this machine.")]
pub(super) struct SandboxArgs {
    /// Where the gateway listens, for the receipts of the portal
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080/", value_parser = url)]
    gateway: Url,
    /// Listen on this port of this machine and the four after it, in the order Viber, Telegram, SMS, email,
    /// portal [default: any that are free]
    #[arg(long, value_name = "PORT", value_parser = number::<u16>(1, 65_531))]
    first_port: Option<u16>,
    /// Keep the secrets in this folder [default: a temporary one, removed at the end]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// The screens have nothing to finish.
const GRACE: Duration = Duration::from_secs(1);

pub(super) async fn run(args: &SandboxArgs) -> anyhow::Result<Exit> {
    open_log(LogFormat::Text, "warn")?;
    let lifecycle = Lifecycle::new();
    let folder = args.folder.as_deref().map_or_else(Folder::create, Folder::kept)?;
    let ports = args.first_port.map_or(Ports::Free, Ports::From);
    let Started { sandboxes, drivers, settings } =
        Sandboxes::start(&Clock::system(), &folder, &args.gateway, ports).await?;
    for (channel, sandbox) in sandboxes.iter() {
        let (screen, stopping) = (sandbox.screen().watch(), lifecycle.stopping());
        lifecycle.spawn(format!("screen of {channel}"), async move {
            stopping.run_until_cancelled(show(screen)).await;
        });
    }
    io::stdout().write_all(exports(&settings).as_bytes())?;
    io::stdout().flush()?;
    eprintln!(
        "Five providers are played on this machine. What they are sent is shown here; Ctrl-C ends it.\n"
    );
    lifecycle.run_until_signal(GRACE).await?;
    drop(drivers);
    Ok(Exit::Well)
}

/// The settings as a shell reads them.
fn exports(settings: &Overrides) -> String {
    let line =
        |(name, value): (String, String)| format!("export {name}='{}'\n", value.replace('\'', r"'\''"));
    settings.to_environment().into_iter().map(line).collect()
}

async fn show(mut screen: Receiver<Shown>) {
    loop {
        match screen.recv().await {
            // A message that is opened is told again; it was shown when it came.
            Ok(shown) if shown.read => {}
            Ok(shown) => eprintln!("{}", as_text(&shown)),
            Err(RecvError::Lagged(missed)) => eprintln!("… and {missed} more"),
            Err(RecvError::Closed) => return,
        }
    }
}

/// A message on a terminal, which is told nothing but text.
fn as_text(shown: &Shown) -> String {
    let Shown { channel, address, sender, title, text, .. } = shown;
    let heading = format!("{channel} to {address} from {sender}");
    let lines = std::iter::once(heading.as_str()).chain(title.as_deref()).chain(text.lines());
    let text = lines.collect::<Vec<_>>().join("\n    ") + "\n";
    let harmless = |c: char| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(harmless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_words_of_a_shell() {
        let mut settings = Overrides::default();
        settings.set("channels.sms.routes.main.host", "it's $HOME");
        let expected = "export VESTNIK__CHANNELS__SMS__ROUTES__MAIN__HOST='it'\\''s $HOME'\n";
        assert_eq!(exports(&settings), expected);
    }

    #[test]
    fn a_message_is_shown_and_commands_nothing() {
        let shown = Shown {
            number: 1,
            channel: "email".parse().unwrap(),
            address: "olena@example.org".to_owned(),
            sender: "Vestnik".to_owned(),
            title: Some("A \u{1b}[2Jtitle".to_owned()),
            text: "One\nTwo".to_owned(),
            reference: String::new(),
            at: "2026-06-17T09:00:00Z".parse().unwrap(),
            read: false,
        };
        let expected = "email to olena@example.org from Vestnik\n    A \u{fffd}[2Jtitle\n    One\n    Two\n";
        assert_eq!(as_text(&shown), expected);
    }
}
