//! What a verb is going to write, gathered over a batch and written in a fixed order of tables.

use jiff::Timestamp;
use uuid::Uuid;

use super::LedgerError;
use super::news::Fresh;
use super::store::{
    Acquaintance, CodeRow, EntryRow, IntroducedRow, NoticeRow, ReservationRow, TIMER, Tx, WorkRow,
};
use super::tally::{Before, Tally};
use crate::domain::{
    CitizenKey, Entry, FinalState, Happening, Notice, NoticeId, NoticeKind, NotificationKey, Reason,
    SourceId, SourceRef, StepState,
};
use crate::notice::{Cascade, Change, Input, advance};

/// The writes of a batch.
#[derive(Default)]
pub(super) struct Writes {
    made: Vec<NoticeRow>,
    codes: Vec<CodeRow>,
    introduced: Vec<IntroducedRow>,
    unsent: Vec<Acquaintance>,
    notices: Vec<NoticeRow>,
    work: Vec<WorkRow>,
    no_work: Vec<NoticeId>,
    reserve: Vec<ReservationRow>,
    release: Vec<(NoticeId, i32)>,
    entries: Vec<EntryRow>,
    closed: Vec<(NotificationKey, FinalState, Reason, Timestamp)>,
    windows_over: Vec<(CitizenKey, NoticeId)>,
    pub tally: Tally,
}

/// A notice under the lock of its citizen's row, with the row it came from.
pub(super) struct Held {
    pub notice: Notice,
    pub words: Vec<u8>,
}

impl Held {
    /// Understands a row.
    pub fn of(row: NoticeRow) -> Result<Self, LedgerError> {
        let notice = serde_json::from_str(&row.notice).map_err(|_| super::people::corrupt("notice"))?;
        Ok(Self { notice, words: row.words })
    }

    /// The row to write.
    pub fn row(&self) -> Result<NoticeRow, LedgerError> {
        let notice = serde_json::to_string(&self.notice).map_err(|_| super::people::corrupt("notice"))?;
        Ok(NoticeRow { id: self.notice.id, citizen: self.notice.citizen, notice, words: self.words.clone() })
    }
}

impl Writes {
    /// Moves a notice by what happened and keeps what has to be written besides the notice itself,
    /// which [`save`](Self::save) does once the batch is through with it.
    pub fn advance(&mut self, held: &mut Held, input: Input, now: Timestamp, cascade: &Cascade) -> Change {
        let was_open = held.notice.is_open_to_others();
        let before = Before::of(&held.notice, &input);
        let change = advance(&mut held.notice, input, now, cascade);
        self.tally.add_change(&mut held.notice, &change, &before);
        let notice = &held.notice;
        if was_open && !notice.is_open_to_others() {
            self.windows_over.push((notice.citizen, notice.id));
        }
        for (step, day) in &change.reserve {
            let row =
                ReservationRow { notice: notice.id, step: number(*step), citizen: notice.citizen, day: *day };
            self.reserve.push(row);
        }
        self.release.extend(change.release.iter().map(|step| (notice.id, number(*step))));
        for (item, what) in &change.entries {
            let item = &notice.items[*item];
            self.entry(Entry {
                notification: item.notification,
                reference: item.reference.clone(),
                notice: Some(notice.id),
                at: now,
                what: what.clone(),
            });
        }
        for (item, ending) in &change.endings {
            let key = notice.items[*item].notification;
            self.closed.push((key, ending.state, ending.reason, now));
        }
        change
    }

    /// Keeps a new notice with its work, its place in the contact budget and the code that it shows.
    pub fn make(&mut self, held: &Held, code: CodeRow) -> Result<(), LedgerError> {
        let notice = &held.notice;
        self.made.push(held.row()?);
        self.codes.push(code);
        self.work.extend(work_of(notice));
        for (step, day) in notice.steps.iter().enumerate().filter_map(|(at, step)| Some((at, step.reserved?)))
        {
            let (notice, citizen) = (notice.id, notice.citizen);
            self.reserve.push(ReservationRow { notice, step: number(step), citizen, day });
        }
        Ok(())
    }

    /// Keeps that a citizen was introduced on a channel, or is going to be.
    pub fn introduced(&mut self, row: IntroducedRow) {
        self.introduced.push(row);
    }

    /// Writes the notice and its work row as the notice's own state has it. The row of a started
    /// attempt stays as it is, or becomes `started` where it has just been started.
    pub fn save(&mut self, held: &Held, started: Option<WorkRow>) -> Result<(), LedgerError> {
        self.notices.push(held.row()?);
        if held.notice.closed.is_some() {
            self.no_work.push(held.notice.id);
            self.unsent.extend(never_introduced(&held.notice));
        } else {
            self.work.extend(work_of(&held.notice).or(started));
        }
        Ok(())
    }

