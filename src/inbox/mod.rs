//! The built-in portal inbox, as a portal shows it to the citizen who is logged in there.

use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use crate::domain::CitizenId;
use crate::ledger::{InboxEntry, Ledger, LedgerError};

/// Entries on one page at most.
pub const LARGEST_PAGE: u32 = 100;

/// The inboxes of all citizens.
#[derive(Clone)]
pub struct Inbox {
    ledger: Arc<Ledger>,
}

/// A page of an inbox.
#[derive(Clone, Serialize)]
pub struct Page {
    /// Entries, the newest first.
    pub entries: Vec<InboxEntry>,
    /// How many entries of the whole inbox are unread.
    pub unread: u64,
    /// What to ask the next page with; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Uuid>,
}

impl Inbox {
    /// The inboxes of this ledger.
    #[must_use]
    pub fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger }
    }

    /// A page of 1 to [`LARGEST_PAGE`] entries, from the newest or from what the page before named.
    pub async fn page(
        &self,
        citizen: &CitizenId,
        before: Option<Uuid>,
        size: u32,
    ) -> Result<Page, LedgerError> {
        let size = size.clamp(1, LARGEST_PAGE);
        let mut entries = self.ledger.inbox(citizen, before, size + 1).await?;
        let more = entries.len() > size as usize;
        entries.truncate(size as usize);
        let before = entries.last().filter(|_| more).map(|entry| entry.id);
        Ok(Page { entries, unread: self.ledger.unread(citizen).await?, before })
    }

    /// The citizen opens an entry: whether for the first time, or `None` if it is not theirs.
    pub async fn read(&self, citizen: &CitizenId, entry: Uuid) -> Result<Option<bool>, LedgerError> {
        self.ledger.read_inbox(citizen, entry).await
    }

    /// How many entries are unread.
    pub async fn unread(&self, citizen: &CitizenId) -> Result<u64, LedgerError> {
        self.ledger.unread(citizen).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FinalState, Reason};
    use crate::ledger::fixture::{World, citizen_id};

    #[tokio::test]
    async fn an_inbox_is_paged_read_and_counted_by_its_citizen_alone() {
        let world = World::sqlite().await;
        let anna = world.citizen("anna", &["sms"]).await;
        world.citizen("ivan", &["sms"]).await;
        for id in ["1", "2", "3"] {
            world.publish(id, "anna").await;
        }
        let inbox = Inbox::new(world.ledger.clone());
        let first = inbox.page(&anna, None, 2).await.unwrap();
        assert_eq!((first.entries.len(), first.unread), (2, 3));
        let last = inbox.page(&anna, first.before, 0).await.unwrap();
        assert_eq!((last.entries.len(), last.before), (1, None));
        assert_eq!(last.entries[0].measure, "birth_grant");
        assert!(last.entries[0].text.contains("The birth grant is yours."));

        let id = last.entries[0].id;
        assert_eq!(inbox.read(&citizen_id("ivan"), id).await.unwrap(), None);
        assert_eq!(inbox.read(&anna, id).await.unwrap(), Some(true));
        assert_eq!(inbox.read(&anna, id).await.unwrap(), Some(false));
        assert_eq!(inbox.unread(&anna).await.unwrap(), 2);
        assert!(inbox.page(&citizen_id("nobody"), None, 9).await.unwrap().entries.is_empty());
    }

    #[tokio::test]
    async fn an_entry_says_what_the_push_says_under_the_same_code() {
        let world = World::sqlite().await;
        let anna = world.citizen("anna", &["sms"]).await;
        world.publish("1", "anna").await;
        let sent = world.start("sms").await.remove(0);
        let entry = Inbox::new(world.ledger.clone()).page(&anna, None, 1).await.unwrap().entries.remove(0);
        let code = world.rules.check_key.code(sent.notice).to_string();
        assert!(entry.text.contains(&code) && sent.message.text.contains(&code), "{}", sent.message.text);
    }

    #[tokio::test]
    async fn what_its_source_took_back_is_marked() {
        let world = World::sqlite().await;
        let anna = world.citizen("anna", &["sms"]).await;
        world.publish("1", "anna").await;
        world.publish("2", "anna").await;
        world.cancel("1").await;
        let page = Inbox::new(world.ledger.clone()).page(&anna, None, 9).await.unwrap();
        let marked: Vec<_> = page.entries.iter().map(|entry| entry.taken_back).collect();
        assert_eq!(marked, [false, true], "the newest first");
    }

    #[tokio::test]
    async fn reading_an_entry_is_told_and_is_no_delivery() {
        let world = World::sqlite().await;
        let anna = world.citizen("anna", &[]).await;
        world.publish("1", "anna").await;
        let ending = world.ending("1").await;
        assert_eq!(ending, Some((FinalState::InboxOnly, Reason::NoAddress)));
        let inbox = Inbox::new(world.ledger.clone());
        let entry = inbox.page(&anna, None, 1).await.unwrap().entries.remove(0);
        inbox.read(&anna, entry.id).await.unwrap();
        inbox.read(&anna, entry.id).await.unwrap();
        assert_eq!(world.story("1").await, ["decided", "closed", "inbox_read"]);
        assert_eq!(world.ending("1").await, ending);
    }
}
