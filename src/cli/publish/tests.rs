//! A whole file against a target that goes away.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;
use crate::cli::bearer::TOKEN;

/// A gateway that takes so many messages and then refuses our token.
async fn gateway(room: usize) -> (url::Url, JoinSet<()>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let answer = move || {
        let takes = calls.fetch_add(1, Ordering::Relaxed) < room;
        let refusal = (StatusCode::UNAUTHORIZED, r#"{ "reason": "unauthorized" }"#);
        async move { if takes { (StatusCode::ACCEPTED, "") } else { refusal } }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let mut serving = JoinSet::new();
    let app = Router::new().route("/v1/notifications", post(answer));
    serving.spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, serving)
}

#[tokio::test]
async fn what_was_published_before_a_run_is_broken_off_is_counted() {
    let (url, _serving) = gateway(3).await;
    let token = |name: &str| (name == TOKEN).then(|| "secret".to_owned());
    let target = Target::new(&url, "vestnik", &token, |_| {}).unwrap();
    let (mut summary, bar) = (Summary::default(), ProgressBar::hidden());
    let lines = "{}\n".repeat(500);
    let end = publish((0, "day.ndjson"), lines.as_bytes(), &target, 2, &bar, &mut summary).await;
    let said = end.unwrap_err().to_string();
    assert!(said.starts_with("publishing day.ndjson was broken off; nothing after line "), "{said}");
    let last: u64 = said.split(' ').find_map(|word| word.parse().ok()).unwrap();
    assert!((4..10).contains(&last), "no more lines are begun: {said}");
    assert_eq!(summary.to_string(), "3 published, 0 refused\n");
}
