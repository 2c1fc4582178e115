//! The channel and its sandbox together: long texts, blocks, cuts, a crowd of messages.

mod common;

use std::collections::HashSet;
use std::time::Duration;

use common::{Wired, message};
use tokio::task::JoinSet;
use tokio::time::timeout;
use vestnik_contract::sandbox::{Fault, Sandbox};
use vestnik_contract::{Event, InboundContent, Permanence, ReceiptState, SendErrorKind, Standing};

const LONG: &str = "Міністерство соціальної політики: у вас народилася третя дитина 👶, і вам належать посвідчення \
                    багатодітної родини та пільга 50 % на комунальні послуги. Подати заяву: портал {держпослуги} \
                    або ЦНАП. Код перевірки 7K2M. [відмова: СТОП] 👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍";

#[tokio::test]
async fn a_long_text_is_shown_as_one_and_has_a_receipt_for_each_part() {
    for more in ["", r#", "concatenation": "sar""#] {
        let wired = Wired::start(more).await;
        let message = wired.message(LONG);
        let accepted = wired.adapter.channel.send(&message).await.unwrap();
        let segments = wired.adapter.channel.measure(LONG).segments;
        assert_eq!((accepted.references.len(), segments), (5, 5));
        let shown = wired.smsc.screen().messages(Some(message.recipient.expose()));
        assert_eq!(shown.len(), 1);
        assert_eq!((shown[0].text.as_str(), shown[0].sender.as_str()), (LONG, "Minsoc"));
        assert_eq!(shown[0].reference, accepted.references[0]);
        let mut told = HashSet::new();
        while told.len() < 5 {
            let Event::Receipt(receipt) = wired.event().await else { panic!("not a receipt") };
            assert_eq!(receipt.recipient.as_ref(), Some(&message.recipient));
            assert!(accepted.references.contains(&receipt.reference));
            told.insert(receipt.reference);
        }
    }
}

#[tokio::test]
async fn a_text_of_the_short_alphabet_arrives_as_it_is() {
    let wired = Wired::start("").await;
    let text = format!("{} @£$ {{[€]}} ~^|\\ {}", "x".repeat(150), "y".repeat(150));
    let message = wired.message(&text);
    wired.adapter.channel.send(&message).await.unwrap();
    let shown = wired.smsc.screen().messages(Some(message.recipient.expose()));
    assert_eq!(shown.last().map(|it| it.text.clone()), Some(text));
}

#[tokio::test]
async fn a_blocked_address_refuses_until_it_is_lifted() {
    let wired = Wired::start("").await;
    let message = wired.message("hello");
    let address = message.recipient.expose();
    wired.smsc.block(address, true).await;
    let refused = wired.adapter.channel.send(&message).await.map_err(|it| it.kind());
    assert_eq!(refused, Err(SendErrorKind::Unreachable(Permanence::Permanent)));
    wired.smsc.block(address, false).await;
    assert!(wired.adapter.channel.send(&message).await.is_ok());
}

#[tokio::test]
async fn a_long_reply_is_heard_as_one() {
    let wired = Wired::start("").await;
    wired.smsc.reply("+380671234567", LONG).await;
    let Event::Inbound(inbound) = wired.event().await else { panic!("not an inbound") };
    assert_eq!(inbound.content, InboundContent::Text(LONG.to_owned()));
    assert_eq!(inbound.sender.expose(), "+380671234567");
}

#[tokio::test]
async fn receipts_wait_for_a_client_that_was_cut_off() {
    let wired = Wired::start("").await;
    wired.smsc.faults().next(1, Fault::LateReceipt(Duration::from_millis(50)));
    let accepted = wired.adapter.channel.send(&wired.message("hello")).await.unwrap();
    wired.smsc.cut();
    let Event::Receipt(receipt) = wired.event().await else { panic!("not a receipt") };
    assert_eq!((receipt.reference, receipt.state), (accepted.references[0].clone(), ReceiptState::Delivered));
}

#[tokio::test]
async fn two_hundred_events_unread_are_all_read_in_the_end() {
    let wired = Wired::start(r#", "receive_window": 10"#).await;
    let mut references = HashSet::new();
    for _ in 0..200 {
        references.extend(wired.adapter.channel.send(&wired.message("hello")).await.unwrap().references);
    }
    while !references.is_empty() {
        let Event::Receipt(receipt) = wired.event().await else { panic!("not a receipt") };
        references.remove(&receipt.reference);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_messages_each_has_its_own_receipt() {
    const MESSAGES: u32 = 5_000;
    let wired = Wired::start(r#", "receive_window": 2000"#).await;
    let mut senders = JoinSet::new();
    for sender in 0..100 {
        let channel = wired.adapter.channel.clone();
        senders.spawn(async move {
            let mut references = Vec::new();
            for number in 0..MESSAGES / 100 {
                let message = message(&format!("+38067{sender:03}{number:04}"), "Вам положена выплата");
                references.extend(channel.send(&message).await.unwrap().references);
            }
            references
        });
    }
    let began = std::time::Instant::now();
    let mut told = HashSet::new();
    while told.len() < MESSAGES as usize {
        let Event::Receipt(receipt) = wired.event().await else { panic!("not a receipt") };
        told.insert(receipt.reference);
    }
    let accepted: HashSet<_> = senders.join_all().await.into_iter().flatten().collect();
    println!(
        "{MESSAGES} messages and receipts in {:?}, greatest rate {}",
        began.elapsed(),
        wired.smsc.greatest_rate()
    );
    assert_eq!(accepted, told);
    assert_eq!(wired.smsc.screen().accepted(), u64::from(MESSAGES));
    assert_eq!(wired.smsc.screen().messages(None).len(), 1000, "the screen keeps what it was told to keep");
}

#[tokio::test]
async fn a_wrong_password_is_misconfigured() {
    let wired = Wired::start("").await;
    wired.smsc.refuse_binds(1_000);
    wired.smsc.cut();
    let refused = async {
        loop {
            match wired.adapter.channel.probe().await {
                Err(error) if error.kind() == SendErrorKind::Misconfigured => return error,
                _ => tokio::task::yield_now().await,
            }
        }
    };
    let refused = timeout(Duration::from_secs(10), refused).await.expect("a refusal");
    assert_eq!(refused.provider_code(), Some("0x0E"));
    wired.smsc.refuse_binds(0);
}

#[tokio::test]
async fn a_session_too_many_waits_until_the_other_one_is_over() {
    let wired = Wired::start("").await;
    wired.smsc.allow_sessions(1);
    let text = wired.message("hello");
    assert!(wired.adapter.channel.send(&text).await.is_ok());
    let mut other = common::adapter(wired.port, "");
    let mut drivers = JoinSet::new();
    drivers.spawn(other.driver.take().unwrap());
    until(|| matches!(other.channel.standing(), Standing::Elsewhere(Some(_)))).await;
    assert!(wired.adapter.channel.send(&text).await.is_ok(), "it is no matter of who is bound");
    assert_eq!((wired.smsc.sessions(), wired.smsc.most_sessions()), (1, 1));
    assert!(wired.smsc.sessions_refused() >= 1);
    let Wired { smsc, adapter, tasks, .. } = wired;
    drop(adapter);
    until(|| matches!(other.channel.standing(), Standing::Ready)).await;
    assert!(other.channel.send(&text).await.is_ok());
    assert_eq!((smsc.sessions(), smsc.most_sessions()), (1, 1));
    drop(tasks);
}

async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(Duration::from_secs(10), waiting).await.is_ok(), "it never came");
}
