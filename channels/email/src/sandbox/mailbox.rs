//! A mail as its reader has it.

use jiff::Timestamp;
use mail_parser::MessageParser;
use url::Url;
use vestnik_contract::ChannelId;
use vestnik_contract::sandbox::Shown;

/// A mail that was delivered.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its number on the screen.
    pub number: u64,
    /// Whom the envelope named as recipient.
    pub to: String,
    /// Whom the envelope named as sender.
    pub from: String,
    /// The header fields in their order, unfolded and otherwise as they came.
    pub headers: Vec<(String, String)>,
    /// The sender as a mail program shows it.
    pub sender: String,
    /// The subject, decoded.
    pub subject: String,
    /// The text half, with lines ended by LF.
    pub text: String,
    /// The HTML half.
    pub html: String,
}

impl Mail {
    /// Reads a mail; `None` for bytes that are none.
    pub(super) fn read(from: String, to: String, content: &[u8]) -> Option<Self> {
        let mail = MessageParser::default().parse(content)?;
        let author = mail.from().and_then(|from| from.first());
        let sender = author.and_then(|author| author.name().or(author.address())).unwrap_or_default();
        let half = |half: Option<std::borrow::Cow<'_, str>>| half.unwrap_or_default().replace("\r\n", "\n");
        Some(Self {
            number: 0,
            to,
            from,
            headers: mail.headers_raw().map(|(name, value)| (name.to_owned(), unfolded(value))).collect(),
            sender: sender.to_owned(),
            subject: mail.subject().unwrap_or_default().to_owned(),
            text: half(mail.body_text(0)),
            html: half(mail.body_html(0)),
        })
    }

    /// The first header field of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Where a mail program's "unsubscribe" posts to (RFC 8058), where the mail offers one.
    #[must_use]
    pub fn one_click(&self) -> Option<Url> {
        self.header("List-Unsubscribe-Post").filter(|value| *value == "List-Unsubscribe=One-Click")?;
        let fields = self.header("List-Unsubscribe")?.split(',');
        let mut urls = fields.filter_map(|field| field.trim().strip_prefix('<')?.strip_suffix('>'));
        urls.find(|url| url.starts_with("http"))?.parse().ok()
    }

    pub(super) fn shown(&self, channel: &ChannelId, at: Timestamp) -> Shown {
        Shown {
            number: 0,
            channel: channel.clone(),
            address: self.to.clone(),
            sender: self.sender.clone(),
            title: Some(self.subject.clone()),
            text: self.text.clone(),
            reference: self.header("Message-ID").unwrap_or_default().trim_matches(['<', '>']).to_owned(),
            at,
            read: false,
        }
    }
}

fn unfolded(value: &str) -> String {
    value.replace("\r\n", "").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"From: =?utf-8?b?0JzQuNC90LjRgdGC0LXRgNGB0YLQstC+?= <no-reply@agency.example>\r\n\
        Message-ID: <1@agency.example>\r\nSubject: one\r\n two\r\n\
        List-Unsubscribe: <mailto:x@agency.example>,\r\n <https://agency.example/u/1>\r\n\
        List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\ntext\r\n.\r\n";

    #[test]
    fn a_mail_is_read() {
        let mail = Mail::read("a@agency.example".into(), "b@example.org".into(), MAIL).unwrap();
        assert_eq!((mail.sender.as_str(), mail.subject.as_str()), ("Министерство", "one two"));
        assert_eq!(mail.text, "text\n.\n");
        assert_eq!(mail.header("subject"), Some("one two"));
        assert_eq!(mail.one_click().unwrap().as_str(), "https://agency.example/u/1");
        let shown = mail.shown(&ChannelId::new("email").unwrap(), Timestamp::UNIX_EPOCH);
        assert_eq!(shown.reference, "1@agency.example");
    }

    #[test]
    fn a_mail_that_offers_no_one_click_has_none() {
        for header in ["Subject: x", "List-Unsubscribe: <https://agency.example/u/1>"] {
            let content = format!("{header}\r\n\r\ntext\r\n");
            let mail = Mail::read(String::new(), String::new(), content.as_bytes()).unwrap();
            assert_eq!(mail.one_click(), None, "{header}");
        }
    }
}
