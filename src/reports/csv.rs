//! Comma-separated values (RFC 4180), for spreadsheets.

use std::borrow::Cow;

use csv::{Error, Terminator, WriterBuilder};

/// What begins a formula for a spreadsheet.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Rows as text.
pub(super) fn rows<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> Result<String, Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell).into_owned()))?;
    }
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A cell that no spreadsheet takes for a formula: ids come from outside.
fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(FORMULA) { format!("'{cell}").into() } else { cell.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_are_no_formulas() {
        let row = ["a, \"b\"", "=1+1", "два", ""].map(str::to_owned);
        assert_eq!(rows([row]).unwrap(), "\"a, \"\"b\"\"\",'=1+1,два,\r\n");
        assert_eq!(rows::<1>([]).unwrap(), "");
    }
}
