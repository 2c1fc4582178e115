//! Introductions as a campaign: whoever consented to a channel and was not introduced there is.

use std::collections::BTreeMap;

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

/// How a page of citizens was treated, or several.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct CampaignPage {
    /// Introductions that were made. They are sent in contact hours, as the budget has room.
    pub made: u64,
    /// Citizens for whom one was made before that has not been sent.
    pub waiting: u64,
    /// Citizens to whom one was sent.
    pub sent: u64,
    /// Citizens who were written to there without one, and need none any more.
    pub written_to: u64,
    /// Citizens to whom none can be sent, by what speaks against it.
    pub left_out: BTreeMap<Reason, u64>,
    /// The last citizen of the page; `None` where there are no more.
    pub last: Option<CitizenKey>,
}

impl CampaignPage {
    /// Takes in the page that comes next.
    pub fn add(&mut self, page: Self) {
        self.made += page.made;
        self.waiting += page.waiting;
        self.sent += page.sent;
        self.written_to += page.written_to;
        for (reason, count) in page.left_out {
            *self.left_out.entry(reason).or_default() += count;
        }
        self.last = page.last;
    }

    fn count_known(&mut self, row: &IntroducedRow) {
        match (row.at, row.notice) {
            (None, _) => self.waiting += 1,
            (Some(_), Some(_)) => self.sent += 1,
            (Some(_), None) => self.written_to += 1,
        }
    }
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
            if let Some(row) = before.get(&person.citizen.key) {
                counted.count_known(row);
                continue;
            }
            match making.introduction(person)? {
                Ok(()) => counted.made += 1,
                Err(reason) => *counted.left_out.entry(reason).or_default() += 1,
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

/// What is on record of these citizens.
async fn introduced(
    tx: &mut dyn Tx,
    channel: &ChannelId,
    citizens: impl Iterator<Item = &CitizenKey>,
) -> Result<BTreeMap<CitizenKey, IntroducedRow>, LedgerError> {
    let asked: Vec<_> = citizens.map(|key| (*key, channel.clone())).collect();
    Ok(tx.introduced(&asked).await?.into_iter().map(|row| (row.citizen, row)).collect())
}

/// A page in the making.
struct Making<'a> {
    campaign: &'a Campaign,
    rules: &'a Rules,
    now: Timestamp,
    guarded: &'a Guarded,
    writes: Writes,
}

impl Making<'_> {
    /// Makes the introduction of a citizen, or says what speaks against it.
    fn introduction(&mut self, person: &Person) -> Result<Result<(), Reason>, LedgerError> {
        let Campaign { channel, person: by, .. } = self.campaign;
        let days = SignedDuration::from_hours(24 * i64::from(self.rules.policy.expires_after_days));
        let expires_at = self.now.checked_add(days).unwrap_or(Timestamp::MAX);
        let place = match self.place(person, expires_at) {
            Ok(place) => place,
            Err(reason) => return Ok(Err(reason)),
        };
        let (priority, deadline, on_behalf_of) = (Priority::Bulk, None, None);
        let introducing = Introducing { channel, place, priority, expires_at, deadline, on_behalf_of };
        let Some(held) = introducing.notice(person, self.rules)? else { return Ok(Err(Reason::ChannelOff)) };
        let notice = held.notice.id;
        self.writes.make(&held, check::row(self.rules, notice, None, self.now))?;
        self.writes.introduced(IntroducedRow {
            citizen: person.citizen.key,
            channel: channel.clone(),
            at: None,
            notice: Some(notice),
            person: Some(by.clone()),
        });
        Ok(Ok(()))
    }

    /// When the introduction of a citizen may go, or why it may not.
    fn place(&self, person: &Person, expires_at: Timestamp) -> Result<Place, Reason> {
        let says = recheck(&RecheckInput {
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
        });
        match says {
            Recheck::Skip(reason) | Recheck::Close(_, reason) => Err(reason),
            says => Place::of(&says, self.now).ok_or(Reason::NotNeeded),
        }
    }
}
