//! Providers' references, and receipts that come before them.

use std::slice::from_ref;

use super::{Outcome, rows, sorted_by, until_something_comes};
use crate::ledger::codes::Code;
use crate::ledger::store::{OrphanRow, ReferenceRow, Store};
use vestnik_contract::ReceiptState;

pub(crate) async fn references_are_kept_found_and_saved(store: &dyn Store) -> Outcome {
    let mut first = rows::provider_reference(rows::WORDS);
    let second = rows::provider_reference("0x2a");
    // The same reference once more: another recipient's, and another route's.
    let third = rows::provider_reference("0x2a");
    let elsewhere = ReferenceRow { route: rows::route("backup"), ..rows::provider_reference("0x2a") };
    let mut tx = store.begin().await?;
    tx.add_references(&[first.clone(), second.clone(), third.clone(), elsewhere.clone()]).await?;
    // An outcome that is recorded twice keeps its references once.
    tx.add_references(from_ref(&second)).await?;
    tx.commit().await?;

    let names = ["0x2a".to_owned(), rows::WORDS.to_owned(), "0x2b".to_owned()];
    let (sms, main) = (rows::channel("sms"), rows::route("main"));
    for state in ReceiptState::all() {
        let mut tx = store.begin().await?;
        first.state = Some(*state);
        let stranger = rows::provider_reference("0x2b");
        tx.save_references(&[first.clone(), stranger]).await?;
        let kept = sorted_by(tx.references(&sms, &main, &names).await?, |row| row.attempt);
        assert_eq!(kept, [first.clone(), second.clone(), third.clone()]);
        tx.commit().await?;
    }
    let mut tx = store.read().await?;
    assert_eq!(tx.references(&sms, &rows::route("backup"), &names).await?, [elsewhere]);
    assert_eq!(tx.references(&rows::channel("viber"), &main, &names).await?, []);
    Ok(())
}

fn orphan(of: &ReferenceRow, recipient: Option<[u8; 32]>, second: i64) -> OrphanRow {
    OrphanRow {
        channel: of.channel.clone(),
        route: of.route.clone(),
        reference: of.reference.clone(),
        recipient,
        state: ReceiptState::Delivered,
        received_at: rows::at(second),
    }
}

pub(crate) async fn orphans_match_by_reference_and_recipient(store: &dyn Store) -> Outcome {
    let known = rows::provider_reference(rows::WORDS);
    let to_anybody = orphan(&known, None, 1);
    let to_the_same = orphan(&known, Some(known.recipient), 2);
    let to_another = orphan(&known, Some(rows::hash()), 3);
    let of_another_route = OrphanRow { route: rows::route("backup"), ..to_anybody.clone() };
    let of_another_channel = OrphanRow { channel: rows::channel("viber"), ..to_anybody.clone() };
    let unknown = orphan(&rows::provider_reference("unknown"), None, 4);
    let all = [&to_another, &to_the_same, &of_another_route, &of_another_channel, &unknown, &to_anybody]
        .map(Clone::clone);

    let mut tx = store.begin().await?;
    tx.add_orphans(&all).await?;
    assert_eq!(tx.take_matched_orphans(100).await?, []);
    tx.add_references(from_ref(&known)).await?;
    let taken = tx.take_matched_orphans(100).await?;
    assert_eq!(taken, [to_anybody, to_the_same], "in the order they came");
    tx.commit().await
}

pub(crate) async fn orphans_are_kept_once_and_taken_once(store: &dyn Store) -> Outcome {
    let known = rows::provider_reference("0x2a");
    let first = orphan(&known, None, 0);
    let told_again = OrphanRow { received_at: rows::at(60), ..first.clone() };
    let says_more = OrphanRow { state: ReceiptState::Read, received_at: rows::at(70), ..first.clone() };
    let mut tx = store.begin().await?;
    tx.add_orphans(from_ref(&first)).await?;
    tx.add_orphans(&[told_again, says_more.clone()]).await?;
    tx.add_references(from_ref(&known)).await?;
    tx.commit().await?;

    let mut tx = store.begin().await?;
    assert_eq!(tx.take_matched_orphans(0).await?, []);
    assert_eq!(tx.take_matched_orphans(100).await?, [first.clone(), says_more]);
    drop(tx);

    let mut tx = store.begin().await?;
    let taken = until_something_comes(async || tx.take_matched_orphans(1).await).await?;
    assert_eq!(taken.len(), 1, "a dropped transaction takes nothing");
    assert_eq!(tx.take_matched_orphans(100).await?.len(), 1);
    assert_eq!(tx.take_matched_orphans(100).await?, []);
    tx.commit().await
}
