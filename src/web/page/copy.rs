//! A copy of a citizen's own data, as a file. By a link that stood in a message it has no address and no
//! text in it: whoever has the message has the link.

use serde_json::{Value, json};

use crate::domain::CitizenId;
use crate::ledger::registry::CitizenView;
use crate::ledger::{History, InboxEntry, Ledger, LedgerError, Origin, PreferenceVersion};
use crate::web::citizens::view;

/// Inbox entries that are read at once.
const PAGE: u32 = 500;

/// What is kept of a citizen.
pub struct Kept {
    citizen: CitizenView,
    consents: History,
    preferences: Vec<PreferenceVersion>,
    messages: Vec<InboxEntry>,
}

impl Kept {
    /// Reads all of it; `None` of a citizen who is not known any more.
    pub async fn of(ledger: &Ledger, id: &CitizenId) -> Result<Option<Self>, LedgerError> {
        let citizen = ledger.citizen(id).await?;
        let consents = ledger.consent_history(id).await?;
        let preferences = ledger.preference_history(id).await?;
        let (Some(citizen), Some(consents), Some(preferences)) = (citizen, consents, preferences) else {
            return Ok(None);
        };
        let mut messages: Vec<InboxEntry> = Vec::new();
        loop {
            let page = ledger.inbox(id, messages.last().map(|entry| entry.id), PAGE).await?;
            let more = page.len() == PAGE as usize;
            messages.extend(page);
            if !more {
                return Ok(Some(Self { citizen, consents, preferences, messages }));
            }
        }
    }

    /// The file's contents for who came by a link of this origin.
    #[must_use]
    pub fn document(&self, id: &CitizenId, origin: Origin) -> Value {
        let mut citizen = view::document(&self.citizen);
        let mut messages = json!(self.messages);
        let whole = matches!(origin, Origin::Portal(_));
        if whole {
            citizen["id"] = json!(id);
        } else {
            leave_out(&mut citizen["addresses"], "address");
            leave_out(&mut messages, "text");
        }
        // The consents and preferences stand below with all that is on record of them.
        let versions: Vec<_> = self.preferences.iter().map(view::version).collect();
        citizen["consents"] = view::history(&self.consents);
        json!({ "whole": whole, "citizen": citizen, "preference_versions": versions, "messages": messages })
    }
}

/// Takes a field out of each part of a list.
fn leave_out(list: &mut Value, field: &str) {
    for part in list.as_array_mut().into_iter().flatten() {
        if let Some(part) = part.as_object_mut() {
            part.remove(field);
        }
    }
}
