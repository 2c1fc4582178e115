//! What became of it all.

use std::collections::BTreeMap;
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

    /// Whether nothing was refused.
    pub(super) fn all_taken(&self) -> bool {
        self.refused == 0
    }

    /// The counts, for the progress bar.
    pub(super) fn short(&self) -> String {
        format!("{} published, {} refused", self.taken, self.refused)
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
        writeln!(f, "{}", self.short())
    }
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
}
