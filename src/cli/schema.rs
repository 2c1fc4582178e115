//! `vestnik schema`.

use std::process::ExitCode;

use super::office::print_json;
use crate::intake::schema::schema;

/// Prints the JSON Schema of every message that a source may send.
pub(super) fn run() -> anyhow::Result<ExitCode> {
    print_json(&schema())?;
    Ok(ExitCode::SUCCESS)
}
