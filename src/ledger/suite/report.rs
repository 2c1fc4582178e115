//! Reports: sums of the last days.

use jiff::civil::date;
use uuid::Uuid;

use super::{Outcome, rows, sorted_by};
use crate::domain::{FinalState, NoticeId, Profile, Reason};
use crate::ledger::store::{CitizenRow, NotificationRow, Period, PlacesRow, ReachRow, ReservationRow, Store};

fn in_region(region: &str) -> CitizenRow {
    let citizen = rows::citizen();
    CitizenRow { profile: Profile { region: Some(region.to_owned()), ..citizen.profile.clone() }, ..citizen }
}

pub(crate) async fn what_came_of_notifications_is_added_up(store: &dyn Store) -> Outcome {
    let (north, south) = (in_region("North"), in_region(rows::WORDS));
    let nobody = rows::citizen();
    let mut tx = store.begin().await?;
    tx.put_citizens(&[north.clone(), south.clone()]).await?;
    let of = |citizen: &CitizenRow, second, state: Option<FinalState>| NotificationRow {
        received_at: rows::at(second),
        closed: state.map(|state| (state, Reason::NoReceipt, rows::at(second))),
        ..rows::notification(citizen.key)
    };
    tx.add_notifications(&[
        of(&north, 5, Some(FinalState::Delivered)),
        of(&north, 6, Some(FinalState::Delivered)),
        of(&north, 7, None),
        of(&south, 5, Some(FinalState::Delivered)),
        of(&nobody, 5, Some(FinalState::Unreachable)),
        of(&north, 4, Some(FinalState::Read)),
    ])
    .await?;
    tx.commit().await?;

    let mut tx = store.read().await?;
    let found = tx.reach(rows::at(5)).await?;
    let found = sorted_by(found, |row| (row.region.clone(), row.state.map(FinalState::as_str)));
    let told: Vec<_> = found.iter().map(|row| (row.region.as_deref(), row.state, row.count)).collect();
    let expected = sorted_by(
        vec![
            (None, Some(FinalState::Unreachable), 1),
            (Some(rows::WORDS), Some(FinalState::Delivered), 1),
            (Some("North"), None, 1),
            (Some("North"), Some(FinalState::Delivered), 2),
        ],
        |row| (row.0.map(str::to_owned), row.1.map(FinalState::as_str)),
    );
    assert_eq!(told, expected);
    let ReachRow { source, measure, .. } = &found[0];
    let one = rows::notification(north.key);
    assert_eq!((source, measure), (&one.reference.source, &one.measure));
    assert_eq!(tx.reach(rows::at(8)).await?, []);
    Ok(())
}

pub(crate) async fn regions_are_told_once_and_in_order(store: &dyn Store) -> Outcome {
    let nowhere =
        CitizenRow { profile: Profile { region: None, ..rows::citizen().profile }, ..rows::citizen() };
    let mut tx = store.begin().await?;
    assert_eq!(tx.regions().await?, [""; 0]);
    tx.put_citizens(&[in_region("Юг"), in_region("32"), in_region("North"), in_region("32"), nowhere])
        .await?;
    assert_eq!(tx.regions().await?, ["32", "North", "Юг"]);
    tx.commit().await
}

pub(crate) async fn places_are_counted_by_day_week_and_month(store: &dyn Store) -> Outcome {
    let (anna, ivan) = (rows::citizen(), rows::citizen());
    let mut tx = store.begin().await?;
    tx.put_citizens(&[anna.clone(), ivan.clone()]).await?;
    // Monday 1 June, twice; Sunday 7 June; Monday 8 June. Sunday 31 May is before the days asked for.
    let days = [date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 1), date(2026, 6, 7), date(2026, 6, 8)];
    let place = |citizen: &CitizenRow, day| ReservationRow {
        notice: NoticeId(Uuid::now_v7()),
        step: 0,
        citizen: citizen.key,
        day,
    };
    let all: Vec<_> = days.iter().map(|day| place(&anna, *day)).collect();
    tx.put_reservations(&all).await?;
    tx.put_reservations(&[place(&ivan, date(2026, 6, 8)), place(&ivan, date(2026, 6, 20))]).await?;
    tx.commit().await?;

    let mut tx = store.read().await?;
    let found = sorted_by(tx.places(date(2026, 6, 1), date(2026, 6, 15)).await?, Clone::clone);
    let row = |period, places, citizens| PlacesRow {
        jurisdiction: anna.profile.jurisdiction.clone(),
        period,
        places,
        citizens,
    };
    let expected = [
        row(Period::Day, 1, 3),
        row(Period::Day, 2, 1),
        row(Period::Week, 1, 2),
        row(Period::Week, 3, 1),
        row(Period::Month, 1, 1),
        row(Period::Month, 4, 1),
    ];
    assert_eq!(found, expected);
    Ok(())
}
