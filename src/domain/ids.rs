//! Identifiers: configured words, and the keys of rows.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vestnik_contract::id_type;

id_type! {
    /// A registered upstream service that publishes notifications.
    SourceId
}

id_type! {
    /// A life event of the catalogue, such as `child_birth`.
    LifeEventId
}

id_type! {
    /// A measure: what the citizen may have because of a life event.
    MeasureId
}

id_type! {
    /// A topic: the heading that consent and preference speak of, such as `family`.
    TopicId
}

id_type! {
    /// A jurisdiction, such as `ua`.
    JurisdictionId
}

macro_rules! row_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

row_key! {
    /// The ledger's key of a notification (UUID version 7).
    NotificationKey
}

row_key! {
    /// A notice (UUID version 7).
    NoticeId
}

row_key! {
    /// One call to a provider (UUID version 7).
    AttemptId
}

/// The keyed hash of a citizen's id (HMAC-SHA256): the ledger's key of a citizen. Without the hash
/// key it tells nothing of the id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CitizenKey(pub [u8; 32]);

impl fmt::Debug for CitizenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CitizenKey(..)")
    }
}

/// A citizen's id as the sources know it, such as `snils:11223344595`: 1 to 128 printable ASCII
/// characters. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct CitizenId(String);

impl CitizenId {
    /// Checks and wraps an id.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidCitizenId> {
        let text = text.into();
        let printable = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if printable { Ok(Self(text)) } else { Err(InvalidCitizenId) }
    }

    /// The id itself; never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CitizenId(..)")
    }
}

impl TryFrom<String> for CitizenId {
    type Error = InvalidCitizenId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

/// A citizen id that is empty, too long, or not printable ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a citizen id is 1 to 128 printable ASCII characters without spaces")]
pub struct InvalidCitizenId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citizen_ids_are_printable_and_never_shown() {
        let id = CitizenId::new("snils:11223344595").unwrap();
        assert_eq!(format!("{id:?}"), "CitizenId(..)");
        for bad in ["", "a b", "a\0", "снилс:1", &"x".repeat(129)] {
            assert_eq!(CitizenId::new(bad), Err(InvalidCitizenId), "{bad:?}");
        }
    }
}
