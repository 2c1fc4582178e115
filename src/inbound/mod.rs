//! Citizens' replies: what they mean.
//!
//! A channel says what came; whether it is a command is said here, and [`crate::ledger::Ledger::hear`]
//! does what it asks for.

mod commands;

pub use commands::understand;

use vestnik_contract::{Inbound, InboundContent};

use crate::domain::Catalogue;
use crate::ledger::{Heard, Meaning};

/// Words that are kept of one inbound, in bytes. No provider carries more; whoever pretends to be
/// one shall not fill the ledger.
const KEPT: usize = 16 * 1024;

/// Understands an inbound; the catalogue names the topics.
#[must_use]
pub fn heard(inbound: &Inbound, catalogue: &Catalogue) -> Heard {
    let (meaning, words) = match &inbound.content {
        InboundContent::Text(text) => (understand(text, catalogue), &text[..text.floor_char_boundary(KEPT)]),
        InboundContent::Link { token } => (Meaning::Link { token: token.clone() }, ""),
        InboundContent::Blocked => (Meaning::Blocked, ""),
        InboundContent::Unblocked => (Meaning::Unblocked, ""),
    };
    Heard { key: inbound.key.clone(), sender: inbound.sender.clone(), meaning, words: words.to_owned() }
}

#[cfg(test)]
mod tests {
    use vestnik_contract::Address;

    use super::*;

    #[test]
    fn what_comes_is_understood_and_its_words_are_kept_within_bounds() {
        let heard = |inbound: &Inbound| heard(inbound, &Catalogue::default());
        let inbound = |content| Inbound { key: "1".into(), sender: Address::new("a"), content, at: None };
        let stop = heard(&inbound(InboundContent::Text("Стоп!".into())));
        assert_eq!((stop.meaning, stop.words.as_str()), (Meaning::Stop, "Стоп!"));
        let long = heard(&inbound(InboundContent::Text("я".repeat(100_000))));
        assert_eq!((long.meaning, long.words.len()), (Meaning::Text, KEPT));
        let link = heard(&inbound(InboundContent::Link { token: "t".into() }));
        assert_eq!((link.meaning, link.words.as_str()), (Meaning::Link { token: "t".into() }, ""));
        assert_eq!(heard(&inbound(InboundContent::Blocked)).meaning, Meaning::Blocked);
        assert_eq!(heard(&inbound(InboundContent::Unblocked)).meaning, Meaning::Unblocked);
    }
}
