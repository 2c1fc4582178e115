//! The gateway's HTTP API as the target.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;
use vestnik_contract::http;

use super::{Failure, Fate};
use crate::cli::Mistake;
use crate::cli::bearer::{refused_token, token_of};
use crate::domain::RefusalReason;
use crate::ledger::Scope;

/// How long an HTTP request may take, and the longest wait that a gateway may ask for.
const LONGEST: Duration = Duration::from_secs(30);

/// The gateway's HTTP API.
pub(super) struct HttpTarget {
    client: Client,
    url: Url,
    token: SecretString,
}

/// A problem (RFC 9457) as far as it is shown.
#[derive(Deserialize)]
struct Problem {
    reason: String,
    #[serde(default)]
    pointer: String,
    #[serde(default)]
    detail: String,
}

impl HttpTarget {
    pub fn new(to: &Url, token: Option<String>) -> anyhow::Result<Self> {
        let url = if matches!(to.path(), "" | "/") { to.join("/v1/notifications")? } else { to.clone() };
        let client = Client::builder().timeout(LONGEST).dns_resolver(Arc::new(http::Names)).build()?;
        Ok(Self { client, url, token: token_of(token, Scope::Publish)? })
    }

    pub async fn try_once(&self, body: &[u8]) -> Result<Fate, Failure> {
        let response = self.post(body.to_vec()).await.map_err(|error| {
            let obstacle = http::obstacle(&error);
            let error = anyhow::Error::new(error.without_url());
            Failure::Passing(obstacle.map_or(error, anyhow::Error::new), None)
        })?;
        match response.status() {
            status if status.is_success() => Ok(Fate::Taken),
            status if is_refusal(status) => refusal(response).await,
            status => Err(Failure::Passing(anyhow!("it answers {status}"), retry_after(response.headers()))),
        }
    }

    async fn post(&self, body: Vec<u8>) -> reqwest::Result<Response> {
        let request = self.client.post(self.url.clone()).header("content-type", "application/json");
        request.bearer_auth(self.token.expose_secret()).body(body).send().await
    }
}

/// Whether the same message will be answered in the same way again.
fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
}

/// A refusal of one message, or of all that we could send: a wrong token, a wrong address.
async fn refusal(response: Response) -> Result<Fate, Failure> {
    let status = response.status();
    let Ok(Problem { reason, pointer, detail }) = response.json().await else {
        let answer = format!("--to: no gateway of ours answers there, but {status}; is the address right?");
        return Err(Failure::Lasting(Mistake(answer).into()));
    };
    if OF_THE_TOKEN.iter().any(|of_token| of_token.as_str() == reason) {
        return Err(Failure::Lasting(refused_token(Scope::Publish).into()));
    }
    let place = if pointer.is_empty() { String::new() } else { format!("{pointer}: ") };
    Ok(Fate::Refused(format!("{reason}: {place}{detail}")))
}

/// Reasons that blame the token and no message. One whose source is not the token's own is
/// `forbidden_source`, and blames the message.
const OF_THE_TOKEN: [RefusalReason; 2] = [RefusalReason::Unauthorized, RefusalReason::Forbidden];

/// The wait that the gateway asks for, in seconds; at most half a minute.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_asked_for_is_obeyed_within_reason() {
        let asked = |text: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]));
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        assert_eq!(asked("86400"), Some(LONGEST));
        for none in ["", "soon", "-1", "99999999999999999999", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(asked(none), None, "{none}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
