//! The channel itself: measure, address, send, probe.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use rusmpp::Pdu;
use rusmpp::pdus::SubmitSm;
use tokio::sync::mpsc;
use tokio::time::Instant;
use vestnik_contract::{
    Accepted, Address, Capabilities, Channel, ChannelId, ClockFn, EventBatch, EventSource, Health, Measure,
    Message, SendError, SendErrorKind, Server, Standing,
};

use crate::address;
use crate::inbox::{Acknowledged, Inbox};
use crate::link::Link;
use crate::status;
use crate::submit::Composer;

/// Sends over one session.
pub(crate) struct Sms {
    pub(crate) id: ChannelId,
    pub(crate) capabilities: Capabilities,
    pub(crate) composer: Composer,
    pub(crate) link: Link,
    pub(crate) call_timeout: Duration,
    pub(crate) clock: ClockFn,
    /// Tells the parts of one long message from those of another.
    pub(crate) reference: AtomicU16,
    pub(crate) account: String,
    pub(crate) server: Server,
}

#[async_trait]
impl Channel for Sms {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn measure(&self, text: &str) -> Measure {
        self.composer.measure(text)
    }

    fn address(&self, text: &str) -> Option<Address> {
        address::e164(text)
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let deadline = Instant::now() + self.call_timeout;
        let reference = self.reference.fetch_add(1, Ordering::Relaxed);
        let parts = self.composer.compose(message, reference, (self.clock)())?;
        let mut references = Vec::with_capacity(parts.len());
        for (number, part) in parts.into_iter().enumerate() {
            let reference = self.submit(part, deadline).await;
            let failed = |error: SendError| if number == 0 { error } else { torn(&error) };
            references.push(reference.map_err(|error| failed(error).at(&self.server))?);
        }
        references.retain(|reference| !reference.is_empty());
        Ok(Accepted { references })
    }

    async fn probe(&self) -> Result<Health, SendError> {
        let deadline = Instant::now() + self.call_timeout;
        match self.link.ask(Pdu::EnquireLink, deadline).await {
            Ok(_) => Ok(Health { account: Some(self.account.clone()), balance: None }),
            Err(error) => Err(error.harmless().at(&self.server)),
        }
    }

    fn standing(&self) -> Standing {
        match self.link.standing() {
            Standing::Broken(error) => Standing::Broken(error.at(&self.server)),
            Standing::Elsewhere(told) => {
                Standing::Elsewhere(told.map(|told| format!("{}: {told}", self.server)))
            }
            standing => standing,
        }
    }
}

impl Sms {
    /// One part's message id.
    async fn submit(&self, part: SubmitSm, deadline: Instant) -> Result<String, SendError> {
        let answer = self.link.ask(part.into(), deadline).await?;
        match answer.status {
            status::OK => Ok(answer.id),
            status => Err(status::refused_submit(status)),
        }
    }
}

/// The error of a message of which some parts were accepted and a later one was not.
///
/// The citizen may see a piece, all of it with a gap, or nothing; the first parts are on their way
/// and paid for. That is neither accepted nor refused, and to send it all again could show it twice:
/// it is Ambiguous, with the code that the later part got. Parts are submitted one after the other,
/// each after the answer to the one before, so that an SMSC that refuses or throttles a message
/// does so at its first part, where the refusal is definite.
fn torn(error: &SendError) -> SendError {
    let torn = SendError::new(SendErrorKind::Ambiguous)
        .obstacle(error.stood_between())
        .source("a later part of the message was not accepted");
    match error.provider_code() {
        Some(code) => torn.code(code),
        None => torn,
    }
}

/// Brings receipts and replies.
pub(crate) struct Events {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) acknowledged: mpsc::Sender<Acknowledged>,
}

#[async_trait]
impl EventSource for Events {
    async fn next(&self) -> Result<EventBatch, SendError> {
        Ok(self.inbox.next().await)
    }

    async fn acknowledge(&self, token: u64) -> Result<(), SendError> {
        let Some(acknowledged) = self.inbox.acknowledge(token) else { return Ok(()) };
        let gone = |_| SendError::new(SendErrorKind::Unavailable);
        self.acknowledged.send(acknowledged).await.map_err(gone)
    }
}
