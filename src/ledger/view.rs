//! What is known of one notification: for its source, for `explain` and for the console.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use vestnik_contract::ChannelId;

use super::facts::NotificationFacts;
use super::store::{CitizenRow, NotificationRow, Tx};
use super::writes::{Held, entry};
use super::{Ledger, LedgerError, people};
use crate::domain::{
    Attempt, AttemptOutcome, Awaits, Citizen, CitizenKey, FinalState, Happening, Notice, NoticeId, Priority,
    Reason, SourceRef, Step, StepState, Trace,
};

/// A notification with all that happened to it. It names no citizen, address or text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NotificationView {
    /// Source and id.
    #[serde(flatten)]
    pub reference: SourceRef,
    /// How it ended; absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<FinalState>,
    /// Why it ended so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it ended, or its state was last raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// What happened.
    pub life_event: String,
    /// What the citizen may have because of it.
    pub measure: String,
    /// The template, such as `birth_grant-v1`.
    pub template: String,
    /// How soon.
    pub priority: Priority,
    /// The campaign it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Its moments.
    #[serde(flatten)]
    pub moments: Moments,
    /// Whether the citizen's data were erased since, and with them its entry in the inbox.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
    /// The notice that carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<NoticeId>,
    /// The steps of that notice, in order.
    pub steps: Vec<StepView>,
    /// What happened, in order.
    pub timeline: Vec<EntryView>,
}

/// When a notification may be sent, and by when the citizen has to act. What its source said is kept
/// with the citizen's data: of a citizen who is not known, or was erased, it is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Moments {
    /// By when the citizen has to act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act_by: Option<Date>,
    /// Before this moment it is not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// From this moment on it is not sent any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Who said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_by: Option<ExpiresBy>,
}

/// Who said when a notification is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiresBy {
    /// Its source.
    Source,
    /// The operator's policy, by the day to act or the days that it allows.
    Policy,
}

/// A step of a notice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepView {
    /// Its channel.
    pub channel: ChannelId,
    /// What has to be known before it counts as done.
    pub awaits: Awaits,
    /// How far it came: `planned`, `due`, `started`, `awaiting`, `done`, `failed` or `skipped`.
    pub state: &'static str,
    /// Why it failed or was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it is due, or the waiting for evidence ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The calls made, the oldest first.
    pub attempts: Vec<AttemptView>,
}

/// A call to a provider.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttemptView {
    /// When it started: the moment of sending.
    pub started_at: Timestamp,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// The provider's code, where it refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// In how many parts the provider took it.
    pub parts: u32,
}

/// A timeline entry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryView {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub what: Happening,
}

impl NotificationView {
    /// Every channel considered and every rule applied when it was decided.
    #[must_use]
    pub fn trace(&self) -> Option<&Trace> {
        self.timeline.iter().find_map(|entry| match &entry.what {
            Happening::Decided { trace, .. } => Some(trace),
            _ => None,
        })
    }

    /// Whether it stands in the citizen's inbox.
    #[must_use]
    pub fn stands_in_inbox(&self) -> bool {
        !self.erased && stood_in_inbox(&self.timeline)
    }

    /// The version of the configuration that decided.
    #[must_use]
    pub fn config(&self) -> Option<&str> {
        self.timeline.iter().find_map(|entry| match &entry.what {
            Happening::Decided { config, .. } => Some(config.as_str()),
            _ => None,
        })
    }
}

impl Ledger {
    /// A notification by source and id; `None` where it was never accepted, or its horizon is over.
    pub async fn notification(&self, reference: &SourceRef) -> Result<Option<NotificationView>, LedgerError> {
        let mut tx = self.store.read().await?;
        let known = tx.idempotency(std::slice::from_ref(reference)).await?;
        let Some(key) = known.into_iter().find_map(|row| row.notification) else { return Ok(None) };
        let Some(row) = tx.notifications(&[key]).await?.into_iter().next() else { return Ok(None) };
        let notice = notice(&mut *tx, row.notice).await?;
        let citizen = tx.citizens(&[row.citizen], false).await?.pop();
        let facts = self.facts(citizen.as_ref(), &row)?;
        let moments = Moments::of(facts.as_ref(), notice.as_ref());
        let steps = notice.map(|notice| notice.steps).unwrap_or_default();
        let steps = steps.into_iter().map(StepView::from).collect();
        let entries = tx.timeline(key).await?;
        let timeline = entries
            .into_iter()
            .map(|(_, row)| entry(row).map(|entry| EntryView { at: entry.at, what: entry.what }))
            .collect::<Result<Vec<_>, _>>()?;
        // Whoever was erased may have come back, but what there was to tell them has not.
        let gone = facts.is_none() && (!row.params.is_empty() || stood_in_inbox(&timeline));
        let erased = gone || citizen.is_some_and(|citizen| citizen.erased_at.is_some());
        Ok(Some(view(row, moments, steps, Told { timeline, erased })))
    }

