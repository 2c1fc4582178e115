//! Introduction: before the first push on a channel the citizen is told who will write there.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::date;
use vestnik_contract::{ChannelId, Permanence, SendErrorKind};

use super::replies::says;
use crate::domain::{
    Ceilings, ConsentAction, Counted, Happening, Hours, Introduction, MeasureId, Mode, Notice, Notification,
    Priority, Reason, StepState, TrialRule, Would,
};
use crate::ledger::fixture::slots::{FakeLane, FakeSlots};
use crate::ledger::fixture::{World, address, at, citizen_id, notification, notify};
use crate::ledger::store::IntroducedRow;
use crate::ledger::{Campaign, CampaignPage, Meaning};

pub(super) const LEAD: i64 = 600;

pub(super) fn by_the_rule(world: &mut World, mode: Mode) {
    world.change(|setting| {
        setting.policy.introduction = Introduction { mode, lead_seconds: 600 };
        setting.policy.budget = Ceilings { per_day: Some(4), ..Ceilings::default() };
    });
}

/// Sends all that is due, also what is made on the way; gives how many were sent.
pub(super) async fn sends(world: &World) -> usize {
    world.send_all().await + world.send_all().await
}

/// The texts that were sent on a channel so far.
pub(super) fn texts(world: &World, channel: &str) -> Vec<String> {
    world.channel(channel).sent().into_iter().map(|message| message.text).collect()
}

/// How many introductions were sent on a channel so far.
pub(super) fn introductions(world: &World, channel: &str) -> usize {
    texts(world, channel).iter().filter(|text| text.contains("We will write to you here")).count()
}

pub(super) async fn on_record(world: &World, name: &str, channel: &str) -> Option<IntroducedRow> {
    let mut tx = world.ledger.store().read().await.unwrap();
    tx.introduced(&[(world.key(name), ChannelId::new(channel).unwrap())]).await.unwrap().pop()
}

/// The introduction that is on record for a citizen.
pub(super) async fn made_for(world: &World, name: &str, channel: &str) -> Notice {
    let row = on_record(world, name, channel).await.unwrap();
    let mut tx = world.ledger.store().read().await.unwrap();
    let notices = tx.notices(&[row.notice.unwrap()]).await.unwrap();
    serde_json::from_str(&notices[0].notice).unwrap()
}

pub(super) async fn happenings(world: &World, id: &str) -> Vec<Happening> {
    let key = world.row(id).await.key;
    let mut tx = world.ledger.store().read().await.unwrap();
    let entries = tx.timeline(key).await.unwrap();
    entries.iter().map(|(_, entry)| serde_json::from_str(&entry.what).unwrap()).collect()
}

pub(super) async fn the_first_push_on_a_channel_follows_an_introduction(mut world: World) {
    by_the_rule(&mut world, Mode::Enforce);
    world.citizen("anna", &["sms", "email"]).await;
    world.publish("1", "anna").await;
    assert_eq!(sends(&world).await, 1);
    let sent = texts(&world, "sms").remove(0);
    assert!(sent.starts_with("Ministry: We will write to you here as Ministry. Code "), "{sent}");
    let until = at("2026-06-17T09:10:00Z");
    let told = happenings(&world, "1").await;
    let deferred = |one: &Happening| matches!(one, Happening::Deferred { reason: Reason::Introduction, until: to, .. } if *to == until);
    assert!(told.iter().any(deferred), "{told:?}");
    assert_eq!(world.notice("1").await.steps[0].state, StepState::Due { at: until });
    assert_eq!(world.reserved("anna").await, 2, "each has a place of the day");
    // What comes meanwhile waits as long, and for no introduction of its own.
    world.publish("2", "anna").await;
    assert_eq!(sends(&world).await, 0);
    assert_eq!(world.notice("2").await.steps[0].state, StepState::Due { at: until });
    world.pass(LEAD).await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (2, 1));
    world.publish("3", "anna").await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (1, 1), "at once");
    assert_eq!(world.reserved("anna").await, 4);
    let row = on_record(&world, "anna", "sms").await.unwrap();
    assert_eq!((row.at, row.notice.is_some(), row.person), (Some(at("2026-06-17T09:00:00Z")), true, None));
    assert_eq!(on_record(&world, "anna", "email").await, None);
}

