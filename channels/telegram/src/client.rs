//! The calls to Telegram.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use teloxide_core::payloads::GetMe;
use teloxide_core::requests::Payload;
use url::Url;
use vestnik_contract::http::{Names, unanswered};
use vestnik_contract::{
    Accepted, Address, Capabilities, Channel, ChannelId, Health, Measure, Message, SendError, SendErrorKind,
    Server, Standing, TextLength,
};

use crate::request;
use crate::response::{self, Answer};
use crate::source::Polling;

/// The answer to `sendMessage` repeats the text, at most 24 KiB with every character escaped; an
/// update with the message it replies to is twice that, and a poll brings a hundred.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

/// Shorter than servers usually keep an idle connection, so that we seldom write into one that is
/// just being closed: that would be an ambiguous send.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);

/// The Bot API for one bot.
pub(crate) struct Api {
    client: reqwest::Client,
    server: Option<Server>,
    base: Url,
    token: SecretString,
    call_timeout: Duration,
}

impl Api {
    /// The API at `base`. A call ends within `call_timeout`; half of it is for connecting, so that
    /// a provider who cannot be reached is not taken for one who does not answer.
    pub(crate) fn new(
        base: Url,
        token: SecretString,
        call_timeout: Duration,
    ) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(call_timeout / 2)
            .pool_idle_timeout(IDLE_CONNECTION)
            .redirect(redirect::Policy::none())
            .dns_resolver(Arc::new(Names))
            .tcp_nodelay(true)
            .build()?;
        Ok(Self { client, server: Server::of(&base), base, token, call_timeout })
    }

    /// Calls a method and returns whatever was answered.
    pub(crate) async fn call<P: Payload + Serialize>(&self, payload: &P) -> Result<Answer, SendError> {
        self.call_waiting(payload, Duration::ZERO).await
    }

    /// Calls a method whose answer the server may hold back for `patience`.
    pub(crate) async fn call_waiting<P>(&self, payload: &P, patience: Duration) -> Result<Answer, SendError>
    where
        P: Payload + Serialize,
    {
        let body = serde_json::to_vec(payload).map_err(|_| SendError::new(SendErrorKind::Rejected))?;
        let request = self
            .client
            .post(self.method_url(P::NAME))
            .timeout(self.call_timeout + patience)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let response = request.send().await.map_err(unanswered)?;
        let status = response.status().as_u16();
        Ok(Answer { status, body: limited_body(response).await? })
    }

    /// The same error, with the server that was asked.
    pub(crate) fn at(&self, error: SendError) -> SendError {
        error.at(self.server.as_ref())
    }

    /// `/bot<token>/METHOD`. It holds the token, so it must never be printed.
    fn method_url(&self, method: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(&format!("bot{}", self.token.expose_secret())).push(method);
        }
        url
    }
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
pub(crate) struct Telegram {
    pub(crate) id: ChannelId,
    pub(crate) api: Arc<Api>,
    pub(crate) bot: String,
    pub(crate) polling: Arc<Polling>,
}

/// Telegram tells neither that a message was delivered nor that it was read. The rates are those of
/// <https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>: about 30
/// messages per second in all, one per second in a chat.
const CAPABILITIES: Capabilities = Capabilities {
    length: TextLength::Long,
    receipt_delivered: false,
    receipt_read: false,
    idempotent_resend: false,
    one_click_unsubscribe: false,
    per_second: Some(30),
    per_address_per_minute: Some(60),
};

#[async_trait]
impl Channel for Telegram {
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
        let request = request::send_message(message)
            .ok_or_else(|| SendError::new(SendErrorKind::Rejected).code("not_a_chat_id"))?;
        let answer = self.api.call(&request).await;
        answer.and_then(|answer| response::accepted(&answer)).map_err(|error| self.api.at(error))
    }

    async fn probe(&self) -> Result<Health, SendError> {
        let answer = self.api.call(&GetMe::new()).await;
        answer
            .and_then(|answer| response::health(&answer, &self.bot))
            .map_err(|error| self.api.at(error.harmless()))
    }

    fn standing(&self) -> Standing {
        self.polling.standing()
    }
}