    /// Keeps a timeline entry.
    pub fn entry(&mut self, entry: Entry) {
        self.entries.push(entry_row(entry));
    }

    /// Writes all of it; gives what news it is once it is committed.
    pub async fn flush(mut self, tx: &mut dyn Tx) -> Result<Fresh, LedgerError> {
        keep_last(&mut self.notices, |row| row.id.0);
        keep_last(&mut self.work, |row| row.notice.0);
        keep_last(&mut self.closed, |row| row.0.0);
        self.settle_reservations();
        tx.add_notices(&self.made).await?;
        tx.add_codes(&self.codes).await?;
        tx.save_notices(&self.notices).await?;
        tx.put_work(&self.work).await?;
        tx.remove_work(&self.no_work).await?;
        tx.remove_reservations(&self.release).await?;
        tx.put_reservations(&self.reserve).await?;
        tx.close_notifications(&self.closed).await?;
        tx.close_windows(&self.windows_over).await?;
        tx.remove_unsent(&self.unsent).await?;
        tx.put_introduced(&self.introduced).await?;
        let unreached = self.closed.iter().filter(|(_, state, ..)| state.is_unreached());
        tx.add_unreached(&unreached.map(|(key, _, _, at)| (*at, *key)).collect::<Vec<_>>()).await?;
        tx.append(&self.entries).await?;
        self.tally.write(tx).await?;
        let mut fresh = Fresh { entries: !self.entries.is_empty(), ..Fresh::default() };
        fresh.work(&self.work, tx.now());
        Ok(fresh)
    }

    /// A place taken and given back in one batch is the later of the two.
    fn settle_reservations(&mut self) {
        let released = std::mem::take(&mut self.release);
        self.reserve.retain(|row| !released.contains(&(row.notice, row.step)));
        self.release = released;
        keep_last(&mut self.reserve, |row| (row.notice.0, row.step));
    }
}

/// Whom an introduction that is over did not reach, because nothing of it was ever sent: there is to be
/// another.
fn never_introduced(notice: &Notice) -> Option<Acquaintance> {
    let step = notice.steps.first().filter(|step| step.attempts.is_empty())?;
    let introduces = notice.kind == NoticeKind::Introduction;
    introduces.then(|| (notice.citizen, step.planned.channel.clone()))
}

fn number(step: usize) -> i32 {
    i32::try_from(step).unwrap_or(i32::MAX)
}

/// Keeps the last row of each key, so that a batch never writes one row twice.
pub(super) fn keep_last<T, K: Ord>(rows: &mut Vec<T>, key: impl Fn(&T) -> K) {
    let mut seen = std::collections::BTreeSet::new();
    rows.reverse();
    rows.retain(|row| seen.insert(key(row)));
    rows.reverse();
}

/// The work row that a notice's state asks for; `None` where it has none, or where the row of a
/// started attempt stays as it is.
pub(super) fn work_of(notice: &Notice) -> Option<WorkRow> {
    if notice.closed.is_some() {
        return None;
    }
    let step = notice.step()?;
    let (lane, due_at) = match step.state {
        StepState::Due { at } => (step.planned.channel.to_string(), at),
        StepState::Awaiting { until } => (TIMER.to_owned(), until),
        _ => return None,
    };
    Some(WorkRow {
        notice: notice.id,
        citizen: notice.citizen,
        lane,
        priority: notice.priority,
        source: notice.source().map_or("", SourceId::as_str).to_owned(),
        due_at,
        lease: None,
        attempt: None,
    })
}

fn entry_row(entry: Entry) -> EntryRow {
    EntryRow {
        notification: entry.notification,
        reference: entry.reference,
        notice: entry.notice,
        at: entry.at,
        name: entry.what.name().to_owned(),
        // A happening is plain data of ours: it has no form that JSON cannot hold.
        what: serde_json::to_string(&entry.what).unwrap_or_default(),
    }
}

/// The entry of a row.
pub(super) fn entry(row: EntryRow) -> Result<Entry, LedgerError> {
    let what: Happening = serde_json::from_str(&row.what).map_err(|_| super::people::corrupt("timeline"))?;
    Ok(Entry {
        notification: row.notification,
        reference: row.reference,
        notice: row.notice,
        at: row.at,
        what,
    })
}

/// A new key, in order of time.
pub(super) fn new_key() -> Uuid {
    Uuid::now_v7()
}

/// An entry for a notification that has no notice.
pub(super) fn lone_entry(
    notification: NotificationKey,
    reference: &SourceRef,
    at: Timestamp,
    what: Happening,
) -> Entry {
    Entry { notification, reference: reference.clone(), notice: None, at, what }
}
