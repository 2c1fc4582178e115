//! One-time codes: handed out at a counter, and sent back from the address that they prove.

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::{Address, ChannelId};

use super::evidence::Testimony;
use super::people::{self, open_address};
use super::store::VerificationRow;
use super::{Ledger, LedgerError, keys};
use crate::domain::{AddressEntry, CitizenId};

/// For how long a one-time code is good.
pub const CODE_LASTS: SignedDuration = SignedDuration::from_mins(30);

/// How often another code may come in the place of the right one.
pub(super) const WRONG: u32 = 5;

/// A code that was handed out.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeCode {
    /// Six digits.
    pub code: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// Why no code is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoCode {
    /// The citizen is not known.
    #[error("there is no such citizen in the registry")]
    NoSuchCitizen,
    /// The citizen has no such address.
    #[error("the citizen has no such address; record it first")]
    NoSuchAddress,
    /// The citizen has several addresses on the channel.
    #[error("the citizen has several addresses on the channel: say which")]
    Several,
}

impl Ledger {
    /// Hands out a one-time code for an address of a citizen: for this one, or for the only one on the
    /// channel (of several, the only one that was disputed). One that was handed out for it before is good
    /// no more. Sent back from the address within [`CODE_LASTS`] it opens the address, whatever it was
    /// closed for.
    pub async fn hand_out_code(
        &self,
        citizen: &CitizenId,
        channel: &ChannelId,
        address: Option<&Address>,
        by: &Testimony,
    ) -> Result<Result<OneTimeCode, NoCode>, LedgerError> {
        let mut tx = self.store.begin().await?;
        let citizen = self.keys.citizen(citizen);
        let Some(person) = people::lock(&mut *tx, &self.keys, [citizen]).await?.remove(&citizen) else {
            return Ok(Err(NoCode::NoSuchCitizen));
        };
        let rows = tx.addresses(&[citizen]).await?.into_iter().filter(|row| row.channel == *channel);
        let entries = rows.map(|row| open_address(&person.key, row)).collect::<Result<Vec<_>, _>>()?;
        let entry = match meant(&entries, address) {
            Ok(entry) => entry,
            Err(none) => return Ok(Err(none)),
        };
        let (code, expires_at) = (six_digits()?, tx.now() + CODE_LASTS);
        let row = VerificationRow {
            citizen,
            address: entry.id,
            code: self.keys.one_time_code(entry.id, &code),
            issued: by.seal(&person.key)?,
            expires_at,
            wrong: 0,
        };
        tx.put_verifications(&[row]).await?;
        tx.commit().await?;
        Ok(Ok(OneTimeCode { code, expires_at }))
    }
}

/// Which of the citizen's addresses on a channel is meant.
fn meant<'a>(entries: &'a [AddressEntry], address: Option<&Address>) -> Result<&'a AddressEntry, NoCode> {
    if let Some(address) = address {
        return entries.iter().find(|one| one.address == *address).ok_or(NoCode::NoSuchAddress);
    }
    let disputed = |one: &&AddressEntry| one.closed.is_some() && one.may_be_answered();
    match entries {
        [] => Err(NoCode::NoSuchAddress),
        [only] => Ok(only),
        several => {
            let mut disputed = several.iter().filter(disputed);
            disputed.next().filter(|_| disputed.next().is_none()).ok_or(NoCode::Several)
        }
    }
}

fn six_digits() -> Result<String, LedgerError> {
    let random = u64::from_be_bytes(keys::random()?);
    Ok(format!("{:06}", random % 1_000_000))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::Closed;

    #[test]
    fn the_address_is_named_or_is_the_only_one_that_can_be_meant() {
        let entry = |address: &str, closed: Option<&str>| AddressEntry {
            id: Uuid::now_v7(),
            channel: ChannelId::new("sms").unwrap(),
            address: Address::new(address),
            closed: closed.map(|reason| Closed { reason: reason.to_owned(), at: Timestamp::UNIX_EPOCH }),
        };
        let (open, blocked) = (entry("open", None), entry("blocked", Some("blocked")));
        let (disputed, other) = (entry("disputed", Some("disputed")), entry("other", Some("disputed")));
        let table = [
            (vec![&open, &disputed], Some("open"), Ok("open")),
            (vec![&open], Some("another"), Err(NoCode::NoSuchAddress)),
            (vec![], None, Err(NoCode::NoSuchAddress)),
            (vec![&blocked], None, Ok("blocked")),
            (vec![&open, &blocked], None, Err(NoCode::Several)),
            (vec![&open, &disputed, &blocked], None, Ok("disputed")),
            (vec![&open, &disputed, &other], None, Err(NoCode::Several)),
        ];
        for (entries, named, expected) in table {
            let entries: Vec<_> = entries.into_iter().cloned().collect();
            let found = meant(&entries, named.map(Address::new).as_ref());
            assert_eq!(found.map(|one| one.address.expose()), expected, "{entries:?} {named:?}");
        }
    }

    #[test]
    fn a_code_is_of_six_digits() {
        for _ in 0..1_000 {
            let code = six_digits().unwrap();
            assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        }
    }
}
