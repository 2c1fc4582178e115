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

/// The most of a list that goes into a file: a hundred megabytes are of use to nobody.
const MOST: usize = 10_000;

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

/// A list that is read page by page, the newest first.
struct Listed<T> {
    all: Vec<T>,
    /// The oldest that was read.
    before: Option<Uuid>,
    /// Whether nothing more is to be read.
    over: bool,
    /// Whether there is more than fits the file.
    cut: bool,
}

impl<T> Listed<T> {
    fn new() -> Self {
        Self { all: Vec::new(), before: None, over: false, cut: false }
    }

    /// Takes the page that comes next. What comes after the most that fits only says that there is more.
    fn take(&mut self, page: Vec<T>, id: impl Fn(&T) -> Uuid) {
        self.cut = self.all.len() >= MOST && !page.is_empty();
        self.over = self.all.len() >= MOST || page.len() < PAGE as usize;
        if !self.cut {
            self.all.extend(page);
            self.before = self.all.last().map(id);
        }
    }
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
        let mut messages = Listed::new();
        while !messages.over {
            messages.take(ledger.inbox(id, messages.before, PAGE).await?, |one| one.id);
        }
        let mut replies = Listed::new();
        while !replies.over {
            replies.take(ledger.replies(id, replies.before, PAGE).await?, |one| one.id);
        }
        let mut scam_reports = Listed::new();
        while !scam_reports.over {
            scam_reports.take(ledger.own_scam_reports(id, scam_reports.before, PAGE).await?, |one| one.id);
        }
        let codes = ledger.issued_codes(id).await?;
        Ok(Some(Self { citizen, consents, preferences, messages, replies, scam_reports, codes, events }))
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

/// Takes fields out of each part of a list.
fn leave_out(list: &mut Value, fields: &[&str]) {
    for part in list.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        part.retain(|field, _| !fields.contains(&field.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a list of so many, and gives how many were kept, whether it was cut, and how many pages it took.
    fn read(count: usize) -> (usize, bool, usize) {
        let (mut left, mut list, mut pages) = (vec![Uuid::nil(); count], Listed::new(), 0);
        while !list.over {
            let page = left.split_off(left.len().saturating_sub(PAGE as usize));
            list.take(page, |id| *id);
            pages += 1;
        }
        (list.all.len(), list.cut, pages)
    }

    #[test]
    fn a_list_is_read_to_its_end_or_to_the_most_that_fits() {
        for (count, expected) in [
            (0, (0, false, 1)),
            (1, (1, false, 1)),
            (500, (500, false, 2)),
            (501, (501, false, 2)),
            (9_999, (9_999, false, 20)),
            (10_000, (10_000, false, 21)),
            (10_001, (10_000, true, 21)),
            (30_000, (10_000, true, 21)),
        ] {
            assert_eq!(read(count), expected, "{count}");
        }
    }
}
