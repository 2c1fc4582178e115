//! The session against an SMSC that follows a script, PDU by PDU.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;
use vestnik_contract::{
    Accepted, Adapter, Address, Event, Inbound, InboundContent, Message, RouteId, SendError, SendErrorKind,
    Sender, Setup, Standing,
};

use crate::Settings;
use crate::sandbox::wire::{self, Bind, Deliver, Pdu, RESP};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(10);

/// One connection, on the SMSC's side.
struct Script {
    stream: TcpStream,
    read: BytesMut,
}

impl Script {
    /// Takes a connection and its bind, and waits until the client knows that it is bound.
    async fn bound(listener: &TcpListener) -> Self {
        let mut script = Self::admitted(listener).await;
        script.fence().await;
        script
    }

    /// Takes a connection and its bind.
    async fn admitted(listener: &TcpListener) -> Self {
        let mut script = Self::connected(listener).await;
        let bind = script.expect(wire::BIND_TRANSCEIVER).await;
        let named = Bind::read(&bind.body).map(|it| (it.system_id, it.password));
        assert_eq!(named, Some(("ministry".into(), "secret08".into())));
        assert_eq!(bind.sequence, 1);
        script.send(bind.id | RESP, 0, bind.sequence, b"smsc\0").await;
        script
    }

    /// Waits until the client has read all that was sent before, and has written what it wrote of
    /// its own accord until then. What it writes meanwhile fails the test.
    async fn fence(&mut self) {
        self.send(wire::ENQUIRE_LINK, 0, 77, b"").await;
        assert_eq!(self.expect(wire::ENQUIRE_LINK | RESP).await.sequence, 77);
    }

    async fn connected(listener: &TcpListener) -> Self {
        let (stream, _) = timeout(PATIENCE, listener.accept()).await.expect("a connection").unwrap();
        Self { stream, read: BytesMut::new() }
    }

    /// The next PDU.
    async fn next(&mut self) -> Option<Pdu> {
        loop {
            if let Some(pdu) = Pdu::take(&mut self.read).unwrap() {
                return Some(pdu);
            }
            let more = timeout(PATIENCE, self.stream.read_buf(&mut self.read)).await;
            if more.expect("something to read").unwrap() == 0 {
                return None;
            }
        }
    }

    /// The next PDU, which must be of this kind.
    async fn expect(&mut self, id: u32) -> Pdu {
        let pdu = self.next().await.expect("a PDU");
        assert_eq!(format!("{:#x}", pdu.id), format!("{id:#x}"));
        pdu
    }

    async fn send(&mut self, id: u32, status: u32, sequence: u32, body: &[u8]) {
        let mut out = BytesMut::new();
        Pdu::put(&mut out, id, status, sequence, body);
        self.stream.write_all(&out).await.unwrap();
    }

    /// Answers a `submit_sm`.
    async fn answer(&mut self, submit: &Pdu, status: u32, id: &str) {
        let body = if status == 0 { format!("{id}\0") } else { String::new() };
        self.send(submit.id | RESP, status, submit.sequence, body.as_bytes()).await;
    }

    async fn deliver(&mut self, sequence: u32, body: &Bytes) {
        self.send(wire::DELIVER_SM, 0, sequence, body).await;
    }
}

/// An adapter whose driver runs, and a listener in place of the SMSC.
struct Rig {
    adapter: Adapter,
    listener: TcpListener,
    /// The driver, which ends with the rig.
    tasks: JoinSet<()>,
}

