//! Why a message was not taken: what a dead letter and an HTTP problem say of it.

use std::fmt;

use serde_json::{Value, json};

macro_rules! refusals {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $status:literal;)+) => {
        /// Why a message was not taken. The codes stand in dead letters, HTTP problems and metrics
        /// and do not change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum RefusalReason {
            $($(#[doc = $doc])+ $name,)+
        }

        impl RefusalReason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The reason's code.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// What the code means, in a sentence.
            #[must_use]
            pub fn describe(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// The HTTP status of a request that is refused for it.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }
        }
    };
}

refusals! {
    /// The body is not JSON, is nested too deep, or holds U+0000.
    InvalidJson = "invalid_json", 422;
    /// A field is missing, unknown, or not of the form it must have.
    InvalidField = "invalid_field", 422;
    /// The catalogue has no such life event.
    UnknownLifeEvent = "unknown_life_event", 422;
    /// The life event has no such measure in the catalogue.
    UnknownMeasure = "unknown_measure", 422;
    /// The params do not fit the template of the measure.
    InvalidParams = "invalid_params", 422;
    /// The routing key does not say what the body says.
    RoutingKeyMismatch = "routing_key_mismatch", 422;
    /// The body is larger than 256 KiB.
    TooLarge = "too_large", 413;
    /// The source is not registered, or nothing proves that the message comes from it.
    ForbiddenSource = "forbidden_source", 403;
    /// The source may not ask for priority urgent.
    UrgentNotPermitted = "urgent_not_permitted", 403;
    /// The source may not speak of this life event.
    LifeEventNotPermitted = "life_event_not_permitted", 403;
    /// The source and id were taken before, with another body.
    Conflict = "conflict", 409;
    /// The gateway itself could not take it; it can be replayed once the cause is mended.
    Internal = "internal", 500;
    /// The broker had no queue for its routing key.
    Unroutable = "unroutable", 422;
    /// The broker put it aside: delivered too often without an acknowledgement, expired, or no room.
    PutAsideByBroker = "put_aside_by_broker", 500;
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A message that is not taken, and why. No part of it holds a value from the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {}", self.place_and_detail())]
pub struct Refusal {
    /// Why.
    pub reason: RefusalReason,
    /// JSON pointer (RFC 6901) to the field; empty for the whole body.
    pub pointer: String,
    /// What was expected there, in plain words.
    pub detail: String,
}

impl Refusal {
    /// A refusal of what stands at `pointer`.
    pub fn at(reason: RefusalReason, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { reason, pointer: pointer.into(), detail: detail.into() }
    }

    /// A refusal of the message as a whole.
    pub fn whole(reason: RefusalReason, detail: impl Into<String>) -> Self {
        Self::at(reason, "", detail)
    }

    /// The same refusal of what stands inside the value at `pointer`.
    #[must_use]
    pub(super) fn within(self, pointer: &str) -> Self {
        Self { pointer: format!("{pointer}{}", self.pointer), ..self }
    }

    /// The pointer, where there is one, and what was expected.
    #[must_use]
    pub fn place_and_detail(&self) -> String {
        if self.pointer.is_empty() {
            self.detail.clone()
        } else {
            format!("{}: {}", self.pointer, self.detail)
        }
    }

    /// The problem that an HTTP client is told (RFC 9457), with `reason` and `pointer` as extension
    /// members. Its content type is `application/problem+json`, its status
    /// [`RefusalReason::status`].
    #[must_use]
    pub fn problem(&self) -> Value {
        json!({
            "type": format!("urn:vestnik:problem:{}", self.reason),
            "title": self.reason.describe(),
            "status": self.reason.status(),
            "detail": self.detail,
            "reason": self.reason.as_str(),
            "pointer": self.pointer,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_described() {
        let codes: HashSet<_> = RefusalReason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(codes.len(), RefusalReason::ALL.len());
        assert!(RefusalReason::ALL.iter().all(|reason| reason.describe().ends_with('.')));
        assert!(RefusalReason::ALL.iter().all(|reason| (400..600).contains(&reason.status())));
    }

    #[test]
    fn a_refusal_becomes_a_problem() {
        let refusal = Refusal::at(RefusalReason::InvalidParams, "/params/child_order", "expected a number");
        assert_eq!(refusal.to_string(), "invalid_params: /params/child_order: expected a number");
        let problem = refusal.problem();
        assert_eq!(problem["status"], 422);
        assert_eq!(problem["reason"], "invalid_params");
        assert_eq!(problem["pointer"], "/params/child_order");
    }
}
