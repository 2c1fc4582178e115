//! Arguments that are read by more than one command. What does not fit is told in an operator's
//! words.

use std::str::FromStr;

use clap::Args;
use url::Url;
use uuid::Uuid;

use crate::domain::wording;
use crate::ledger::GATEWAY;

/// An identifier of the ledger's.
pub(super) fn id(text: &str) -> Result<Uuid, String> {
    let like = "it is not an identifier; one looks like 01a2011f-f6d7-743a-acdb-dfff3e624def";
    text.parse().map_err(|_| like.to_owned())
}

/// An address of a server.
pub(super) fn url(text: &str) -> Result<Url, String> {
    let whole = text.parse().ok().filter(|url: &Url| url.host().is_some());
    whole.ok_or_else(|| "expected a whole address, such as https://vestnik.example/".to_owned())
}

/// A whole number within bounds.
pub(super) fn number<T: TryFrom<u64>>(
    least: u64,
    most: u64,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| {
        let read = text.parse().ok().filter(|number| (least..=most).contains(number));
        read.and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| format!("expected a whole number from {least} to {most}"))
    }
}

/// An id of `[a-z0-9_-]`, of a source or a channel; `like` is one.
pub(super) fn name<T: FromStr>(
    like: &'static str,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| text.parse().map_err(|_| format!("expected a name of a-z, 0-9, _ and -, such as {like}"))
}

/// A text on one line, such as a name or a reason.
pub(super) fn line(text: &str) -> Result<String, String> {
    let right = wording::is_line(text, 200);
    right.then(|| text.to_owned()).ok_or_else(|| format!("expected {}", wording::line_of(200)))
}

/// Who answers for an act. The name is demanded: that of the account on this machine says nothing.
#[derive(Debug, Clone, Args)]
pub(super) struct By {
    /// Who does it, by name
    #[arg(long = "as", alias = "by", value_name = "PERSON", value_parser = person)]
    pub(super) person: String,
}

/// The name of a person.
pub(super) fn person(text: &str) -> Result<String, String> {
    if text == GATEWAY {
        return Err(format!("expected a person; {GATEWAY} stands for what the gateway does by itself"));
    }
    line(text)
}

#[cfg(test)]
mod tests {
    use vestnik_contract::ChannelId;

    use super::*;

    #[test]
    fn what_does_not_fit_is_told_in_plain_words() {
        let table = [
            (id("12").unwrap_err(), "it is not an identifier; one looks like 01a2011f"),
            (id("urn:uuid:x").unwrap_err(), "it is not an identifier"),
            (url("vestnik.example").unwrap_err(), "expected a whole address, such as https://"),
            (url("mailto:a@b").unwrap_err(), "expected a whole address"),
            (person("gateway").unwrap_err(), "expected a person; gateway stands for"),
            (person("two\nlines").unwrap_err(), "expected"),
            (number::<u16>(1, 300)("ten").unwrap_err(), "expected a whole number from 1 to 300"),
            (number::<u16>(1, 300)("301").unwrap_err(), "expected a whole number from 1 to 300"),
            (
                name::<ChannelId>("sms")("SMS").unwrap_err(),
                "expected a name of a-z, 0-9, _ and -, such as sms",
            ),
        ];
        for (said, expected) in table {
            assert!(said.starts_with(expected), "{said}");
        }
        assert_eq!(number(1, 300)("300"), Ok(300_u16));
        assert!(id("01a2011f-f6d7-743a-acdb-dfff3e624def").is_ok() && url("amqp://host/vhost").is_ok());
    }
}
