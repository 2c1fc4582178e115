//! One connection of a client to the SMSC.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, watch};

use super::desk::{Desk, Verdict};
use super::wire::{self, Bind, Pdu, RESP, Submit};

/// How many `deliver_sm` may be on their way without an answer.
const WINDOW: usize = 100;
/// How many octets may wait to be written before nothing more is read.
const FULL: usize = 1 << 20;

/// The connection is to end.
struct End;

struct Connection<'a> {
    desk: &'a Desk,
    out: Mutex<Out>,
    /// There is something to write.
    filled: Notify,
    /// There is room again.
    emptied: Notify,
    bound: AtomicBool,
    /// Both sides have parted: what is to be written is the last.
    parted: AtomicBool,
}

#[derive(Default)]
struct Out {
    octets: BytesMut,
    sequence: u32,
    unanswered: BTreeMap<u32, Bytes>,
}

impl Out {
    fn deliver(&mut self, parcel: Bytes) {
        self.sequence = if self.sequence >= 0x7FFF_FFFF { 1 } else { self.sequence + 1 };
        Pdu::put(&mut self.octets, wire::DELIVER_SM, 0, self.sequence, &parcel);
        self.unanswered.insert(self.sequence, parcel);
    }
}

/// Serves a connection to its end, or until `cuts` changes. What was not answered is given back.
pub(super) async fn serve(desk: &Desk, stream: TcpStream, mut cuts: watch::Receiver<u64>) {
    let _ = stream.set_nodelay(true);
    let (read, write) = stream.into_split();
    let connection = Connection {
        desk,
        out: Mutex::default(),
        filled: Notify::new(),
        emptied: Notify::new(),
        bound: AtomicBool::new(false),
        parted: AtomicBool::new(false),
    };
    tokio::select! {
        () = connection.read(read) => {}
        () = connection.write(write) => {}
        () = connection.deliver() => {}
        _ = cuts.changed() => {}
    }
    connection.unbound();
    let unanswered = std::mem::take(&mut connection.out().unanswered);
    desk.give_back(unanswered.into_values());
}

impl Connection<'_> {
    fn out(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, mut read: OwnedReadHalf) {
        let mut stream = BytesMut::with_capacity(64 * 1024);
        while matches!(read.read_buf(&mut stream).await, Ok(1..)) {
            loop {
                match Pdu::take(&mut stream) {
                    Ok(Some(pdu)) => {
                        if self.hear(&pdu).is_err() {
                            return;
                        }
                    }
                    Ok(None) => break,
                    Err(wire::Broken) => return,
                }
            }
            self.filled.notify_one();
            if self.parted.load(Ordering::Acquire) {
                // The writer ends the connection.
                return pending().await;
            }
            while self.out().octets.len() > FULL {
                self.emptied.notified().await;
            }
        }
    }

    async fn write(&self, mut write: OwnedWriteHalf) {
        loop {
            let octets = self.out().octets.split();
            if octets.is_empty() && self.parted.load(Ordering::Acquire) {
                return;
            }
            if octets.is_empty() {
                self.filled.notified().await;
            } else if write.write_all(&octets).await.is_err() {
                return;
            }
            self.emptied.notify_one();
        }
    }

    /// Delivers what is due while the client is bound and answers.
    async fn deliver(&self) {
        loop {
            // Made before the look at what is due, so that nothing is missed between the two.
            let due = self.desk.due.notified();
            let mut delivered = false;
            while self.bound.load(Ordering::Acquire) && self.out().unanswered.len() < WINDOW {
                let Some(parcel) = self.desk.next_parcel() else { break };
                self.out().deliver(parcel);
                delivered = true;
            }
            if delivered {
                self.filled.notify_one();
            }
            due.await;
        }
    }

    fn put(&self, id: u32, status: u32, sequence: u32, body: &[u8]) {
        Pdu::put(&mut self.out().octets, id, status, sequence, body);
    }

    fn hear(&self, pdu: &Pdu) -> Result<(), End> {
        match pdu.id {
            wire::BIND_TRANSCEIVER => self.bind(pdu),
            wire::SUBMIT_SM => return self.submit(pdu),
            wire::ENQUIRE_LINK => self.put(pdu.id | RESP, 0, pdu.sequence, b""),
            wire::UNBIND => {
                self.unbound();
                self.put(pdu.id | RESP, 0, pdu.sequence, b"");
            }
            id if id == wire::UNBIND | RESP => self.parted.store(true, Ordering::Release),
            id if id == wire::DELIVER_SM | RESP => self.answered(pdu),
            id if id & RESP != 0 => {}
            _ => self.put(wire::GENERIC_NACK, wire::ESME_RINVCMDID, pdu.sequence, b""),
        }
        Ok(())
    }

    fn bind(&self, pdu: &Pdu) {
        let bound = self.bound.load(Ordering::Acquire);
        let verdict = match Bind::read(&pdu.body) {
            Some(_) if bound => Err(wire::ESME_RALYBND),
            Some(bind) => self.desk.admit(&bind),
            None => Err(wire::ESME_RINVPASWD),
        };
        if let Err(status) = verdict {
            return self.put(pdu.id | RESP, status, pdu.sequence, b"");
        }
        let mut body = BytesMut::new();
        wire::string(&mut body, "sandbox");
        self.put(pdu.id | RESP, wire::ESME_ROK, pdu.sequence, &body);
        self.bound.store(true, Ordering::Release);
        self.desk.due.notify_waiters();
    }

    /// The session is over, if there was one.
    fn unbound(&self) {
        if self.bound.swap(false, Ordering::AcqRel) {
            self.desk.leave();
        }
    }

    fn submit(&self, pdu: &Pdu) -> Result<(), End> {
        let refuse = |status| self.put(pdu.id | RESP, status, pdu.sequence, b"");
        if !self.bound.load(Ordering::Acquire) {
            refuse(wire::ESME_RINVBNDSTS);
            return Ok(());
        }
        let Some(submit) = Submit::read(&pdu.body) else {
            refuse(wire::ESME_RINVCMDLEN);
            return Ok(());
        };
        match self.desk.submit(&submit) {
            Verdict::Accept { id, early } => {
                let mut out = self.out();
                for receipt in early {
                    out.deliver(receipt);
                }
                let mut body = BytesMut::with_capacity(id.len() + 1);
                wire::string(&mut body, &id);
                Pdu::put(&mut out.octets, pdu.id | RESP, wire::ESME_ROK, pdu.sequence, &body);
            }
            Verdict::Refuse(status) => refuse(status),
            Verdict::Expel => {
                refuse(wire::ESME_RINVPASWD);
                self.unbound();
                let mut out = self.out();
                out.sequence += 1;
                let sequence = out.sequence;
                Pdu::put(&mut out.octets, wire::UNBIND, 0, sequence, b"");
            }
            Verdict::Hang => {}
            Verdict::Cut => return Err(End),
        }
        Ok(())
    }

    /// The client has taken a `deliver_sm`, or asks for it again later.
    fn answered(&self, pdu: &Pdu) {
        let parcel = self.out().unanswered.remove(&pdu.sequence);
        match (parcel, pdu.status) {
            // Refused for good: `ESME_RX_P_APPN`, `ESME_RX_R_APPN`. There is nobody to tell.
            (Some(_), wire::ESME_ROK | 0x65 | wire::ESME_RX_R_APPN) | (None, _) => {
                self.desk.due.notify_waiters();
            }
            (Some(parcel), _) => self.desk.put_off(parcel),
        }
    }
}
