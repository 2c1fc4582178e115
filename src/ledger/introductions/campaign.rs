//! Introductions as a campaign: whoever consented to a channel and was not introduced there is.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::ChannelId;

use super::Introducing;
use crate::domain::{CitizenKey, NoticeKind, Priority};
use crate::ledger::people::{self, Person};
use crate::ledger::rules::Rules;
use crate::ledger::store::{IntroducedRow, Tx};
use crate::ledger::writes::Writes;
use crate::ledger::{Ledger, LedgerError, check};
use crate::policy::{Place, RecheckInput, recheck};

/// Whom to introduce ourselves to, and who wants it.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Where.
    pub channel: ChannelId,
    /// Only to those of this region.
    pub region: Option<String>,
    /// Who has it done.
    pub person: String,
    /// Only count.
    pub dry_run: bool,
}

/// How a page of citizens was treated.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct CampaignPage {
    /// Introductions that were made.
    pub made: u64,
    /// Citizens who had been introduced or written to there before.
    pub before: u64,
    /// Citizens without consent or an open address there, or whose law forbids it.
    pub not_there: u64,
    /// The last citizen of the page; `None` where there are no more.
    pub last: Option<CitizenKey>,
}

impl Ledger {
    /// Makes introductions for the next `page` citizens in the order of their keys, `most` of them at most.
    /// They go as bulk, within contact hours and budget, and nobody gets a second one.
    pub async fn introduce(
        &self,
        campaign: &Campaign,
        after: Option<CitizenKey>,
        page: u32,
        most: u64,
        rules: &Rules,
    ) -> Result<CampaignPage, LedgerError> {
        let mut tx = if campaign.dry_run { self.store.read().await? } else { self.store.begin().await? };
        let keys: Vec<_> = tx.citizens_after(after, page).await?.iter().map(|row| row.key).collect();
        let mut counted = CampaignPage { last: keys.last().copied(), ..CampaignPage::default() };
        let people = if campaign.dry_run {
            people::read(&mut *tx, &self.keys, &keys).await?
        } else {
            people::lock(&mut *tx, &self.keys, keys).await?
        };
        let before = introduced(&mut *tx, &campaign.channel, people.keys()).await?;
        let mut making = Making { campaign, rules, now: tx.now(), writes: Writes::default() };
        for person in people.values().filter(|person| campaign.is_for(person)) {
            if counted.made == most {
                break;
            }
            if before.contains(&person.citizen.key) {
                counted.before += 1;
            } else if making.introduction(person)? {
                counted.made += 1;
            } else {
                counted.not_there += 1;
            }
        }
        if !campaign.dry_run && counted.made > 0 {
            self.settle(tx, making.writes).await?;
        }
        Ok(counted)
    }
}

impl Campaign {
    fn is_for(&self, person: &Person) -> bool {
        self.region.is_none() || self.region == person.citizen.profile.region
    }
}

/// Those of these citizens who are on record.
async fn introduced(
    tx: &mut dyn Tx,
    channel: &ChannelId,
    citizens: impl Iterator<Item = &CitizenKey>,
) -> Result<BTreeSet<CitizenKey>, LedgerError> {
    let asked: Vec<_> = citizens.map(|key| (*key, channel.clone())).collect();
    Ok(tx.introduced(&asked).await?.into_iter().map(|row| row.citizen).collect())
}

/// A page in the making.
struct Making<'a> {
    campaign: &'a Campaign,
    rules: &'a Rules,
    now: Timestamp,
    writes: Writes,
}

impl Making<'_> {
    /// Makes the introduction of a citizen; whether there is one to make.
    fn introduction(&mut self, person: &Person) -> Result<bool, LedgerError> {
        let Campaign { channel, person: by, .. } = self.campaign;
        let days = SignedDuration::from_hours(24 * i64::from(self.rules.policy.expires_after_days));
        let expires_at = self.now.checked_add(days).unwrap_or(Timestamp::MAX);
        let Some(place) = self.place(person, expires_at) else { return Ok(false) };
        let (priority, deadline) = (Priority::Bulk, None);
        let introducing = Introducing { channel, place, priority, expires_at, deadline };
        let Some(held) = introducing.notice(person, self.rules)? else { return Ok(false) };
        let notice = held.notice.id;
        self.writes.make(&held, check::row(self.rules, notice, None, self.now))?;
        self.writes.introduced(IntroducedRow {
            citizen: person.citizen.key,
            channel: channel.clone(),
            at: None,
            notice: Some(notice),
            person: Some(by.clone()),
        });
        Ok(true)
    }

    /// When the introduction of a citizen may go; `None` where it may not.
    fn place(&self, person: &Person, expires_at: Timestamp) -> Option<Place> {
        let says = recheck(&RecheckInput {
            channel: &self.campaign.channel,
            later: &[],
            kind: NoticeKind::Introduction,
            answers: None,
            items: &[],
            priority: Priority::Bulk,
            expires_at,
            deadline: None,
            not_before: None,
            reserved: None,
            citizen: &person.citizen,
            policy: &self.rules.policy,
            jurisdiction: self.rules.jurisdiction(&person.citizen.profile.jurisdiction),
            history: &person.history,
            now: self.now,
        });
        Place::of(&says, self.now)
    }
}
