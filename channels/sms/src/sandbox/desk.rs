//! What the SMSC knows: messages half arrived, what is to be delivered, who blocked whom.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::Notify;
use tokio::time::Instant;
use vestnik_contract::sandbox::{Fault, Faults, Screen, Shown};
use vestnik_contract::{ChannelId, ClockFn};

use super::letters;
use super::tally::{Rate, Sessions};
use super::wire::{self, Deliver, Place, Submit};

/// How much may wait to be delivered before messages are refused with "queue full".
const BACKLOG: usize = 50_000;
/// How many messages may have arrived in part.
const HALVES: usize = 10_000;

/// After how long something is delivered again that the client put off.
const PUT_OFF: Duration = Duration::from_millis(100);

/// State, word and error code of a receipt.
const DELIVERED: (u8, &str, &str) = (2, "DELIVRD", "000");
const UNDELIVERABLE: (u8, &str, &str) = (5, "UNDELIV", "001");

/// What the SMSC does with a `submit_sm`.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Accepts it under this id; these receipts go out before the answer.
    Accept { id: String, early: Vec<Bytes> },
    /// Refuses it with this status.
    Refuse(u32),
    /// Refuses it for our credentials and parts.
    Expel,
    /// Says nothing.
    Hang,
    /// Says nothing ever again.
    Cut,
}

pub(super) struct Desk {
    pub(super) channel: ChannelId,
    pub(super) system_id: String,
    pub(super) password: String,
    pub(super) screen: Screen,
    pub(super) faults: Faults,
    pub(super) clock: ClockFn,
    /// Something is due to be delivered.
    pub(super) due: Notify,
    /// Something was put down for later.
    pub(super) later: Notify,
    state: Mutex<State>,
}

struct State {
    /// Ids begin with the moment of the start, so that those of two runs differ.
    epoch: i64,
    ids: u64,
    halves: HashMap<Key, Half>,
    order: VecDeque<Key>,
    due: VecDeque<Bytes>,
    later: BTreeMap<(Instant, u64), Bytes>,
    blocked: HashSet<String>,
    refuse_binds: u32,
    sessions: Sessions,
    /// The last sender seen, to whom citizens reply.
    service: String,
    rate: Rate,
}

/// Source, destination and the place's reference and total.
type Key = (String, String, u16, u8);

#[derive(Default)]
struct Half {
    fault: Option<Fault>,
    first_id: String,
    parts: BTreeMap<u8, String>,
}

