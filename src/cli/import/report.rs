//! What an import says: how far it is, what it refuses, and the counts at the end.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::super::lines::Line;

/// The report of an import. On a terminal it shows a bar; elsewhere the bar is silent.
pub(super) struct Report {
    bar: ProgressBar,
    file: Option<File>,
    taken: u64,
    refused: u64,
}

impl Report {
    /// Begins a report on so many bytes, if it is known how many there are.
    pub fn open(refused: Option<&Path>, bytes: Option<u64>) -> anyhow::Result<Self> {
        let file =
            refused.map(|path| File::create(path).with_context(|| path.display().to_string())).transpose()?;
        Ok(Self { bar: bar(bytes), file, taken: 0, refused: 0 })
    }

    /// What became of a line: `Err` holds in words why it was refused, without what stood in it.
    pub fn note(&mut self, line: &Line, verdict: Result<(), String>) -> io::Result<()> {
        self.bar.inc(line.bytes);
        let Err(why) = verdict else {
            self.taken += 1;
            return Ok(());
        };
        self.refused += 1;
        match &mut self.file {
            Some(file) => writeln!(file, "line {}: {why}", line.number),
            None => self.bar.suspend(|| writeln!(io::stderr(), "line {}: {why}", line.number)),
        }
    }

    /// Shows the counts so far.
    pub fn progress(&self) {
        self.bar.set_message(format!("{} recorded, {} refused", self.taken, self.refused));
    }

    /// Says the counts; gives how many lines were refused.
    pub fn close(self) -> io::Result<u64> {
        self.bar.finish_and_clear();
        if let Some(file) = self.file {
            file.sync_all()?;
        }
        writeln!(io::stdout(), "Recorded {}, refused {}.", self.taken, self.refused)?;
        Ok(self.refused)
    }
}

fn bar(bytes: Option<u64>) -> ProgressBar {
    let (bar, form) = match bytes {
        Some(bytes) => (ProgressBar::new(bytes), "{wide_bar} {percent:>3}%  {msg}"),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes}  {msg}"),
    };
    bar.enable_steady_tick(Duration::from_millis(200));
    match ProgressStyle::with_template(form) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
