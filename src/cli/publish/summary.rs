//! What became of it all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::target::Fate;

/// Refused lines that are shown; a file in which every line is wrong is understood from these.
const SHOWN: usize = 100;

/// Counts, and the first refused lines in the order in which they stand in their files, whatever the
/// order is in which answers come.
#[derive(Debug, Default)]
pub(super) struct Summary {
    taken: u64,
    refused: u64,
    /// The lines, by file, that were sent and got no answer. No more than were under way at once.
    unanswered: BTreeMap<(usize, String), BTreeSet<u64>>,
    /// The number of the file among those of this run, with its name, and the line.
    shown: BTreeMap<(usize, u64), String>,
}

impl Summary {
    /// Counts a line of a file, `number` of those of this run.
    pub(super) fn count(&mut self, (number, file): (usize, &str), line: u64, fate: Fate) {
        match fate {
            Fate::Taken => self.taken += 1,
            Fate::Refused(why) => {
                self.refused += 1;
                self.shown.insert((number, line), format!("{file}:{line}: {why}"));
                if self.shown.len() > SHOWN {
                    self.shown.pop_last();
                }
            }
        }
    }

    /// Counts a line that may have been taken: nobody answered.
    pub(super) fn unanswered(&mut self, (number, file): (usize, &str), line: u64) {
        self.unanswered.entry((number, file.to_owned())).or_default().insert(line);
    }

    /// Whether nothing was refused.
    pub(super) fn all_taken(&self) -> bool {
        self.refused == 0
    }

    /// The counts, for the progress bar.
    pub(super) fn short(&self) -> String {
        let unanswered: usize = self.unanswered.values().map(BTreeSet::len).sum();
        let counts = format!("{} published, {} refused", self.taken, self.refused);
        if unanswered == 0 { counts } else { format!("{counts}, {unanswered} without an answer") }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.shown.values() {
            writeln!(f, "{line}")?;
        }
        let hidden = self.refused - self.shown.len() as u64;
        if hidden > 0 {
            writeln!(f, "… and {hidden} more")?;
        }
        for ((_, file), lines) in &self.unanswered {
            writeln!(f, "{file}: no answer for {}", spans(lines))?;
        }
        writeln!(f, "{}", self.short())
    }
}

/// Lines in words, neighbours as a span: "lines 3, 7-206".
fn spans(lines: &BTreeSet<u64>) -> String {
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for line in lines {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == *line => *last = *line,
            _ => spans.push((*line, *line)),
        }
    }
    let spans = spans
        .into_iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") });
    let spans: Vec<_> = spans.collect();
    format!("{} {}", if lines.len() == 1 { "line" } else { "lines" }, spans.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_lines_are_shown_as_far_as_they_are_of_use() {
        let mut summary = Summary::default();
        summary.count((0, "day.ndjson"), 1, Fate::Taken);
        assert!(summary.all_taken());
        for line in (2..=103).rev() {
            let refused = Fate::Refused("invalid_json: expected JSON".to_owned());
            summary.count((0, "day.ndjson"), line, refused);
        }
        let shown = summary.to_string();
        let numbers: Vec<u64> =
            shown.lines().filter_map(|line| line.split(':').nth(1)?.parse().ok()).collect();
        assert!(numbers.len() == 100 && numbers.is_sorted(), "{shown}");
        assert!(shown.starts_with("day.ndjson:2: invalid_json: expected JSON\n"), "{shown}");
        assert!(shown.ends_with("… and 2 more\n1 published, 102 refused\n"), "{shown}");
    }

    #[test]
    fn lines_without_an_answer_are_named_in_spans() {
        let mut summary = Summary::default();
        summary.count((0, "day.ndjson"), 1, Fate::Taken);
        for line in [9, 4, 3, 5] {
            summary.unanswered((0, "day.ndjson"), line);
        }
        summary.unanswered((1, "night.ndjson"), 1);
        let expected = "day.ndjson: no answer for lines 3-5, 9\nnight.ndjson: no answer for line 1\n\
                        1 published, 0 refused, 5 without an answer\n";
        assert_eq!(summary.to_string(), expected);
    }
}
