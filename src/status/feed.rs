//! Statuses for those who ask: page by page, from where they left off.

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;

use super::message::StatusMessage;
use crate::domain::SourceId;
use crate::ledger::store::Position;
use crate::ledger::{Ledger, LedgerError};

/// A page of statuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedPage {
    /// Statuses, in the order in which they became known; there may be none.
    pub statuses: Vec<StatusMessage>,
    /// What to ask with for what follows. Whoever asks keeps it and looks into it no further.
    pub next: String,
}

/// A cursor that this gateway did not give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the value of `next` of an earlier page")]
pub struct InvalidCursor;

/// Timeline entries read in one go. Several of them make one status.
const READ: u32 = 500;

/// Reads in one page at most: a page may be empty though there is more behind it.
const READS: usize = 20;

/// The statuses after a cursor, of one source or of all: at most `limit`, or about. Without a cursor
/// from the beginning.
pub async fn feed(
    ledger: &Ledger,
    after: Option<&str>,
    source: Option<&SourceId>,
    limit: u32,
) -> Result<Result<FeedPage, InvalidCursor>, LedgerError> {
    let Ok(mut position) = after.map_or(Ok(Position::default()), read_cursor) else {
        return Ok(Err(InvalidCursor));
    };
    let limit = limit.clamp(1, READ);
    let mut statuses = Vec::new();
    for _ in 0..READS {
        let entries = ledger.entries_after(position, source, limit).await?;
        let Some((last, _)) = entries.last() else { break };
        position = *last;
        statuses.extend(entries.iter().filter_map(|(at, entry)| StatusMessage::of(*at, entry)));
        if !statuses.is_empty() {
            break;
        }
    }
    Ok(Ok(FeedPage { statuses, next: cursor(position) }))
}

pub(super) fn cursor(position: Position) -> String {
    BASE64URL_NOPAD.encode(position.to_string().as_bytes())
}

pub(super) fn read_cursor(text: &str) -> Result<Position, InvalidCursor> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| InvalidCursor)?;
    let text = String::from_utf8(bytes).map_err(|_| InvalidCursor)?;
    text.parse().map_err(|_| InvalidCursor)
}

#[cfg(test)]
mod tests {
    use vestnik_contract::ReceiptState;

    use super::*;
    use crate::ledger::fixture::World;

    #[test]
    fn cursors_round_trip() {
        let position = Position { transaction: 12, id: 345 };
        assert_eq!(read_cursor(&cursor(position)), Ok(position));
        for bad in ["", "12-345", "!", "AAAA"] {
            assert_eq!(read_cursor(bad), Err(InvalidCursor), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_source_reads_its_statuses_page_by_page() {
        let world = World::sqlite().await;
        world.citizen("anna", &["sms"]).await;
        world.publish("1", "anna").await;
        world.publish("2", "nobody").await;
        world.send_all().await;
        world.receipt("sms", "sms-1", ReceiptState::Delivered).await;

        let source = SourceId::new("family_fund").unwrap();
        let (mut told, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = feed(&world.ledger, cursor.as_deref(), Some(&source), 2).await.unwrap().unwrap();
            if page.statuses.is_empty() {
                break;
            }
            assert!(page.statuses.len() <= 2);
            told.extend(page.statuses.iter().map(|status| format!("{} {}", status.id, status.state)));
            cursor = Some(page.next);
        }
        assert_eq!(told, ["2 unreachable", "1 sent", "1 delivered", "1 delivered"]);

        let other = SourceId::new("pension_fund").unwrap();
        let page = feed(&world.ledger, None, Some(&other), 100).await.unwrap().unwrap();
        assert!(page.statuses.is_empty());
        assert_eq!(feed(&world.ledger, Some("nonsense"), None, 1).await.unwrap(), Err(InvalidCursor));
    }
}
