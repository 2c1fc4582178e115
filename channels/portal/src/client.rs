//! The one call to the portal.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, Response};
use secrecy::ExposeSecret;
use url::Url;
use vestnik_contract::http::{Names, unanswered};
use vestnik_contract::{
    Accepted, Adapter, Address, AddressForm, Capabilities, Channel, ChannelId, ClockFn, Health, Measure,
    Message, SendError, Server, Setup, SetupError, TextLength,
};

use crate::answer::{self, Answer};
use crate::callback::PortalCallbacks;
use crate::request;
use crate::settings::Settings;
use crate::signature::{ID_HEADER, Key, SIGNATURE_HEADER, TIMESTAMP_HEADER};

/// How much of an answer is read, in bytes; the reference is far shorter.
const MAX_ANSWER: usize = 16 * 1024;
/// The longest user id, in characters.
const MAX_USER: usize = 128;

/// Builds the adapter of one route. Reads the secret and the certificate file; makes no call.
pub fn connect(settings: &Settings, setup: &Setup) -> Result<Adapter, SetupError> {
    settings.validate()?;
    let secret = settings.secret.resolve("secret")?;
    let key = Key::parse(secret.expose_secret())
        .ok_or_else(|| SetupError::new("secret", "`whsec_` and the base64 of 24 to 64 random bytes"))?;
    let portal = Portal {
        id: ChannelId::new("portal").map_err(|_| SetupError::new("channel", "an id"))?,
        http: http(settings)?,
        url: settings.url.clone(),
        key: key.clone(),
        limit: settings.max_text_characters,
        clock: setup.clock.clone(),
    };
    Ok(Adapter {
        channel: Arc::new(portal),
        callbacks: Some(Arc::new(PortalCallbacks::new(key))),
        events: None,
        driver: None,
        turn: None,
    })
}

fn http(settings: &Settings) -> Result<Client, SetupError> {
    let limit = Duration::from_secs(settings.call_timeout_seconds.into());
    let mut builder = Client::builder()
        .user_agent(concat!("vestnik/", env!("CARGO_PKG_VERSION")))
        // A connection that takes more than half of the time leaves none for an answer; that it
        // ends on its own shows that nothing was written.
        .connect_timeout(limit / 2)
        .timeout(limit)
        // Shorter than the patience of common servers, so that no call meets a closing connection.
        .pool_idle_timeout(Duration::from_secs(30))
        .redirect(Policy::none())
        .dns_resolver(Arc::new(Names))
        .no_gzip()
        .no_proxy();
    for certificate in certificates(settings)? {
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|_| SetupError::new("ca_file", "certificates that TLS can use"))
}

fn certificates(settings: &Settings) -> Result<Vec<Certificate>, SetupError> {
    let Some(path) = &settings.ca_file else { return Ok(Vec::new()) };
    let expected =
        || SetupError::new("ca_file", format!("{} to be a file of PEM certificates", path.display()));
    let pem = fs::read(path).map_err(|_| expected())?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|_| expected())?;
    if certificates.is_empty() { Err(expected()) } else { Ok(certificates) }
}

/// How addresses of the portal are written.
pub const ADDRESSES: AddressForm =
    AddressForm { looks: "the portal's user id, of letters, digits and . _ : @ + -", read: address };

/// The portal's user id as an address: 1 to 128 characters of `[A-Za-z0-9._:@+-]`, with or without
/// spaces around it. Case matters: it is the portal's own id.
#[must_use]
pub fn address(text: &str) -> Option<Address> {
    let user = text.trim_matches(' ');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:@+-".contains(&byte);
    ((1..=MAX_USER).contains(&user.len()) && user.bytes().all(allowed)).then(|| Address::new(user))
}

const CAPABILITIES: Capabilities = Capabilities {
    length: TextLength::Long,
    receipt_delivered: true,
    receipt_read: true,
    // The portal knows a resend by its `Webhook-Id` and answers 409.
    idempotent_resend: true,
    one_click_unsubscribe: false,
    per_second: None,
    per_address_per_minute: None,
};

struct Portal {
    id: ChannelId,
    http: Client,
    url: Url,
    key: Key,
    limit: u32,
    clock: ClockFn,
}

impl Portal {
    /// The same error, with the server that was asked.
    fn at(&self, error: SendError) -> SendError {
        error.at(Server::of(&self.url).as_ref())
    }

    /// Signs the body, makes the call and reads as much of the answer as is of use.
    async fn call(
        &self,
        method: Method,
        id: &str,
        body: Vec<u8>,
        now: Timestamp,
    ) -> Result<Answer, SendError> {
        let seconds = now.as_second();
        let request = self
            .http
            .request(method, self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ID_HEADER, id)
            .header(TIMESTAMP_HEADER, seconds)
            .header(SIGNATURE_HEADER, self.key.sign(id, seconds, &body))
            .body(body);
        let response = request.send().await.map_err(unanswered)?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        let body = if answer::has_body(status) { beginning(response).await? } else { Vec::new() };
        Ok(Answer { status, retry_after, body })
    }
}

/// The first [`MAX_ANSWER`] bytes. An answer that breaks off is no answer.
async fn beginning(mut response: Response) -> Result<Vec<u8>, SendError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
        let room = MAX_ANSWER - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == MAX_ANSWER {
            break;
        }
    }
    Ok(body)
}

#[async_trait]
impl Channel for Portal {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    fn capabilities(&self) -> &Capabilities {
        &CAPABILITIES
    }

    fn measure(&self, text: &str) -> Measure {
        let units = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Measure { fits: units <= self.limit, segments: 1, units, limit: self.limit }
    }

    fn address(&self, text: &str) -> Option<Address> {
        address(text)
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let now = (self.clock)();
        let id = message.attempt.to_string();
        let answer = self.call(Method::POST, &id, request::body(message)?, now).await;
        answer.and_then(|answer| answer::sent(&answer, &id, now)).map_err(|error| self.at(error))
    }

    async fn probe(&self) -> Result<Health, SendError> {
        let now = (self.clock)();
        let id = format!("probe-{}", now.as_millisecond());
        let answer = self.call(Method::GET, &id, Vec::new(), now).await;
        answer.and_then(|answer| answer::probed(&answer, now)).map_err(|error| self.at(error.harmless()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_the_portals_own_id() {
        for good in ["u-17", "A", "ua:citizen.7@portal", " u-17 ", &"x".repeat(128)] {
            assert_eq!(address(good).map(|a| a.expose().to_owned()).as_deref(), Some(good.trim()), "{good}");
        }
        for bad in ["", " ", "a b", "a\n", "\tb", "ж", "a/b", "a?b", "<a>", &"x".repeat(129)] {
            assert!(address(bad).is_none(), "{bad:?}");
        }
        assert_ne!(address("a"), address("A"));
    }

    proptest! {
        #[test]
        fn an_address_is_its_own_one_form(text in ".*") {
            if let Some(one) = address(&text) {
                prop_assert_eq!(address(one.expose()), Some(one));
            }
        }
    }
}
