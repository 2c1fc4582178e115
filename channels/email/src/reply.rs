//! What an SMTP server answers (RFC 5321, section 4.2), without any I/O.

/// The longest line that is read, in bytes; RFC 5321, section 4.5.3.1.5 has 512.
pub const MAX_LINE: usize = 4096;
/// The most lines of one reply. The longest real ones are answers to EHLO, of about fifteen.
pub const MAX_LINES: usize = 100;

/// One reply, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, such as 250.
    pub code: u16,
    /// The enhanced status code, where the text begins with one.
    pub enhanced: Option<Enhanced>,
    /// The text of each line. It may repeat addresses and is never printed.
    pub lines: Vec<String>,
}

/// An enhanced status code (RFC 3463), such as 5.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enhanced {
    /// 2, 4 or 5.
    pub class: u16,
    /// What it is about: 1 the address, 2 the mailbox, 7 security or policy, …
    pub subject: u16,
    /// What exactly.
    pub detail: u16,
}

/// A line that is no line of an SMTP reply, or one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server's answer is not SMTP")]
pub struct NotSmtp;

impl Reply {
    /// Whether the server did what was asked: 2xx.
    #[must_use]
    pub fn is_done(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Reply code and enhanced status code, such as `550 5.1.1`.
    #[must_use]
    pub fn name(&self) -> String {
        match self.enhanced {
            Some(Enhanced { class, subject, detail }) => format!("{} {class}.{subject}.{detail}", self.code),
            None => self.code.to_string(),
        }
    }
}

/// Puts a reply together, line by line.
#[derive(Debug, Default)]
pub struct Lines {
    code: Option<u16>,
    lines: Vec<String>,
}

impl Lines {
    /// Takes the next line, with or without its line end; gives the reply when it was the last.
    pub fn push(&mut self, line: &[u8]) -> Result<Option<Reply>, NotSmtp> {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches(['\r', '\n']);
        let (digits, rest) = line.split_at_checked(3).ok_or(NotSmtp)?;
        let code = digits.parse().ok().filter(|code| (200..600).contains(code)).ok_or(NotSmtp)?;
        let last = !rest.starts_with('-');
        if self.code.is_some_and(|first| first != code)
            || !(rest.is_empty() || rest.starts_with(['-', ' ']))
            || self.lines.len() == MAX_LINES
        {
            return Err(NotSmtp);
        }
        self.code = Some(code);
        self.lines.push(rest.get(1..).unwrap_or_default().to_owned());
        Ok(last.then(|| self.take(code)))
    }

    fn take(&mut self, code: u16) -> Reply {
        self.code = None;
        let lines = std::mem::take(&mut self.lines);
        let enhanced = lines.first().and_then(|line| enhanced(line, code));
        Reply { code, enhanced, lines }
    }
}

/// The status code a text begins with; it counts only where it agrees with the reply code
/// (RFC 2034, section 4).
fn enhanced(text: &str, code: u16) -> Option<Enhanced> {
    status(text.split_whitespace().next()?).filter(|status| status.class == code / 100)
}

/// An enhanced status code alone, such as `5.1.1` (RFC 3463, section 2).
#[must_use]
pub fn status(text: &str) -> Option<Enhanced> {
    let mut parts = text.split('.').map(number);
    let (class, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
    let is_whole = parts.next().is_none() && matches!(class, 2 | 4 | 5);
    is_whole.then_some(Enhanced { class, subject, detail })
}

fn number(text: &str) -> Option<u16> {
    let digits = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Option<Reply>, NotSmtp> {
        let mut lines = Lines::default();
        let mut reply = None;
        for line in text.split_inclusive('\n') {
            assert_eq!(reply, None, "lines after the last");
            reply = lines.push(line.as_bytes())?;
        }
        Ok(reply)
    }

    fn name(text: &str) -> String {
        read(text).unwrap().unwrap().name()
    }

    #[test]
    fn replies_are_read() {
        assert_eq!(name("250 OK\r\n"), "250");
        assert_eq!(name("250\r\n"), "250");
        assert_eq!(name("550 5.1.1 no such user\r\n"), "550 5.1.1");
        assert_eq!(name("450-4.2.1 too many\r\n450 4.2.1 later\r\n"), "450 4.2.1");
        assert_eq!(name("421 4.7.0\n"), "421 4.7.0");
        let hello = read("250-relay\r\n250-SIZE 1000\r\n250 STARTTLS\r\n").unwrap().unwrap();
        assert_eq!(hello.lines, ["relay", "SIZE 1000", "STARTTLS"]);
        assert_eq!(read("250-more\r\n"), Ok(None));
    }

    #[test]
    fn a_status_code_counts_where_it_agrees() {
        for text in
            ["550 4.1.1 x", "550 5.1 x", "550 5.1.1.1 x", "550 5.1.1234 x", "550 5.+1.1 x", "250 v5.1.1"]
        {
            assert_eq!(name(text).len(), 3, "{text}");
        }
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for text in [
            "",
            "\r\n",
            "25",
            "2500 x",
            "25o x",
            "150 x",
            "600 x",
            "+50 x",
            "ж50 x",
            "HTTP/1.1 400\r\n",
            "250-a\r\n251 b\r\n",
        ] {
            let mut lines = Lines::default();
            let refused = text.split_inclusive('\n').any(|line| lines.push(line.as_bytes()).is_err());
            assert!(refused || text.is_empty(), "{text:?}");
        }
        assert_eq!(read(&"250-x\r\n".repeat(MAX_LINES + 1)), Err(NotSmtp));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(lines in prop::collection::vec(any::<Vec<u8>>(), 0..10)) {
            let mut reply = Lines::default();
            for line in lines {
                let _ = reply.push(&line);
            }
        }
    }
}
