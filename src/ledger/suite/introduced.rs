//! Introductions: who was told who writes.

use uuid::Uuid;

use super::{Outcome, moment, rows, sorted_by};
use crate::domain::{CitizenKey, NoticeId};
use crate::ledger::store::{IntroducedRow, Store};

/// An introduction that waits.
fn waits(citizen: CitizenKey, channel: &str, person: Option<&str>) -> IntroducedRow {
    IntroducedRow {
        citizen,
        channel: rows::channel(channel),
        at: None,
        notice: Some(NoticeId(Uuid::from_u128(7))),
        person: person.map(str::to_owned),
    }
}

pub(crate) async fn an_introduction_is_on_record_once_and_its_moment_is_set_once(
    store: &dyn Store,
) -> Outcome {
    let [anna, boris] = [(); 2].map(|()| CitizenKey(rows::hash()));
    let (sms, viber) = (rows::channel("sms"), rows::channel("viber"));
    let mut tx = store.begin().await?;
    let (early, late) = (moment(&*tx, -60), moment(&*tx, 0));
    let of_anna = waits(anna, "sms", Some("Olena Koval"));
    let without = IntroducedRow { at: Some(early), notice: None, ..waits(boris, "sms", None) };
    tx.put_introduced(&[of_anna.clone(), waits(anna, "viber", None), without.clone()]).await?;
    tx.commit().await?;
    let mut tx = store.begin().await?;
    let asked = [(anna, sms.clone()), (boris, sms.clone()), (boris, viber.clone()), (anna, sms.clone())];
    let found = sorted_by(tx.introduced(&asked).await?, |row| row.citizen != anna);
    assert_eq!(found, [of_anna.clone(), without.clone()]);
    // Of what is on record nothing but a missing moment is set.
    let sent = IntroducedRow { at: Some(early), notice: None, person: None, ..of_anna.clone() };
    let later = |row: &IntroducedRow| IntroducedRow { at: Some(late), ..row.clone() };
    tx.put_introduced(&[sent.clone(), later(&without)]).await?;
    tx.put_introduced(&[later(&sent)]).await?;
    let found = sorted_by(tx.introduced(&asked).await?, |row| row.citizen != anna);
    assert_eq!(found, [IntroducedRow { at: Some(early), ..of_anna }, without]);
    // An introduction with more haste takes the place of one that waits.
    let hasty = IntroducedRow { notice: Some(NoticeId(Uuid::from_u128(8))), ..waits(anna, "viber", None) };
    tx.put_introduced(&[IntroducedRow {
        person: Some("Olena Koval".to_owned()),
        ..waits(boris, "viber", None)
    }])
    .await?;
    let hasty = IntroducedRow { citizen: boris, ..hasty };
    tx.put_introduced(std::slice::from_ref(&hasty)).await?;
    assert_eq!(tx.introduced(&[(boris, viber)]).await?, [hasty]);
    tx.commit().await
}

pub(crate) async fn what_was_never_sent_goes_off_the_record(store: &dyn Store) -> Outcome {
    let anna = CitizenKey(rows::hash());
    let [sms, viber, email] = ["sms", "viber", "email"].map(rows::channel);
    let mut tx = store.begin().await?;
    let sent = IntroducedRow { at: Some(moment(&*tx, 0)), ..waits(anna, "viber", None) };
    tx.put_introduced(&[waits(anna, "sms", None), sent.clone(), waits(anna, "email", None)]).await?;
    tx.remove_unsent(&[(anna, sms.clone()), (anna, viber.clone()), (anna, sms.clone())]).await?;
    let found = tx.introduced(&[(anna, sms), (anna, viber), (anna, email)]).await?;
    let found = sorted_by(found, |row| row.channel.as_str() == "email");
    assert_eq!(found, [sent, waits(anna, "email", None)]);
    tx.commit().await
}
