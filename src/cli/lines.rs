//! Lines of any reader, none of which is kept beyond the size of a message.

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::intake::MAX_BODY;

/// One line that is not empty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// How many bytes it took, with the empty lines before it.
    pub bytes: u64,
    /// What stands on it, without its end; `None` where it is longer than any message.
    pub body: Option<Vec<u8>>,
}

/// Reads line by line.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    number: u64,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader: BufReader::with_capacity(64 * 1024, reader), number: 0 }
    }

    /// The next line that is not empty; `None` at the end.
    pub(super) async fn next(&mut self) -> std::io::Result<Option<Line>> {
        let mut bytes = 0;
        loop {
            let (length, body) = self.line().await?;
            if length == 0 {
                return Ok(None);
            }
            (self.number, bytes) = (self.number + 1, bytes + length);
            if body.as_ref().is_none_or(|body| !body.trim_ascii().is_empty()) {
                let body = body.map(|body| body.trim_ascii().to_vec());
                return Ok(Some(Line { number: self.number, bytes, body }));
            }
        }
    }

    /// The next line with its length; 0 at the end. What is too long is read and not kept.
    async fn line(&mut self) -> std::io::Result<(u64, Option<Vec<u8>>)> {
        let (mut length, mut body) = (0, Some(Vec::new()));
        loop {
            let found = self.reader.fill_buf().await?;
            if found.is_empty() {
                return Ok((length, body));
            }
            let end = found.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let part = &found[..end.unwrap_or(found.len())];
            let used = part.len();
            length += used as u64;
            // One more for the line's end.
            body = body.filter(|body| body.len() + used <= MAX_BODY + 1);
            if let Some(body) = &mut body {
                body.extend_from_slice(part);
            }
            self.reader.consume(used);
            if end.is_some() {
                return Ok((length, body));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &[u8]) -> Vec<Line> {
        let mut lines = Lines::new(text);
        let mut found = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            found.push(line);
        }
        found
    }

    fn line(number: u64, bytes: u64, body: &str) -> Line {
        Line { number, bytes, body: Some(body.as_bytes().to_vec()) }
    }

    #[tokio::test]
    async fn lines_are_numbered_and_empty_ones_left_out() {
        assert_eq!(all(b"").await, []);
        assert_eq!(all(b"a\n\n  \r\n b\r\nc").await, [line(1, 2, "a"), line(4, 9, "b"), line(5, 1, "c")]);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_passed_over() {
        let long = "x".repeat(MAX_BODY + 1);
        let text = format!("{}\n{long}\nb", "y".repeat(MAX_BODY));
        let found = all(text.as_bytes()).await;
        let lengths: Vec<_> = found.iter().map(|line| line.body.as_ref().map(Vec::len)).collect();
        assert_eq!(lengths, [Some(MAX_BODY), None, Some(1)]);
        assert_eq!(found[2].number, 3);
    }
}
