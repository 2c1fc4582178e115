//! What the operators' commands work with: the configuration and the ledger that it names.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Serialize;
use uuid::Uuid;
use vestnik_contract::ChannelId;

use super::{Common, Mistake, load, secrets};
use crate::clock::Clock;
use crate::config::Loaded;
use crate::config::channels::{CHANNELS, switched_off};
use crate::domain::{MeasureId, SourceId, nearest};
use crate::gateway::{open_ledger, tell_others};
use crate::ledger::Ledger;

/// The configuration and the ledger that it names.
pub(super) struct Office {
    pub(super) loaded: Loaded,
    pub(super) ledger: Arc<Ledger>,
    pub(super) clock: Clock,
}

impl Office {
    /// Opens both. An embedded ledger that is not there yet is made.
    pub(super) async fn open_or_make(common: &Common) -> anyhow::Result<Self> {
        let loaded = load(common)?;
        let clock = Clock::system();
        secrets::ledgers_there(&loaded)?;
        let ledger = open_ledger(&loaded.gateway.ledger, &clock).await?;
        Ok(Self { loaded, ledger, clock })
    }

    /// Opens both, for commands that have nothing to do in a ledger that is not there yet.
    pub(super) async fn open(common: &Common) -> anyhow::Result<Self> {
        let loaded = load(common)?;
        if let Some(path) = loaded.gateway.ledger.sqlite.as_ref().filter(|path| !path.exists()) {
            let expected = format!("expected the ledger {}, which `vestnik serve` makes", path.display());
            return Err(Mistake(format!("{expected}; is this its folder?")).into());
        }
        Self::open_or_make(common).await
    }

    /// Opens both, for commands that ask the channels as well: all their secrets have to be there.
    pub(super) async fn open_with_channels(common: &Common) -> anyhow::Result<Self> {
        secrets::all_there(&load(common)?, &Clock::system())?;
        Self::open(common).await
    }

    /// Tells the running processes at once what was just committed, where they have a way to be told. They
    /// find it all the same: a command that has done its work does not fail for this.
    pub(super) async fn tell_others(&self) {
        let told = tell_others(self.loaded.gateway.redis.as_ref(), self.ledger.clone()).await;
        if let Err(error) = told {
            eprintln!(
                "The running processes will see it within a second; they were not told at once: {error}"
            );
        }
    }

    /// A registered source.
    pub(super) fn source(&self, source: &SourceId) -> Result<(), Mistake> {
        let known = || self.loaded.sources.0.keys().map(SourceId::as_str);
        if self.loaded.sources.get(source).is_some() {
            return Ok(());
        }
        Err(unknown("a registered source", source.as_str(), known().collect()))
    }

    /// A measure of the catalogue. There are many: they are listed where none is near.
    pub(super) fn measure(&self, found: &MeasureId) -> Result<(), Mistake> {
        let known = self.loaded.catalogue.measures().map(|(_, measure)| measure.id.as_str());
        let known: BTreeSet<_> = known.collect();
        if known.contains(found.as_str()) {
            return Ok(());
        }
        let known: Vec<_> = known.into_iter().collect();
        let list = || format!("; there are {}", known.join(", "));
        let hint = near(found.as_str(), known.iter().copied()).unwrap_or_else(list);
        Err(Mistake(format!("expected a measure of the catalogue, found \"{found}\"{hint}")))
    }

    /// A region that a citizen has.
    pub(super) async fn region(&self, found: &str) -> anyhow::Result<()> {
        let known = self.ledger.regions().await?;
        if known.is_empty() {
            return Err(Mistake("no citizen has a region in the registry".to_owned()).into());
        }
        if known.iter().any(|one| one == found) {
            return Ok(());
        }
        let known = known.iter().map(String::as_str).collect();
        Err(unknown("a region that a citizen has", found, known).into())
    }
}

/// A channel that there is, in use here or not.
pub(super) fn known_channel(found: &ChannelId) -> Result<(), Mistake> {
    let known = CHANNELS.contains(&found.as_str());
    if known { Ok(()) } else { Err(unknown("a channel", found.as_str(), CHANNELS.to_vec())) }
}

/// The mistake of naming a channel that is not in use: one that is switched off, or none at all.
pub(super) fn not_in_use(channel: &ChannelId, known: Vec<&str>) -> Mistake {
    match switched_off(channel) {
        Some(off) => Mistake(off),
        None => unknown("a channel in use", channel.as_str(), known),
    }
}

/// The mistake of naming something that there is not, with what there is.
pub(super) fn unknown(what: &str, found: &str, known: Vec<&str>) -> Mistake {
    let list = known.join(", ");
    let hint = near(found, known).unwrap_or_default();
    Mistake(format!("expected {what} ({list}), found \"{found}\"{hint}"))
}

/// Which of the known words was probably meant, to stand behind the one that was found.
fn near<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(found, known).map(|word| format!(" (did you mean \"{word}\"?)"))
}

/// A span of time such as `2h`, `30m` or `90d`, for clap.
pub(super) fn span(text: &str) -> Result<Span, String> {
    let span: Span = text.parse().map_err(|_| expected_span())?;
    if span.is_positive() { Ok(span) } else { Err(expected_span()) }
}

fn expected_span() -> String {
    "expected a span of time such as 30m, 2h or 90d".to_owned()
}

/// The moment a span from now; a day has the length that it has in UTC.
pub(super) fn after(now: Timestamp, span: Span) -> Result<Timestamp, Mistake> {
    let end = now.to_zoned(TimeZone::UTC).checked_add(span);
    end.map(|end| end.timestamp()).map_err(|_| Mistake(expected_span()))
}

/// A moment for people who operate: to the minute, in UTC.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// That a list is empty: as a whole, or from where it was to go on.
pub(super) fn none(what: &str, before: Option<Uuid>) -> String {
    before
        .map_or(format!("There are no {what}."), |before| format!("There are no {what} older than {before}."))
}

/// Prints a value as JSON, for scripts.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        let now: Timestamp = "2026-06-17T09:00:00Z".parse().unwrap();
        let table = [
            ("2h", Some("2026-06-17 11:00 UTC")),
            ("30m", Some("2026-06-17 09:30 UTC")),
            ("90d", Some("2026-09-15 09:00 UTC")),
            ("1d 12h", Some("2026-06-18 21:00 UTC")),
            ("0s", None),
            ("-1h", None),
            ("tomorrow", None),
            ("", None),
        ];
        for (text, expected) in table {
            let read = span(text).ok().map(|span| moment(after(now, span).unwrap()));
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_nearest_word_is_offered() {
        let mistake = unknown("a channel in use", "vibr", vec!["sms", "viber"]);
        let expected = "expected a channel in use (sms, viber), found \"vibr\" (did you mean \"viber\"?)";
        assert_eq!(mistake.to_string(), expected);
    }
}
