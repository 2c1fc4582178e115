//! When and by which way a message was sent: all that anybody is told of it who has its check code.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use vestnik_contract::ChannelId;

use super::format;
use crate::domain::Locale;

/// What is told of a message to whoever has its check code: never whose it is, and nothing of what it says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sent {
    /// The day, by the clock of the first zone of the recipient's jurisdiction.
    pub day: Date,
    /// The channel; `None` where it stands in the inbox of the portal alone.
    pub channel: Option<ChannelId>,
}

/// How many ways are named in one text: the newest ones.
const NAMED: usize = 2;

/// In words, as a list: `17 June 2026, Viber; 18 June 2026, SMS`. Empty where nothing was sent yet.
#[must_use]
pub fn in_words(sent: &[Sent], locale: Locale) -> String {
    let newest = sent.iter().skip(sent.len().saturating_sub(NAMED));
    let words = newest.map(|one| {
        let way = way(locale, one.channel.as_ref().map(ChannelId::as_str));
        format!("{}, {way}", format::date(locale, one.day))
    });
    words.collect::<Vec<_>>().join("; ")
}

/// What citizens call a channel.
pub(super) fn way(locale: Locale, channel: Option<&str>) -> &str {
    let [ru, uk, en] = match channel {
        Some("viber") => ["Viber"; 3],
        Some("telegram") => ["Telegram"; 3],
        Some("sms") => ["SMS"; 3],
        Some("email") => ["эл. почта", "ел. пошта", "email"],
        Some("portal") | None => ["кабинет на портале", "кабінет на порталі", "your account on the portal"],
        Some(other) => [other; 3],
    };
    match locale {
        Locale::Ru => ru,
        Locale::Uk => uk,
        Locale::En => en,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_ways_are_named_as_citizens_call_them() {
        let sent = |day: &str, channel: Option<&str>| Sent {
            day: day.parse().unwrap(),
            channel: channel.map(|id| ChannelId::new(id).unwrap()),
        };
        let three = [
            sent("2026-06-16", Some("telegram")),
            sent("2026-06-17", Some("viber")),
            sent("2026-06-18", Some("email")),
        ];
        assert_eq!(in_words(&three, Locale::Ru), "17 июня 2026 года, Viber; 18 июня 2026 года, эл. почта");
        assert_eq!(in_words(&three[..1], Locale::Uk), "16 червня 2026 року, Telegram");
        let inbox = [sent("2026-06-18", None)];
        assert_eq!(in_words(&inbox, Locale::En), "18 June 2026, your account on the portal");
        assert_eq!(in_words(&[], Locale::En), "");
    }
}
