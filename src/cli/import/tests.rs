//! Citizens come into a real ledger, by themselves and over a real server.

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::super::lines::Line;
use super::target::{Gateway, Target, Verdict, record};
use crate::domain::{ConsentAction, ConsentOrigin, FinalState};
use crate::ledger::fixture::{World, citizen_id};
use crate::web::serve;
use crate::web::tests::site::Site;

const GOOD: &str = r#"{"id":"snils:anna","locale":"uk","jurisdiction":"ua",
    "addresses":[{"channel":"sms","address":"+380000000001"}],
    "consents":[{"channel":"all","topic":"all","action":"granted","evidence":"old register",
        "at":"2026-06-17T08:59:59Z"}]}"#;

/// A file: a good line, and lines that are refused, each with the words that say why.
fn file() -> Vec<(String, Option<&'static str>)> {
    let with = |from: &str, to: &str| GOOD.replace(from, to).replace('\n', " ");
    vec![
        (with("", ""), None),
        (with("\"id\":\"snils:anna\",", ""), Some("/id: expected a citizen id")),
        (with("\"locale\":\"uk\",", ""), Some("/locale: locale is missing; expected ru, uk or en")),
        (with("snils:anna\"", "snils:b\",\"born\":1"), Some("/born: expected no such field")),
        (with("\"at\"", "\"origin\":\"portal\",\"at\""), Some("/consents/0/origin: expected import")),
        (with("old register", "   "), Some("/consents/0/evidence: expected a reference")),
        (with("08:59:59Z", "09:00:01Z"), Some("/consents/0/at: expected a moment that has come")),
        (
            with("{\"channel\":\"sms\",\"address\":\"+380000000001\"}", "[\"sms\",\"+380000000001\",false]"),
            Some("/addresses/0: expected { channel, address, reopen }"),
        ),
        (with("\"locale\"", "\"locale\":\"ru\",\"locale\""), Some("/locale: expected the field once")),
        ("{".to_owned(), Some("expected JSON")),
    ]
}

fn lines() -> Vec<Line> {
    let mut lines: Vec<_> = (1..)
        .zip(file())
        .map(|(number, (text, _))| Line { number, bytes: 0, body: Some(text.into_bytes()) })
        .collect();
    lines.push(Line { number: 99, bytes: 0, body: None });
    lines
}

fn check(verdicts: &[Verdict]) {
    let mut expected: Vec<_> = file().into_iter().map(|(_, why)| why).collect();
    expected.push(Some("expected at most 256 KiB"));
    assert_eq!(verdicts.len(), expected.len());
    for (verdict, expected) in verdicts.iter().zip(expected) {
        match (verdict, expected) {
            (Ok(()), None) => {}
            (Err(why), Some(words)) => assert!(why.starts_with(words), "{why}"),
            other => panic!("{other:?}"),
        }
    }
}

/// The consent came as an import.
async fn check_recorded(world: &World) {
    let anna = world.ledger.citizen(&citizen_id("anna")).await.unwrap().unwrap();
    let said: Vec<_> = anna.consents.iter().map(|one| (one.origin, one.action)).collect();
    assert_eq!(said, [(ConsentOrigin::Import, ConsentAction::Granted)]);
    assert_eq!(anna.addresses.len(), 1);
}

#[tokio::test]
async fn citizens_go_into_the_ledger_and_what_is_refused_is_named() {
    let world = World::sqlite().await;
    for _again in 0..2 {
        check(&record(&world.ledger, &world.rules, &lines()).await.unwrap());
        check_recorded(&world).await;
    }
}

#[tokio::test]
async fn citizens_go_to_a_gateway_over_http() {
    let site = Site::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let (stopping, mut tasks) = (CancellationToken::new(), JoinSet::new());
    tasks.spawn(serve(listener, site.router(), stopping.clone()));
    let target = Target::Gateway(Gateway::new(base, site.token("registry").into()).unwrap());
    check(&target.take(&lines()).await.unwrap());
    check_recorded(&site.world).await;
    drop(target);
    stopping.cancel();
    tasks.join_next().await.unwrap().unwrap();
}

#[tokio::test]
async fn an_import_never_overrides_a_stop() {
    let world = World::sqlite().await;
    world.citizen("anna", &["sms"]).await;
    let before: Timestamp = world.clock.now();
    world.says("anna", None, ConsentAction::Withdrawn).await;
    world.pass(3600).await;
    let later = GOOD.replace("2026-06-17T08:59:59Z", "2026-06-17T09:30:00Z").replace('\n', " ");
    assert!(before < world.clock.now());
    let line = Line { number: 1, bytes: 0, body: Some(later.into_bytes()) };
    assert_eq!(record(&world.ledger, &world.rules, &[line]).await.unwrap(), [Ok(())]);
    world.publish("1", "anna").await;
    let (state, _) = world.ending("1").await.unwrap();
    assert!(matches!(state, FinalState::Suppressed | FinalState::InboxOnly), "{state}");
}
