//! Reason codes: why something was decided, deferred or ended.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        /// Why something was decided, deferred or ended. The codes stand in traces, timelines and
        /// statuses and do not change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[doc = $doc])+ #[serde(rename = $code)] $name,)+
        }

        impl Reason {
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
        }
    };
}

reasons! {
    // Channels considered.
    /// The channel is part of the plan.
    Chosen = "chosen",
    /// Something speaks against the channel, but a law demands the message and no other channel is left.
    LawOverrides = "law_overrides",
    /// The citizen has no address on the channel.
    NoAddress = "no_address",
    /// The citizen's address on the channel is closed.
    AddressClosed = "address_closed",
    /// There is no consent for the channel and topic.
    NoConsent = "no_consent",
    /// The citizen withdrew consent for the channel and topic.
    ConsentWithdrawn = "consent_withdrawn",
    /// The law of the citizen's jurisdiction does not allow the channel.
    JurisdictionForbids = "jurisdiction_forbids",
    /// The citizen's preference leaves the channel out.
    NotPreferred = "not_preferred",
    /// The channel is not configured here.
    ChannelOff = "channel_off",
    /// The text does not fit the channel.
    TextTooLong = "text_too_long",
    /// Too many declined such messages on the channel; a person has to release them there.
    Guarded = "guarded",

    // Deferrals.
    /// Its source asked not to send it earlier.
    NotBefore = "not_before",
    /// It is quiet time for the citizen.
    QuietHours = "quiet_hours",
    /// As many messages as the contact budget allows were sent, or are going to be.
    ContactBudget = "contact_budget",
    /// It gave its place in the contact budget to a message that matters more.
    Yielded = "yielded",
    /// It waits a little for others to the same citizen, to go out with them as one message.
    Bundled = "bundled",
    /// The citizen is first told who writes on this channel, and how to check it.
    Introduction = "introduction",
    /// The provider was not available; it is tried again.
    Retry = "retry",
    /// The provider asked to slow down.
    Throttled = "throttled",
    /// The route is paused.
    RoutePaused = "route_paused",

    // Endings and steps.
    /// There is no such citizen in the registry.
    NoSuchCitizen = "no_such_citizen",
    /// The registry says that the citizen has died.
    Deceased = "deceased",
    /// Its time was over when it arrived.
    ExpiredOnArrival = "expired_on_arrival",
    /// Its time was over before it could be sent.
    Expired = "expired",
    /// Its source took it back.
    CancelledBySource = "cancelled_by_source",
    /// Its source replaced it by another.
    Superseded = "superseded",
    /// The awaited receipt did not come in time.
    NoReceipt = "no_receipt",
    /// The provider gives no receipt for the message.
    NoReceiptGiven = "no_receipt_given",
    /// A receipt says that it arrived.
    ReceiptDelivered = "receipt_delivered",
    /// A receipt says that it was read.
    ReceiptRead = "receipt_read",
    /// The provider could not be reached within the time for retries.
    ProviderUnavailable = "provider_unavailable",
    /// The call to the provider had no answer; it may have been accepted.
    Ambiguous = "ambiguous",
    /// The citizen cannot be reached at this address.
    Unreachable = "unreachable",
    /// The provider refused the content.
    Rejected = "rejected",
    /// The route's credentials or settings are refused by the provider.
    Misconfigured = "misconfigured",
    /// Evidence from another step made this one needless.
    NotNeeded = "not_needed",
    /// The recipient is not on this installation's allow-list.
    NotOnAllowList = "not_on_allow_list",
    /// The text could not be rendered from the catalogue in force.
    TemplateMissing = "template_missing",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_are_their_own_json() {
        let codes: HashSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
            assert!(reason.describe().ends_with('.'));
        }
    }
}
