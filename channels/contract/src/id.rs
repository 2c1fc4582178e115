//! Identifiers of configured things.

/// An identifier that is not one: empty, too long, or with a character outside `[a-z0-9_-]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id is 1 to 64 characters of a-z, 0-9, _ and -")]
pub struct InvalidId;

/// Whether `text` is an identifier: 1 to 64 characters of `[a-z0-9_-]`.
#[must_use]
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

/// Declares a newtype over an identifier (1 to 64 characters of `[a-z0-9_-]`) with checked
/// construction, ordering, display and serde. The crate that uses it needs `serde`.
#[macro_export]
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(::std::sync::Arc<str>);

        impl $name {
            /// The id of this text.
            pub fn new(text: &str) -> Result<Self, $crate::InvalidId> {
                if $crate::is_id(text) { Ok(Self(text.into())) } else { Err($crate::InvalidId) }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::InvalidId;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::InvalidId;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl ::std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id_type! {
    /// A channel, such as `sms`.
    ChannelId
}

id_type! {
    /// A route: one configured way to a provider inside a channel.
    RouteId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_lower_case_words() {
        for good in ["sms", "main-1", "a_b"] {
            assert_eq!(ChannelId::new(good).map(String::from), Ok(good.to_owned()));
        }
        for bad in ["", "SMS", "a.b", "a b", "ж", &"a".repeat(65)] {
            assert_eq!(ChannelId::new(bad), Err(InvalidId), "{bad:?}");
        }
    }
}
