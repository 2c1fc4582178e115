//! The list of those who were not reached, as API, CSV and command give it.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::domain::{MeasureId, NotificationKey, SourceId};
use crate::ledger::store::UnreachedPlace;
use crate::ledger::{Ledger, LedgerError, Unreached};

/// Which of them are asked for.
#[derive(Debug, Clone, Default)]
pub struct Only {
    /// Those of this source.
    pub source: Option<SourceId>,
    /// Those about this measure.
    pub measure: Option<MeasureId>,
}

impl Only {
    fn keeps(&self, one: &Unreached) -> bool {
        self.source.as_ref().is_none_or(|source| one.reference.source == *source)
            && self.measure.as_ref().is_none_or(|measure| one.measure == measure.as_str())
    }
}

/// A page of the list.
#[derive(Debug, Clone, Serialize)]
pub struct Page {
    /// Those who are still not reached, the longest waiting first; there may be none though there is a
    /// next page.
    pub unreached: Vec<Unreached>,
    /// What to ask with for the next page; `None` on the last. Whoever asks looks into it no further.
    pub next: Option<String>,
}

/// A cursor that this gateway did not give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the value of `next` of an earlier page")]
pub struct InvalidCursor;

/// Where the list begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begin(UnreachedPlace);

impl Begin {
    /// With those who have not been reached since this moment, or later.
    #[must_use]
    pub fn at(since: Timestamp) -> Self {
        Self((since, NotificationKey(Uuid::nil())))
    }

    /// After the page that gave this cursor.
    pub fn after(cursor: &str) -> Result<Self, InvalidCursor> {
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_| InvalidCursor)?;
        let text = String::from_utf8(bytes).map_err(|_| InvalidCursor)?;
        let (since, key) = text.split_once('/').ok_or(InvalidCursor)?;
        let since = since.parse().ok().and_then(|since| Timestamp::from_millisecond(since).ok());
        let key = key.parse().map_err(|_| InvalidCursor)?;
        Ok(Self((since.ok_or(InvalidCursor)?, NotificationKey(key))))
    }

    fn cursor(self) -> String {
        let (since, key) = self.0;
        BASE64URL_NOPAD.encode(format!("{}/{}", since.as_millisecond(), key.0).as_bytes())
    }
}

/// The next of those who are not reached: `limit` are looked at.
pub async fn page(ledger: &Ledger, begin: Begin, only: &Only, limit: u32) -> Result<Page, LedgerError> {
    let (mut unreached, next) = ledger.unreached_after(begin.0, limit).await?;
    unreached.retain(|one| only.keeps(one));
    Ok(Page { unreached, next: next.map(|place| Begin(place).cursor()) })
}

const HEADINGS: [&str; 11] = [
    "since",
    "citizen",
    "region",
    "source",
    "id",
    "life_event",
    "measure",
    "state",
    "reason",
    "action",
    "owner",
];

/// The list as comma-separated values, with or without headings.
pub fn as_csv(list: &[Unreached], headings: bool) -> Result<String, csv::Error> {
    let headings = headings.then(|| HEADINGS.map(str::to_owned));
    super::csv::rows(headings.into_iter().chain(list.iter().map(cells)))
}

fn cells(one: &Unreached) -> [String; 11] {
    let citizen = one.citizen.as_ref().map_or("", |citizen| citizen.expose());
    [
        one.since.to_string(),
        citizen.to_owned(),
        one.region.clone().unwrap_or_default(),
        one.reference.source.to_string(),
        one.reference.id.clone(),
        one.life_event.clone(),
        one.measure.clone(),
        one.state.as_str().to_owned(),
        one.reason.to_string(),
        one.next.action.to_owned(),
        one.next.owner.as_str().to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_round_trip() {
        let since = Timestamp::from_millisecond(1_764_000_000_123).unwrap();
        let begin = Begin((since, NotificationKey(Uuid::now_v7())));
        assert_eq!(Begin::after(&begin.cursor()), Ok(begin));
        for bad in
            ["", "!", "AAAA", "MTIzLzQ1", &BASE64URL_NOPAD.encode(b"x/00000000-0000-0000-0000-000000000000")]
        {
            assert_eq!(Begin::after(bad), Err(InvalidCursor), "{bad}");
        }
    }
}
