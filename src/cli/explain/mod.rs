//! `vestnik explain`: what became of one notification, and why.

mod citizen;
mod story;
mod words;

use clap::Args;
use jiff::tz::TimeZone;
use serde::Serialize;

use self::story::Story;
use super::office::{Office, print_json};
use super::{Common, Exit, Mistake, NotThere};
use crate::domain::{LifeEventId, Locale, MeasureId, SourceId, SourceRef};
use crate::ledger::NotificationView;
use crate::ledger::store::PauseRow;

/// What `explain` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vestnik explain family_fund/2f1c9a
  vestnik explain family_fund/2f1c9a --json | jq .steps
  vestnik explain family_fund/2f1c9a --for-citizen --locale uk   # to read out

Times are in the citizen's zone. No name, address or text of the citizen is shown.
Ends with 3 if there is no such notification.")]
pub(super) struct ExplainArgs {
    /// The notification: its source, and the source's id of it
    #[arg(value_name = "SOURCE/ID", value_parser = reference)]
    notification: SourceRef,
    /// Tell it in words that the citizen can be told, with what the citizen can do
    #[arg(long)]
    for_citizen: bool,
    /// The language for the citizen: ru, uk or en; the citizen's own unless given
    #[arg(long, value_name = "LOCALE", requires = "for_citizen", value_parser = locale)]
    locale: Option<Locale>,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

fn locale(text: &str) -> Result<Locale, String> {
    text.parse().map_err(|_| "expected ru, uk or en".to_owned())
}

fn reference(text: &str) -> Result<SourceRef, String> {
    let parts = text.split_once('/');
    let read = parts
        .and_then(|(source, id)| Some(SourceRef { source: SourceId::new(source).ok()?, id: id.to_owned() }));
    read.filter(|read| SourceRef::is_valid_id(&read.id))
        .ok_or_else(|| "expected SOURCE/ID, such as family_fund/2f1c9a".to_owned())
}

pub(super) async fn run(common: &Common, args: &ExplainArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let reference = &args.notification;
    if args.for_citizen {
        return citizen::run(office, args).await;
    }
    let Some(view) = office.ledger.notification(reference).await? else {
        return Err(not_there(&office, reference).into());
    };
    let zone = office.ledger.zone_of(reference).await?;
    if args.json {
        print_json(&Explained { view, zone })?;
        return Ok(Exit::Well);
    }
    let pauses = office.ledger.pauses().await?;
    let configured_at = match view.config() {
        Some(digest) => office.ledger.config(digest).await?.map(|version| version.loaded_at),
        None => None,
    };
    print!("{}", Story { configured_at, ..story(&office, &view, zone.as_deref(), &pauses) });
    Ok(Exit::Well)
}

/// The JSON of a notification, with what the texts' times are shown in.
#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    view: NotificationView,
    /// The IANA time zone of the citizen, where it is known.
    zone: Option<String>,
}

fn not_there(office: &Office, reference: &SourceRef) -> NotThere {
    let why = match office.source(&reference.source) {
        Ok(()) => "If it was refused when it came, `vestnik dead list` shows it with the reason.".to_owned(),
        Err(Mistake(mistake)) => format!("Its source: {mistake}."),
    };
    NotThere(format!("there is no notification {reference}. {why}"))
}

fn story<'a>(
    office: &'a Office,
    view: &'a NotificationView,
    zone: Option<&str>,
    pauses: &'a [PauseRow],
) -> Story<'a> {
    let catalogue = &office.loaded.catalogue;
    let event = LifeEventId::new(&view.life_event).ok();
    let event = event.and_then(|id| catalogue.life_events.get(&id));
    let measure = MeasureId::new(&view.measure).ok();
    let measure = measure.and_then(|id| event?.measures.get(&id));
    Story {
        view,
        life_event: event.map(|event| event.title.get(Locale::En)),
        measure: measure.map(|measure| measure.title.get(Locale::En)),
        zone: zone.and_then(|name| TimeZone::get(name).ok()),
        configured_at: None,
        pauses,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_named_by_source_and_id() {
        let read = reference("family_fund/2f:1c.9a").unwrap();
        assert_eq!((read.source.as_str(), read.id.as_str()), ("family_fund", "2f:1c.9a"));
        for bad in ["", "family_fund", "family_fund/", "/1", "Family fund/1", "a/b/c", "a/ключ"] {
            assert!(reference(bad).unwrap_err().contains("SOURCE/ID"), "{bad}");
        }
    }
}
