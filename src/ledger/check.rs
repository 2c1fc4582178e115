//! Check: whether a message of ours carries a check code, and when and by which way it was sent. Nobody is
//! told whose it is or what it says; and who asks for wrong codes is soon not answered any more, so that
//! nobody can find a right one by trying.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use vestnik_contract::ChannelId;

use super::rules::Rules;
use super::store::{AskerRow, CodeRow, Tx};
use super::tally::Tally;
use super::writes::Held;
use super::{Ledger, LedgerError};
use crate::domain::{
    CitizenKey, Evidence, JurisdictionId, Notice, NoticeId, NoticeKind, NotificationKey, SourceRef,
};
use crate::notice::{CheckCode, Sent};
use crate::policy::Zones;

/// How often one asker may be wrong in an hour; by message, how often one is answered at all.
const OF_ONE: u32 = 10;

/// How often all askers together may be wrong in an hour. Beyond it each of them may be wrong once, so that
/// whoever has a right code is answered still.
const OF_ALL: u32 = 1_000;

/// Stands for all askers together.
const ALL: [u8; 32] = [0; 32];

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What is answered to who has a check code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is ours, and was sent so; nothing was sent yet where this is empty.
    Ours(Vec<Sent>),
    /// No message of ours carries it.
    NotOurs,
    /// There were too many wrong codes.
    TooMany {
        /// When the asker may ask again.
        again: Timestamp,
    },
}

/// How an answer is called in metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Ours,
    NotOurs,
    TooMany,
}

/// Counts an answer that was given by this way: `http` or a channel.
pub(super) fn count(way: &str, told: Told) {
    let told = match told {
        Told::Ours => "ours",
        Told::NotOurs => "not_ours",
        Told::TooMany => "too_many",
    };
    metrics::counter!("vestnik_check_codes_total", "way" => way.to_owned(), "result" => told).increment(1);
}

/// A message that carries a check code, as an operator sees it: nothing of its text, and not whose it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Shown {
    /// The notice; where the message stands in the inbox alone, the id of the entry.
    pub notice: NoticeId,
    /// What the notice is for; `None` where the message stands in the inbox alone.
    pub kind: Option<NoticeKind>,
    /// The notifications that it carries.
    pub notifications: Vec<SourceRef>,
    /// Since when it stands in the inbox, where it does.
    pub inbox_at: Option<Timestamp>,
    /// When it was sent on which channel, and not refused; the oldest first.
    pub sent: Vec<SentAt>,
    /// Whose law applies to the recipient.
    #[serde(skip)]
    jurisdiction: Option<JurisdictionId>,
    /// The notice itself, where there is one.
    #[serde(skip)]
    pushed: Option<Box<Notice>>,
}

/// One sending.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SentAt {
    /// By which channel.
    pub channel: ChannelId,
    /// When it started.
    pub at: Timestamp,
}

impl Ledger {
    /// Answers to who has a check code, over HTTP. `who` tells askers apart, and is kept for two hours as a
    /// keyed hash where the code is wrong.
    pub async fn check(&self, who: &str, code: CheckCode, rules: &Rules) -> Result<Verdict, LedgerError> {
        const HTTP: &str = "http";
        let who = self.keys.asker(HTTP, who);
        let verdict = self.verdict(who, code, rules).await?;
        count(HTTP, verdict.told());
        Ok(verdict)
    }

    async fn verdict(&self, who: [u8; 32], code: CheckCode, rules: &Rules) -> Result<Verdict, LedgerError> {
        let mut tx = self.store.read().await?;
        let hour = Hour::load(&mut *tx, &[who]).await?;
        if !hour.may_ask(&who) {
            return Ok(hour.over());
        }
        if let Some(Carried { sent, notices }) = carried(&mut *tx, &[code], rules).await?.remove(&code) {
            self.count_check(tx, code, &notices).await?;
            return Ok(Verdict::Ours(sent));
        }
        drop(tx);
        let mut tx = self.store.begin().await?;
        let mut wrong = Hour::load(&mut *tx, &[]).await?;
        wrong.add(who);
        wrong.add(ALL);
        wrong.write(&mut *tx).await?;
        // Those who ask many times at once are counted one after the other.
        let counted = Hour::load(&mut *tx, &[who]).await?;
        tx.commit().await?;
        Ok(if counted.count(&who) > OF_ONE { counted.over() } else { Verdict::NotOurs })
    }

