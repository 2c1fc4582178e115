//! Introductions as a campaign: whoever consented to a channel and was not introduced there is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::ChannelId;

use super::Introducing;
use crate::domain::{CitizenKey, NoticeKind, Priority, Reason, Recheck};
use crate::ledger::guard::{self, Guarded};
use crate::ledger::people::{self, Person};
use crate::ledger::rules::Rules;
use crate::ledger::store::{IntroducedRow, Tx};
use crate::ledger::writes::Writes;
use crate::ledger::{Ledger, LedgerError, check};
use crate::policy::{PausedIntroductions, Place, RecheckInput, recheck};

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
    /// Citizens who are left out because the guard has paused introductions there.
    pub paused: u64,
    /// The last citizen of the page; `None` where there are no more.
    pub last: Option<CitizenKey>,
}

impl Ledger {
    /// Makes introductions for the next `page` citizens in the order of their keys, `most` of them at most.
    /// They go as bulk, within contact hours and budget, and nobody gets a second one. Where the guard has
    /// paused introductions on the channel none is made.
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
        let guarded = guard::guarded(&mut *tx, rules).await?;
        let now = tx.now();
        let mut making = Making { campaign, rules, now, guarded: &guarded, writes: Writes::default() };
        for person in people.values().filter(|person| campaign.is_for(person)) {
            if counted.made == most {
                break;
            }
            let counts = if before.contains(&person.citizen.key) {
                &mut counted.before
            } else {
                match making.introduction(person)? {
                    Made::Yes => &mut counted.made,
                    Made::NotThere => &mut counted.not_there,
                    Made::Paused => &mut counted.paused,
                }
            };
            *counts += 1;
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
    guarded: &'a Guarded,
    writes: Writes,
}

/// Whether a citizen's introduction was made.
enum Made {
    Yes,
    /// There is none to make.
    NotThere,
    /// The guard has paused it.
    Paused,
}

impl Making<'_> {
    /// Makes the introduction of a citizen, where there is one to make.
    fn introduction(&mut self, person: &Person) -> Result<Made, LedgerError> {
        let Campaign { channel, person: by, .. } = self.campaign;
        let days = SignedDuration::from_hours(24 * i64::from(self.rules.policy.expires_after_days));
        let expires_at = self.now.checked_add(days).unwrap_or(Timestamp::MAX);
        let says = self.says(person, expires_at);
        if says == Recheck::Skip(Reason::Guarded) {
            return Ok(Made::Paused);
        }
        let Some(place) = Place::of(&says, self.now) else { return Ok(Made::NotThere) };
        let (priority, deadline, on_behalf_of) = (Priority::Bulk, None, None);
        let introducing = Introducing { channel, place, priority, expires_at, deadline, on_behalf_of };
        let Some(held) = introducing.notice(person, self.rules)? else { return Ok(Made::NotThere) };
        let notice = held.notice.id;
        self.writes.make(&held, check::row(self.rules, notice, None, self.now))?;
        self.writes.introduced(IntroducedRow {
            citizen: person.citizen.key,
            channel: channel.clone(),
            at: None,
            notice: Some(notice),
            person: Some(by.clone()),
        });
        Ok(Made::Yes)
    }

    /// What policy says of the introduction of a citizen.
    fn says(&self, person: &Person, expires_at: Timestamp) -> Recheck {
        recheck(&RecheckInput {
            channel: &self.campaign.channel,
            later: &[],
            kind: NoticeKind::Introduction,
            answers: None,
            items: &[],
            introductions: PausedIntroductions { on: self.guarded.introductions(), known: &BTreeMap::new() },
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
        })
    }
}
