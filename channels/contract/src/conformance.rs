//! The suite that every channel must pass, run against the channel's own sandbox.
//!
//! A channel crate writes a [`Rig`], calls [`check`] from one test, and has then been asked
//! everything that the gateway relies on. Failures are panics that name the rule.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::sandbox::{Fault, Sandbox};
use crate::{
    Adapter, CallbackRequest, Channel, Event, InboundContent, Message, Obstacle, Permanence, Receipt,
    ReceiptState, SendError, SendErrorKind, Standing,
};

/// A channel wired to its sandbox. Its call time-out should be short (half a second), so that the
/// hanging provider does not hold up the suite. An adapter cannot be shared between threads while
/// it holds its driver, so neither can a rig: write `#[async_trait(?Send)]` above it.
#[async_trait(?Send)]
pub trait Rig {
    /// The adapter under test; its driver is already running.
    fn adapter(&self) -> &Adapter;

    /// The provider's side.
    fn sandbox(&self) -> &dyn Sandbox;

    /// A message with this text to an address that the sandbox delivers to. Each call names
    /// another address and another attempt.
    fn message(&self, text: &str) -> Message;

    /// Texts that are not addresses of this channel.
    fn bad_addresses(&self) -> &[&'static str];

    /// Two spellings of one address each.
    fn spellings(&self) -> &[(&'static str, &'static str)];

    /// The faults that this protocol can express, each with its provider code where the error
    /// should name one.
    fn faults(&self) -> &[(Fault, Option<&'static str>)];

    /// Whether the protocol can say how long to wait when it throttles.
    fn names_wait(&self) -> bool;

    /// The same channel, pointed at a loopback port where nobody listens.
    fn unplugged(&self) -> Arc<dyn Channel>;

    /// For a channel that keeps something open at its provider (a session, a registration, a poll):
    /// a new adapter, pointed where nobody listens, whose driver nobody runs yet. `None` for others.
    fn stranded(&self) -> Option<Adapter>;

    /// The next event, received and acknowledged the way the gateway does it. Panics after ten
    /// seconds without one.
    async fn event(&self) -> Event;

    /// Whether citizens can write back.
    fn takes_replies(&self) -> bool;
}

/// Runs the whole suite.
pub async fn check(rig: &dyn Rig) {
    addresses(rig);
    measures(rig);
    stranded(rig).await;
    stands(rig).await;
    hostile_callbacks(rig);
    sends(rig).await;
    for (fault, code) in rig.faults() {
        fails(rig, *fault, *code).await;
    }
    unplugged(rig).await;
    receipts(rig).await;
    replies(rig).await;
    probes(rig).await;
    stands(rig).await;
}

const TEXT: &str = "Министерство: вам положена выплата. Код проверки 7K2M";

fn addresses(rig: &dyn Rig) {
    let channel = &rig.adapter().channel;
    for bad in rig.bad_addresses().iter().chain(&["", " ", "\0", "\r\nRCPT TO:<a@b>"]) {
        assert!(channel.address(bad).is_none(), "{bad:?} was taken for an address");
    }
    for (one, other) in rig.spellings() {
        let first = channel.address(one);
        assert!(first.is_some(), "{one} was not taken for an address");
        assert_eq!(first, channel.address(other), "{one} and {other} are one address");
    }
    let recipient = rig.message(TEXT).recipient;
    assert_eq!(
        channel.address(recipient.expose()).as_ref(),
        Some(&recipient),
        "the one form of an address is its own one form"
    );
}

fn measures(rig: &dyn Rig) {
    let channel = &rig.adapter().channel;
    let short = channel.measure(TEXT);
    assert!(short.fits && short.segments >= 1 && short.units > 0, "a short text fits: {short:?}");
    let endless = channel.measure(&"ы".repeat(2_000_000));
    assert!(!endless.fits && endless.units > endless.limit, "an endless text does not fit: {endless:?}");
    for text in ["", "\u{0}", "👩‍👩‍👧 €[]{}", "\u{202e}abc"] {
        let _ = channel.measure(text);
    }
}

fn hostile_callbacks(rig: &dyn Rig) {
    let Some(callbacks) = &rig.adapter().callbacks else { return };
    let headers = |value: &str| vec![("content-type".to_owned(), value.to_owned())];
    let bodies: [&[u8]; 7] = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{\"event\":\"delivered\"}",
        &[0xff, 0xfe, 0x00],
        b"{\"a\":\"\\u0000\"}",
    ];
    for body in bodies {
        for method in ["GET", "POST", "DELETE"] {
            let headers = headers("application/json");
            let request = CallbackRequest { method, path: "", query: "sig=00", headers: &headers, body };
            let outcome = callbacks.receive(&request, Timestamp::UNIX_EPOCH);
            assert!(outcome.events.is_empty(), "an unsigned {method} of {body:?} gave events");
            assert!(
                (400..500).contains(&outcome.reply.status),
                "an unsigned {method} of {body:?} was answered {}",
                outcome.reply.status
            );
        }
    }
}

async fn sends(rig: &dyn Rig) {
    let message = rig.message(TEXT);
    let before = rig.sandbox().screen().accepted();
    let accepted = rig.adapter().channel.send(&message).await;
    let accepted = accepted.unwrap_or_else(|error| panic!("a plain send failed: {error}"));
    let capabilities = rig.adapter().channel.capabilities();
    if capabilities.receipt_delivered || capabilities.receipt_read {
        assert!(!accepted.references.is_empty(), "receipts need a reference to name");
    }
    assert_eq!(rig.sandbox().screen().accepted(), before + 1, "one send is one message");
    let shown = rig.sandbox().screen().messages(Some(message.recipient.expose()));
    let shown = shown.last().unwrap_or_else(|| panic!("the message is not shown to its recipient"));
    assert_eq!(shown.text.trim_end(), TEXT, "the text arrives unchanged");
    if capabilities.receipt_delivered {
        let receipt = receipt_of(rig, &accepted.references).await;
        assert_eq!(receipt.state, ReceiptState::Delivered);
    }
}

async fn fails(rig: &dyn Rig, fault: Fault, code: Option<&str>) {
    let expected = match fault {
        Fault::Throttle(_) => SendErrorKind::Throttled,
        Fault::Blocked => SendErrorKind::Unreachable(Permanence::Permanent),
        Fault::SoftUnreachable => SendErrorKind::Unreachable(Permanence::Soft),
        Fault::Rejected => SendErrorKind::Rejected,
        Fault::ServerError => SendErrorKind::Unavailable,
        Fault::WrongToken => SendErrorKind::Misconfigured,
        Fault::Hang | Fault::AcceptThenCut => SendErrorKind::Ambiguous,
        Fault::LateReceipt(_)
        | Fault::DuplicateReceipt
        | Fault::EarlyReceipt
        | Fault::NoReceipt
        | Fault::FailedReceipt => return,
    };
    rig.sandbox().faults().next(1, fault);
    let message = rig.message(TEXT);
    let sent = rig.adapter().channel.send(&message).await;
    rig.sandbox().faults().clear();
    let Err(error) = sent else { panic!("{fault:?} was reported as accepted") };
    assert_eq!(error.kind(), expected, "{fault:?} gave {error}: {error:?}");
    if fault == Fault::WrongToken {
        assert_eq!(error.stood_between(), Some(Obstacle::Credentials), "{fault:?} gave {error}");
    }
    if code.is_some() {
        assert_eq!(error.provider_code(), code, "{fault:?} keeps the provider's code");
    }
    if let (Fault::Throttle(wait), true) = (fault, rig.names_wait()) {
        assert_eq!(error.wait(), Some(wait), "the provider's wait is kept");
    }
    keeps_silent(&error, &message);
    recovers(rig, fault).await;
}

/// A channel that has to open its connection again may fail a few times as unavailable, and must
/// then work.
async fn recovers(rig: &dyn Rig, fault: Fault) {
    let patience = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        match rig.adapter().channel.send(&rig.message(TEXT)).await {
            Ok(accepted) => {
                if rig.adapter().channel.capabilities().receipt_delivered {
                    receipt_of(rig, &accepted.references).await;
                }
                return;
            }
            Err(error) if tokio::time::Instant::now() < patience => {
                let kind = error.kind();
                assert!(
                    matches!(kind, SendErrorKind::Unavailable | SendErrorKind::Misconfigured),
                    "after {fault:?} the next send gave {error}"
                );
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => panic!("after {fault:?} the channel did not recover: {error}"),
        }
    }
}

fn keeps_silent(error: &SendError, message: &Message) {
    let mut said = vec![format!("{error} {error:?} {message:?}")];
    let mut below = std::error::Error::source(error);
    while let Some(source) = below {
        said.push(format!("{source} {source:?}"));
        below = source.source();
    }
    let said = said.join(" ");
    let bare = message.recipient.expose().trim_start_matches('+');
    assert!(!said.contains(bare), "an error names the recipient");
    assert!(!said.contains(&message.text), "an error repeats the text");
}

async fn unplugged(rig: &dyn Rig) {
    let Err(error) = rig.unplugged().send(&rig.message(TEXT)).await else {
        panic!("a send to nobody was reported as accepted")
    };
    assert_eq!(error.kind(), SendErrorKind::Unavailable, "connection refused gave {error}");
    says_where_nobody_listens(&error);
}

/// An operator reads from the error which server it is, and that nobody listens there.
fn says_where_nobody_listens(error: &SendError) {
    assert_eq!(error.stood_between(), Some(Obstacle::Refused), "connection refused gave {error}");
    let server = error.server().map(|server| server.host.as_str());
    assert!(matches!(server, Some("127.0.0.1" | "localhost" | "::1")), "{error} names no server");
}

/// What is kept open does not stand before the provider has answered, and an operator reads why not
/// before anything was sent.
async fn stranded(rig: &dyn Rig) {
    let Some(mut adapter) = rig.stranded() else {
        assert!(rig.adapter().events.is_none(), "a channel that is pushed to or polled keeps something open");
        let standing = rig.unplugged().standing();
        assert!(matches!(standing, Standing::Ready), "nothing is kept open, and it is {standing:?}");
        return;
    };
    let standing = adapter.channel.standing();
    assert!(matches!(standing, Standing::Opening), "nothing was tried yet, and it is {standing:?}");
    let driver = adapter.driver.take().unwrap_or_else(|| Box::pin(std::future::pending()));
    let reason = async {
        loop {
            match adapter.channel.standing() {
                Standing::Broken(error) => return error,
                Standing::Opening => tokio::time::sleep(Duration::from_millis(10)).await,
                Standing::Ready | Standing::Elsewhere(_) => panic!("it stands, and nobody is there"),
            }
        }
    };
    tokio::select! {
        error = in_time(reason) => says_where_nobody_listens(&error),
        () = driver => panic!("the driver gave up"),
        () = reads_on(&adapter) => {}
    }
}

/// It stands once the provider has answered, also after all that went wrong.
async fn stands(rig: &dyn Rig) {
    let ready = async {
        while !matches!(rig.adapter().channel.standing(), Standing::Ready) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        () = in_time(ready) => {}
        () = reads_on(rig.adapter()) => {}
    }
}

/// Asks for events, as the gateway does, and acknowledges none: they come again.
async fn reads_on(adapter: &Adapter) {
    let Some(source) = &adapter.events else { return std::future::pending().await };
    loop {
        let _ = source.next().await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    let in_time = tokio::time::timeout(Duration::from_secs(10), what).await;
    in_time.unwrap_or_else(|_| panic!("the standing did not change within ten seconds"))
}

async fn receipts(rig: &dyn Rig) {
    if !rig.adapter().channel.capabilities().receipt_delivered {
        return;
    }
    for fault in [Fault::DuplicateReceipt, Fault::EarlyReceipt, Fault::LateReceipt(Duration::from_millis(50))]
    {
        rig.sandbox().faults().next(1, fault);
        let accepted = rig.adapter().channel.send(&rig.message(TEXT)).await;
        let accepted = accepted.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        let first = receipt_of(rig, &accepted.references).await;
        assert_eq!(first.state, ReceiptState::Delivered, "{fault:?}");
        if fault == Fault::DuplicateReceipt {
            let second = receipt_of(rig, &accepted.references).await;
            assert_eq!(first.key, second.key, "the same receipt twice has one key");
        }
    }
    rig.sandbox().faults().next(1, Fault::FailedReceipt);
    let accepted = rig.adapter().channel.send(&rig.message(TEXT)).await;
    let accepted = accepted.unwrap_or_else(|error| panic!("{error}"));
    let receipt = receipt_of(rig, &accepted.references).await;
    assert!(
        matches!(
            receipt.state,
            ReceiptState::Unreachable(_) | ReceiptState::Rejected | ReceiptState::Expired
        ),
        "a failed receipt says {:?}",
        receipt.state
    );
    rig.sandbox().faults().clear();
    reads(rig).await;
}

async fn reads(rig: &dyn Rig) {
    if !rig.adapter().channel.capabilities().receipt_read {
        return;
    }
    let message = rig.message(TEXT);
    let accepted = rig.adapter().channel.send(&message).await;
    let accepted = accepted.unwrap_or_else(|error| panic!("{error}"));
    let delivered = receipt_of(rig, &accepted.references).await;
    let shown = rig.sandbox().screen().messages(Some(message.recipient.expose()));
    let number = shown.last().map_or_else(|| panic!("nothing shown"), |shown| shown.number);
    rig.sandbox().read(number).await;
    let read = receipt_of(rig, &accepted.references).await;
    assert_eq!(read.state, ReceiptState::Read);
    assert_ne!(read.key, delivered.key, "delivered and read are two receipts");
}

/// The next receipt about one of these references. One about another message is passed over: a
/// provider that took a message and never answered may well report on it.
async fn receipt_of(rig: &dyn Rig, references: &[String]) -> Receipt {
    loop {
        match rig.event().await {
            Event::Receipt(receipt) if references.contains(&receipt.reference) => return receipt,
            Event::Receipt(_) => {}
            Event::Inbound(inbound) => panic!("expected a receipt, got {inbound:?}"),
        }
    }
}

async fn replies(rig: &dyn Rig) {
    if !rig.takes_replies() {
        return;
    }
    let message = rig.message(TEXT);
    let mut keys = HashSet::new();
    for text in ["СТОП", "Дякую! 👍"] {
        rig.sandbox().reply(message.recipient.expose(), text).await;
        let Event::Inbound(inbound) = rig.event().await else { panic!("expected a reply") };
        assert_eq!(inbound.content, InboundContent::Text(text.to_owned()));
        assert_eq!(inbound.sender, message.recipient, "a reply comes from its address in the one form");
        assert!(keys.insert(inbound.key), "two replies have two keys");
    }
}

async fn probes(rig: &dyn Rig) {
    let health = rig.adapter().channel.probe().await;
    assert!(health.is_ok(), "a probe of a good account failed: {health:?}");
    let Err(error) = rig.unplugged().probe().await else { panic!("a probe of nobody went well") };
    assert_eq!(error.kind(), SendErrorKind::Unavailable, "a probe of nobody");
    says_where_nobody_listens(&error);
}
