//! The lines of a file or of standard input, none kept longer than a citizen can be.

use std::io;
use std::path::Path;
use std::pin::Pin;

use tokio::fs::File;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, BufReader, stdin};

/// The longest line, in bytes: as long as the body of a request may be.
const LONGEST: usize = crate::web::ONE;

/// A line that is not empty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Counted from 1.
    pub number: u64,
    /// What stands there; `None` where it is too long to be read.
    pub text: Option<Vec<u8>>,
}

/// Reads lines one by one.
pub(super) struct Lines {
    from: Pin<Box<dyn AsyncBufRead + Send>>,
    size: Option<u64>,
    read: u64,
    number: u64,
}

impl Lines {
    /// Opens a file, or standard input where the path is `-`.
    pub async fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::new(Box::pin(BufReader::new(stdin())), None));
        }
        let file = File::open(path).await?;
        let size = file.metadata().await?.len();
        Ok(Self::new(Box::pin(BufReader::new(file)), Some(size)))
    }

    fn new(from: Pin<Box<dyn AsyncBufRead + Send>>, size: Option<u64>) -> Self {
        Self { from, size, read: 0, number: 0 }
    }

    /// How many bytes there are, where it is known.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// How many bytes have been read.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// The next line that is not empty.
    pub async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let Some(text) = self.line().await? else { return Ok(None) };
            self.number += 1;
            let blank = text.as_ref().is_some_and(|text| text.trim_ascii().is_empty());
            if !blank {
                return Ok(Some(Line { number: self.number, text }));
            }
        }
    }

    /// The next line; what is too long is read past and left out.
    async fn line(&mut self) -> io::Result<Option<Option<Vec<u8>>>> {
        let mut text = Some(Vec::new());
        let mut any = false;
        loop {
            let waiting = self.from.fill_buf().await?;
            if waiting.is_empty() {
                return Ok(any.then_some(text));
            }
            any = true;
            let end = waiting.iter().position(|byte| *byte == b'\n');
            let part = &waiting[..end.unwrap_or(waiting.len())];
            if let Some(line) = &mut text {
                line.extend_from_slice(part);
            }
            let used = end.map_or(waiting.len(), |at| at + 1);
            text = text.filter(|line| line.len() <= LONGEST);
            self.from.as_mut().consume(used);
            self.read += used as u64;
            if end.is_some() {
                return Ok(Some(text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &'static [u8]) -> Vec<Line> {
        // Read in pieces of seven bytes, so that lines go over their borders.
        let mut lines = Lines::new(Box::pin(BufReader::with_capacity(7, text)), None);
        let mut found = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            found.push(line);
        }
        assert_eq!(lines.read(), text.len() as u64);
        found
    }

    #[tokio::test]
    async fn lines_are_numbered_and_empty_ones_left_out() {
        let line = |number, text: &str| Line { number, text: Some(text.as_bytes().to_vec()) };
        assert_eq!(all(b"").await, []);
        assert_eq!(all(b"\n \r\n").await, []);
        assert_eq!(all(b"first line\n\nthird").await, [line(1, "first line"), line(3, "third")]);
        assert_eq!(all(b"first\r\n").await, [line(1, "first\r")]);
    }

    #[tokio::test]
    async fn a_line_without_end_is_read_past() {
        let mut text = vec![b'x'; LONGEST + 1];
        text.extend_from_slice(b"\nnext");
        let lines = all(text.leak()).await;
        assert_eq!((lines[0].number, &lines[0].text), (1, &None));
        assert_eq!((lines[1].number, lines[1].text.as_deref()), (2, Some(&b"next"[..])));
    }
}
