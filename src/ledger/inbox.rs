//! The portal inbox: the entry that every notification gets first, and what citizens do with it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::keys::SealKey;
use super::people::{self, corrupt};
use super::store::{InboxRow, NotificationRow};
use super::writes::{Writes, lone_entry};
use super::{Ledger, LedgerError};
use crate::domain::{CitizenId, Entry, FinalState, Happening};
use crate::notice::Rendered;

/// What a citizen reads in the inbox.
#[derive(Serialize, Deserialize)]
struct Content {
    title: String,
    text: String,
}

/// An entry as its citizen sees it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct InboxEntry {
    /// By which it is opened; newer entries have greater ids.
    pub id: Uuid,
    /// When it was written.
    pub at: Timestamp,
    /// When the citizen opened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Timestamp>,
    /// Whether the source took it back, or put another in its place, before it was sent.
    pub taken_back: bool,
    /// What happened, as in the catalogue.
    pub life_event: String,
    /// What the citizen may have because of it, as in the catalogue.
    pub measure: String,
    /// The heading, of one line.
    pub title: String,
    /// The words; paragraphs with an empty line between.
    pub text: String,
}

impl Ledger {
    /// A citizen's inbox entries, the newest first, older than `before` where it is given: at most
    /// `limit`. Of a citizen who is not known there are none.
    pub async fn inbox(
        &self,
        citizen: &CitizenId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<InboxEntry>, LedgerError> {
        let key = self.keys.citizen(citizen);
        let mut tx = self.store.read().await?;
        let Some(row) = tx.citizens(&[key], false).await?.into_iter().next() else {
            return Ok(Vec::new());
        };
        let data_key = self.keys.data_key(&row.data_key)?;
        let entries = tx.inbox(key, before, limit).await?;
        let keys: Vec<_> = entries.iter().map(|entry| entry.notification).collect();
        let about: BTreeMap<_, _> =
            tx.notifications(&keys).await?.into_iter().map(|row| (row.key, row)).collect();
        entries.iter().map(|entry| opened(&data_key, about.get(&entry.notification), entry)).collect()
    }

    /// The citizen opens an entry: whether for the first time, or `None` if there is no such entry
    /// of this citizen. It is told in the notification's timeline and changes no final state: an
    /// inbox that was read is no delivery by push.
    pub async fn read_inbox(&self, citizen: &CitizenId, entry: Uuid) -> Result<Option<bool>, LedgerError> {
        let key = self.keys.citizen(citizen);
        let mut tx = self.store.begin().await?;
        people::lock_rows(&mut *tx, [key]).await?;
        let Some((notification, first)) = tx.read_inbox(key, entry).await? else { return Ok(None) };
        if first {
            let (now, mut writes) = (tx.now(), Writes::default());
            for row in tx.notifications(&[notification]).await? {
                let told = lone_entry(notification, &row.reference, now, Happening::InboxRead);
                writes.entry(Entry { notice: row.notice, ..told });
            }
            self.settle(tx, writes).await?;
        }
        Ok(Some(first))
    }

    /// How many entries a citizen has not opened yet.
    pub async fn unread(&self, citizen: &CitizenId) -> Result<u64, LedgerError> {
        Ok(self.store.read().await?.unread(self.keys.citizen(citizen)).await?)
    }
}

pub(super) fn opened(
    key: &SealKey,
    about: Option<&NotificationRow>,
    entry: &InboxRow,
) -> Result<InboxEntry, LedgerError> {
    let Content { title, text } = open(key, &entry.content)?;
    let (life_event, measure) =
        about.map(|row| (row.life_event.clone(), row.measure.clone())).unwrap_or_default();
    let closed = about.and_then(|row| row.closed).map(|(state, ..)| state);
    let taken_back = closed == Some(FinalState::Cancelled);
    let InboxRow { id, at, read_at, .. } = *entry;
    Ok(InboxEntry { id, at, read_at, taken_back, life_event, measure, title, text })
}

/// Seals an entry's words under the citizen's data key.
pub(super) fn seal(key: &SealKey, words: &Rendered) -> Result<Vec<u8>, LedgerError> {
    let content = Content { title: words.title.clone(), text: words.text.clone() };
    let plain = serde_json::to_vec(&content).map_err(|_| corrupt("inbox"))?;
    Ok(key.seal("inbox", &plain)?)
}

fn open(key: &SealKey, sealed: &[u8]) -> Result<Content, LedgerError> {
    serde_json::from_slice(&key.open("inbox", sealed)?).map_err(|_| corrupt("inbox"))
}