/// Who asks why it waits until tomorrow is told of the budget, not of the ten minutes.
pub(super) async fn a_push_whose_place_the_introduction_took_waits_for_the_budget(mut world: World) {
    by_the_rule(&mut world, Mode::Enforce);
    world.change(|setting| setting.policy.budget.per_day = Some(1));
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (1, 1));
    let told = happenings(&world, "1").await;
    let put_off: Vec<_> = told
        .iter()
        .filter_map(|one| match one {
            Happening::Deferred { reason, until, .. } => Some((*reason, *until)),
            _ => None,
        })
        .collect();
    assert_eq!(put_off, [(Reason::ContactBudget, at("2026-06-18T06:00:00Z"))]);
    let mut tx = world.ledger.store().read().await.unwrap();
    let counted = tx.tallies(date(2026, 1, 1)).await.unwrap();
    let deferred = counted.iter().filter(|row| row.what == Counted::BudgetDeferred);
    let deferred: Vec<_> = deferred.map(|row| (row.template.as_str(), row.count)).collect();
    assert_eq!(deferred, [("birth_grant", 1)], "the report of the budget tells of it");
}

pub(super) async fn what_comes_in_with_a_free_call_is_introduced_too(mut world: World) {
    by_the_rule(&mut world, Mode::Enforce);
    let slots = Arc::new(FakeSlots::default());
    *slots.free.lock().unwrap() = 5;
    world.ledger.send_at_once(ChannelId::new("sms").unwrap(), Arc::new(FakeLane(slots.clone())));
    world.citizen("anna", &["sms"]).await;
    world.submit(&["1", "2"].map(|id| notify(notification(id, "anna")))).await;
    assert!(slots.sent.lock().unwrap().is_empty());
    assert_eq!((sends(&world).await, introductions(&world, "sms"), world.open_work().await), (1, 1, 3));
    world.pass(LEAD).await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (2, 1));
}

/// Whoever starts, under the lock of the citizen's row there is one introduction.
pub(super) async fn two_that_start_at_once_introduce_once(mut world: World) {
    by_the_rule(&mut world, Mode::Enforce);
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    world.publish("2", "anna").await;
    let claimed = world.claim("sms").await;
    let (first, second) = claimed.split_at(1);
    let (first, second) =
        tokio::join!(world.ledger.start(first, &world.rules), world.ledger.start(second, &world.rules));
    assert_eq!((first.unwrap().len(), second.unwrap().len(), world.open_work().await), (0, 0, 3));
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (1, 1));
    world.pass(LEAD).await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (2, 1));
}

pub(super) async fn a_process_that_dies_in_the_middle_introduces_once(mut world: World) {
    by_the_rule(&mut world, Mode::Enforce);
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    assert!(world.start("sms").await.is_empty(), "the introduction is made");
    // One process dies before the introduction is started, and one after.
    assert_eq!(world.claim("sms").await.len(), 1);
    world.pass(60).await;
    assert_eq!(world.start("sms").await.len(), 1);
    world.pass(60).await;
    assert_eq!(sends(&world).await, 0, "nobody knows whether it was sent, so it is not sent again");
    world.pass(LEAD).await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (1, 0));
    assert!(texts(&world, "sms")[0].contains("The birth grant is yours."));
}

pub(super) async fn what_is_urgent_and_what_a_law_demands_waits_for_no_introduction(mut world: World) {
    by_the_rule(&mut world, Mode::Enforce);
    world.citizen("anna", &["sms"]).await;
    world.citizen("boris", &["sms"]).await;
    world.citizen("vera", &["portal"]).await;
    let urgent = Notification { priority: Priority::Urgent, ..notification("urgent", "anna") };
    let duty = MeasureId::new("birth_record").unwrap();
    let duty = Notification { measure: duty, ..notification("duty", "boris") };
    world.submit(&[urgent, duty, notification("quiet", "vera")].map(notify)).await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (3, 0));
    // They were written to: nobody says afterwards who is going to write.
    world.publish("1", "anna").await;
    world.publish("2", "boris").await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (2, 0));
    let row = on_record(&world, "anna", "sms").await.unwrap();
    assert_eq!((row.at.is_some(), row.notice), (true, None));
}

