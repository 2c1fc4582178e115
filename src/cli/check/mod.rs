//! `vestnik check`: is the configuration right, and are the servers and providers there?

mod servers;

use std::time::Duration;

use clap::Args;
use tokio::task::JoinSet;
use vestnik_contract::{Health, Obstacle, SendError, SendErrorKind};

use self::servers::Answered;
use super::arguments::number;
use super::table::Table;
use super::{Common, Exit, load, provider, secrets};
use crate::clock::Clock;
use crate::config::channels::ConnectedChannel;
use crate::config::error::{ConfigError, ConfigErrors};
use crate::config::{Loaded, Looked};
use crate::domain::{AppealClocks, Ceilings, Jurisdiction, Locale};

/// What `check` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vestnik check
  vestnik --config /etc/vestnik check --probe

Reads every file and tells all mistakes, each with file, line and column; this needs no secret. With \
--probe it also asks the database, RabbitMQ, Redis and each provider whether our credentials are good, and \
sends nothing to anyone. Ends with 2 if the configuration has mistakes, with 1 if any does not answer well.")]
pub(super) struct CheckArgs {
    /// Ask servers and providers whether our credentials are good; needs all secrets
    #[arg(long)]
    probe: bool,
    /// Seconds to wait for each, 1 to 300
    #[arg(long, value_name = "SECONDS", default_value_t = 15, requires = "probe",
          value_parser = number::<u64>(1, 300))]
    wait: u64,
}

pub(super) async fn run(common: &Common, args: &CheckArgs) -> anyhow::Result<Exit> {
    let clock = Clock::system();
    let loaded = load(common)?;
    if args.probe {
        secrets::all_there(&loaded, &clock)?;
    }
    let Looked { wrong, missing } = secrets::look(&loaded, &clock).map_err(ConfigErrors::from)?;
    wrong.or(())?;
    print!("{}{}{}", summary(&loaded), lower_by_law(&loaded), not_set(&missing));
    if !args.probe {
        println!("\nNo mistakes were found.");
        return Ok(Exit::Well);
    }
    let connected = loaded.connect(&clock.function())?;
    let wait = Duration::from_secs(args.wait);
    let (servers, health) = tokio::join!(servers::ask(&loaded, &clock, wait), probe(connected, wait));
    print!("\n{}", probed(&servers, &health));
    let well = servers.iter().all(|one| one.result.is_ok()) && health.iter().all(|one| one.result.is_ok());
    Ok(Exit::well_if(well))
}

/// What was read, in a few lines.
fn summary(loaded: &Loaded) -> Table {
    let mut table = Table::plain();
    let Loaded { gateway, catalogue, .. } = loaded;
    table.row([
        "configuration".to_owned(),
        format!("{}, version {}", loaded.folder.display(), loaded.version),
    ]);
    table.row(["sender", &loaded.identity.sender.label.names().collect::<Vec<_>>().join(" / ")]);
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
    table.row(["appeals", &appeals(loaded)]);
    let ledger = match &gateway.ledger.sqlite {
        Some(path) => format!("SQLite, {}", path.display()),
        None => "PostgreSQL".to_owned(),
    };
    table.row(["ledger", &ledger]);
    let broker =
        if gateway.broker.is_some() { "RabbitMQ" } else { "none: notifications come by HTTP and from files" };
    table.row(["broker", broker]);
    let limits = match &gateway.redis {
        Some(shared) => format!(
            "shared over Redis by {} processes at most; {} % of each is kept for those cut off from it",
            shared.replicas, shared.reserve_percent
        ),
        None => "kept by this process alone".to_owned(),
    };
    table.row(["limits", &limits]);
    let allowed = match &gateway.allow_list {
        Some(list) => format!("{}: nobody else is written to", list.recipients.len()),
        None => "none: every citizen may be written to".to_owned(),
    };
    table.row(["allow-list", &allowed]);
    table
}

/// Every jurisdiction, and the strict one last.
fn laws(loaded: &Loaded) -> impl Iterator<Item = &Jurisdiction> {
    loaded.jurisdictions.values().chain([&loaded.strict])
}

/// The appeal clocks of every jurisdiction.
fn appeals(loaded: &Loaded) -> String {
    let clocks = laws(loaded).map(|law| {
        let AppealClocks { register_days, answer_days, extended_days } = law.appeals;
        format!("{} {register_days}, {answer_days}, {extended_days}", law.id)
    });
    format!("days to register, to answer, at most: {}", clocks.collect::<Vec<_>>().join("; "))
}