impl Rig {
    async fn new(more: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let secret = std::env::temp_dir().join(format!("vestnik-sms-script-{}-{port}", std::process::id()));
        std::fs::write(&secret, "secret08").unwrap();
        let path = secret.display().to_string();
        let settings = format!(
            r#"{{"host": "127.0.0.1", "port": {port}, "system_id": "ministry", "password": {{"file": {path:?}}},
                "reconnect_first_seconds": 0.02, "reconnect_max_seconds": 0.1 {more}}}"#
        );
        let settings: Settings = serde_json::from_str(&settings).unwrap();
        let mut adapter = crate::connect(settings, &setup()).unwrap();
        std::fs::remove_file(&secret).unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(adapter.driver.take().unwrap());
        Self { adapter, listener, tasks }
    }

    /// Sends beside the test; the answer comes later.
    fn send(&self, text: &str) -> Sent {
        let (channel, message) = (self.adapter.channel.clone(), message(text));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { channel.send(&message).await });
        Sent(tasks)
    }

    async fn next(&self) -> vestnik_contract::EventBatch {
        let next = self.adapter.events.as_ref().unwrap().next();
        timeout(PATIENCE, next).await.expect("events").unwrap()
    }

    async fn acknowledge(&self, token: u64) {
        self.adapter.events.as_ref().unwrap().acknowledge(token).await.unwrap();
    }
}

struct Sent(JoinSet<Result<Accepted, SendError>>);

impl Sent {
    async fn ended(&mut self) -> Result<Vec<String>, (SendErrorKind, Option<String>)> {
        let ended = timeout(PATIENCE, self.0.join_next()).await.expect("an end").unwrap().unwrap();
        ended.map(|it| it.references).map_err(|it| (it.kind(), it.provider_code().map(ToOwned::to_owned)))
    }
}

fn setup() -> Setup {
    Setup {
        route: RouteId::new("main").unwrap(),
        sender: Sender {
            label: "Ministry".into(),
            sms_sender: "Minsoc".into(),
            email_address: "a@b.example".into(),
            viber_name: "Ministry".into(),
            telegram_bot: "minsoc_bot".into(),
        },
        clock: Arc::new(|| "2026-11-22T10:00:00Z".parse().unwrap()),
        callback_url: None,
    }
}

fn message(text: &str) -> Message {
    Message {
        attempt: Uuid::nil(),
        recipient: Address::new("+380671234567"),
        locale: "uk".into(),
        title: String::new(),
        text: text.into(),
        expires_at: None,
        unsubscribe: None,
    }
}

fn words(text: &str) -> Bytes {
    let deliver = Deliver {
        source: "380671234567",
        destination: "Minsoc",
        esm_class: 0,
        data_coding: 0,
        text: text.as_bytes(),
        receipted: None,
    };
    deliver.body()
}

