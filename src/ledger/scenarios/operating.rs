//! Tokens, pauses, and what is shown of a notification.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;
use vestnik_contract::{ChannelId, ReceiptState};

use crate::domain::{Reason, SourceId};
use crate::ledger::fixture::{World, reference, route};
use crate::ledger::{Denied, Forgotten, Horizons, NewToken, Pause, Scope, TokenMistake};

pub(super) async fn a_token_is_good_until_revoked_or_over(world: World) {
    let source = Some(SourceId::new("family_fund").unwrap());
    let expires_at = Some(world.clock.now() + SignedDuration::from_hours(1));
    let new = |scopes: &[Scope], source: &Option<SourceId>, expires_at| NewToken {
        label: "Тест".to_owned(),
        scopes: scopes.iter().copied().collect(),
        source: source.clone(),
        expires_at,
    };
    let create = async |new: &NewToken| world.ledger.create_token(new).await.unwrap();
    assert_eq!(create(&new(&[], &source, None)).await.unwrap_err(), TokenMistake::NoScope);
    assert_eq!(create(&new(&[Scope::Publish], &None, None)).await.unwrap_err(), TokenMistake::NoSource);
    let lasting = create(&new(&[Scope::Publish, Scope::Status], &source, None)).await.unwrap();
    let short = create(&new(&[Scope::Operate], &None, expires_at)).await.unwrap();
    assert!(lasting.token.starts_with("vst_") && lasting.token.len() == 47);
    assert!(!format!("{lasting:?}").contains(&lasting.token));

    let verify = async |token: &str, scope| world.ledger.verify(token, scope).await.unwrap();
    let grant = verify(&lasting.token, Scope::Publish).await.unwrap();
    assert_eq!((grant.source, grant.scopes.len()), (source, 2));
    assert_eq!(verify(&lasting.token, Scope::Operate).await, Err(Denied::Scope));
    assert_eq!(verify("vst_madeup", Scope::Operate).await, Err(Denied::Unknown));
    assert!(verify(&short.token, Scope::Operate).await.is_ok());
    world.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(verify(&short.token, Scope::Operate).await, Err(Denied::Unknown));
    assert!(world.ledger.revoke_token(lasting.id).await.unwrap());
    assert!(!world.ledger.revoke_token(lasting.id).await.unwrap());
    assert_eq!(verify(&lasting.token, Scope::Publish).await, Err(Denied::Unknown));
    assert_eq!(world.ledger.tokens().await.unwrap().len(), 2, "what was given out stays on record");
}

pub(super) async fn a_pause_is_in_force_until_it_is_over_or_lifted(world: World) {
    let sms = ChannelId::new("sms").unwrap();
    let pause = |route, until| Pause {
        channel: sms.clone(),
        route,
        reroute: false,
        reason: "maintenance".to_owned(),
        person: "Олена".to_owned(),
        until,
    };
    let until = Some(world.clock.now() + SignedDuration::from_hours(1));
    world.ledger.pause(pause(None, None)).await.unwrap();
    world.ledger.pause(pause(Some(route()), until)).await.unwrap();
    assert_eq!(world.ledger.pauses().await.unwrap().len(), 2);
    world.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(world.ledger.pauses().await.unwrap().len(), 1);
    assert!(!world.ledger.resume(&sms, Some(&route())).await.unwrap(), "it is over");
    assert!(world.ledger.resume(&sms, None).await.unwrap());
    assert!(!world.ledger.resume(&sms, None).await.unwrap());
    assert!(world.ledger.pauses().await.unwrap().is_empty());
}

