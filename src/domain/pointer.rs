//! Where in something that was sent a mistake stands.

use std::borrow::Cow;
use std::fmt;

/// A JSON pointer (RFC 6901) into something that was sent. It keeps apart the names that the gateway
/// knows and those that the sender chose, which may be anything, also somebody's address: `Display`
/// and `Debug` show those as `*` and are fit for the log, [`Pointer::to_sender`] is for the sender's
/// own eyes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Pointer(Vec<Segment>);

#[derive(Clone, PartialEq, Eq)]
enum Segment {
    Known(Cow<'static, str>),
    Index(usize),
    Sent(String),
}

/// Characters of a name that a sender chose which the sender is shown at most.
const SHOWN: usize = 60;

impl Pointer {
    /// The field of this name, which is one of the gateway's own.
    #[must_use]
    pub fn known(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.0.push(Segment::Known(name.into()));
        self
    }

    /// The element of a list, counted from 0.
    #[must_use]
    pub fn index(mut self, at: usize) -> Self {
        self.0.push(Segment::Index(at));
        self
    }

    /// The field of a name that the sender chose.
    #[must_use]
    pub fn sent(mut self, name: &str) -> Self {
        self.0.push(Segment::Sent(name.chars().take(SHOWN + 1).collect()));
        self
    }

    /// The same place inside the value at `outer`.
    #[must_use]
    pub fn within(self, outer: Self) -> Self {
        Self(outer.0.into_iter().chain(self.0).collect())
    }

    /// Whether it is the whole of what was sent.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    /// The pointer with the names that the sender chose: each shortened to 60 characters, with what
    /// does not print written out.
    #[must_use]
    pub fn to_sender(&self) -> String {
        self.0.iter().flat_map(|segment| ["/".to_owned(), segment.to_sender()]).collect()
    }
}

impl Segment {
    fn to_sender(&self) -> String {
        let Self::Sent(name) = self else { return self.to_string() };
        let more = if name.chars().count() > SHOWN { "…" } else { "" };
        name.chars().take(SHOWN).flat_map(printed).chain(more.chars()).collect()
    }
}

/// A character as it stands in a pointer that people read.
fn printed(c: char) -> Vec<char> {
    match c {
        '~' => vec!['~', '0'],
        '/' => vec!['~', '1'],
        '"' | '\'' | '\\' => vec![c],
        other => other.escape_debug().collect(),
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(name) => f.write_str(name),
            Self::Index(at) => write!(f, "{at}"),
            Self::Sent(_) => f.write_str("*"),
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|segment| write!(f, "/{segment}"))
    }
}

impl fmt::Debug for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pointer({self})")
    }
}

/// A pointer that stands in the source, such as `/source`.
impl From<&'static str> for Pointer {
    fn from(written: &'static str) -> Self {
        written.split('/').skip(1).fold(Self::default(), Self::known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_sees_names_of_ours_alone_and_the_sender_sees_what_was_sent() {
        let pointer = Pointer::from("/data").known("params").index(3).sent("ivan@mail.example");
        assert_eq!(pointer.to_string(), "/data/params/3/*");
        assert_eq!(format!("{pointer:?}"), "Pointer(/data/params/3/*)");
        assert_eq!(pointer.to_sender(), "/data/params/3/ivan@mail.example");
        assert_eq!(Pointer::from("/a").within(Pointer::from("/b/c")).to_string(), "/b/c/a");
        assert!(Pointer::from("").is_whole());
    }

    #[test]
    fn what_the_sender_is_shown_is_short_and_commands_nothing() {
        let shown = |name: &str| Pointer::default().sent(name).to_sender();
        assert_eq!(shown("a/b~c"), "/a~1b~0c");
        assert_eq!(shown("\u{1b}[2J\n\u{202e}\"Ы"), "/\\u{1b}[2J\\n\\u{202e}\"Ы");
        assert_eq!(shown(&"я".repeat(60)), format!("/{}", "я".repeat(60)));
        assert_eq!(shown(&"я".repeat(1000)), format!("/{}…", "я".repeat(60)));
    }
}
