//! The guard at work: it judges by what was counted, pauses a template on a channel, and a person releases
//! it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use vestnik_contract::ChannelId;

use super::report::first;
use super::rules::Rules;
use super::store::{GuardRow, GuardSum, Release, Tx};
use super::{Ledger, LedgerError};
use crate::domain::{GuardRule, MeasureId, Mode, Offered, Standing, TemplateName};
use crate::policy;

/// On which channels which templates are paused.
#[derive(Default)]
pub(super) struct Guarded {
    measures: BTreeMap<MeasureId, BTreeSet<ChannelId>>,
    introductions: BTreeSet<ChannelId>,
    nowhere: BTreeSet<ChannelId>,
}

impl Guarded {
    /// The channels on which the texts of this measure are paused.
    pub fn of(&self, measure: Option<&MeasureId>) -> &BTreeSet<ChannelId> {
        measure.and_then(|measure| self.measures.get(measure)).unwrap_or(&self.nowhere)
    }

    /// The channels on which introductions are paused.
    pub fn introductions(&self) -> &BTreeSet<ChannelId> {
        &self.introductions
    }
}

/// What the guard has paused, or would have where it is only reported on. Where the rule is off nothing is
/// asked.
pub(super) async fn guarded(tx: &mut dyn Tx, rules: &Rules) -> Result<Guarded, LedgerError> {
    let mut guarded = Guarded::default();
    if rules.policy.guard.mode == Mode::Off {
        return Ok(guarded);
    }
    let trial = rules.policy.guard.mode == Mode::Report;
    let counts = |standing| standing == Standing::Paused || trial && standing == Standing::OnTrial;
    for row in tx.guards().await?.into_iter().filter(|row| counts(row.standing)) {
        let channels = match row.template {
            TemplateName::Measure(measure) => guarded.measures.entry(measure).or_default(),
            TemplateName::Introduction => &mut guarded.introductions,
        };
        channels.insert(row.channel);
    }
    Ok(guarded)
}

/// How a template stands on a channel, as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GuardView {
    /// The channel.
    pub channel: ChannelId,
    /// The template.
    pub template: TemplateName,
    /// How it stands.
    pub standing: Standing,
    /// The numbers for which it stands so.
    #[serde(flatten)]
    pub counts: Offered,
    /// Since when.
    pub since: Timestamp,
    /// When a person released it last.
    pub released_at: Option<Timestamp>,
    /// Who that was.
    pub released_by: Option<String>,
    /// Why.
    pub released_because: Option<String>,
}

impl From<GuardRow> for GuardView {
    fn from(row: GuardRow) -> Self {
        let GuardRow { channel, template, standing, counts, since, release } = row;
        let (released_at, released_by, released_because) =
            release.map_or((None, None, None), |one| (Some(one.at), Some(one.person), Some(one.reason)));
        Self { channel, template, standing, counts, since, released_at, released_by, released_because }
    }
}

impl Ledger {
    /// Judges every template on every channel by what was counted; gives those that stand otherwise than
    /// before. Where the rule is off nothing is judged.
    pub async fn guard(&self, rule: &GuardRule) -> Result<Vec<GuardView>, LedgerError> {
        if rule.mode == Mode::Off {
            return Ok(Vec::new());
        }
        if judged(&mut *self.store.read().await?, rule).await?.is_empty() {
            return Ok(Vec::new());
        }
        // Judged again in the transaction that writes: a person may have released one meanwhile.
        let mut tx = self.store.begin().await?;
        let changed = judged(&mut *tx, rule).await?;
        tx.put_guards(&changed).await?;
        tx.commit().await?;
        Ok(changed.into_iter().map(GuardView::from).collect())
    }

    /// How templates stand on channels: those that something was wrong with once.
    pub async fn guards(&self) -> Result<Vec<GuardView>, LedgerError> {
        let rows = self.store.read().await?.guards().await?;
        Ok(rows.into_iter().map(GuardView::from).collect())
    }

    /// Lets a template be sent again on a channel, in the name of a person; it is counted anew from here
    /// on. `false` where it was not paused.
    pub async fn release_from_guard(
        &self,
        channel: &ChannelId,
        template: &TemplateName,
        person: &str,
        reason: &str,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.store.begin().await?;
        let at = tx.now();
        let paused = |row: &GuardRow| {
            row.channel == *channel && row.template == *template && row.standing >= Standing::OnTrial
        };
        let Some(row) = tx.guards().await?.into_iter().find(paused) else { return Ok(false) };
        let counted_from = first(at, 1);
        // All of that day, also where an earlier release was on the same day.
        let of_today = tx.guard_sums(counted_from).await?;
        let (person, reason) = (person.to_owned(), reason.to_owned());
        let before = together(of_today).remove(&(channel.clone(), template.clone())).unwrap_or_default();
        let release = Some(Release { at, person, reason, counted_from, before });
        let counts = Offered::default();
        tx.put_guards(&[GuardRow { standing: Standing::Fine, counts, since: at, release, ..row }]).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// The rows that stand otherwise than before.
async fn judged(tx: &mut dyn Tx, rule: &GuardRule) -> Result<Vec<GuardRow>, LedgerError> {
    let now = tx.now();
    let since = first(now, rule.window_days);
    let mut counts = together(tx.guard_sums(since).await?);
    let known = tx.guards().await?;
    let fresh: BTreeSet<_> = counts.keys().cloned().collect();
    let rows = known.iter().map(|row| (row.channel.clone(), row.template.clone()));
    let all: BTreeSet<_> = fresh.into_iter().chain(rows).collect();
    let known: BTreeMap<_, _> =
        known.into_iter().map(|row| ((row.channel.clone(), row.template.clone()), row)).collect();
    let changed = all.into_iter().filter_map(|pair| {
        let row = known.get(&pair);
        let counted = counts.remove(&pair).unwrap_or_default().without(released_before(row, since));
        let before = row.map(|row| row.standing).unwrap_or_default();
        let standing = policy::judge(before, counted, rule);
        let release = row.and_then(|row| row.release.clone());
        let (channel, template) = pair;
        (standing != before).then_some(GuardRow {
            channel,
            template,
            standing,
            counts: counted,
            since: now,
            release,
        })
    });
    Ok(changed.collect())
}

/// What does not count any more because a person released it on a day that is still looked at.
fn released_before(row: Option<&GuardRow>, since: Date) -> Offered {
    let release = row.and_then(|row| row.release.as_ref());
    release.filter(|release| release.counted_from >= since).map(|release| release.before).unwrap_or_default()
}

/// The sums by channel and template.
fn together(sums: Vec<GuardSum>) -> BTreeMap<(ChannelId, TemplateName), Offered> {
    let mut counts: BTreeMap<_, Offered> = BTreeMap::new();
    for GuardSum { channel, template, what, count } in sums {
        counts.entry((channel, template)).or_default().add(what, count);
    }
    counts
}