/// Where a law allows less than the operator does: the lower number holds, which nobody should have
/// to find out from what is deferred.
fn lower_by_law(loaded: &Loaded) -> String {
    let mut table = Table::plain();
    let mut none = true;
    for law in laws(loaded) {
        let lower = lower_ceilings(loaded.policy.budget, law.ceilings);
        if !lower.is_empty() {
            none = false;
            table.row([format!("  {}", law.id), lower.join("; ")]);
        }
    }
    if none {
        return String::new();
    }
    let told = "Here the law allows fewer messages than [budget] in policy.toml; the lower number holds:";
    format!("\n{told}\n{table}")
}

/// Each ceiling that the law has lower, in words.
fn lower_ceilings(budget: Ceilings, law: Ceilings) -> Vec<String> {
    let both = [
        ("day", budget.per_day, law.per_day),
        ("week", budget.per_week, law.per_week),
        ("month", budget.per_month, law.per_month),
    ];
    let lower = both.into_iter().filter_map(|(time, ours, lawful)| {
        let lawful = lawful.filter(|lawful| ours.is_none_or(|ours| *lawful < ours))?;
        let instead = ours.map_or("without a ceiling".to_owned(), |ours| ours.to_string());
        Some(format!("{lawful} a {time}, not {instead}"))
    });
    lower.collect()
}

/// How many there are, and which.
fn counted(names: impl Iterator<Item = impl ToString>) -> String {
    let names: Vec<_> = names.map(|name| name.to_string()).collect();
    if names.is_empty() {
        return "none".to_owned();
    }
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
    for mut one in connected {
        let route = format!("{}/{}", one.channel, one.route);
        if let Some(driver) = one.adapter.drive_alone() {
            drivers.spawn(driver);
        }
        let channel = one.adapter.channel;
        asked.spawn(async move {
            let answer = tokio::time::timeout(wait, channel.probe()).await;
            let result = answer.unwrap_or_else(|_| {
                Err(SendError::new(SendErrorKind::Unavailable).obstacle(Obstacle::TimedOut))
            });
            Probed { route, result }
        });
    }
    let mut health = asked.join_all().await;
    health.sort_by(|a, b| a.route.cmp(&b.route));
    health
}

fn probed(servers: &[Answered], health: &[Probed]) -> Table {
    let mut table = Table::new(["asked", "answer", "says"]);
    for Answered { name, result } in servers {
        match result {
            Ok(note) => table.row([*name, "ok", note]),
            Err(why) => table.row([*name, "failed", why]),
        }
    }
    for Probed { route, result } in health {
        match result {
            Ok(health) => table.row([route, "ok", &in_words(health)]),
            Err(error) => table.row([route, error.kind().as_str(), &provider::why(error)]),
        }
    }
    table
}

fn in_words(Health { account, balance }: &Health) -> String {
    let named = |name: &str, text: &Option<String>| text.as_ref().map(|text| format!("{name} {text}"));
    let known: Vec<_> =
        [named("account", account), named("balance", balance)].into_iter().flatten().collect();
    known.join(", ")
}

#[cfg(test)]
mod tests {
    use vestnik_contract::Server;

    use super::*;

    #[test]
    fn a_ceiling_that_the_law_has_lower_is_told() {
        let ceilings = |per_day, per_week| Ceilings { per_day, per_week, per_month: None };
        let ours = ceilings(Some(2), None);
        assert!(lower_ceilings(ours, ceilings(Some(2), None)).is_empty());
        assert_eq!(
            lower_ceilings(ours, ceilings(Some(1), Some(3))),
            ["1 a day, not 2", "3 a week, not without a ceiling"]
        );
    }

    #[test]
    fn a_provider_that_refuses_is_told_with_its_code() {
        let server = Server { host: "smsc.example".to_owned(), port: 2775 };
        let refused = SendError::new(SendErrorKind::Misconfigured)
            .code("0x0E")
            .obstacle(Obstacle::Credentials)
            .at(&server);
        let well = Health { account: Some("agency_bot".to_owned()), balance: None };
        let refused_by_redis =
            Answered { name: "Redis", result: Err("our credentials are refused".to_owned()) };
        let table = probed(
            &[refused_by_redis],
            &[
                Probed { route: "sms/main".to_owned(), result: Err(refused) },
                Probed { route: "telegram/main".to_owned(), result: Ok(well) },
            ],
        );
        let text = table.to_string();
        let told = "sms/main       misconfigured  smsc.example:2775: our credentials are refused; the";
        assert!(text.contains(told), "{text}");
        assert!(text.contains("Redis          failed         our credentials are refused\n"), "{text}");
        assert!(text.ends_with("telegram/main  ok             account agency_bot\n"), "{text}");
    }
}
