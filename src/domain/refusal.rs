//! Refusal codes: why a message or a request was not answered as its sender hoped.

use std::fmt;

/// Whose fault a refusal is, and so who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The sender's: the same again is refused again.
    Sender,
    /// The gateway's or its servers': the same again may be taken.
    Gateway,
}

macro_rules! refusals {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $fault:ident, $status:expr;)+) => {
        /// Why a message or a request was refused. The codes stand in dead letters, HTTP problems and
        /// metrics and do not change.
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

            /// Whose fault it is.
            #[must_use]
            pub fn fault(self) -> Fault {
                match self { $(Self::$name => Fault::$fault,)+ }
            }

            /// The HTTP status of a request that is refused for it; none where that cannot happen
            /// over HTTP.
            #[must_use]
            pub fn status(self) -> Option<u16> {
                match self { $(Self::$name => $status,)+ }
            }
        }
    };
}

refusals! {
    // What was sent.
    /// The body is not JSON, is nested too deep, or holds U+0000.
    InvalidJson = "invalid_json", Sender, Some(422);
    /// A field is missing, unknown, or not of the form it must have.
    InvalidField = "invalid_field", Sender, Some(422);
    /// The catalogue has no such life event.
    UnknownLifeEvent = "unknown_life_event", Sender, Some(422);
    /// The life event has no such measure.
    UnknownMeasure = "unknown_measure", Sender, Some(422);
    /// The params do not fit the template of the measure.
    InvalidParams = "invalid_params", Sender, Some(422);
    /// A part of the address or of the query is not of the form it must have.
    InvalidQuery = "invalid_query", Sender, Some(422);
    /// The body is too large, or holds too many messages.
    TooLarge = "too_large", Sender, Some(413);
    /// The source and id were taken before, with another content.
    Conflict = "conflict", Sender, Some(409);
    // Who sent it.
    /// The request carries no API token that is in force.
    Unauthorized = "unauthorized", Sender, Some(401);
    /// The API token does not permit this.
    Forbidden = "forbidden", Sender, Some(403);
    /// The source is not registered, or nothing proves that the message comes from it.
    ForbiddenSource = "forbidden_source", Sender, Some(403);
    /// The source may not ask for priority urgent.
    UrgentNotPermitted = "urgent_not_permitted", Sender, Some(403);
    /// The source may not speak of this life event.
    LifeEventNotPermitted = "life_event_not_permitted", Sender, Some(403);
    // Where it was sent.
    /// There is nothing at this address.
    NotFound = "not_found", Sender, Some(404);
    /// There is no such citizen in the registry.
    NoSuchCitizen = "no_such_citizen", Sender, Some(404);
    /// No message of ours carries this check code.
    NoSuchCode = "no_such_code", Sender, Some(404);
    /// So many wrong check codes came from there that none is looked up for now.
    TooManyWrongCodes = "too_many_wrong_codes", Sender, Some(429);
    /// This address does not know the method.
    MethodNotAllowed = "method_not_allowed", Sender, Some(405);
    /// The routing key does not say what the body says.
    RoutingKeyMismatch = "routing_key_mismatch", Sender, None;
    /// The broker had no queue for its routing key.
    Unroutable = "unroutable", Sender, None;
    // What failed on this side.
    /// So much work is waiting that no more of this priority is taken now.
    BackPressure = "back_pressure", Gateway, Some(503);
    /// The ledger is away.
    Unavailable = "unavailable", Gateway, Some(503);
    /// The answer took too long; whether the request was carried out is not known.
    Timeout = "timeout", Gateway, Some(503);
    /// The gateway failed; the mistake is its own, and what was asked can be asked again once it is mended.
    Internal = "internal", Gateway, Some(500);
    /// The broker put it aside: delivered too often without an acknowledgement, expired, or no room.
    PutAsideByBroker = "put_aside_by_broker", Gateway, None;
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
    }

    #[test]
    fn the_status_says_whose_fault_it_is() {
        for reason in RefusalReason::ALL {
            let Some(status) = reason.status() else { continue };
            let range = if reason.fault() == Fault::Sender { 400..500 } else { 500..600 };
            assert!(range.contains(&status), "{reason}: {status}");
        }
    }

    /// A row of the table in the documentation of the HTTP API.
    fn row(reason: RefusalReason) -> String {
        let status = reason.status().map_or("—".to_owned(), |status| status.to_string());
        let fault = match reason.fault() {
            Fault::Sender => "yours",
            Fault::Gateway => "ours",
        };
        format!("| `{reason}` | {status} | {fault} | {} |\n", reason.describe())
    }

    #[test]
    fn the_documentation_has_every_code_and_no_other() {
        let head = "| `reason` | status | fault | what it means |\n|---|---|---|---|\n";
        let table: String = RefusalReason::ALL.iter().copied().map(row).collect();
        let documented = include_str!("../../docs/http-api.md").split_once(head);
        let rest = documented.map(|(_, rest)| rest).unwrap_or_default();
        assert!(rest.starts_with(&format!("{table}\n")), "docs/http-api.md lacks this table:\n{head}{table}");
    }
}
