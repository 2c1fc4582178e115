//! Targets that are real servers.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;
use crate::broker::testing::{Outsider, broker};
use crate::domain::Priority;

fn nothing(_: &str) -> Option<String> {
    None
}

fn target(to: &str, environment: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Target> {
    Target::new(&to.parse().unwrap(), "vestnik", environment, |_| {})
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
    let error = wrong.send(b"{}".to_vec()).await.unwrap_err();
    assert!(error.is::<Mistake>() && error.to_string().contains("refuses the token in"), "{error}");
    let elsewhere = super::tests::target(&format!("{url}/elsewhere"), &token("secret")).unwrap();
    let error = elsewhere.send(b"{}".to_vec()).await.unwrap_err().to_string();
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
             30 seconds …"
        );
    }
}

#[tokio::test]
async fn over_the_broker_a_message_goes_under_its_key() {
    let outsider = Outsider::new(broker()).await;
    let target = Target {
        way: Way::Broker(Box::new(BrokerTarget {
            broker: outsider.broker.clone(),
            open: Mutex::new(None),
            opened: AtomicU64::new(0),
        })),
        watch: Watch::new(Server { host: "broker".to_owned(), port: 5672 }, patience(), |_| {}),
    };
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
