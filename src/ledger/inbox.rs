//! The content of inbox entries.

use serde::{Deserialize, Serialize};

use super::LedgerError;
use super::keys::SealKey;
use super::people::corrupt;
use crate::notice::Rendered;

/// What a citizen reads in the inbox.
#[derive(Serialize, Deserialize)]
pub(super) struct Content {
    pub title: String,
    pub text: String,
}

/// Seals an entry's words under the citizen's data key.
pub(super) fn seal(key: &SealKey, words: &Rendered) -> Result<Vec<u8>, LedgerError> {
    let content = Content { title: words.title.clone(), text: words.text.clone() };
    let plain = serde_json::to_vec(&content).map_err(|_| corrupt("inbox"))?;
    Ok(key.seal("inbox", &plain)?)
}

/// Opens an entry's words.
pub(super) fn open(key: &SealKey, sealed: &[u8]) -> Result<Content, LedgerError> {
    serde_json::from_slice(&key.open("inbox", sealed)?).map_err(|_| corrupt("inbox"))
}
