//! Linking a user to a citizen by a one-time token.

use url::Url;

/// The address that opens the conversation with the bot and brings `token` as the context of
/// `conversation_started` (<https://developers.viber.com/docs/tools/deep-links/>). `bot_uri` is the
/// bot's name in links, from its "Edit info" page. `None` if it is not 1 to 64 of
/// `[A-Za-z0-9_.-]`, or `token` not 1 to 64 of `[A-Za-z0-9_-]`.
#[must_use]
pub fn deep_link(bot_uri: &str, token: &str) -> Option<Url> {
    let named = (1..=64).contains(&bot_uri.len())
        && bot_uri.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    let address = format!("viber://pa?chatURI={bot_uri}&context={token}");
    if named && is_token(token) { Url::parse(&address).ok() } else { None }
}

/// Our one-time tokens are made of `[A-Za-z0-9_-]`, 64 at most; another context is not ours.
pub(crate) fn is_token(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_the_conversation_with_the_token() {
        let link = deep_link("minsoc", "aB-9_").unwrap();
        assert_eq!(link.as_str(), "viber://pa?chatURI=minsoc&context=aB-9_");
        for (bot, token) in [("minsoc", ""), ("minsoc", "a&b"), ("min soc", "t"), ("", "t"), ("a&b=c", "t")] {
            assert_eq!(deep_link(bot, token), None, "{bot} {token}");
        }
    }
}
