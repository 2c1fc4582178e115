//! The link to a citizen's own page: whose it is, by which message or from the portal, and until when. It
//! is sealed, so that nobody can make one or read a citizen's key out of it, and needs no row.

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use url::Url;
use uuid::Uuid;

use super::keys::{Keyring, SealError};
use super::rules::Rules;
use super::writes::new_key;
use super::{Ledger, LedgerError};
use crate::domain::{CitizenId, CitizenKey, Identity, NoticeId};

/// For how long a link in a message is good.
pub const MESSAGE_LINK_LASTS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// For how long a link is good that the portal asked for.
pub const PORTAL_LINK_LASTS: SignedDuration = SignedDuration::from_hours(1);

/// What a link is sealed for: no other sealed thing opens as one.
const USE: &str = "page";

/// How the link came to the citizen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It stood in this message. Whoever has the message has the link, so that it shows less.
    Message(NoticeId),
    /// The portal, where the citizen is logged in, asked for it; the number is the link's own.
    Portal(Uuid),
}

/// An opened link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLink {
    /// Whose page it leads to.
    pub citizen: CitizenKey,
    /// How it came to the citizen.
    pub origin: Origin,
    /// From this second on it is over.
    pub until: Timestamp,
}

impl PageLink {
    /// The link as evidence of what was changed by it.
    pub(super) fn evidence(&self) -> String {
        match self.origin {
            Origin::Message(notice) => format!("own page, by the link of notice {notice}"),
            Origin::Portal(link) => format!("own page, by link {link} of the portal"),
        }
    }

    /// One byte of origin, the citizen's key, the number, and the seconds since 1970, in base64url.
    fn seal(&self, keys: &Keyring) -> Result<String, SealError> {
        let (kind, number) = match self.origin {
            Origin::Message(NoticeId(id)) => (0, id),
            Origin::Portal(id) => (1, id),
        };
        let until = self.until.as_second().to_be_bytes();
        let plain = [&[kind], &self.citizen.0[..], number.as_bytes(), &until].concat();
        Ok(BASE64URL_NOPAD.encode(&keys.master().seal(USE, &plain)?))
    }

    fn open(keys: &Keyring, token: &str) -> Option<Self> {
        let sealed = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let plain = keys.master().open(USE, &sealed).ok()?;
        let (kind, rest) = plain.split_first()?;
        let (citizen, rest) = rest.split_first_chunk::<32>()?;
        let (number, until) = rest.split_first_chunk::<16>()?;
        let number = Uuid::from_bytes(*number);
        let origin = match kind {
            0 => Origin::Message(NoticeId(number)),
            1 => Origin::Portal(number),
            _ => return None,
        };
        let until = Timestamp::from_second(i64::from_be_bytes(until.try_into().ok()?)).ok()?;
        Some(Self { citizen: CitizenKey(*citizen), origin, until })
    }

    fn address(&self, base: &Url, keys: &Keyring) -> Result<Option<Url>, LedgerError> {
        Ok(base.join(&format!("p/{}", self.seal(keys)?)).ok())
    }
}

/// What an opened token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// A link that is good.
    Good(PageLink),
    /// A link of ours whose time is over.
    Over,
    /// Nothing that we made.
    Unknown,
}

impl Ledger {
    /// Understands the token of a page's address, by this moment. The ledger is not asked for it.
    #[must_use]
    pub fn open_page_link(&self, token: &str, now: Timestamp) -> Opened {
        match PageLink::open(&self.keys, token) {
            Some(link) if now < link.until => Opened::Good(link),
            Some(_) => Opened::Over,
            None => Opened::Unknown,
        }
    }

    /// The address of a citizen's own page for the portal, and until when it is good; `None` of one who is
    /// not known, and where citizens reach no page of ours.
    pub async fn create_page_link(
        &self,
        id: &CitizenId,
        rules: &Rules,
    ) -> Result<Option<(Url, Timestamp)>, LedgerError> {
        let mut tx = self.store.read().await?;
        let citizen = self.keys.citizen(id);
        let known = tx.citizens(&[citizen], false).await?;
        let Some(base) =
            rules.public_url.as_ref().filter(|_| known.iter().any(|row| row.erased_at.is_none()))
        else {
            return Ok(None);
        };
        let until = whole_second(tx.now() + PORTAL_LINK_LASTS);
        let link = PageLink { citizen, origin: Origin::Portal(new_key()), until };
        Ok(link.address(base, &self.keys)?.map(|url| (url, until)))
    }
}