pub(super) async fn a_blocked_introduction_closes_the_address_and_the_next_step_follows(mut world: World) {
    by_the_rule(&mut world, Mode::Enforce);
    world.citizen("anna", &["viber", "email"]).await;
    world.publish("1", "anna").await;
    world.channel("viber").refuse(SendErrorKind::Unreachable(Permanence::Permanent));
    assert_eq!(sends(&world).await, 1);
    assert_eq!(world.closed("anna", "viber").await, [Some("unreachable".to_owned())]);
    world.pass(LEAD).await;
    assert_eq!((sends(&world).await, introductions(&world, "email")), (1, 1));
    world.pass(LEAD).await;
    assert_eq!(sends(&world).await, 1);
    assert!(texts(&world, "email")[1].contains("The birth grant is yours."));
    assert_eq!((introductions(&world, "viber"), texts(&world, "viber").len()), (1, 1));
}

/// What stands on record from the first try on is no reason to leave the second.
pub(super) async fn an_introduction_is_tried_again_like_any_message(mut world: World) {
    by_the_rule(&mut world, Mode::Enforce);
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    assert!(world.start("sms").await.is_empty());
    world.channel("sms").refuse(SendErrorKind::Unavailable);
    assert_eq!(world.send_all().await, 1);
    world.pass(LEAD).await;
    sends(&world).await;
    assert_eq!(introductions(&world, "sms"), 2, "refused, then taken");
}

pub(super) async fn an_introduction_that_was_never_sent_is_made_again(mut world: World) {
    by_the_rule(&mut world, Mode::Enforce);
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    assert!(world.start("sms").await.is_empty());
    assert_eq!(on_record(&world, "anna", "sms").await.unwrap().at, None);
    let phone = address("sms", "anna");
    says(&world, "sms", &phone, "1", Meaning::Stop).await;
    assert_eq!(sends(&world).await, 1, "that the STOP was heard");
    assert_eq!((on_record(&world, "anna", "sms").await, introductions(&world, "sms")), (None, 0));
    world.pass(LEAD).await;
    assert_eq!((sends(&world).await, world.reserved("anna").await), (0, 0), "all places are free again");
    world.says("anna", Some("sms"), ConsentAction::Granted).await;
    world.publish("2", "anna").await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (1, 1));
}

pub(super) async fn whoever_writes_start_is_introduced_by_the_answer(mut world: World) {
    by_the_rule(&mut world, Mode::Enforce);
    world.citizen("anna", &["telegram"]).await;
    let chat = address("telegram", "anna");
    says(&world, "telegram", &chat, "1", Meaning::Stop).await;
    world.pass(1).await;
    says(&world, "telegram", &chat, "2", Meaning::Start).await;
    world.publish("1", "anna").await;
    assert_eq!((sends(&world).await, introductions(&world, "telegram")), (3, 1));
    let welcome = texts(&world, "telegram").into_iter().find(|text| text.contains("We will write"));
    assert!(welcome.unwrap().contains("as @ministry_bot."));
}

/// What confirms a wish may be started with the first push, and is no introduction.
pub(super) async fn an_answer_introduces_nobody_whatever_it_is_started_with(mut world: World) {
    by_the_rule(&mut world, Mode::Enforce);
    world.citizen("anna", &["sms"]).await;
    let phone = address("sms", "anna");
    says(&world, "sms", &phone, "1", Meaning::Hours(Some(hours(10, 18)))).await;
    world.publish("1", "anna").await;
    let push = world.notice("1").await.id;
    let mut claimed = world.claim("sms").await;
    claimed.sort_by_key(|row| row.notice == push);
    let started = world.ledger.start(&claimed, &world.rules).await.unwrap();
    assert_eq!((claimed.len(), started.len()), (2, 1), "the confirmation alone");
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (1, 1));
    world.pass(LEAD).await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (1, 1));
}

fn hours(from: i8, until: i8) -> Hours {
    let time = |hour| jiff::civil::time(hour, 0, 0, 0);
    Hours { from: time(from), until: time(until) }
}

pub(super) async fn a_rule_on_trial_introduces_nobody_and_puts_on_record(mut world: World) {
    by_the_rule(&mut world, Mode::Report);
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    world.publish("2", "anna").await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (2, 0));
    let trial = Would::moved(TrialRule::Introduction, Some(at("2026-06-17T09:10:00Z")));
    let told = [happenings(&world, "1").await, happenings(&world, "2").await].concat();
    let told: Vec<_> = told.iter().filter(|one| matches!(one, Happening::Would(_))).collect();
    assert_eq!(told, [&Happening::Would(trial)], "only of the first of them");
    by_the_rule(&mut world, Mode::Enforce);
    world.publish("3", "anna").await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (1, 0), "she was written to");
}

