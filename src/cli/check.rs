//! `vestnik check`: is the configuration right, and are the providers there?

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use tokio::task::JoinSet;
use url::Url;
use vestnik_contract::{Health, SecretRef, SendError, SendErrorKind};

use super::table::Table;
use super::{Common, load};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::config::channels::ConnectedChannel;
use crate::config::error::{ConfigError, ConfigErrors, SourceFile};
use crate::config::gateway::Gateway;
use crate::domain::Locale;
use crate::ledger::Keyring;

/// What `check` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vestnik check
      Reads every file and tells all mistakes, each with file, line and column. Needs no secrets.
  vestnik --config /etc/vestnik check --probe
      Also asks each provider whether our credentials are good. Sends nothing to anyone.

Ends with 0 if all is well, 2 if the configuration has mistakes, 1 if a provider does not answer well.")]
pub(super) struct CheckArgs {
    /// Ask each provider whether our credentials are good; needs the secrets
    #[arg(long)]
    probe: bool,
    /// Seconds to wait for each provider
    #[arg(long, value_name = "SECONDS", default_value_t = 15, requires = "probe",
          value_parser = clap::value_parser!(u64).range(1..=300))]
    wait: u64,
}

pub(super) async fn run(common: &Common, args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let clock = Clock::system();
    let loaded = load(common)?;
    let missing = missing_secrets(&loaded, &clock)?;
    print!("{}{}", summary(&loaded), not_set(&missing));
    if !args.probe {
        println!("\nNo mistakes were found.");
        return Ok(ExitCode::SUCCESS);
    }
    let connected = loaded.connect(&clock.function())?;
    let health = probe(connected, Duration::from_secs(args.wait)).await;
    print!("\n{}", probed(&health));
    let well = health.iter().all(|one| one.result.is_ok());
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The secrets that are not there, each with the setting that names it. Those that are there must
/// be of use, and so must the settings of every channel.
fn missing_secrets(loaded: &Loaded, clock: &Clock) -> anyhow::Result<Vec<ConfigError>> {
    let mut errors = ConfigErrors::new();
    let mut missing = errors.take(loaded.check_channels(&clock.function())).unwrap_or_default();
    let file = SourceFile::read(&loaded.folder.join("gateway.toml")).map_err(ConfigErrors::from)?;
    for (setting, place, wrong_with) in named_secrets(&loaded.gateway) {
        let path: Vec<_> = setting.split('.').collect();
        match place.resolve(setting) {
            Err(error) => missing.push(file.at(&path, format!("{setting}: expected {}", error.expected))),
            Ok(secret) => {
                let wrong = wrong_with(&secret).map(|wrong| file.at(&path, format!("{setting}: {wrong}")));
                errors.add(wrong.map(ConfigErrors::from));
            }
        }
    }
    Ok(errors.or(missing)?)
}

/// What is wrong with a secret, if anything.
type WrongWith = fn(&SecretString) -> Option<String>;

fn named_secrets(gateway: &Gateway) -> Vec<(&'static str, &SecretRef, WrongWith)> {
    let master_key: WrongWith =
        |secret| Keyring::new(secret.expose_secret()).err().map(|weak| weak.to_string());
    let postgres: WrongWith = |secret| wrong_url(secret, &["postgres", "postgresql"]);
    let amqp: WrongWith = |secret| wrong_url(secret, &["amqp", "amqps"]);
    let mut named = vec![("ledger.master_key", &gateway.ledger.master_key, master_key)];
    named.extend(gateway.ledger.postgres.iter().map(|url| ("ledger.postgres", url, postgres)));
    named.extend(gateway.broker.iter().map(|broker| ("broker.url", &broker.url, amqp)));
    named
}

fn wrong_url(secret: &SecretString, schemes: &[&str]) -> Option<String> {
    let fits = Url::parse(secret.expose_secret()).is_ok_and(|url| schemes.contains(&url.scheme()));
    (!fits).then(|| format!("expected a URL that begins with {}://", schemes.join(":// or ")))
}

/// What was read, in a few lines.
fn summary(loaded: &Loaded) -> Table {
    let mut table = Table::plain();
    let Loaded { gateway, catalogue, .. } = loaded;
    table.row([
        "configuration".to_owned(),
        format!("{}, version {}", loaded.folder.display(), loaded.version),
    ]);
    table.row(["sender", &loaded.identity.sender.label]);
    table.row(["sources".to_owned(), counted(loaded.sources.0.keys())]);
    table.row(["life events".to_owned(), counted(catalogue.life_events.keys())]);
    let measures: Vec<_> = catalogue.measures().map(|(_, measure)| measure).collect();
    let templates: usize = measures.iter().map(|measure| measure.templates().count()).sum();
    table.row(["measures".to_owned(), counted(measures.iter().map(|measure| &measure.id))]);
    let locales = Locale::ALL.map(|locale| locale.to_string()).join(", ");
    table.row(["templates".to_owned(), format!("{templates}, each in {locales}")]);
    table.row([
        "channels".to_owned(),
        counted(loaded.channels.iter().map(|one| format!("{}/{}", one.channel, one.route))),
    ]);
    table.row([
        "jurisdictions".to_owned(),
        format!("{}; strict where none is known", counted(loaded.jurisdictions.keys())),
    ]);
    let ledger = match &gateway.ledger.sqlite {
        Some(path) => format!("SQLite, {}", path.display()),
        None => "PostgreSQL".to_owned(),
    };
    table.row(["ledger", &ledger]);
    let broker =
        if gateway.broker.is_some() { "RabbitMQ" } else { "none: notifications come by HTTP and from files" };
    table.row(["broker", broker]);
    let allowed = match &gateway.allow_list {
        Some(list) => format!("{}: nobody else is written to", list.recipients.len()),
        None => "none: every citizen may be written to".to_owned(),
    };
    table.row(["allow-list", &allowed]);
    table
}

/// How many there are, and which.
fn counted(names: impl Iterator<Item = impl ToString>) -> String {
    let names: Vec<_> = names.map(|name| name.to_string()).collect();
    format!("{}: {}", names.len(), names.join(", "))
}

/// Which secrets are missing here, if any.
fn not_set(missing: &[ConfigError]) -> String {
    if missing.is_empty() {
        return String::new();
    }
    let mut table = Table::plain();
    for ConfigError { file, line, message, .. } in missing {
        table.row([format!("  {}:{line}", file.display()), message.clone()]);
    }
    format!("\nNot set here; `serve` and `check --probe` need them:\n{table}")
}

/// What a provider said.
struct Probed {
    route: String,
    result: Result<Health, SendError>,
}

/// Asks every provider at once. Drivers run meanwhile: some adapters can do nothing without.
async fn probe(connected: Vec<ConnectedChannel>, wait: Duration) -> Vec<Probed> {
    let mut drivers = JoinSet::new();
    let mut asked = JoinSet::new();
    for one in connected {
        let route = format!("{}/{}", one.channel, one.route);
        if let Some(driver) = one.adapter.driver {
            drivers.spawn(driver);
        }
        let channel = one.adapter.channel;
        asked.spawn(async move {
            let answer = tokio::time::timeout(wait, channel.probe()).await;
            let result =
                answer.unwrap_or_else(|_| Err(SendError::new(SendErrorKind::Unavailable).code("no answer")));
            Probed { route, result }
        });
    }
    let mut health = asked.join_all().await;
    health.sort_by(|a, b| a.route.cmp(&b.route));
    health
}

fn probed(health: &[Probed]) -> Table {
    let mut table = Table::new(["route", "answer", "balance", "account"]);
    for Probed { route, result } in health {
        match result {
            Ok(Health { account, balance }) => {
                table.row([
                    route,
                    "ok",
                    balance.as_deref().unwrap_or("-"),
                    account.as_deref().unwrap_or("-"),
                ]);
            }
            Err(error) => table.row([route, &error.to_string(), "-", "-"]),
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_servers_are_known_by_their_scheme_and_never_repeated() {
        let wrong = |text: &str| wrong_url(&SecretString::from(text.to_owned()), &["amqp", "amqps"]);
        assert_eq!(wrong("amqps://u:p@h/%2f"), None);
        for bad in ["u:s3cret@h", "http://u:s3cret@h/", "amqp", ""] {
            assert!(!wrong(bad).unwrap().contains("s3cret"), "{bad}");
        }
    }

    #[test]
    fn a_provider_that_refuses_is_told_with_its_code() {
        let refused = SendError::new(SendErrorKind::Misconfigured).code("401");
        let well = Health { account: Some("agency_bot".to_owned()), balance: None };
        let table = probed(&[
            Probed { route: "sms/main".to_owned(), result: Err(refused) },
            Probed { route: "telegram/main".to_owned(), result: Ok(well) },
        ]);
        let text = table.to_string();
        assert!(text.contains("sms/main       misconfigured (provider code 401)"), "{text}");
        assert!(text.lines().last().unwrap().ends_with("agency_bot"), "{text}");
    }
}
