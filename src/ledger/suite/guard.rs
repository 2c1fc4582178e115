//! What became of messages, counted, and how templates stand.

use jiff::civil::{Date, date};
use uuid::Uuid;

use super::{Outcome, moment, rows, sorted_by};
use crate::domain::{
    CitizenKey, Counted, MeasureId, NoticeId, NotificationKey, Offered, Standing, TemplateName,
};
use crate::ledger::store::{
    GuardRow, GuardSum, InboxRow, NotificationRow, Past, Release, ReservationRow, Store, TallyRow, TallySum,
};

const FIRST: Date = date(2026, 6, 1);
const SECOND: Date = date(2026, 6, 2);

fn grant() -> TemplateName {
    MeasureId::new("birth_grant").unwrap().into()
}

fn tally(day: Date, channel: Option<&str>, what: Counted, count: u64) -> TallyRow {
    let (source, channel) = (Some(rows::source("family_fund")), channel.map(rows::channel));
    TallyRow { day, source, channel, template: grant(), what, count }
}

fn sum(channel: Option<&str>, what: Counted, count: u64) -> TallySum {
    let TallyRow { source, channel, template, what, count, .. } = tally(FIRST, channel, what, count);
    TallySum { source, channel, template, what, count }
}

fn of_guard(what: Counted, count: u64) -> GuardSum {
    GuardSum { channel: rows::channel("sms"), template: grant(), what, count }
}

pub(crate) async fn what_is_counted_adds_up(store: &dyn Store) -> Outcome {
    let by_sms = Some("sms");
    // One transaction after another adds to the same counts.
    for _ in 0..2 {
        let mut tx = store.begin().await?;
        let twice = [tally(FIRST, by_sms, Counted::Sent, 2), tally(FIRST, by_sms, Counted::Sent, 1)];
        tx.add_tallies(&twice).await?;
        tx.add_tallies(&[
            tally(SECOND, by_sms, Counted::Sent, 5),
            tally(SECOND, None, Counted::BudgetSuppressed, 1),
        ])
        .await?;
        tx.commit().await?;
    }
    let mut tx = store.read().await?;
    let all = sorted_by(tx.tallies(FIRST).await?, Clone::clone);
    assert_eq!(all, [sum(None, Counted::BudgetSuppressed, 2), sum(by_sms, Counted::Sent, 16)]);
    assert_eq!(tx.tallies(SECOND).await?.iter().map(|row| row.count).max(), Some(10));
    assert_eq!(tx.tallies(date(2026, 6, 3)).await?, []);
    drop(tx);

    let mut tx = store.begin().await?;
    let third = "2026-06-03T00:00:00Z".parse().unwrap();
    let first: u64 = tx.forget(Past::Tallies, "2026-06-02T23:59:00Z".parse().unwrap(), 99).await?;
    assert!((1..=2).contains(&first), "the first day, in as many parts as it was counted in: {first}");
    assert_eq!(tx.tallies(FIRST).await?.iter().map(|row| row.count).sum::<u64>(), 12);
    assert!(
        tx.forget(Past::Tallies, third, 1).await? == 1 && tx.forget(Past::Tallies, third, 99).await? >= 1
    );
    assert_eq!(tx.tallies(FIRST).await?, []);
    tx.commit().await
}

pub(crate) async fn introductions_are_counted_apart_and_those_of_a_campaign_for_no_source(
    store: &dyn Store,
) -> Outcome {
    let introduction = |source: Option<&str>, count| TallyRow {
        source: source.map(rows::source),
        template: TemplateName::Introduction,
        ..tally(FIRST, Some("sms"), Counted::Sent, count)
    };
    let mut tx = store.begin().await?;
    tx.add_tallies(&[
        introduction(None, 3),
        introduction(None, 4),
        introduction(Some("family_fund"), 1),
        tally(FIRST, Some("sms"), Counted::Sent, 9),
    ])
    .await?;
    let of = |source: Option<&str>, template, count| TallySum {
        source: source.map(rows::source),
        template,
        ..sum(Some("sms"), Counted::Sent, count)
    };
    let all = sorted_by(tx.tallies(FIRST).await?, Clone::clone);
    let fund = Some("family_fund");
    let expected = [
        of(None, TemplateName::Introduction, 7),
        of(fund, grant(), 9),
        of(fund, TemplateName::Introduction, 1),
    ];
    assert_eq!(all, expected);
    let judged = sorted_by(tx.guard_sums(FIRST).await?, Clone::clone);
    let of_introductions = GuardSum { template: TemplateName::Introduction, ..of_guard(Counted::Sent, 8) };
    assert_eq!(judged, [of_guard(Counted::Sent, 9), of_introductions.clone()]);

    let row = GuardRow {
        channel: of_introductions.channel,
        template: TemplateName::Introduction,
        standing: Standing::Paused,
        counts: Offered { offered: 8, declined: 2 },
        since: moment(&*tx, 0),
        release: None,
    };
    tx.put_guards(std::slice::from_ref(&row)).await?;
    assert_eq!(tx.guards().await?, [row]);
    tx.commit().await
}

