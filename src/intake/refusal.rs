//! A message that is not taken: what a dead letter and an HTTP problem say of it.

use crate::domain::{Pointer, RefusalReason};

/// A message that is not taken, and why. No part of it holds a value from the body; the names of
/// fields that the sender chose stand in the pointer alone, which keeps them out of the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {}", self.place_and_detail())]
pub struct Refusal {
    /// Why.
    pub reason: RefusalReason,
    /// Where.
    pub pointer: Pointer,
    /// What was expected there, in plain words.
    pub detail: String,
}

impl Refusal {
    /// A refusal of what stands at `pointer`.
    pub fn at(reason: RefusalReason, pointer: impl Into<Pointer>, detail: impl Into<String>) -> Self {
        Self { reason, pointer: pointer.into(), detail: detail.into() }
    }

    /// A refusal of the message as a whole.
    pub fn whole(reason: RefusalReason, detail: impl Into<String>) -> Self {
        Self::at(reason, "", detail)
    }

    /// The same refusal of what stands inside the value at `outer`.
    #[must_use]
    pub(super) fn within(self, outer: impl Into<Pointer>) -> Self {
        Self { pointer: self.pointer.within(outer.into()), ..self }
    }

    /// The pointer, where there is one, and what was expected: for logs and dead letters.
    #[must_use]
    pub fn place_and_detail(&self) -> String {
        if self.pointer.is_whole() {
            self.detail.clone()
        } else {
            format!("{}: {}", self.pointer, self.detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_in_words_is_fit_for_the_log() {
        let refusal = Refusal::at(RefusalReason::InvalidParams, "/params/child_order", "expected a number");
        assert_eq!(refusal.to_string(), "invalid_params: /params/child_order: expected a number");
        let refusal = Refusal { pointer: Pointer::from("/params").sent("Ivan Petrov"), ..refusal };
        assert_eq!(refusal.within("/data").to_string(), "invalid_params: /data/params/*: expected a number");
        assert_eq!(Refusal::whole(RefusalReason::TooLarge, "less").to_string(), "too_large: less");
    }
}
