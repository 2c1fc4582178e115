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
    Target::new(&to.parse().unwrap(), "vestnik", environment)
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
                return StatusCode::UNAUTHORIZED.into_response();
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
    let with_token = |name: &str| (name == "VESTNIK_TOKEN").then(|| "secret".to_owned());
    let target = target(&url, &with_token).unwrap();
    assert_eq!(target.send(b"{}".to_vec()).await.unwrap(), Fate::Taken, "busy at first");
    let refused = target.send(b"{\"id\": \"bad\"}".to_vec()).await.unwrap();
    assert_eq!(refused, Fate::Refused("invalid_field: /id: expected an id".to_owned()));

    let without = super::Target::new(&url.parse().unwrap(), "vestnik", &nothing).unwrap();
    let error = without.send(b"{}".to_vec()).await.unwrap_err().to_string();
    assert!(error.contains("VESTNIK_TOKEN"), "{error}");
}

#[tokio::test]
async fn over_the_broker_a_message_goes_under_its_key() {
    let outsider = Outsider::new(broker()).await;
    let target = Target::Broker(Box::new(BrokerTarget {
        broker: outsider.broker.clone(),
        open: Mutex::new(None),
        opened: AtomicU64::new(0),
    }));
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
    let Target::Broker(target) = target("amqp://host/vestnik", &environment).unwrap() else { panic!("http") };
    assert_eq!(target.broker.user().unwrap(), "fund");
    assert!(super::Target::new(&"ftp://host".parse().unwrap(), "vestnik", &nothing).is_err());
    assert!(super::Target::new(&"amqp://host".parse().unwrap(), "a.b", &nothing).is_err());
}