impl Desk {
    pub(super) fn new(
        channel: ChannelId,
        (system_id, password): (String, String),
        keep: usize,
        clock: ClockFn,
    ) -> Self {
        let state = State {
            epoch: clock().as_millisecond(),
            ids: 0,
            halves: HashMap::new(),
            order: VecDeque::new(),
            due: VecDeque::new(),
            later: BTreeMap::new(),
            blocked: HashSet::new(),
            refuse_binds: 0,
            sessions: Sessions::new(),
            service: "sandbox".into(),
            rate: Rate::new(Instant::now()),
        };
        Self {
            channel,
            system_id,
            password,
            screen: Screen::new(keep),
            faults: Faults::default(),
            clock,
            due: Notify::new(),
            later: Notify::new(),
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session with these credentials, or says with which status it is refused.
    pub(super) fn admit(&self, bind: &wire::Bind) -> Result<(), u32> {
        let mut state = self.state();
        if state.refuse_binds > 0 {
            state.refuse_binds -= 1;
            return Err(wire::ESME_RINVPASWD);
        }
        if bind.system_id != self.system_id || bind.password != self.password {
            return Err(wire::ESME_RINVPASWD);
        }
        state.sessions.begin()
    }

    /// A session is over.
    pub(super) fn leave(&self) {
        self.state().sessions.end();
    }

    pub(super) fn allow_sessions(&self, at_most: usize) {
        self.state().sessions.allowed = at_most;
    }

    pub(super) fn sessions(&self) -> Sessions {
        self.state().sessions
    }

    pub(super) fn refuse_binds(&self, times: u32) {
        self.state().refuse_binds = times;
    }

    pub(super) fn block(&self, phone: &str, blocked: bool) {
        let mut state = self.state();
        if blocked {
            state.blocked.insert(phone.to_owned());
        } else {
            state.blocked.remove(phone);
        }
    }

    pub(super) fn greatest_rate(&self) -> u64 {
        self.state().rate.greatest
    }

    /// Decides about a `submit_sm`, shows a message that is whole, and puts down its receipts.
    pub(super) fn submit(&self, submit: &Submit) -> Verdict {
        let mut state = self.state();
        state.rate.count(Instant::now());
        if state.due.len() + state.later.len() >= BACKLOG {
            return Verdict::Refuse(wire::ESME_RMSGQFUL);
        }
        let phone = format!("+{}", submit.destination);
        let Some(text) = letters::decode(submit.data_coding, &submit.text) else {
            return Verdict::Refuse(wire::ESME_RX_R_APPN);
        };
        let fault = match state.half(submit) {
            Some(half) => half.fault,
            None if state.blocked.contains(&phone) => Some(Fault::Blocked),
            None => self.faults.take(&phone),
        };
        if let Some(verdict) = refusal(fault, &mut state) {
            return verdict;
        }
        let id = state.next_id();
        if state.service != submit.source {
            state.service.clone_from(&submit.source);
        }
        let now = (self.clock)();
        let whole = state.put_together(submit, fault, &id, text);
        let is_whole = whole.is_some();
        if let Some((reference, text)) = whole {
            self.screen.show(self.shown(submit, phone, text, reference, now));
        }
        let early = self.receipts(&mut state, submit, &id, fault, now);
        if is_whole && fault == Some(Fault::AcceptThenCut) {
            return Verdict::Cut;
        }
        Verdict::Accept { id, early }
    }

    fn shown(&self, submit: &Submit, phone: String, text: String, reference: String, at: Timestamp) -> Shown {
        let international = submit.source_ton == 1;
        let sender = if international { format!("+{}", submit.source) } else { submit.source.clone() };
        Shown {
            number: 0,
            channel: self.channel.clone(),
            address: phone,
            sender,
            title: None,
            text,
            reference,
            at,
            read: false,
        }
    }

    /// Puts down the receipts of one part; gives back those that go before the answer.
    fn receipts(
        &self,
        state: &mut State,
        submit: &Submit,
        id: &str,
        fault: Option<Fault>,
        now: Timestamp,
    ) -> Vec<Bytes> {
        if !submit.wants_receipt {
            return Vec::new();
        }
        let end = if fault == Some(Fault::FailedReceipt) { UNDELIVERABLE } else { DELIVERED };
        let receipt = receipt(submit, id, end, now);
        match fault {
            Some(Fault::NoReceipt) => {}
            Some(Fault::EarlyReceipt) => return vec![receipt],
            Some(Fault::LateReceipt(delay)) => {
                state.put_down(receipt, delay);
                self.later.notify_one();
            }
            Some(Fault::DuplicateReceipt) => self.post(state, [receipt.clone(), receipt]),
            _ => self.post(state, [receipt]),
        }
        Vec::new()
    }

    fn post(&self, state: &mut State, parcels: impl IntoIterator<Item = Bytes>) {
        state.due.extend(parcels);
        self.due.notify_waiters();
    }

    /// A citizen writes.
    pub(super) fn reply(&self, phone: &str, text: &str) {
        let digits = phone.trim_start_matches('+');
        let (data_coding, parts) = letters::encode(text);
        let mut state = self.state();
        let service = state.service.clone();
        state.ids += 1;
        let [.., reference] = state.ids.to_be_bytes();
        let total = u8::try_from(parts.len()).unwrap_or(u8::MAX);
        let parcels = (1..=total).zip(parts).map(|(number, part)| {
            let header = if total > 1 { vec![5, 0, 3, reference, total, number] } else { Vec::new() };
            let esm_class = if total > 1 { 0x40 } else { 0 };
            let text = [header, part].concat();
            let destination = &service;
            Deliver { source: digits, destination, esm_class, data_coding, text: &text, receipted: None }
                .body()
        });
        let parcels: Vec<_> = parcels.collect();
        self.post(&mut state, parcels);
    }

    /// The next thing to deliver.
    pub(super) fn next_parcel(&self) -> Option<Bytes> {
        self.state().due.pop_front()
    }

    /// What a session could not deliver, in its order: another one will.
    pub(super) fn give_back(&self, parcels: impl DoubleEndedIterator<Item = Bytes>) {
        let mut state = self.state();
        for parcel in parcels.rev() {
            state.due.push_front(parcel);
        }
        self.due.notify_waiters();
    }

    /// The client asks for it again later.
    pub(super) fn put_off(&self, parcel: Bytes) {
        let mut state = self.state();
        state.put_down(parcel, PUT_OFF);
        self.later.notify_one();
    }

    /// Makes due what was put down for a moment that has come; tells the next such moment.
    pub(super) fn turn(&self, now: Instant) -> Option<Instant> {
        let mut state = self.state();
        while let Some(entry) = state.later.first_entry() {
            if entry.key().0 > now {
                return Some(entry.key().0);
            }
            let parcel = entry.remove();
            self.post(&mut state, [parcel]);
        }
        None
    }
}

/// The verdicts of faults that refuse. An expulsion lets the next bind be refused as well.
fn refusal(fault: Option<Fault>, state: &mut State) -> Option<Verdict> {
    Some(match fault? {
        Fault::Throttle(_) => Verdict::Refuse(wire::ESME_RTHROTTLED),
        Fault::Blocked => Verdict::Refuse(wire::ESME_RINVDSTADR),
        Fault::SoftUnreachable => Verdict::Refuse(wire::ESME_RDELIVERYFAILURE),
        Fault::Rejected => Verdict::Refuse(wire::ESME_RX_R_APPN),
        Fault::ServerError => Verdict::Refuse(wire::ESME_RSYSERR),
        Fault::WrongToken => {
            state.refuse_binds = state.refuse_binds.max(1);
            Verdict::Expel
        }
        Fault::Hang => Verdict::Hang,
        _ => return None,
    })
}

/// A receipt as appendix B of SMPP 3.4 writes it, with its TLVs.
fn receipt(submit: &Submit, id: &str, end: (u8, &str, &str), now: Timestamp) -> Bytes {
    let (state, word, error) = end;
    let date = TimeZone::UTC.to_datetime(now).strftime("%y%m%d%H%M").to_string();
    let delivered = u8::from(error == "000");
    let text = format!(
        "id:{id} sub:001 dlvrd:00{delivered} submit date:{date} done date:{date} stat:{word} err:{error} text:"
    );
    let deliver = Deliver {
        source: &submit.destination,
        destination: &submit.source,
        esm_class: 0x04,
        data_coding: 0,
        text: text.as_bytes(),
        receipted: Some((id, state)),
    };
    deliver.body()
}

impl State {
    /// Puts down what is to be delivered after this delay.
    fn put_down(&mut self, parcel: Bytes, delay: Duration) {
        self.ids += 1;
        self.later.insert((Instant::now() + delay, self.ids), parcel);
    }

    fn next_id(&mut self) -> String {
        self.ids += 1;
        format!("{:x}-{:x}", self.epoch, self.ids)
    }

    /// What came before of this message, if this is a later part.
    fn half(&self, submit: &Submit) -> Option<&Half> {
        self.halves.get(&key(submit, submit.place?))
    }

    /// Adds a part. The first id and the text of the message, once it is whole.
    fn put_together(
        &mut self,
        submit: &Submit,
        fault: Option<Fault>,
        id: &str,
        text: String,
    ) -> Option<(String, String)> {
        let Some(place) = submit.place.filter(|it| it.total > 1) else { return Some((id.to_owned(), text)) };
        let key = key(submit, place);
        if !self.halves.contains_key(&key) {
            self.order.push_back(key.clone());
            self.forget_oldest();
        }
        let half = self.halves.entry(key.clone()).or_insert_with(|| Half {
            fault,
            first_id: id.to_owned(),
            parts: BTreeMap::new(),
        });
        half.parts.insert(place.number, text);
        if half.parts.len() < usize::from(place.total) {
            return None;
        }
        let half = self.halves.remove(&key)?;
        self.order.retain(|it| *it != key);
        Some((half.first_id, half.parts.into_values().collect()))
    }

    fn forget_oldest(&mut self) {
        if self.order.len() > HALVES
            && let Some(oldest) = self.order.pop_front()
        {
            self.halves.remove(&oldest);
        }
    }
}

fn key(submit: &Submit, place: Place) -> Key {
    (submit.source.clone(), submit.destination.clone(), place.reference, place.total)
}
