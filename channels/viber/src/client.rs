//! The calls to Viber.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{HeaderValue, RETRY_AFTER};
use reqwest::{Response, redirect};
use serde::Serialize;
use tokio::sync::oneshot;
use url::Url;
use vestnik_contract::http::{Names, unanswered};
use vestnik_contract::{
    Accepted, Address, Capabilities, Channel, ChannelId, Health, Measure, Message, SendError, SendErrorKind,
    Server, Standing, TextLength,
};

use crate::request::{self, GetAccountInfo, SendMessage};
use crate::response::{self, Answer};
use crate::webhook::Registration;

/// Viber's answers are a few hundred bytes; what is longer is not one.
const ANSWER_LIMIT: usize = 64 * 1024;

/// Shorter than servers usually keep an idle connection, so that we seldom write into one that is
/// just being closed: that would be an ambiguous send.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);

/// Viber's API for one bot.
pub(crate) struct Api {
    client: reqwest::Client,
    server: Option<Server>,
    base: Url,
    token: HeaderValue,
}

impl Api {
    /// The API at `base`. A call ends within `call_timeout`; half of it is for connecting, so that
    /// a provider who cannot be reached is not taken for one who does not answer.
    pub(crate) fn new(base: Url, token: HeaderValue, call_timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(call_timeout)
            .connect_timeout(call_timeout / 2)
            .pool_idle_timeout(IDLE_CONNECTION)
            .redirect(redirect::Policy::none())
            .dns_resolver(Arc::new(Names))
            .tcp_nodelay(true)
            .build()?;
        Ok(Self { client, server: Server::of(&base), base, token })
    }

    /// Posts to `/pa/METHOD` and returns whatever was answered.
    pub(crate) async fn post(&self, method: &str, body: &impl Serialize) -> Result<Answer, SendError> {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["pa", method]);
        }
        let request = self.client.post(url).header("X-Viber-Auth-Token", self.token.clone()).json(body);
        let response = request.send().await.map_err(unanswered)?;
        let status = response.status().as_u16();
        let retry_after = retry_after(&response);
        Ok(Answer { status, retry_after, body: limited_body(response).await? })
    }

    /// The same error, with the server that was asked.
    pub(crate) fn at(&self, error: SendError) -> SendError {
        error.at(self.server.as_ref())
    }
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

async fn limited_body(mut response: Response) -> Result<Vec<u8>, SendError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            return Err(SendError::new(SendErrorKind::Ambiguous).code("answer_too_long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The channel of one bot.
pub(crate) struct Viber {
    pub(crate) id: ChannelId,
    pub(crate) api: Arc<Api>,
    pub(crate) sender_name: String,
    pub(crate) min_api_version: u8,
    pub(crate) registration: Registration,
    /// Never sent on: its end tells the driver that the adapter is gone.
    pub(crate) _alive: oneshot::Sender<Infallible>,
}

/// Viber names no rate of its own; the operator may set one for the route.
const CAPABILITIES: Capabilities = Capabilities {
    length: TextLength::Long,
    receipt_delivered: true,
    receipt_read: true,
    idempotent_resend: false,
    one_click_unsubscribe: false,
    per_second: None,
    per_address_per_minute: None,
};

#[async_trait]
impl Channel for Viber {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    fn capabilities(&self) -> &Capabilities {
        &CAPABILITIES
    }

    fn measure(&self, text: &str) -> Measure {
        request::measure(text)
    }

    fn address(&self, text: &str) -> Option<Address> {
        request::address(text)
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let body = SendMessage::new(message, &self.sender_name, self.min_api_version);
        self.registration.settled().await;
        let answer = self.api.post("send_message", &body).await;
        answer.and_then(|answer| response::accepted(&answer)).map_err(|error| self.api.at(error))
    }

    async fn probe(&self) -> Result<Health, SendError> {
        let answer = self.api.post("get_account_info", &GetAccountInfo {}).await;
        answer.and_then(|answer| response::health(&answer)).map_err(|error| self.api.at(error.harmless()))
    }

    fn standing(&self) -> Standing {
        self.registration.standing()
    }
}