    /// Counts that a message was checked, once an hour: whoever has one right code shall not make us write
    /// as often as they ask.
    async fn count_check(
        &self,
        mut tx: Box<dyn Tx>,
        code: CheckCode,
        notices: &[Notice],
    ) -> Result<(), LedgerError> {
        let checked = self.keys.asker("checked", &code.to_string());
        if notices.is_empty() || Hour::load(&mut *tx, &[checked]).await?.count(&checked) > 0 {
            return Ok(());
        }
        drop(tx);
        let mut tx = self.store.begin().await?;
        let mut hour = Hour::load(&mut *tx, &[]).await?;
        hour.add(checked);
        hour.write(&mut *tx).await?;
        let mut tally = Tally::default();
        for notice in notices {
            tally.add_check(notice);
        }
        tally.write(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// All messages that carry a check code; there may be several, which is rare.
    pub async fn shown_with(&self, code: CheckCode) -> Result<Vec<Shown>, LedgerError> {
        let mut tx = self.store.read().await?;
        Ok(shown(&mut *tx, &[code]).await?.remove(&code.number()).unwrap_or_default())
    }
}

impl Verdict {
    fn told(&self) -> Told {
        match self {
            Self::Ours(_) => Told::Ours,
            Self::NotOurs => Told::NotOurs,
            Self::TooMany { .. } => Told::TooMany,
        }
    }
}

// ---- what is shown ----

/// The row of a code that is about to be shown; `lone` is the notification that stands in the inbox alone.
pub(super) fn row(rules: &Rules, notice: NoticeId, lone: Option<NotificationKey>, at: Timestamp) -> CodeRow {
    CodeRow { code: rules.check_key.code(notice).number(), notice, notification: lone, at }
}

/// What carries a check code of ours.
pub(super) struct Carried {
    /// When and by which way it was sent.
    pub sent: Vec<Sent>,
    /// The notices, without what stands in an inbox alone.
    pub notices: Vec<Notice>,
}

/// What carries these codes; a code that is not ours is left out.
pub(super) async fn carried(
    tx: &mut dyn Tx,
    codes: &[CheckCode],
    rules: &Rules,
) -> Result<BTreeMap<CheckCode, Carried>, LedgerError> {
    let mut found = shown(tx, codes).await?;
    let sent = codes.iter().filter_map(|code| {
        let shown = found.remove(&code.number())?;
        let mut sent: Vec<_> = shown.iter().flat_map(|one| one.sent(rules)).collect();
        sent.sort();
        sent.dedup();
        let notices = shown.into_iter().filter_map(|one| one.pushed).map(|notice| *notice).collect();
        Some((*code, Carried { sent, notices }))
    });
    Ok(sent.collect())
}

async fn shown(tx: &mut dyn Tx, codes: &[CheckCode]) -> Result<BTreeMap<i64, Vec<Shown>>, LedgerError> {
    let rows = tx.codes(&codes.iter().map(|code| code.number()).collect::<Vec<_>>()).await?;
    let notices: Vec<_> = rows.iter().map(|row| row.notice).collect();
    let lone: Vec<_> = rows.iter().filter_map(|row| row.notification).collect();
    let held = tx.notices(&notices).await?.into_iter().map(|row| Ok((row.id, Held::of(row)?.notice)));
    let notices = held.collect::<Result<BTreeMap<_, _>, LedgerError>>()?;
    let lone: BTreeMap<_, _> = tx.notifications(&lone).await?.into_iter().map(|row| (row.key, row)).collect();
    let citizens = notices.values().map(|notice| notice.citizen).chain(lone.values().map(|row| row.citizen));
    let citizens: Vec<CitizenKey> = citizens.collect();
    let laws: BTreeMap<_, _> = tx
        .citizens(&citizens, false)
        .await?
        .into_iter()
        .map(|row| (row.key, row.profile.jurisdiction))
        .collect();
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows {
        let of_notice = notices.get(&row.notice).map(|notice| Shown::pushed(notice, &row, &laws));
        let alone = row.notification.and_then(|key| lone.get(&key)).map(|one| Shown {
            notice: row.notice,
            kind: None,
            notifications: vec![one.reference.clone()],
            inbox_at: Some(row.at),
            sent: Vec::new(),
            jurisdiction: laws.get(&one.citizen).cloned(),
            pushed: None,
        });
        found.entry(row.code).or_default().extend(of_notice.or(alone));
    }
    Ok(found)
}

impl Shown {
    fn pushed(notice: &Notice, row: &CodeRow, laws: &BTreeMap<CitizenKey, JurisdictionId>) -> Self {
        let attempts = notice.steps.iter().flat_map(|step| {
            let taken = step.attempts.iter().filter(|attempt| attempt.evidence() != Evidence::None);
            let channel = &step.planned.channel;
            taken.map(|attempt| SentAt { channel: channel.clone(), at: attempt.started_at })
        });
        let mut sent: Vec<_> = attempts.collect();
        sent.sort_by_key(|one| one.at);
        Self {
            notice: notice.id,
            kind: Some(notice.kind),
            notifications: notice.items.iter().map(|item| item.reference.clone()).collect(),
            inbox_at: notice.inbox.then_some(row.at),
            sent,
            jurisdiction: laws.get(&notice.citizen).cloned(),
            pushed: Some(Box::new(notice.clone())),
        }
    }

    /// What is told of it; of what was pushed the inbox is not named.
    fn sent(&self, rules: &Rules) -> Vec<Sent> {
        let law = self.jurisdiction.as_ref().map_or(&rules.strict, |id| rules.jurisdiction(id));
        let zones = Zones::all_of(law);
        let sent = |channel: Option<&ChannelId>, at| Sent { day: zones.day(at), channel: channel.cloned() };
        if self.sent.is_empty() {
            return self.inbox_at.into_iter().map(|at| sent(None, at)).collect();
        }
        self.sent.iter().map(|one| sent(Some(&one.channel), one.at)).collect()
    }
}

// ---- who asks ----

/// How often askers were counted in this hour.
#[derive(Default)]
pub(super) struct Hour {
    since: Timestamp,
    counts: BTreeMap<[u8; 32], u32>,
    added: BTreeMap<[u8; 32], u32>,
}

impl Hour {
    /// The hour of the transaction's moment, with the counts of these askers and of all together.
    pub async fn load(tx: &mut dyn Tx, who: &[[u8; 32]]) -> Result<Self, LedgerError> {
        let since = beginning(tx.now());
        let all: Vec<_> = who.iter().copied().chain([ALL]).collect();
        let counts = tx.askers(since, &all).await?.into_iter().map(|row| (row.who, row.count)).collect();
        Ok(Self { since, counts, added: BTreeMap::new() })
    }

    /// How often an asker was counted.
    pub fn count(&self, who: &[u8; 32]) -> u32 {
        self.counts.get(who).copied().unwrap_or_default()
    }

    /// Whether an asker is answered once more.
    pub fn may_ask(&self, who: &[u8; 32]) -> bool {
        let most = if self.count(&ALL) < OF_ALL { OF_ONE } else { 1 };
        self.count(who) < most
    }

    /// Counts an asker once more.
    pub fn add(&mut self, who: [u8; 32]) {
        *self.counts.entry(who).or_default() += 1;
        *self.added.entry(who).or_default() += 1;
    }

    /// Counts a wrong code among those of all together.
    pub fn add_wrong(&mut self) {
        self.add(ALL);
    }

    fn over(&self) -> Verdict {
        Verdict::TooMany { again: self.since.saturating_add(HOUR).unwrap_or(self.since) }
    }

    /// Writes what was added.
    pub async fn write(&self, tx: &mut dyn Tx) -> Result<(), LedgerError> {
        let row = |(who, count): (&[u8; 32], &u32)| AskerRow { who: *who, since: self.since, count: *count };
        Ok(tx.count_askers(&self.added.iter().map(row).collect::<Vec<_>>()).await?)
    }
}

/// When the hour of a moment began.
fn beginning(at: Timestamp) -> Timestamp {
    let hour = HOUR.as_secs();
    Timestamp::from_second(at.as_second().div_euclid(hour) * hour).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_asker_has_ten_and_one_where_all_together_had_too_many() {
        let (one, other) = ([1; 32], [2; 32]);
        let mut hour = Hour::default();
        for _ in 0..OF_ONE {
            assert!(hour.may_ask(&one));
            hour.add(one);
        }
        assert!(!hour.may_ask(&one) && hour.may_ask(&other));
        for _ in 0..OF_ALL {
            hour.add_wrong();
        }
        assert!(hour.may_ask(&other));
        hour.add(other);
        assert!(!hour.may_ask(&other));
    }

    #[test]
    fn an_hour_begins_on_the_hour() {
        let began = |at: &str| beginning(at.parse().unwrap()).to_string();
        assert_eq!(began("2026-06-17T09:59:59.999Z"), "2026-06-17T09:00:00Z");
        assert_eq!(began("2026-06-17T09:00:00Z"), "2026-06-17T09:00:00Z");
        assert_eq!(began("1969-12-31T23:30:00Z"), "1969-12-31T23:00:00Z");
    }
}
