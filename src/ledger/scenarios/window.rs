//! One window: what comes to one citizen soon after one another goes out as one notice.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::date;
use vestnik_contract::{Capabilities, ChannelId, ReceiptState, SendErrorKind, TextLength};

use crate::domain::{
    Bundling, Ceilings, Class, ConsentAction, FinalState, Happening, LifeEventId, MeasureId, Mode,
    Notification, Priority, Reason, StepState, TrialRule,
};
use crate::ledger::Answer;
use crate::ledger::fixture::channel::plain;
use crate::ledger::fixture::{FakeChannel, World, at, citizen_id, notification, notify};
use crate::ledger::store::EntryRow;

/// Ten minutes, half an hour at most, an hour before a deadline.
const RULE: Bundling = Bundling {
    mode: Mode::Enforce,
    window_seconds: 600,
    hard_end_seconds: 1800,
    deadline_margin_seconds: 3600,
    largest: 5,
};

const WINDOW: i64 = 600;

/// Anna, with one push a day, where what may wait waits ten minutes for others.
async fn one_window(world: &mut World) {
    world.change(|setting| {
        setting.policy.bundling = RULE;
        let as_entitlements = setting.policy.classes[&Class::Entitlement].clone();
        setting.policy.classes.insert(Class::Campaign, as_entitlements);
        setting.policy.budget = Ceilings { per_day: Some(1), ..Ceilings::default() };
    });
    world.citizen("anna", &["sms", "email"]).await;
}

fn pension(id: &str, name: &str) -> Notification {
    let measure = MeasureId::new("pension").unwrap();
    Notification { life_event: LifeEventId::new("pension_age").unwrap(), measure, ..notification(id, name) }
}

fn fair(id: &str, name: &str) -> Notification {
    Notification { measure: MeasureId::new("baby_fair").unwrap(), ..notification(id, name) }
}

async fn take(world: &World, notification: Notification) {
    let answers = world.submit(&[notify(notification)]).await;
    assert!(matches!(answers[..], [Answer::Accepted(_)]), "{answers:?}");
}

/// When the first step of a notification's notice is due.
async fn due(world: &World, id: &str) -> jiff::Timestamp {
    match world.notice(id).await.steps[0].state {
        StepState::Due { at } => at,
        other => panic!("not due: {other:?}"),
    }
}

async fn windows(world: &World, name: &str) -> usize {
    let mut tx = world.ledger.store().read().await.unwrap();
    tx.windows(&[world.key(name)]).await.unwrap().len()
}

async fn happenings(world: &World, id: &str) -> Vec<Happening> {
    let key = world.row(id).await.key;
    let mut tx = world.ledger.store().read().await.unwrap();
    let entries: Vec<(_, EntryRow)> = tx.timeline(key).await.unwrap();
    entries.iter().map(|(_, entry)| serde_json::from_str(&entry.what).unwrap()).collect()
}

pub(super) async fn what_comes_in_one_window_goes_as_one_notice(mut world: World) {
    one_window(&mut world).await;
    world.publish("grant", "anna").await;
    world.pass(300).await;
    take(&world, pension("pension", "anna")).await;
    world.pass(300).await;
    take(&world, fair("fair", "anna")).await;
    assert_eq!(due(&world, "grant").await, at("2026-06-17T09:20:00Z"), "the window slides");
    assert_eq!(world.notice("grant").await.id, world.notice("fair").await.id);
    assert_eq!((world.send_all().await, windows(&world, "anna").await), (0, 1));
    world.pass(WINDOW).await;
    assert_eq!((world.send_all().await, windows(&world, "anna").await), (1, 0));
    let sent = world.channel("sms").sent().remove(0);
    for words in ["The birth grant is yours.", "The pension is yours."] {
        assert!(sent.text.contains(words), "{}", sent.text);
    }
    assert_eq!(world.receipt("sms", "sms-1", ReceiptState::Delivered).await.matched, 1);
    let entries = world.ledger.inbox(&citizen_id("anna"), None, 10).await.unwrap();
    assert_eq!(entries.len(), 3, "each stands in the inbox by itself");
    let code = sent.text.rsplit(' ').next().unwrap();
    for id in ["grant", "pension", "fair"] {
        assert_eq!(world.ending(id).await, Some((FinalState::Delivered, Reason::ReceiptDelivered)), "{id}");
        let until = |one: &Happening| matches!(one, Happening::Deferred { reason: Reason::Bundled, .. });
        assert!(happenings(&world, id).await.iter().any(until), "{id}");
    }
    assert!(entries.iter().all(|entry| entry.text.ends_with(code)), "all under one check code");
    assert_eq!(world.reserved("anna").await, 1, "one push of the budget for all");
    // What comes afterwards opens a window of its own, for which the day has no place.
    world.publish("late", "anna").await;
    assert_eq!(due(&world, "late").await, at("2026-06-18T06:00:00Z"));
}

