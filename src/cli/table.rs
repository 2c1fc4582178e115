//! Tables for people: aligned columns that fit a terminal of 100 columns.

use std::fmt;

/// No line is longer.
const WIDTH: usize = 100;

/// Spaces between columns.
const GAP: usize = 2;

/// A table. Its last column takes what room is left and goes on below itself where it needs more.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub(super) fn new<const N: usize>(headings: [&str; N]) -> Self {
        Self { rows: vec![headings.map(str::to_uppercase).into()] }
    }

    /// A table without headings.
    pub(super) fn plain() -> Self {
        Self { rows: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn row<const N: usize>(&mut self, cells: [impl Into<String>; N]) {
        self.rows.push(cells.map(Into::into).into());
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| length(cell)).max().unwrap_or(0)
        };
        (0..columns).map(width).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let Some((_, leading)) = widths.split_last() else { return Ok(()) };
        let indent = leading.iter().map(|width| width + GAP).sum::<usize>();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(leading) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width + GAP - length(cell)));
            }
            let last = row.get(leading.len()).map_or("", String::as_str);
            let text = wrap(last, WIDTH.saturating_sub(indent).max(20));
            let text = text.join(&format!("\n{}", " ".repeat(indent)));
            writeln!(f, "{}", format!("{line}{text}").trim_end())?;
        }
        Ok(())
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// `1 day`, `2 days`, `2 addresses`.
pub(super) fn counted(count: u64, what: &str) -> String {
    let ending = match count {
        1 => "",
        _ if what.ends_with('s') => "es",
        _ => "s",
    };
    format!("{count} {what}{ending}")
}

/// The text in lines of at most `width` characters, broken between words where that can be done.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if length(line) + 1 + length(word) <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_the_last_one_goes_on_below_itself() {
        let mut table = Table::new(["route", "says"]);
        table.row(["sms/main", "ok"]);
        table.row(["вайбер/основний".to_owned(), "word ".repeat(30)]);
        let text = table.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "ROUTE            SAYS");
        assert_eq!(lines[1], "sms/main         ok");
        assert!(lines[2].starts_with("вайбер/основний  word word"));
        assert!(lines[3].starts_with("                 word"));
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH && !line.ends_with(' ')), "{text}");
        assert_eq!(Table::plain().to_string(), "");
    }

    #[test]
    fn a_word_longer_than_the_line_stays_whole() {
        assert_eq!(wrap("a bbbbbbb c", 4), ["a", "bbbbbbb", "c"]);
    }
}