pub(super) async fn the_gateway_pauses_a_route_and_never_in_place_of_a_person(world: World) {
    let (sms, main) = (ChannelId::new("sms").unwrap(), route());
    let after = |minutes| Some(world.clock.now() + SignedDuration::from_mins(minutes));
    let pause = async |until| world.ledger.pause_by_gateway(&sms, &main, "refused", until).await.unwrap();
    let by =
        async || world.ledger.pauses().await.unwrap().into_iter().map(|row| row.person).collect::<Vec<_>>();
    assert!(pause(after(1)).await);
    assert!(!pause(after(1)).await, "alarms that come in crowds are one pause");
    assert!(pause(None).await, "one without an end is more");
    assert!(!pause(after(1)).await);
    assert!(world.ledger.resume(&sms, Some(&main)).await.unwrap());

    let (reason, person) = ("maintenance".to_owned(), "Олена".to_owned());
    let route = Some(main.clone());
    let of_person = Pause { channel: sms.clone(), route, reroute: true, reason, person, until: after(10) };
    world.ledger.pause(of_person).await.unwrap();
    assert!(!pause(None).await);
    assert_eq!(by().await, ["Олена"]);
    world.clock.advance(SignedDuration::from_mins(10));
    assert!(pause(None).await, "the person's pause is over");
    assert_eq!(by().await, ["gateway"]);
}

pub(super) async fn what_is_past_is_forgotten_by_one_process_and_what_is_open_never(world: World) {
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let horizons = Horizons {
        references: days(180),
        receipts: days(3),
        codes: days(365),
        scam_reports: days(365),
        tallies: days(400),
    };
    let (one, other, lease) = (Uuid::now_v7(), Uuid::now_v7(), Duration::from_mins(15));
    let forget = async |holder| world.ledger.forget(holder, lease, horizons, 100).await.unwrap();
    world.citizen("anna", &["sms"]).await;
    world.publish("open", "anna").await;
    world.publish("closed", "nobody").await;
    world.receipt("sms", "never ours", ReceiptState::Delivered).await;

    assert_eq!(forget(one).await, Some(Forgotten::default()), "nothing is past");
    assert_eq!(forget(other).await, None, "one process at a time");
    world.pass(4 * 86_400).await;
    assert_eq!(forget(one).await.unwrap().receipts, 1);
    world.pass(180 * 86_400).await;
    let forgotten = forget(one).await.unwrap();
    assert_eq!((forgotten.references, forgotten.reservations), (1, 1));
    assert!(world.ledger.notification(&reference("open")).await.unwrap().is_some());
    assert_eq!(world.ledger.notification(&reference("closed")).await.unwrap(), None);
}

pub(super) async fn a_notification_is_shown_with_all_that_happened(world: World) {
    world.citizen("anna", &["sms", "email"]).await;
    world.publish("1", "anna").await;
    world.send("sms").await;
    world.receipt("sms", "sms-1", ReceiptState::Delivered).await;
    let view = world.ledger.notification(&reference("1")).await.unwrap().unwrap();
    let trace = view.trace().unwrap();
    let why =
        |channel: &str| trace.channels.iter().find(|(id, _)| id.as_str() == channel).map(|(_, why)| *why);
    assert_eq!((why("sms"), why("viber")), (Some(Reason::Chosen), Some(Reason::NoAddress)));
    let shown = serde_json::to_value(&view).unwrap();
    assert_eq!(
        (&shown["source"], &shown["id"], &shown["state"], &shown["reason"], &shown["template"]),
        (
            &json!("family_fund"),
            &json!("1"),
            &json!("delivered"),
            &json!("receipt_delivered"),
            &json!("birth_grant-v1")
        )
    );
    assert_eq!(shown["steps"][0]["state"], "done");
    assert_eq!(
        shown["steps"][1],
        json!({ "channel": "email", "awaits": "accepted", "state": "skipped",
        "reason": "not_needed", "attempts": [] })
    );
    assert_eq!(shown["timeline"][2]["what"], "sent");
    let text = shown.to_string();
    assert!(!text.contains("anna") && !text.contains("birth grant"), "{text}");
    assert_eq!(world.ledger.notification(&reference("2")).await.unwrap(), None);
}
