//! What a citizen brought us, and the one-time codes handed out to them: for the copy of their own data.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;
use vestnik_contract::ChannelId;

use super::evidence::Testimony;
use super::keys::SealKey;
use super::people::{self, corrupt, left, open_address};
use super::store::{InboundRow, Tx, VerificationRow};
use super::verification::CODE_LASTS;
use super::{Ledger, LedgerError, Scam, ScamReport};
use crate::domain::{CitizenId, CitizenKey};

/// What came from an address of a citizen's.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// Its id; newer ones have greater ids.
    pub id: Uuid,
    /// When it came.
    pub at: Timestamp,
    /// By which channel.
    pub channel: ChannelId,
    /// What it was understood as, such as `stop`.
    pub meaning: String,
    /// What it says; absent where that is a secret or somebody else's word, and where it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// A scam report as its reporter sees it: what was done about it is the operators' affair.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct OwnScamReport {
    /// Its id; newer ones have greater ids.
    pub id: Uuid,
    /// When it came.
    pub at: Timestamp,
    /// By which way it came: `http` or a channel.
    pub way: String,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// What is in it; absent where it was erased.
    #[serde(flatten)]
    pub scam: Option<Scam>,
}

/// That a one-time code was handed out for an address, and has not come back. The code itself is nowhere.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct IssuedCode {
    /// The channel of the address.
    pub channel: ChannelId,
    /// The address.
    pub address: String,
    /// When it was handed out.
    pub issued_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Always `false`: of one that was used the event `address_verified` is left.
    pub used: bool,
    /// How often another code came in its place.
    pub wrong: u32,
    /// By whom, and how the citizen had shown who they are.
    pub by: Testimony,
}

/// What of an inbound is not shown to whom it is kept of: tokens and codes are secrets, and "not me" is the
/// word of whoever else has the address.
const WORDLESS: [&str; 3] = ["link", "one_time_code", "not_me"];

impl Ledger {
    /// What came from a citizen's addresses, the newest first, older than `before` where it is given: at most
    /// `limit`. What came from an address that several share is kept of one of them. Of a citizen who is not
    /// known there is nothing.
    pub async fn replies(
        &self,
        citizen: &CitizenId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Reply>, LedgerError> {
        let mut tx = self.store.read().await?;
        let Some((citizen, key)) = self.known(&mut *tx, citizen).await? else { return Ok(Vec::new()) };
        let rows = tx.inbounds(citizen, before, limit).await?;
        rows.into_iter().map(|row| Reply::open(&key, row)).collect()
    }

    /// A citizen's own scam reports, in the same order.
    pub async fn own_scam_reports(
        &self,
        citizen: &CitizenId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<OwnScamReport>, LedgerError> {
        let mut tx = self.store.read().await?;
        let Some((citizen, key)) = self.known(&mut *tx, citizen).await? else { return Ok(Vec::new()) };
        let mut reports = Vec::new();
        for row in tx.scams_of(citizen, before, limit).await? {
            let ScamReport { id, at, way, closed_at, .. } = ScamReport::from(&row);
            let scam = left(Scam::open(&key, &row.content))?;
            reports.push(OwnScamReport { id, at, way, closed_at, scam });
        }
        Ok(reports)
    }

    /// The one-time codes that were handed out for a citizen's addresses and are still on record.
    pub async fn issued_codes(&self, citizen: &CitizenId) -> Result<Vec<IssuedCode>, LedgerError> {
        let mut tx = self.store.read().await?;
        let Some((citizen, key)) = self.known(&mut *tx, citizen).await? else { return Ok(Vec::new()) };
        let addresses = tx.addresses(&[citizen]).await?;
        let keys: Vec<_> = addresses.iter().map(|row| (citizen, row.id)).collect();
        let mut issued = Vec::new();
        for code in tx.verifications(&keys).await? {
            let Some(row) = addresses.iter().find(|row| row.id == code.address) else { continue };
            let entry = open_address(&key, row.clone())?;
            let VerificationRow { expires_at, wrong, .. } = code;
            issued.push(IssuedCode {
                channel: entry.channel,
                address: entry.address.expose().to_owned(),
                issued_at: expires_at - CODE_LASTS,
                expires_at,
                used: false,
                wrong,
                by: Testimony::open(&key, &code.issued)?,
            });
        }
        issued.sort_by_key(|one| one.issued_at);
        Ok(issued)
    }

    /// The key in the ledger and the data key of a citizen who is known.
    async fn known(
        &self,
        tx: &mut dyn Tx,
        citizen: &CitizenId,
    ) -> Result<Option<(CitizenKey, SealKey)>, LedgerError> {
        let citizen = self.keys.citizen(citizen);
        let person = people::read(tx, &self.keys, &[citizen]).await?.remove(&citizen);
        Ok(person.map(|person| (citizen, person.key)))
    }
}

impl Reply {
    fn open(key: &SealKey, row: InboundRow) -> Result<Self, LedgerError> {
        let InboundRow { id, at, channel, kind: meaning, text, .. } = row;
        let open = || String::from_utf8(key.open("inbound", &text)?).map_err(|_| corrupt("inbound"));
        let words = if WORDLESS.contains(&meaning.as_str()) { None } else { left(open())? };
        Ok(Self { id, at, channel, meaning, words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Meaning;

    #[test]
    fn secrets_and_the_words_of_others_are_known_by_their_names() {
        let token = String::new();
        let kinds = [Meaning::Link { token }, Meaning::OneTimeCode(String::new()), Meaning::NotMe];
        assert_eq!(kinds.map(|kind| kind.as_str()), WORDLESS);
    }
}
