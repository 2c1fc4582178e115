//! Targets that are real servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::anyhow;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;
use crate::broker::Broker;
use crate::broker::testing::{Outsider, Restricted, broker};
use crate::domain::Priority;

fn nothing(_: &str) -> Option<String> {
    None
}

fn target(to: &str, environment: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Target> {
    Target::new(&to.parse().unwrap(), "vestnik", environment, |_| {})
}

fn at(broker: &Broker) -> Target {
    let server = Server { host: "broker".to_owned(), port: 5672 };
    let way = Way::Broker(Box::new(BrokerTarget::to(broker.clone())));
    Target { way, watch: Watch::new(server, |_| {}) }
}

/// An environment with this token.
fn token(token: &'static str) -> impl Fn(&str) -> Option<String> {
    move |name| (name == TOKEN).then(|| token.to_owned())
}

/// A gateway that answers as the body says; the first request finds it busy.
async fn gateway() -> (String, JoinSet<()>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let answer = move |headers: HeaderMap, body: String| {
        let first = calls.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            if first {
                return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")]).into_response();
            }
            if headers.get("authorization").is_none_or(|token| token != "Bearer secret") {
                let problem = json!({ "reason": "unauthorized", "detail": "expected a token" });
                return (StatusCode::UNAUTHORIZED, problem.to_string()).into_response();
            }
            if body.contains("bad") {
                let problem =
                    json!({ "reason": "invalid_field", "pointer": "/id", "detail": "expected an id" });
                return (StatusCode::UNPROCESSABLE_ENTITY, problem.to_string()).into_response();
            }
            StatusCode::ACCEPTED.into_response()
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    let app = Router::new().route("/v1/notifications", post(answer));
    serving.spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, serving)
}

#[tokio::test]
async fn over_http_the_gateway_itself_answers() {
    let (url, _serving) = gateway().await;
    let target = target(&url, &token("secret")).unwrap();
    assert_eq!(target.send(b"{}".to_vec()).await.unwrap(), Fate::Taken, "busy at first");
    let refused = target.send(b"{\"id\": \"bad\"}".to_vec()).await.unwrap();
    assert_eq!(refused, Fate::Refused("invalid_field: /id: expected an id".to_owned()));

    let wrong = super::tests::target(&url, &token("wrong")).unwrap();
    let error = wrong.send(b"{}".to_vec()).await.unwrap_err().why;
    assert!(error.is::<Mistake>() && error.to_string().contains("refuses the token in"), "{error}");
    let elsewhere = super::tests::target(&format!("{url}/elsewhere"), &token("secret")).unwrap();
    let error = elsewhere.send(b"{}".to_vec()).await.unwrap_err().why.to_string();
    assert!(error.contains("404") && error.contains("is the address right?"), "{error}");
}

/// What is said of a target at which nobody listens, before it is given up.
async fn said_of(to: &str) -> String {
    let (say, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let say = move |text: &str| say.send(text.to_owned()).unwrap();
    let target = Target::new(&to.parse().unwrap(), "vestnik", &token("secret"), say).unwrap();
    let body = br#"{ "source": "family_fund", "life_event": "child_birth" }"#.to_vec();
    tokio::select! {
        _ = target.send(body) => panic!("nothing was said of {to}"),
        said = heard.recv() => said.unwrap(),
    }
}

#[tokio::test]
async fn a_target_that_is_away_is_told_with_what_is_wrong_and_how_long_it_is_tried() {
    for to in ["http://127.0.0.1:1/", "amqp://u:s3cret@127.0.0.1:1/vhost"] {
        assert_eq!(
            said_of(to).await,
            "127.0.0.1:1 is away: the connection is refused, nobody listens there. Trying again for about \
             2 minutes …"
        );
    }
}

/// What becomes of a message whose target is away for so long, and what is told.
async fn away_for(seconds: u64, asked: Option<Duration>) -> (Result<Fate, Stop>, Vec<String>) {
    let said = Arc::new(std::sync::Mutex::new(Vec::new()));
    let ear = said.clone();
    let server = Server { host: "gateway.example".to_owned(), port: 443 };
    let watch = Watch::new(server, move |text: &str| ear.lock().unwrap().push(text.to_owned()));
    let began = Instant::now();
    let end = insist(&watch, || async move {
        if began.elapsed() < Duration::from_secs(seconds) {
            return Err(Failure::Passing(anyhow!("it answers 503 Service Unavailable"), asked));
        }
        Ok(Fate::Taken)
    });
    let end = end.await;
    let said = said.lock().unwrap().clone();
    (end, said)
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_away_is_waited_for_by_time_and_not_by_tries() {
    let away = "gateway.example:443 is away: it answers 503 Service Unavailable. Trying again for about \
                2 minutes …";
    for asked in [None, Some(Duration::ZERO), Some(Duration::from_secs(5))] {
        let (end, said) = away_for(100, asked).await;
        assert_eq!(end.unwrap(), Fate::Taken, "{asked:?}");
        assert_eq!(said, [away, "gateway.example:443 is back."], "{asked:?}");

        let Stop { why, unanswered } = away_for(600, asked).await.0.unwrap_err();
        let said = format!("{why:#}");
        assert!(unanswered && said.starts_with("gateway.example:443 stayed away for 1"), "{asked:?}: {said}");
    }
}

// Of several threads: rabbitmqctl takes its time, in which a connection has to give signs of life.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_the_broker_refuses_takes_no_other_message_with_it() {
    let outsider = Outsider::new(broker()).await;
    let restricted = Restricted::beside(&outsider.broker);
    let target = at(&restricted.broker);
    let message = |source: &str| json!({ "source": source, "life_event": "child_birth" }).to_string();
    let sources = ["family_fund", "other", "family_fund", "third", "other", "family_fund"];
    let sent = sources.map(|source| target.send(message(source).into_bytes()));
    let fates = futures_util::future::join_all(sent).await;
    for (source, fate) in sources.iter().zip(fates) {
        let refused =
            format!("forbidden: the broker lets us publish nothing under normal.{source}.child_birth");
        let expected = if *source == "family_fund" { Fate::Taken } else { Fate::Refused(refused) };
        assert_eq!(fate.unwrap(), expected);
    }
    let taken = outsider.take(&outsider.broker.names().intake(Priority::Normal)).await;
    assert!(taken.len() >= 3 && taken.iter().all(|(key, _)| key == "normal.family_fund.child_birth"));

    restricted.forbid_all();
    let target = at(&restricted.broker);
    let Stop { why, unanswered } = target.send(message("family_fund").into_bytes()).await.unwrap_err();
    assert!(!unanswered && why.to_string().starts_with("the broker refuses us: "), "{why:#}");
    outsider.leave().await;
}

#[tokio::test]
async fn over_the_broker_a_message_goes_under_its_key() {
    let outsider = Outsider::new(broker()).await;
    let target = at(&outsider.broker);
    let body =
        json!({ "source": "family_fund", "life_event": "child_birth", "priority": "bulk" }).to_string();
    assert_eq!(target.send(body.clone().into_bytes()).await.unwrap(), Fate::Taken);
    let Fate::Refused(why) = target.send(b"no json".to_vec()).await.unwrap() else { panic!("taken") };
    assert!(why.starts_with("invalid_json"), "{why}");
    let queue = outsider.broker.names().intake(Priority::Bulk);
    let taken = outsider.take(&queue).await;
    assert_eq!(taken, [("bulk.family_fund.child_birth".to_owned(), body.into_bytes())]);
    outsider.leave().await;
}

#[test]
fn credentials_come_from_the_environment() {
    let environment = |name: &str| match name {
        "VESTNIK_AMQP_USER" => Some("fund".to_owned()),
        "VESTNIK_AMQP_PASSWORD" => Some("p@ss/w".to_owned()),
        _ => None,
    };
    let Way::Broker(way) = target("amqp://host/vestnik", &environment).unwrap().way else { panic!("http") };
    assert_eq!(way.broker.user().unwrap(), "fund");
    for (to, expected) in [("ftp://host", "--to"), ("http://host", "VESTNIK_TOKEN")] {
        let error = target(to, &nothing).err().unwrap();
        assert!(error.is::<Mistake>() && error.to_string().contains(expected), "{error}");
    }
    let prefixed = Target::new(&"amqp://host".parse().unwrap(), "a.b", &nothing, |_| {});
    assert!(prefixed.is_err());
}
