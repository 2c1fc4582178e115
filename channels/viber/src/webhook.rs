//! Telling Viber where our callbacks are.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use url::Url;
use vestnik_contract::{RouteId, SendError};

use crate::client::Api;
use crate::request::SetWebhook;
use crate::response;

/// Short, because at start our own server may be a moment behind.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// Registers the address and ends, at the latest when the adapter is dropped and `alive` with it.
pub(crate) async fn register(api: Arc<Api>, url: Url, route: RouteId, alive: oneshot::Receiver<Infallible>) {
    tokio::select! {
        () = try_on(&api, &url, &route) => {}
        _ = alive => {}
    }
}

/// Viber calls the address before it answers, so it must be reachable from there; until then, and
/// while Viber is away, the registration is tried again, ever more seldom.
async fn try_on(api: &Api, url: &Url, route: &RouteId) {
    let mut wait = FIRST_WAIT;
    while let Err(error) = set_webhook(api, url).await {
        tracing::warn!(%route, %error, retry_in = ?wait, "viber did not take the webhook");
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    tracing::info!(%route, "viber calls our webhook");
}

async fn set_webhook(api: &Api, url: &Url) -> Result<(), SendError> {
    let answer = api.post("set_webhook", &SetWebhook::new(url)).await;
    answer.and_then(|answer| response::registered(&answer)).map_err(SendError::harmless)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[tokio::test]
    async fn it_is_tried_no_longer_than_the_adapter_lives() {
        // Nothing listens on the port of discard.
        let nowhere: Url = "http://127.0.0.1:9/".parse().unwrap();
        let api = Api::new(nowhere.clone(), HeaderValue::from_static("token"), LONGEST_WAIT).unwrap();
        let (adapter, alive) = oneshot::channel();
        let trying = register(Arc::new(api), nowhere, RouteId::new("main").unwrap(), alive);
        tokio::join!(trying, async { drop(adapter) });
    }
}