/// What citizens wrote.
fn heard(events: &[Event]) -> Vec<&str> {
    let text = |event| match event {
        &Event::Inbound(Inbound { content: InboundContent::Text(ref text), .. }) => Some(text.as_str()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("it never came");
}

#[tokio::test]
async fn answers_find_their_requests_in_any_order() {
    let rig = Rig::new("").await;
    let mut smsc = Script::bound(&rig.listener).await;
    let mut first = rig.send("one");
    let one = smsc.expect(wire::SUBMIT_SM).await;
    let mut second = rig.send("two");
    let two = smsc.expect(wire::SUBMIT_SM).await;
    smsc.answer(&two, 0, "second").await;
    smsc.answer(&one, 0, "first").await;
    assert_eq!(first.ended().await, Ok(vec!["first".into()]));
    assert_eq!(second.ended().await, Ok(vec!["second".into()]));
}

#[tokio::test]
async fn no_more_than_the_window_is_ever_without_an_answer() {
    let rig = Rig::new(r#", "window": 3"#).await;
    let mut smsc = Script::bound(&rig.listener).await;
    let sent: Vec<_> = (0..5).map(|_| rig.send("hello")).collect();
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(smsc.expect(wire::SUBMIT_SM).await);
    }
    // The answer to this would come after a fourth request if there were one.
    smsc.fence().await;
    for _ in 0..2 {
        let submit = waiting.remove(0);
        smsc.answer(&submit, 0, "id").await;
        waiting.push(smsc.expect(wire::SUBMIT_SM).await);
    }
    for submit in waiting {
        smsc.answer(&submit, 0, "id").await;
    }
    for mut sent in sent {
        assert!(sent.ended().await.is_ok());
    }
}

#[tokio::test]
async fn a_cut_leaves_the_written_ambiguous_and_the_unwritten_unavailable() {
    let rig = Rig::new(r#", "window": 1"#).await;
    let mut smsc = Script::bound(&rig.listener).await;
    let mut written = rig.send("one");
    smsc.expect(wire::SUBMIT_SM).await;
    let mut unwritten = rig.send("two");
    smsc.fence().await;
    drop(smsc);
    assert_eq!(written.ended().await, Err((SendErrorKind::Ambiguous, None)));
    assert_eq!(unwritten.ended().await, Err((SendErrorKind::Unavailable, None)));
    // It comes back by itself, with a new bind and new sequence numbers.
    let mut smsc = Script::bound(&rig.listener).await;
    let probe = rig.adapter.channel.clone();
    let mut probes = JoinSet::new();
    probes.spawn(async move { probe.probe().await });
    let asked = smsc.expect(wire::ENQUIRE_LINK).await;
    assert_eq!(asked.sequence, 2);
    smsc.send(asked.id | RESP, 0, asked.sequence, b"").await;
    assert!(probes.join_next().await.unwrap().unwrap().is_ok());
}

#[tokio::test]
async fn a_time_out_gives_its_place_in_the_window_back() {
    let rig = Rig::new(r#", "window": 1, "call_timeout_seconds": 1"#).await;
    let mut smsc = Script::bound(&rig.listener).await;
    let mut unanswered = rig.send("one");
    let late = smsc.expect(wire::SUBMIT_SM).await;
    assert_eq!(unanswered.ended().await, Err((SendErrorKind::Ambiguous, None)));
    // The late answer belongs to nobody and harms nobody.
    smsc.answer(&late, 0, "late").await;
    let mut next = rig.send("two");
    let submit = smsc.expect(wire::SUBMIT_SM).await;
    smsc.answer(&submit, 0, "in time").await;
    assert_eq!(next.ended().await, Ok(vec!["in time".into()]));
}

#[tokio::test]
async fn parts_go_one_after_the_other_and_a_torn_message_is_ambiguous() {
    let rig = Rig::new("").await;
    let mut smsc = Script::bound(&rig.listener).await;
    let long = "a".repeat(320);
    let mut sent = rig.send(&long);
    for id in ["p1", "p2", "p3"] {
        let part = smsc.expect(wire::SUBMIT_SM).await;
        smsc.answer(&part, 0, id).await;
    }
    assert_eq!(sent.ended().await, Ok(vec!["p1".into(), "p2".into(), "p3".into()]));

    let mut refused = rig.send(&long);
    let part = smsc.expect(wire::SUBMIT_SM).await;
    smsc.answer(&part, wire::ESME_RTHROTTLED, "").await;
    assert_eq!(refused.ended().await, Err((SendErrorKind::Throttled, Some("0x58".into()))));

    let mut torn = rig.send(&long);
    let part = smsc.expect(wire::SUBMIT_SM).await;
    smsc.answer(&part, 0, "p1").await;
    let part = smsc.expect(wire::SUBMIT_SM).await;
    smsc.answer(&part, wire::ESME_RTHROTTLED, "").await;
    assert_eq!(torn.ended().await, Err((SendErrorKind::Ambiguous, Some("0x58".into()))));
}

#[tokio::test]
async fn a_generic_nack_is_an_answer() {
    let rig = Rig::new("").await;
    let mut smsc = Script::bound(&rig.listener).await;
    let mut sent = rig.send("hello");
    let submit = smsc.expect(wire::SUBMIT_SM).await;
    smsc.send(wire::GENERIC_NACK, wire::ESME_RINVCMDID, submit.sequence, b"").await;
    assert_eq!(sent.ended().await, Err((SendErrorKind::Misconfigured, Some("0x03".into()))));
}

#[tokio::test]
async fn a_refused_bind_is_misconfigured_until_it_is_taken() {
    let rig = Rig::new("").await;
    let mut smsc = Script::connected(&rig.listener).await;
    let bind = smsc.expect(wire::BIND_TRANSCEIVER).await;
    let mut before_the_first_outcome = rig.send("hello");
    smsc.send(bind.id | RESP, 0x0F, bind.sequence, b"").await;
    let refused = Err((SendErrorKind::Misconfigured, Some("0x0F".into())));
    assert_eq!(before_the_first_outcome.ended().await, refused);
    assert_eq!(rig.send("hello").ended().await, refused);
    let mut smsc = Script::bound(&rig.listener).await;
    let mut sent = rig.send("hello");
    let submit = smsc.expect(wire::SUBMIT_SM).await;
    smsc.answer(&submit, 0, "id").await;
    assert!(sent.ended().await.is_ok());
}

#[tokio::test]
async fn a_bind_too_many_is_the_fault_of_no_credentials_and_is_tried_again() {
    let rig = Rig::new("").await;
    let mut smsc = Script::connected(&rig.listener).await;
    let bind = smsc.expect(wire::BIND_TRANSCEIVER).await;
    let mut before_the_first_outcome = rig.send("hello");
    smsc.send(bind.id | RESP, wire::ESME_RALYBND, bind.sequence, b"").await;
    let refused = Err((SendErrorKind::Unavailable, Some("0x05".into())));
    assert_eq!(before_the_first_outcome.ended().await, refused);
    let standing = rig.adapter.channel.standing();
    assert!(!standing.takes_work(), "others are bound and can send");
    let Standing::Elsewhere(Some(told)) = standing else { panic!("{standing:?}") };
    assert!(told.contains("already bound") && told.contains("127.0.0.1:") && told.contains("0x05"), "{told}");
    let _smsc = Script::bound(&rig.listener).await;
    assert!(matches!(rig.adapter.channel.standing(), Standing::Ready));
}

#[tokio::test]
async fn who_binds_in_turn_stands_by_and_gives_way() {
    let mut rig = Rig::new(r#", "sessions": "one""#).await;
    let turn = rig.adapter.turn.take().unwrap();
    until(|| matches!(rig.adapter.channel.standing(), Standing::Elsewhere(None))).await;
    assert_eq!(rig.send("too early").ended().await, Err((SendErrorKind::Unavailable, None)));
    turn.send_replace(true);
    let mut smsc = Script::bound(&rig.listener).await;
    assert!(matches!(rig.adapter.channel.standing(), Standing::Ready));
    let mut in_flight = rig.send("hello");
    let submit = smsc.expect(wire::SUBMIT_SM).await;
    turn.send_replace(false);
    let unbind = smsc.expect(wire::UNBIND).await;
    assert!(matches!(rig.adapter.channel.standing(), Standing::Elsewhere(None)));
    smsc.answer(&submit, 0, "id").await;
    assert_eq!(in_flight.ended().await, Ok(vec!["id".into()]), "what was under way may end");
    smsc.send(unbind.id | RESP, 0, unbind.sequence, b"").await;
    assert!(smsc.next().await.is_none(), "the connection is closed");
    turn.send_replace(true);
    let mut smsc = Script::bound(&rig.listener).await;
    let Rig { adapter, mut tasks, .. } = rig;
    turn.send_replace(false);
    let unbind = smsc.expect(wire::UNBIND).await;
    smsc.send(unbind.id | RESP, 0, unbind.sequence, b"").await;
    drop((adapter, turn));
    assert!(timeout(PATIENCE, tasks.join_next()).await.expect("an end").unwrap().is_ok());
}

#[tokio::test]
async fn an_unbind_lets_what_is_in_flight_be_answered() {
    let rig = Rig::new("").await;
    let mut smsc = Script::bound(&rig.listener).await;
    let mut in_flight = rig.send("one");
    let submit = smsc.expect(wire::SUBMIT_SM).await;
    smsc.send(wire::UNBIND, 0, 5, b"").await;
    assert_eq!(smsc.expect(wire::UNBIND | RESP).await.sequence, 5);
    assert_eq!(rig.send("two").ended().await, Err((SendErrorKind::Unavailable, None)));
    smsc.answer(&submit, 0, "id").await;
    assert_eq!(in_flight.ended().await, Ok(vec!["id".into()]));
}

#[tokio::test]
async fn a_dropped_adapter_unbinds_and_its_driver_ends() {
    let Rig { adapter, listener, mut tasks } = Rig::new("").await;
    let mut smsc = Script::bound(&listener).await;
    drop(adapter);
    let unbind = smsc.expect(wire::UNBIND).await;
    smsc.send(unbind.id | RESP, 0, unbind.sequence, b"").await;
    assert!(smsc.next().await.is_none(), "the connection is closed");
    assert!(timeout(PATIENCE, tasks.join_next()).await.expect("an end").unwrap().is_ok());
}

#[tokio::test]
async fn an_adapter_that_was_never_bound_has_nobody_to_say_goodbye_to() {
    // The bind waits for five minutes: longer than the test has patience.
    let rig = Rig::new(r#", "call_timeout_seconds": 300"#).await;
    let Rig { adapter, listener, mut tasks } = rig;
    let mut smsc = Script::connected(&listener).await;
    smsc.expect(wire::BIND_TRANSCEIVER).await;
    drop(adapter);
    assert!(timeout(PATIENCE, tasks.join_next()).await.expect("an end").unwrap().is_ok());
    assert!(smsc.next().await.is_none(), "the connection is closed without a word");
}

#[tokio::test]
async fn a_quiet_smsc_is_asked_and_then_left() {
    let rig = Rig::new(r#", "enquire_link_seconds": 0.05, "call_timeout_seconds": 0.2"#).await;
    let mut smsc = Script::admitted(&rig.listener).await;
    while let Some(pdu) = smsc.next().await {
        assert_eq!(pdu.id, wire::ENQUIRE_LINK);
    }
    Script::admitted(&rig.listener).await;
}

#[tokio::test]
async fn a_deliver_sm_is_answered_after_the_commit_and_not_before() {
    let rig = Rig::new("").await;
    let mut smsc = Script::bound(&rig.listener).await;
    smsc.deliver(21, &words("STOP")).await;
    smsc.deliver(22, &words("START")).await;
    // Answered after both were read, and they are not answered yet.
    smsc.fence().await;
    let batch = rig.next().await;
    assert_eq!(heard(&batch.events), ["STOP", "START"]);
    smsc.fence().await;
    rig.acknowledge(batch.token).await;
    for sequence in [21, 22] {
        let answer = smsc.expect(wire::DELIVER_SM | RESP).await;
        assert_eq!((answer.sequence, answer.status), (sequence, 0));
    }
}

#[tokio::test]
async fn what_was_not_answered_comes_again_and_is_heard_once() {
    let rig = Rig::new("").await;
    let mut smsc = Script::bound(&rig.listener).await;
    smsc.deliver(21, &words("STOP")).await;
    let batch = rig.next().await;
    drop(smsc);
    let mut smsc = Script::bound(&rig.listener).await;
    smsc.deliver(5, &words("STOP")).await;
    // Answered only after what came before it was read.
    smsc.fence().await;
    assert_eq!(rig.next().await.events, batch.events, "one event, with the key it had");
    rig.acknowledge(batch.token).await;
    assert_eq!(smsc.expect(wire::DELIVER_SM | RESP).await.sequence, 5);
}

#[tokio::test]
async fn when_the_gateway_does_not_read_the_smsc_is_put_off() {
    let rig = Rig::new(r#", "receive_window": 2"#).await;
    let mut smsc = Script::bound(&rig.listener).await;
    for sequence in 1..=3 {
        smsc.deliver(sequence, &words("hello")).await;
    }
    let refused = smsc.expect(wire::DELIVER_SM | RESP).await;
    assert_eq!((refused.sequence, refused.status), (3, 0x64));
}

#[tokio::test]
async fn what_is_not_understood_is_refused_and_the_session_goes_on() {
    let rig = Rig::new("").await;
    let mut smsc = Script::bound(&rig.listener).await;
    smsc.send(wire::DELIVER_SM, 0, 1, b"\xFF\xFF\xFF").await;
    let refused = smsc.expect(wire::DELIVER_SM | RESP).await;
    assert_eq!((refused.sequence, refused.status), (1, 0x65));
    smsc.send(0x0000_0BAD, 0, 2, b"what").await;
    let refused = smsc.expect(wire::GENERIC_NACK).await;
    assert_eq!((refused.sequence, refused.status), (2, wire::ESME_RINVCMDID));
    smsc.deliver(3, &words("hello")).await;
    assert_eq!(heard(&rig.next().await.events), ["hello"]);
}