impl Rules {
    /// The address of the recipient's own page for a message that carries notifications, where its channel
    /// carries such addresses and our own host is among those that texts may name.
    pub(super) fn page_link(
        &self,
        keys: &Keyring,
        notice: &crate::domain::Notice,
        now: Timestamp,
    ) -> Result<Option<Url>, LedgerError> {
        let base = self.public_url.as_ref().filter(|url| is_named(self.renderer.identity(), url));
        let Some(base) = base.filter(|_| self.carries_addresses(notice)) else { return Ok(None) };
        let until = whole_second(now + MESSAGE_LINK_LASTS);
        let link = PageLink { citizen: notice.citizen, origin: Origin::Message(notice.id), until };
        link.address(base, keys)
    }
}

/// Whether texts may name this address: a citizen who has learnt which hosts are ours meets no other.
fn is_named(identity: &Identity, url: &Url) -> bool {
    url.host_str().is_some_and(|host| identity.allowed().hosts.contains(host))
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::StopToken;
    use crate::ledger::fixture::{World, at, citizen_id};

    #[tokio::test]
    async fn a_link_is_good_until_its_second_and_nothing_else_is_one() {
        let world = World::sqlite().await;
        world.citizen("anna", &["email"]).await;
        let (url, until) =
            world.ledger.create_page_link(&citizen_id("anna"), &world.rules).await.unwrap().unwrap();
        assert_eq!(until, at("2026-06-17T10:00:00Z"));
        let token = url.path().strip_prefix("/p/").unwrap();
        let open = |token: &str, now: &str| world.ledger.open_page_link(token, at(now));
        let Opened::Good(link) = open(token, "2026-06-17T09:59:59Z") else { panic!("it is good") };
        assert_eq!(link.citizen, world.key("anna"));
        assert_eq!(open(token, "2026-06-17T10:00:00Z"), Opened::Over);
        for cut in 0..token.len() {
            assert_eq!(open(&token[..cut], "2026-06-17T09:00:00Z"), Opened::Unknown);
        }
        let stop = StopToken {
            citizen: world.key("anna"),
            channel: vestnik_contract::ChannelId::new("email").unwrap(),
            notice: NoticeId(new_key()),
        };
        let stop = stop.seal(world.ledger.keys()).unwrap();
        assert_eq!(open(&stop, "2026-06-17T09:00:00Z"), Opened::Unknown, "sealed for another use");
        let nobody = world.ledger.create_page_link(&citizen_id("nobody"), &world.rules).await.unwrap();
        assert_eq!(nobody, None);
    }

    #[tokio::test]
    async fn a_mail_carries_a_link_where_texts_may_name_our_host() {
        let mut world = World::sqlite().await;
        world.citizen("anna", &["email", "sms"]).await;
        world.publish("1", "anna").await;
        let sms = world.send("sms").await.remove(0).message.text;
        assert!(!sms.contains("https://"), "{sms}");
        world.pass(3_600).await;
        let mail = world.send("email").await.remove(0);
        let (_, rest) = mail.message.text.split_once("https://vestnik.example/p/").unwrap();
        let token = rest.split_whitespace().next().unwrap();
        let now = world.clock.now();
        let Opened::Good(link) = world.ledger.open_page_link(token, now) else { panic!("it is good") };
        assert_eq!((link.citizen, link.origin), (world.key("anna"), Origin::Message(mail.notice)));
        assert_eq!(link.until, now + MESSAGE_LINK_LASTS);
        assert!(mail.message.text.ends_with(&world.rules.check_key.code(mail.notice).to_string()));

        world.change(|setting| setting.links = Vec::new());
        world.citizen("boris", &["email"]).await;
        world.publish("2", "boris").await;
        let mail = world.send("email").await.remove(0).message;
        assert!(!mail.text.contains("https://") && mail.unsubscribe.is_some(), "{}", mail.text);
    }
}
