//! Linking a chat to a citizen by a one-time token.

use url::Url;

/// The address that opens the bot and sends it `/start TOKEN`
/// (<https://core.telegram.org/bots/features#deep-linking>). `None` if `bot` is not a user name
/// (5 to 32 of `[A-Za-z0-9_]`, without `@`) or `token` is not 1 to 64 of `[A-Za-z0-9_-]`.
#[must_use]
pub fn deep_link(bot: &str, token: &str) -> Option<Url> {
    if is_bot_name(bot) && is_token(token) {
        Url::parse(&format!("https://t.me/{bot}?start={token}")).ok()
    } else {
        None
    }
}

/// Whether this can be a bot's user name.
pub(crate) fn is_bot_name(text: &str) -> bool {
    (5..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether Telegram carries this in a deep link.
fn is_token(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// The token of `/start TOKEN`, which may name the bot: `/start@min_bot TOKEN`.
pub(crate) fn start_token(text: &str) -> Option<&str> {
    let (command, token) = text.trim().split_once(char::is_whitespace)?;
    let command = command.split_once('@').map_or(command, |(command, _)| command);
    let token = token.trim();
    (command == "/start" && is_token(token)).then_some(token)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_link_opens_the_bot_with_the_token() {
        let link = deep_link("minsoc_bot", "aB-9_").unwrap();
        assert_eq!(link.as_str(), "https://t.me/minsoc_bot?start=aB-9_");
        let long = "t".repeat(65);
        for (bot, token) in [
            ("minsoc_bot", ""),
            ("minsoc_bot", "a b"),
            ("minsoc_bot", &long),
            ("@minsoc", "t"),
            ("b", "t"),
            ("a/b/c", "t"),
        ] {
            assert_eq!(deep_link(bot, token), None, "{bot} {token}");
        }
    }

    #[test]
    fn a_start_with_a_token_is_a_link() {
        for (text, token) in [
            ("/start aB-9_", Some("aB-9_")),
            ("/start@minsoc_bot t", Some("t")),
            (" /start  t\n", Some("t")),
            ("/start", None),
            ("/start ", None),
            ("/start two words", None),
            ("/start ж", None),
            ("/started t", None),
            ("start t", None),
        ] {
            assert_eq!(start_token(text), token, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_a_link_carries_comes_back(token in "[A-Za-z0-9_-]{1,64}") {
            let link = deep_link("minsoc_bot", &token).unwrap();
            let start = link.query().unwrap().strip_prefix("start=").unwrap();
            let text = format!("/start {start}");
            prop_assert_eq!(start_token(&text), Some(&*token));
        }
    }
}