pub(crate) async fn the_guard_sees_what_was_offered_and_declined_since_a_release(
    store: &dyn Store,
) -> Outcome {
    let by_sms = Some("sms");
    let mut tx = store.begin().await?;
    tx.add_tallies(&[
        tally(FIRST, by_sms, Counted::Sent, 100),
        tally(FIRST, by_sms, Counted::Stopped, 10),
        tally(FIRST, by_sms, Counted::Delivered, 90),
        tally(FIRST, None, Counted::BudgetSuppressed, 7),
        tally(SECOND, by_sms, Counted::Sent, 20),
    ])
    .await?;
    let sums = sorted_by(tx.guard_sums(FIRST).await?, Clone::clone);
    assert_eq!(sums, [of_guard(Counted::Sent, 120), of_guard(Counted::Stopped, 10)]);
    assert_eq!(tx.guard_sums(SECOND).await?, [of_guard(Counted::Sent, 20)]);

    let release = Release {
        at: moment(&*tx, 0),
        person: rows::WORDS.to_owned(),
        reason: rows::WORDS.to_owned(),
        counted_from: SECOND,
        before: Offered { offered: 3, declined: 1 },
    };
    let paused = GuardRow {
        channel: rows::channel("sms"),
        template: grant(),
        standing: Standing::Paused,
        counts: Offered { offered: 120, declined: 10 },
        since: moment(&*tx, -9),
        release: None,
    };
    let other = GuardRow { channel: rows::channel("email"), standing: Standing::Warned, ..paused.clone() };
    tx.put_guards(&[paused.clone(), other.clone()]).await?;
    assert_eq!(tx.guards().await?, [other.clone(), paused.clone()]);
    assert_eq!(tx.guard_sums(FIRST).await?.len(), 2, "nobody released it");
    let released = GuardRow { standing: Standing::Fine, release: Some(release), ..paused };
    tx.put_guards(std::slice::from_ref(&released)).await?;
    tx.commit().await?;

    let mut tx = store.read().await?;
    assert_eq!(tx.guards().await?, [other, released]);
    assert_eq!(tx.guard_sums(FIRST).await?, [of_guard(Counted::Sent, 20)]);
    Ok(())
}

pub(crate) async fn what_a_citizen_may_have_got_lately_is_found(store: &dyn Store) -> Outcome {
    let (anna, ivan) = (CitizenKey(rows::hash()), CitizenKey(rows::hash()));
    let mut tx = store.begin().await?;
    let place = |citizen, day| ReservationRow { notice: NoticeId(Uuid::now_v7()), step: 0, citizen, day };
    let (held, old) = (place(anna, SECOND), place(anna, FIRST));
    tx.put_reservations(&[held.clone(), old, place(ivan, SECOND)]).await?;
    let entry = |row: &NotificationRow, second| InboxRow {
        id: Uuid::now_v7(),
        citizen: row.citizen,
        notification: row.key,
        content: rows::bytes(),
        at: rows::at(second),
        read_at: None,
    };
    // One that was pushed, the one that holds the place, one that stands in the inbox alone, and an old one.
    let pushed = |notice| NotificationRow { notice, ..rows::notification(anna) };
    let all = [
        pushed(Some(NoticeId(Uuid::now_v7()))),
        pushed(Some(held.notice)),
        pushed(None),
        pushed(Some(NoticeId(Uuid::now_v7()))),
    ];
    assert!(all.iter().all(|row| row.key != NotificationKey(Uuid::nil())));
    tx.add_notifications(&all).await?;
    let entries: Vec<_> = all.iter().zip([5, 5, 5, 0]).map(|(row, second)| entry(row, second)).collect();
    tx.add_inbox(&entries).await?;
    let found = sorted_by(tx.lately(&[anna], SECOND, rows::at(5)).await?, |id| *id);
    assert_eq!(found, sorted_by(vec![held.notice, all[0].notice.unwrap()], |id| *id));
    assert_eq!(tx.lately(&[anna, ivan], SECOND, rows::at(9)).await?.len(), 2);
    assert_eq!(tx.lately(&[], FIRST, rows::at(0)).await?, []);
    tx.commit().await
}
