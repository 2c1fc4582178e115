//! The timeline and those who follow it.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::sync::Notify;

use super::{Outcome, rows};
use crate::domain::SourceId;
use crate::ledger::error::StoreError;
use crate::ledger::store::{EntryRow, Position, Store};

async fn append(store: &dyn Store, entries: &[EntryRow]) -> Outcome {
    let mut tx = store.begin().await?;
    tx.append(entries).await?;
    tx.commit().await
}

/// A reader that remembers how far it came.
struct Follower<'a> {
    store: &'a dyn Store,
    source: Option<SourceId>,
    position: Position,
    seen: Vec<EntryRow>,
}

impl<'a> Follower<'a> {
    fn new(store: &'a dyn Store, source: Option<SourceId>) -> Self {
        Self { store, source, position: Position::default(), seen: Vec::new() }
    }

    /// Reads one page of at most `limit`; gives how many it found.
    async fn page(&mut self, limit: u32) -> Result<usize, StoreError> {
        let mut tx = self.store.read().await?;
        let page = tx.entries_after(self.position, self.source.as_ref(), limit).await?;
        assert!(page.len() <= limit as usize);
        for (position, entry) in &page {
            assert!(*position > self.position, "positions rise");
            self.position = *position;
            self.seen.push(entry.clone());
        }
        Ok(page.len())
    }

    /// Reads until it has seen so many. What is committed may become visible a little later, when
    /// older transactions of others have ended.
    async fn until(&mut self, count: usize) -> Outcome {
        let reading = async {
            while self.seen.len() < count {
                if self.page(7).await? == 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
            Ok(())
        };
        tokio::time::timeout(Duration::from_mins(1), reading).await.expect("every entry becomes visible")
    }
}

pub(crate) async fn entries_come_in_their_order_and_by_pages(store: &dyn Store) -> Outcome {
    let mut entries: Vec<_> = (0..20).map(|n| rows::entry("family_fund", &format!("step_{n}"))).collect();
    let long_one = entries[3].notification;
    for late in [4, 9, 19] {
        entries[late].notification = long_one;
        entries[late].notice = None;
    }
    append(store, &entries[..11]).await?;
    append(store, &entries[11..]).await?;

    let mut follower = Follower::new(store, None);
    follower.until(20).await?;
    assert_eq!(follower.seen, entries);
    assert_eq!(follower.page(100).await?, 0);

    let mut tx = store.read().await?;
    let timeline = tx.timeline(long_one).await?;
    assert!(timeline.is_sorted_by(|a, b| a.0 < b.0));
    let of_it: Vec<_> = timeline.into_iter().map(|(_, entry)| entry).collect();
    assert_eq!(of_it, [3, 4, 9, 19].map(|number| entries[number].clone()));
    assert_eq!(tx.timeline(rows::entry("family_fund", "none").notification).await?, []);
    Ok(())
}

pub(crate) async fn readers_of_one_source_see_no_other(store: &dyn Store) -> Outcome {
    let entries: Vec<_> = (0..30)
        .map(|n| rows::entry(if n % 3 == 0 { "one" } else { "other" }, &format!("step_{n}")))
        .collect();
    append(store, &entries).await?;

    let mut follower = Follower::new(store, Some(rows::source("one")));
    follower.until(10).await?;
    let of_one: Vec<_> = entries.iter().step_by(3).cloned().collect();
    assert_eq!(follower.seen, of_one);
    let mut nobody = Follower::new(store, Some(rows::source("nobody")));
    assert_eq!(nobody.page(100).await?, 0);
    Ok(())
}

/// The first appends, then the second appends and commits before the first does, where the database
/// lets two write at once. The reader sees both, once.
pub(crate) async fn no_late_commit_is_missed(store: &dyn Store) -> Outcome {
    let (early, late) = (rows::entry("one", "appended_first"), rows::entry("one", "appended_second"));
    let appended = Notify::new();
    let reader = tokio::sync::Mutex::new(Follower::new(store, None));
    let first = async {
        let mut tx = store.begin().await?;
        tx.append(std::slice::from_ref(&early)).await?;
        appended.notify_one();
        // Enough turns for the second to commit, where it can.
        for _ in 0..200 {
            reader.lock().await.page(10).await?;
        }
        tx.commit().await
    };
    let second = async {
        appended.notified().await;
        append(store, std::slice::from_ref(&late)).await
    };
    let (first, second) = tokio::join!(first, second);
    first?;
    second?;

    let mut reader = reader.into_inner();
    reader.until(2).await?;
    assert_eq!(reader.page(10).await?, 0);
    let mut names: Vec<_> = reader.seen.iter().map(|entry| entry.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["appended_first", "appended_second"]);
    Ok(())
}

pub(crate) async fn many_writers_are_followed_without_gap_or_repetition(store: &dyn Store) -> Outcome {
    const WRITERS: usize = 5;
    const EACH: usize = 20;
    let names: Vec<_> = (0..WRITERS).map(|writer| format!("writer-{writer}")).collect();
    let write = |name| async move {
        for number in 0..EACH {
            append(store, &[rows::entry(name, &number.to_string()), rows::entry(name, "filler")]).await?;
        }
        Ok::<_, StoreError>(())
    };
    let mut follower = Follower::new(store, None);
    let (written, read) = tokio::join!(
        try_join_all(names.iter().map(|name| write(name.as_str()))),
        follower.until(2 * WRITERS * EACH)
    );
    written?;
    read?;
    assert_eq!(follower.page(10).await?, 0);

    // Each writer's entries came once and in the order of its transactions.
    let mut by_writer: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in follower.seen.iter().filter(|entry| entry.name != "filler") {
        by_writer.entry(entry.reference.source.as_str()).or_default().push(&entry.name);
    }
    let expected: Vec<_> = (0..EACH).map(|number| number.to_string()).collect();
    assert_eq!(by_writer.len(), WRITERS);
    assert!(by_writer.values().all(|seen| *seen == expected));
    Ok(())
}