    /// What the source said of the citizen; `None` where nobody can read it.
    fn facts(
        &self,
        citizen: Option<&CitizenRow>,
        row: &NotificationRow,
    ) -> Result<Option<NotificationFacts>, LedgerError> {
        let Some(citizen) = citizen.filter(|_| !row.params.is_empty()) else { return Ok(None) };
        people::left(NotificationFacts::open(&self.keys.data_key(&citizen.data_key)?, &row.params))
    }

    /// The IANA time zone of the citizen whom a notification is for: for the times of what an
    /// operator is told of it. `None` where it is not known.
    pub async fn zone_of(&self, reference: &SourceRef) -> Result<Option<String>, LedgerError> {
        let mut tx = self.store.read().await?;
        let citizens = addressees(&mut *tx, reference).await?;
        let rows = tx.citizens(&citizens, false).await?;
        Ok(rows.into_iter().find_map(|row| row.profile.zone))
    }

    /// The citizen whom a notification is for, as the registry knows them now; `None` of one who is not
    /// known, or was erased.
    pub async fn addressee(&self, reference: &SourceRef) -> Result<Option<Citizen>, LedgerError> {
        let mut tx = self.store.read().await?;
        let citizens = addressees(&mut *tx, reference).await?;
        let people = people::read(&mut *tx, &self.keys, &citizens).await?;
        Ok(people.into_values().next().map(|person| person.citizen))
    }
}

/// Whom a notification is for: nobody where it is not there.
async fn addressees(tx: &mut dyn Tx, reference: &SourceRef) -> Result<Vec<CitizenKey>, LedgerError> {
    let known = tx.idempotency(std::slice::from_ref(reference)).await?;
    let keys: Vec<_> = known.into_iter().filter_map(|row| row.notification).collect();
    Ok(tx.notifications(&keys).await?.into_iter().map(|row| row.citizen).collect())
}

async fn notice(tx: &mut dyn Tx, id: Option<NoticeId>) -> Result<Option<Notice>, LedgerError> {
    let rows = tx.notices(id.as_slice()).await?;
    rows.into_iter().next().map(|row| Ok(Held::of(row)?.notice)).transpose()
}

impl Moments {
    fn of(facts: Option<&NotificationFacts>, notice: Option<&Notice>) -> Self {
        let asked = facts.and_then(|facts| facts.expires_at);
        let expires_at = notice.map(|notice| notice.expires_at).or(asked);
        let by = |at| if asked == Some(at) { ExpiresBy::Source } else { ExpiresBy::Policy };
        Self {
            act_by: facts.and_then(|facts| facts.act_by),
            not_before: facts.and_then(|facts| facts.not_before),
            expires_at,
            expires_by: expires_at.map(by),
        }
    }
}

/// Whether a notification got an entry in the inbox when it came.
fn stood_in_inbox(timeline: &[EntryView]) -> bool {
    timeline.iter().any(|entry| matches!(entry.what, Happening::Decided { inbox: true, .. }))
}

/// What happened, and whether it is all that is left.
struct Told {
    timeline: Vec<EntryView>,
    erased: bool,
}

fn view(row: NotificationRow, moments: Moments, steps: Vec<StepView>, told: Told) -> NotificationView {
    NotificationView {
        reference: row.reference,
        state: row.closed.map(|(state, _, _)| state),
        reason: row.closed.map(|(_, reason, _)| reason),
        closed_at: row.closed.map(|(_, _, at)| at),
        received_at: row.received_at,
        template: format!("{}-v{}", row.measure, row.template),
        life_event: row.life_event,
        measure: row.measure,
        priority: row.priority,
        campaign: row.campaign,
        moments,
        erased: told.erased,
        notice: row.notice,
        steps,
        timeline: told.timeline,
    }
}

impl From<Step> for StepView {
    fn from(step: Step) -> Self {
        let (state, reason, until) = match step.state {
            StepState::Planned => ("planned", None, None),
            StepState::Due { at } => ("due", None, Some(at)),
            StepState::Started => ("started", None, None),
            StepState::Awaiting { until } => ("awaiting", None, Some(until)),
            StepState::Done => ("done", None, None),
            StepState::Failed { reason } => ("failed", Some(reason), None),
            StepState::Skipped { reason } => ("skipped", Some(reason), None),
        };
        let attempts = step.attempts.into_iter().map(AttemptView::from).collect();
        Self { channel: step.planned.channel, awaits: step.planned.awaits, state, reason, until, attempts }
    }
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        let Attempt { started_at, outcome, code, parts, .. } = attempt;
        Self { started_at, outcome, code, parts }
    }
}
