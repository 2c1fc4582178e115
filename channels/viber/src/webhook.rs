//! Telling Viber where our callbacks are.

use std::sync::Arc;
use std::time::Duration;

use url::Url;
use vestnik_contract::{RouteId, SendError};

use crate::client::{Api, harmless};
use crate::request::SetWebhook;
use crate::response;

/// Short, because at start our own server may be a moment behind.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// Registers the address and ends. Viber calls it before it answers, so it must be reachable from
/// there; until then, and while Viber is away, the registration is tried again, ever more seldom.
pub(crate) async fn register(api: Arc<Api>, url: Url, route: RouteId) {
    let mut wait = FIRST_WAIT;
    while let Err(error) = set_webhook(&api, &url).await {
        tracing::warn!(%route, %error, retry_in = ?wait, "viber did not take the webhook");
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    tracing::info!(%route, "viber calls our webhook");
}

async fn set_webhook(api: &Api, url: &Url) -> Result<(), SendError> {
    let answer = api.post("set_webhook", &SetWebhook::new(url)).await;
    answer.and_then(|answer| response::registered(&answer)).map_err(harmless)
}
