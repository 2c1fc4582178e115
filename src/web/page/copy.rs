//! A copy of a citizen's own data, as a file. By a link that stood in a message it has no address and no
//! text in it: whoever has the message has the link.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::CitizenId;
use crate::ledger::registry::CitizenView;
use crate::ledger::{
    History, InboxEntry, IssuedCode, Ledger, LedgerError, Origin, OwnScamReport, PreferenceVersion,
    RegistryRecord, Reply,
};
use crate::web::citizens::view;

/// Entries of a list that are read at once.
const PAGE: u32 = 500;

/// Pages of a list that are read at most: a file of a hundred megabytes is of use to nobody.
const PAGES: usize = 20;

/// What is kept of a citizen.
pub struct Kept {
    citizen: CitizenView,
    consents: History,
    preferences: Vec<PreferenceVersion>,
    messages: Listed<InboxEntry>,
    replies: Listed<Reply>,
    scam_reports: Listed<OwnScamReport>,
    codes: Vec<IssuedCode>,
    events: Vec<RegistryRecord>,
}

/// A list, the newest first.
struct Listed<T> {
    all: Vec<T>,
    /// Whether there is more that is older.
    cut: bool,
}

impl Kept {
    /// Reads all of it; `None` of a citizen who is not known any more.
    pub async fn of(ledger: &Ledger, id: &CitizenId) -> Result<Option<Self>, LedgerError> {
        let citizen = ledger.citizen(id).await?;
        let consents = ledger.consent_history(id).await?;
        let preferences = ledger.preference_history(id).await?;
        let events = ledger.registry_record(id).await?;
        let (Some(citizen), Some(consents), Some(preferences), Some(events)) =
            (citizen, consents, preferences, events)
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            citizen,
            consents,
            preferences,
            messages: listed(async |before| ledger.inbox(id, before, PAGE).await, |one| one.id).await?,
            replies: listed(async |before| ledger.replies(id, before, PAGE).await, |one| one.id).await?,
            scam_reports: listed(
                async |before| ledger.own_scam_reports(id, before, PAGE).await,
                |one| one.id,
            )
            .await?,
            codes: ledger.issued_codes(id).await?,
            events,
        }))
    }

    /// The file's contents for who came by a link of this origin.
    #[must_use]
    pub fn document(&self, id: &CitizenId, origin: Origin) -> Value {
        let mut citizen = view::document(&self.citizen);
        // The consents and preferences stand below with all that is on record of them.
        citizen["consents"] = view::history(&self.consents);
        let versions: Vec<_> = self.preferences.iter().map(view::version).collect();
        let mut document = json!({
            "whole": matches!(origin, Origin::Portal(_)),
            "citizen": citizen,
            "preference_versions": versions,
            "messages": self.messages.all,
            "replies": self.replies.all,
            "scam_reports": self.scam_reports.all,
            "one_time_codes": self.codes,
            "events": self.events,
            "older_left_out": self.older_left_out(),
        });
        match origin {
            Origin::Portal(_) => document["citizen"]["id"] = json!(id),
            Origin::Message(_) => {
                leave_out(&mut document["citizen"]["addresses"], &["address"]);
                leave_out(&mut document["messages"], &["text"]);
                leave_out(&mut document["replies"], &["words"]);
                leave_out(&mut document["scam_reports"], &["text", "sender"]);
                leave_out(&mut document["one_time_codes"], &["address"]);
            }
        }
        document
    }

    /// The lists that were too long for one file.
    fn older_left_out(&self) -> Vec<&'static str> {
        let lists = [
            ("messages", self.messages.cut),
            ("replies", self.replies.cut),
            ("scam_reports", self.scam_reports.cut),
        ];
        lists.into_iter().filter(|(_, cut)| *cut).map(|(name, _)| name).collect()
    }
}

/// Reads a list page by page, the newest first. `page` gives what is older than an id.
async fn listed<T>(
    page: impl AsyncFn(Option<Uuid>) -> Result<Vec<T>, LedgerError>,
    id: impl Fn(&T) -> Uuid,
) -> Result<Listed<T>, LedgerError> {
    let mut all = Vec::new();
    for _ in 0..PAGES {
        let read = page(all.last().map(&id)).await?;
        let is_last = read.len() < PAGE as usize;
        all.extend(read);
        if is_last {
            return Ok(Listed { all, cut: false });
        }
    }
    let cut = !page(all.last().map(&id)).await?.is_empty();
    Ok(Listed { all, cut })
}

/// Takes fields out of each part of a list.
fn leave_out(list: &mut Value, fields: &[&str]) {
    for part in list.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        part.retain(|field, _| !fields.contains(&field.as_str()));
    }
}
