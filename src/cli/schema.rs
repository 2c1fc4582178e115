//! `vestnik schema`.

use super::Exit;
use super::office::print_json;
use crate::intake::schema::schema;

/// Prints the JSON Schema of every message that a source may send.
pub(super) fn run() -> anyhow::Result<Exit> {
    print_json(&schema())?;
    Ok(Exit::Well)
}