pub(super) async fn what_comes_in_one_batch_goes_as_one_notice(mut world: World) {
    one_window(&mut world).await;
    let urgent = Notification { priority: Priority::Urgent, ..notification("urgent", "anna") };
    let duty = MeasureId::new("birth_record").unwrap();
    let duty = Notification { measure: duty, ..notification("duty", "anna") };
    let batch = [notification("grant", "anna"), urgent, pension("pension", "anna"), duty];
    world.submit(&batch.map(notify)).await;
    assert_eq!(world.notice("grant").await.id, world.notice("pension").await.id);
    assert_eq!(world.send_all().await, 2, "what is urgent and what the law demands wait for nobody");
    assert_eq!((world.open_work().await, windows(&world, "anna").await), (3, 1));
    assert_eq!(world.cancel("grant").await, Answer::Cancelled);
    assert_eq!(world.cancel("pension").await, Answer::Cancelled);
    assert_eq!((world.open_work().await, windows(&world, "anna").await), (2, 0));
}

pub(super) async fn an_item_is_withdrawn_from_an_open_window(mut world: World) {
    one_window(&mut world).await;
    world.publish("grant", "anna").await;
    take(&world, pension("pension", "anna")).await;
    world.publish("other", "anna").await;
    assert_eq!(world.cancel("grant").await, Answer::Cancelled);
    world.pass(WINDOW).await;
    assert_eq!(world.send_all().await, 1);
    assert_eq!(world.channel("sms").sent()[0].text.matches("The birth grant is yours.").count(), 1);
    assert_eq!(world.cancel("pension").await, Answer::CancelTooLate);
    world.receipt("sms", "sms-1", ReceiptState::Read).await;
    assert_eq!(world.ending("grant").await, Some((FinalState::Cancelled, Reason::CancelledBySource)));
    assert_eq!(world.ending("pension").await, Some((FinalState::Read, Reason::ReceiptRead)));
    assert_eq!(world.ending("other").await, Some((FinalState::Read, Reason::ReceiptRead)));
}

pub(super) async fn an_item_whose_ground_or_time_is_over_stays_behind(mut world: World) {
    one_window(&mut world).await;
    let soon = at("2026-06-17T10:30:00Z");
    take(&world, Notification { expires_at: Some(soon), ..fair("fair", "anna") }).await;
    take(&world, pension("pension", "anna")).await;
    world.publish("grant", "anna").await;
    let mut stop = world.consent(None, ConsentAction::Withdrawn);
    stop.topic = Some(crate::domain::TopicId::new("pension").unwrap());
    world.clock.advance(SignedDuration::from_secs(1));
    stop.at = world.clock.now();
    let anna = crate::ledger::fixture::nothing(citizen_id("anna"));
    world.register(crate::ledger::registry::Registration { consents: vec![stop], ..anna }).await;
    // The provider was away until the fair was over.
    world.pass(WINDOW).await;
    world.channel("sms").refuse(SendErrorKind::Unavailable);
    world.send_all().await;
    assert_eq!(world.ending("pension").await, Some((FinalState::InboxOnly, Reason::ConsentWithdrawn)));
    assert_eq!(world.channel("sms").sent()[0].expires_at, Some(soon), "the first that is over ends it");
    world.clock.set(soon);
    world.pass(0).await;
    world.send_all().await;
    assert_eq!(world.ending("fair").await, Some((FinalState::Expired, Reason::Expired)));
    let sent = world.channel("sms").sent().pop().unwrap().text;
    assert!(sent.contains("birth grant") && !sent.contains("pension"), "{sent}");
    world.receipt("sms", "sms-1", ReceiptState::Delivered).await;
    assert_eq!(world.ending("grant").await, Some((FinalState::Delivered, Reason::ReceiptDelivered)));
    assert_eq!(world.ending("fair").await, Some((FinalState::Expired, Reason::Expired)));
}

