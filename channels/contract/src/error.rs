//! Why a send did not succeed, in a closed vocabulary.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Obstacle, Server};

/// Whether an address that could not be reached can be reached another day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permanence {
    /// Blocked, unsubscribed, no such mailbox: the address is closed.
    Permanent,
    /// Switched off, mailbox full, no suitable device: the address stays.
    Soft,
}

/// What kind of failure it was. The gateway decides by the kind alone what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendErrorKind {
    /// The provider could not be asked or could not answer: connection refused, 5xx, SMTP 4xx.
    Unavailable,
    /// The provider asks to slow down.
    Throttled,
    /// The request was written and no answer came: it may or may not have been accepted.
    Ambiguous,
    /// This address cannot be reached on this channel.
    Unreachable(Permanence),
    /// The provider refuses this content.
    Rejected,
    /// Our credentials, balance or settings are wrong: no message of this route can pass.
    Misconfigured,
}

impl SendErrorKind {
    /// The kind's name in metrics and timelines, such as `unreachable_soft`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Throttled => "throttled",
            Self::Ambiguous => "ambiguous",
            Self::Unreachable(Permanence::Permanent) => "unreachable_permanent",
            Self::Unreachable(Permanence::Soft) => "unreachable_soft",
            Self::Rejected => "rejected",
            Self::Misconfigured => "misconfigured",
        }
    }
}

/// A failed send: its kind, the provider's own code, how long the provider asks to wait, what stood
/// between us and which server, and the error below. Its text names these and never an address of a
/// recipient, a token or a text.
#[derive(Debug)]
pub struct SendError {
    kind: SendErrorKind,
    code: Option<String>,
    retry_after: Option<Duration>,
    obstacle: Option<Obstacle>,
    server: Option<Server>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl SendError {
    /// A failure of this kind.
    #[must_use]
    pub fn new(kind: SendErrorKind) -> Self {
        Self { kind, code: None, retry_after: None, obstacle: None, server: None, source: None }
    }

    /// With the provider's code, such as `429` or `0x58`. Only codes: a provider's free text may
    /// repeat what was sent. Of what a provider may call a code, printable ASCII of the first 64
    /// characters is kept.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        let mut code = code.into();
        code.retain(|character| matches!(character, ' '..='~'));
        code.truncate(64);
        self.code = Some(code);
        self
    }

    /// With the time the provider asks to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// With the error below. It must not print an address, a token or a text: of a `reqwest::Error`
    /// take the URL away first (`without_url`).
    #[must_use]
    pub fn source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// With what stood between us and the provider.
    #[must_use]
    pub fn obstacle(mut self, obstacle: impl Into<Option<Obstacle>>) -> Self {
        self.obstacle = obstacle.into();
        self
    }

    /// With the server that was asked, as it is configured.
    #[must_use]
    pub fn at<'a>(mut self, server: impl Into<Option<&'a Server>>) -> Self {
        self.server = server.into().cloned();
        self
    }

    /// The same of a call that sends nothing to anyone: nothing is in doubt.
    #[must_use]
    pub fn harmless(mut self) -> Self {
        if self.kind == SendErrorKind::Ambiguous {
            self.kind = SendErrorKind::Unavailable;
        }
        self
    }

    /// The same without the error below, to be kept and told again.
    #[must_use]
    pub fn summary(&self) -> Self {
        Self {
            kind: self.kind,
            code: self.code.clone(),
            retry_after: self.retry_after,
            obstacle: self.obstacle,
            server: self.server.clone(),
            source: None,
        }
    }

    /// The kind, by which the gateway acts.
    #[must_use]
    pub fn kind(&self) -> SendErrorKind {
        self.kind
    }

    /// The provider's own code, where it gave one.
    #[must_use]
    pub fn provider_code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// What stood between us and the provider, where it is known.
    #[must_use]
    pub fn stood_between(&self) -> Option<Obstacle> {
        self.obstacle
    }

    /// The server that was asked, where it is known.
    #[must_use]
    pub fn server(&self) -> Option<&Server> {
        self.server.as_ref()
    }

    /// How long the provider asks to wait, where it said so.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        if let Some(code) = &self.code {
            write!(f, " (provider code {code})")?;
        }
        match (&self.server, self.obstacle) {
            (Some(server), Some(obstacle)) => write!(f, ": {server}: {obstacle}")?,
            (None, Some(obstacle)) => write!(f, ": {obstacle}")?,
            (_, None) => {}
        }
        if let Some(wait) = self.retry_after {
            write!(f, ", retry after {} s", wait.as_secs_f32())?;
        }
        Ok(())
    }
}

impl StdError for SendError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_stood_where_between_us_and_the_provider() {
        let server = Server { host: "smsc.example".to_owned(), port: 2775 };
        let error = || SendError::new(SendErrorKind::Unavailable).at(&server);
        assert_eq!(error().to_string(), "unavailable");
        let refused = error().obstacle(Obstacle::Refused).to_string();
        assert_eq!(
            refused,
            "unavailable: smsc.example:2775: the connection is refused, nobody listens there"
        );
        let bind = SendError::new(SendErrorKind::Misconfigured).code("0x0E").obstacle(Obstacle::Credentials);
        assert_eq!(bind.to_string(), "misconfigured (provider code 0x0E): our credentials are refused");
        let late = SendError::new(SendErrorKind::Ambiguous).obstacle(Obstacle::TimedOut).harmless();
        assert_eq!(
            (late.kind(), late.stood_between()),
            (SendErrorKind::Unavailable, Some(Obstacle::TimedOut))
        );
    }

    #[test]
    fn a_code_is_short_and_printable_whatever_a_provider_calls_one() {
        let code = |code: &str| SendError::new(SendErrorKind::Rejected).code(code).code;
        assert_eq!(code("550 5.1.1").as_deref(), Some("550 5.1.1"));
        assert_eq!(code("4\0 2\n9\u{1b}[2J Іван").as_deref(), Some("4 29[2J "));
        assert_eq!(code(&"x".repeat(100_000)).map(|code| code.len()), Some(64));
    }
}
