//! Providers' callbacks over HTTP, without any I/O.

use jiff::Timestamp;

use crate::Event;

/// A request that somebody, perhaps the provider, made. Every part of it is hostile until its
/// signature is checked. `Debug` is not derived: bodies and headers hold addresses and secrets.
#[derive(Clone, Copy)]
pub struct CallbackRequest<'a> {
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// What follows the route in the path, without a leading slash; usually empty.
    pub path: &'a str,
    /// The query without `?`; empty where there is none.
    pub query: &'a str,
    /// Names in lower case, with their values. A name may stand more than once.
    pub headers: &'a [(String, String)],
    /// The body, already limited in size by the server.
    pub body: &'a [u8],
}

impl CallbackRequest<'_> {
    /// The first header of this lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackReply {
    /// HTTP status.
    pub status: u16,
    /// Media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl CallbackReply {
    /// An answer with this status and no body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: Vec::new() }
    }

    /// An answer in JSON.
    #[must_use]
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type: "application/json", body: body.into() }
    }
}

/// What a request meant and what to answer once its events are committed. If they cannot be
/// committed, the gateway answers 503 in place of `reply`, so that the provider asks again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackOutcome {
    /// What was said. Empty where the request was refused or carried nothing of use.
    pub events: Vec<Event>,
    /// The answer.
    pub reply: CallbackReply,
}

impl CallbackOutcome {
    /// Refuses the request: no events, this status.
    #[must_use]
    pub fn refused(status: u16) -> Self {
        Self { events: Vec::new(), reply: CallbackReply::empty(status) }
    }
}

/// Understands a provider's callbacks. Pure: no I/O, no clock of its own, no memory.
pub trait Callbacks: Send + Sync {
    /// Checks the request's signature and translates it. A wrong or missing signature is refused
    /// with 401 or 403, a body that is not understood with 400, a wrong method with 405; each
    /// without events and without a panic, whatever the bytes are.
    fn receive(&self, request: &CallbackRequest<'_>, now: Timestamp) -> CallbackOutcome;
}
