//! Events for the registry's owner, and one-time codes.

use std::slice::from_ref;

use uuid::Uuid;

use super::{Outcome, moment, rows, until_something_comes};
use crate::domain::{CitizenKey, RegistryEventKind};
use crate::ledger::store::{Past, Position, RegistryEventRow, Store, VerificationRow};

fn event(citizen: CitizenKey, kind: RegistryEventKind) -> RegistryEventRow {
    let channel = (kind != RegistryEventKind::CitizenDeceased).then(|| rows::channel("sms"));
    RegistryEventRow { citizen, kind, channel, at: rows::at(0), evidence: rows::bytes() }
}

pub(crate) async fn registry_events_come_in_their_order_and_go_with_their_evidence(
    store: &dyn Store,
) -> Outcome {
    let citizens = [rows::citizen(), rows::citizen()];
    let [anna, ivan] = [citizens[0].key, citizens[1].key];
    let first = [
        event(anna, RegistryEventKind::AddressDisputed),
        event(ivan, RegistryEventKind::CitizenDeceased),
        event(anna, RegistryEventKind::AddressVerified),
    ];
    let mut tx = store.begin().await?;
    tx.add_citizens(&citizens).await?;
    tx.add_registry_events(&first).await?;
    tx.commit().await?;
    let last = event(ivan, RegistryEventKind::CitizenAlive);
    let mut tx = store.begin().await?;
    tx.add_registry_events(from_ref(&last)).await?;
    tx.commit().await?;

    let after = async |position, limit, all: usize| {
        // Readers stop below the oldest transaction that is open on the server.
        until_something_comes(async || {
            let page = store.read().await?.registry_events_after(position, limit).await?;
            Ok(if page.len() < all { Vec::new() } else { page })
        })
        .await
    };
    let page = after(Position::default(), 3, 3).await?;
    assert_eq!(page.iter().map(|(_, row)| row.clone()).collect::<Vec<_>>(), first);
    assert!(page.is_sorted_by_key(|(at, _)| *at));
    let rest = after(page[2].0, 9, 1).await?;
    let mut tx = store.read().await?;
    assert_eq!(rest.iter().map(|(_, row)| row).collect::<Vec<_>>(), [&last]);
    assert!(tx.registry_events_after(rest[0].0, 9).await?.is_empty());
    assert_eq!(tx.registry_events(ivan).await?, [first[1].clone(), last]);
    drop(tx);

    let mut tx = store.begin().await?;
    tx.erase(anna, &[]).await?;
    assert!(tx.registry_events(anna).await?.iter().all(|row| row.evidence.is_empty()));
    assert!(tx.registry_events(ivan).await?.iter().all(|row| !row.evidence.is_empty()));
    tx.commit().await
}

pub(crate) async fn an_address_has_one_code_until_it_is_removed(store: &dyn Store) -> Outcome {
    let code = |citizen: CitizenKey, expires_at| VerificationRow {
        citizen,
        address: Uuid::now_v7(),
        code: rows::hash(),
        issued: rows::bytes(),
        expires_at,
        wrong: 0,
    };
    let (anna, ivan) = (CitizenKey(rows::hash()), CitizenKey(rows::hash()));
    let mut tx = store.begin().await?;
    let now = moment(&*tx, 0);
    let (of_anna, of_ivan, over) = (code(anna, now), code(ivan, now), code(ivan, moment(&*tx, -60)));
    let key = |row: &VerificationRow| (row.citizen, row.address);
    tx.put_verifications(&[of_anna.clone(), of_ivan.clone(), over.clone()]).await?;
    let again = VerificationRow { code: rows::hash(), wrong: 3, ..of_anna.clone() };
    tx.put_verifications(from_ref(&again)).await?;
    assert_eq!(tx.verifications(&[key(&of_anna)]).await?, [again]);
    assert_eq!(tx.verifications(&[(anna, of_ivan.address)]).await?, [], "another's address");
    tx.remove_verifications(&[key(&of_anna), (anna, of_ivan.address)]).await?;
    assert_eq!(tx.verifications(&[key(&of_anna), key(&of_ivan)]).await?, from_ref(&of_ivan));
    assert_eq!(tx.forget(Past::Verifications, now, 9).await?, 1, "what is as old as that stays");
    assert_eq!(tx.verifications(&[key(&over), key(&of_ivan)]).await?, from_ref(&of_ivan));
    tx.erase(ivan, &[]).await?;
    assert_eq!(tx.verifications(&[key(&of_ivan)]).await?, []);
    tx.commit().await
}