pub(super) async fn a_deadline_is_never_missed_for_the_sake_of_others(mut world: World) {
    one_window(&mut world).await;
    world.publish("grant", "anna").await;
    let today = Notification { act_by: Some(date(2026, 6, 17)), ..pension("today", "anna") };
    world.clock.set(at("2026-06-17T09:05:00Z"));
    // The day is over at 21:00Z: there is time for a window.
    take(&world, today.clone()).await;
    assert_eq!(due(&world, "today").await, at("2026-06-17T09:15:00Z"));
    let soon = Notification { expires_at: Some(at("2026-06-17T10:10:00Z")), ..fair("soon", "anna") };
    take(&world, soon).await;
    assert_eq!(due(&world, "grant").await, at("2026-06-17T09:10:00Z"), "an hour before it is over");
    assert_eq!(world.notice("grant").await.items.len(), 3);
}

/// A process that is killed with the notice started and not told: nobody knows whether it was sent, and
/// it is not sent again.
pub(super) async fn a_process_that_dies_in_the_middle_sends_once(mut world: World) {
    one_window(&mut world).await;
    world.publish("grant", "anna").await;
    take(&world, pension("pension", "anna")).await;
    world.pass(WINDOW).await;
    // One that dies before the start leaves a lease.
    assert_eq!(world.claim("sms").await.len(), 1);
    take(&world, fair("fair", "anna")).await;
    world.pass(WINDOW).await;
    let started = world.start("sms").await;
    assert_eq!((started.len(), world.notice("fair").await.items.len()), (1, 3));
    assert_eq!(windows(&world, "anna").await, 0);
    // One that dies after it: nothing joins any more, and nothing is sent again on this channel.
    world.publish("late", "anna").await;
    assert_ne!(world.notice("late").await.id, world.notice("fair").await.id);
    world.pass(120).await;
    assert!(world.start("sms").await.is_empty());
    assert_eq!(world.notice("grant").await.steps[0].attempts.len(), 1);
}

/// Two processes that take in at once for one citizen: the citizen's lock lets one be first.
pub(super) async fn two_that_take_in_at_once_make_one_notice(mut world: World) {
    one_window(&mut world).await;
    world.change(|setting| setting.policy.bundling.largest = 20);
    let take = async |id: &str| {
        let answers = world.submit(&[notify(notification(id, "anna"))]).await;
        assert!(matches!(answers[..], [Answer::Accepted(_)]), "{answers:?}");
    };
    tokio::join!(take("0"), take("1"), take("2"), take("3"), take("4"), take("5"));
    assert_eq!(world.notice("0").await.items.len(), 6);
    world.pass(WINDOW).await;
    assert_eq!((world.send_all().await, world.reserved("anna").await), (1, 1));
}

pub(super) async fn what_does_not_fit_is_told_in_titles_or_by_number(mut world: World) {
    one_window(&mut world).await;
    world.change(|setting| setting.policy.bundling.largest = 20);
    let texts = ["There is a fair for babies."; 8].join(" ");
    let titles = format!("{}. See your inbox.", ["Title of baby_fair-v1"; 8].join("; "));
    let told = [(260, texts.as_str()), (235, titles.as_str()), (80, "In your inbox: 8.")];
    for (limit, words) in told {
        let name = format!("citizen-{limit}");
        world.citizen(&name, &["sms"]).await;
        let capabilities = Capabilities { length: TextLength::Short, ..plain() };
        let channel = Arc::new(FakeChannel::new("sms", capabilities, limit));
        world.change(|setting| {
            setting.channels.insert(ChannelId::new("sms").unwrap(), channel);
        });
        let batch: Vec<_> = (0..8).map(|number| notify(fair(&format!("{name} {number}"), &name))).collect();
        world.submit(&batch).await;
        world.pass(WINDOW).await;
        assert_eq!(world.send_all().await, 1);
        let sent = world.channel("sms").sent().remove(0);
        assert!(sent.text.contains(words), "{limit}: {}", sent.text);
        assert_eq!(sent.title, "8 messages");
    }
}

pub(super) async fn a_rule_on_trial_makes_nobody_wait(mut world: World) {
    one_window(&mut world).await;
    world.change(|setting| setting.policy.bundling.mode = Mode::Report);
    world.publish("grant", "anna").await;
    assert_eq!((world.send_all().await, windows(&world, "anna").await), (1, 0));
    let decided = happenings(&world, "grant").await.remove(0);
    let Happening::Decided { trace, .. } = decided else { panic!("{decided:?}") };
    assert_eq!(trace.would[0].rule, TrialRule::Bundling);
    assert_eq!(trace.would[0].until, Some(at("2026-06-17T09:10:00Z")));
}