/// A campaign on SMS, for everybody.
fn campaign(dry_run: bool) -> Campaign {
    let channel = ChannelId::new("sms").unwrap();
    Campaign { channel, region: None, person: "Olena Koval".to_owned(), dry_run }
}

/// Runs a campaign to its end, or until so many introductions are made.
async fn run(world: &World, dry_run: bool, most: u64) -> CampaignPage {
    let mut all = CampaignPage::default();
    loop {
        let (after, left) = (all.last, most - all.made);
        let page = world.ledger.introduce(&campaign(dry_run), after, 2, left, &world.rules).await.unwrap();
        all.add(page);
        if all.last.is_none() || all.made == most {
            return all;
        }
    }
}

pub(super) async fn a_campaign_introduces_each_citizen_once(mut world: World) {
    by_the_rule(&mut world, Mode::Off);
    for name in ["anna", "boris", "vera", "gleb"] {
        world.citizen(name, &["sms"]).await;
    }
    world.citizen("denis", &["email"]).await;
    world.says("boris", Some("sms"), ConsentAction::Withdrawn).await;
    let left_out = BTreeMap::from([(Reason::NoAddress, 1), (Reason::ConsentWithdrawn, 1)]);
    let expected = |made, waiting, sent| {
        let left_out = left_out.clone();
        CampaignPage { made, waiting, sent, left_out, ..CampaignPage::default() }
    };
    assert_eq!(run(&world, true, 9).await, expected(3, 0, 0));
    assert_eq!((world.open_work().await, run(&world, false, 1).await.made), (0, 1));
    assert_eq!(run(&world, false, 9).await, expected(2, 1, 0));
    assert_eq!(run(&world, false, 9).await, expected(0, 3, 0), "made is not sent");
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (3, 3));
    assert_eq!(run(&world, false, 9).await, expected(0, 0, 3));
    world.change(|setting| setting.policy.introduction.mode = Mode::Report);
    world.citizen("egor", &["sms"]).await;
    world.publish("egor", "egor").await;
    assert_eq!(sends(&world).await, 1);
    assert_eq!(run(&world, false, 9).await, CampaignPage { written_to: 1, ..expected(0, 0, 3) });
    let elsewhere = Campaign { region: Some("kharkiv".to_owned()), ..campaign(false) };
    let nobody = world.ledger.introduce(&elsewhere, None, 9, 9, &world.rules).await.unwrap();
    assert_eq!(CampaignPage { last: None, ..nobody }, CampaignPage::default());
    let row = on_record(&world, "anna", "sms").await.unwrap();
    assert_eq!((row.person.as_deref(), row.at.is_some()), (Some("Olena Koval"), true));
    // The next push follows it as it follows any other introduction.
    by_the_rule(&mut world, Mode::Enforce);
    world.publish("1", "anna").await;
    assert_eq!(sends(&world).await, 0);
    world.pass(LEAD).await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (1, 3));

    world
        .ledger
        .erase(&citizen_id("anna"), "a person", "a request")
        .await
        .unwrap()
        .unwrap()
        .commit()
        .await
        .unwrap();
    assert_eq!(on_record(&world, "anna", "sms").await, None);
}

/// A campaign has time: who has something to tell does not wait for it, and it introduces nobody twice.
pub(super) async fn a_campaign_that_waits_holds_up_no_push(mut world: World) {
    world.change(|setting| setting.policy.budget = Ceilings { per_day: Some(1), ..Ceilings::default() });
    world.citizen("anna", &["sms"]).await;
    world.publish("1", "anna").await;
    assert_eq!(sends(&world).await, 1);
    assert_eq!(run(&world, false, 9).await.made, 1);
    assert_eq!(sends(&world).await, 0, "it waits for a place of tomorrow");

    by_the_rule(&mut world, Mode::Enforce);
    world.publish("2", "anna").await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (1, 1));
    world.pass(LEAD).await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (1, 1));
    world.pass(24 * 3600).await;
    assert_eq!((sends(&world).await, introductions(&world, "sms"), world.open_work().await), (0, 1, 0));
    assert_eq!(on_record(&world, "anna", "sms").await.unwrap().person, None);
}
