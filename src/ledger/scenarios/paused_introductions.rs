//! The guard over introductions: what becomes of them is counted as of a template of its own, and where too
//! many decline them nobody is introduced, nor pushed without.

use std::collections::BTreeMap;

use jiff::civil::date;
use vestnik_contract::{Accepted, ChannelId, Permanence, ReceiptState, SendErrorKind};

use super::guard::{RULE, channels, counts, sms};
use super::introduction::{LEAD, by_the_rule, happenings, introductions, made_for, on_record, sends, texts};
use super::replies::says;
use crate::domain::{
    Counted, FinalState, GuardRule, Happening, MeasureId, Mode, Notice, Notification, Offered, Priority,
    Reason, SourceId, Standing, TemplateName, TrialRule,
};
use crate::ledger::fixture::{World, address, notification, notify, refused};
use crate::ledger::store::GuardRow;
use crate::ledger::{Campaign, CampaignPage, GuardView, Meaning, Verdict};

const INTRODUCTION: TemplateName = TemplateName::Introduction;

/// What was counted of introductions on a channel for a source, or for none.
async fn counted(world: &World, channel: &str, source: Option<&str>) -> BTreeMap<&'static str, u64> {
    let mut tx = world.ledger.store().read().await.unwrap();
    let rows = tx.tallies(date(2026, 1, 1)).await.unwrap();
    let of = rows.into_iter().filter(|row| {
        row.template == INTRODUCTION
            && row.channel.as_ref().map(ChannelId::as_str) == Some(channel)
            && row.source.as_ref().map(SourceId::as_str) == source
    });
    of.map(|row| (row.what.as_str(), row.count)).collect()
}

/// A campaign of introductions on SMS.
async fn campaign(world: &World, dry_run: bool) -> CampaignPage {
    let (channel, person) = (sms(), "Olena Koval".to_owned());
    let campaign = Campaign { channel, region: None, person, dry_run };
    world.ledger.introduce(&campaign, None, 9, 9, &world.rules).await.unwrap()
}

fn guarded(world: &mut World, mode: Mode) {
    world.change(|setting| setting.policy.guard = GuardRule { mode, ..RULE });
}

/// Has the guard pause introductions on SMS.
async fn pause(world: &World) {
    let mut tx = world.ledger.store().begin().await.unwrap();
    let (since, counts) = (tx.now(), Offered { offered: 4, declined: 4 });
    let (channel, template, standing) = (sms(), INTRODUCTION, Standing::Paused);
    tx.put_guards(&[GuardRow { channel, template, standing, counts, since, release: None }]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn release(world: &World) {
    let reason = "the text says now who writes";
    assert!(world.ledger.release_from_guard(&sms(), &INTRODUCTION, "Olena Koval", reason).await.unwrap());
}

pub(super) async fn an_introduction_is_counted_as_a_template_of_its_own(mut world: World) {
    use Counted::{Blocked, Checked, Complained, Delivered, Read, Refused, Replied, Sent};
    by_the_rule(&mut world, Mode::Enforce);
    for name in ["anna", "boris", "vera"] {
        world.citizen(name, &["viber"]).await;
    }
    world.publish("1", "anna").await;
    world.publish("2", "boris").await;
    assert!(world.start("viber").await.is_empty(), "the introductions are made");
    let started = world.start("viber").await;
    for name in ["anna", "boris"] {
        let to = address("viber", name);
        let one = started.iter().find(|one| one.message.recipient.expose() == to.expose()).unwrap();
        world.finish("viber", one, Ok(Accepted { references: vec![name.to_owned()] })).await;
    }
    let fund = Some("family_fund");
    assert_eq!(counted(&world, "viber", fund).await, counts([(Sent, 2)]), "for the source of what follows");
    // Told twice it is one.
    for _ in 0..2 {
        world.receipt("viber", "anna", ReceiptState::Read).await;
        world.receipt("viber", "boris", ReceiptState::Delivered).await;
        says(&world, "viber", &address("viber", "anna"), "1", Meaning::Text).await;
        says(&world, "viber", &address("viber", "boris"), "2", Meaning::Scam { quotes: false }).await;
        says(&world, "viber", &address("viber", "boris"), "3", Meaning::Stop).await;
    }
    let code = world.rules.check_key.code(made_for(&world, "anna", "viber").await.id);
    let verdict = world.ledger.check("somebody", code, &world.rules).await.unwrap();
    assert!(matches!(verdict, Verdict::Ours(_)));
    // Boris declined it by the first of his words.
    let all = [(Sent, 2), (Delivered, 2), (Read, 1), (Replied, 1), (Checked, 1), (Complained, 1)];
    assert_eq!(counted(&world, "viber", fund).await, counts(all));

    let viber = ChannelId::new("viber").unwrap();
    let all = Campaign { channel: viber, region: None, person: "Olena".to_owned(), dry_run: false };
    assert_eq!(world.ledger.introduce(&all, None, 9, 9, &world.rules).await.unwrap().made, 1, "Vera's");
    let started = world.start("viber").await;
    let one = started.iter().find(|one| one.citizen == world.key("vera")).unwrap();
    let blocked = refused(SendErrorKind::Unreachable(Permanence::Permanent));
    world.finish("viber", one, blocked).await;
    assert_eq!(counted(&world, "viber", None).await, counts([(Refused, 1), (Blocked, 1)]), "for no source");
}

/// Four are introduced on SMS, and half of them call it fraud.
async fn called_fraud(world: &World) {
    for name in ["a0", "a1", "a2", "a3"] {
        world.citizen(name, &["sms", "email"]).await;
        world.publish(name, name).await;
    }
    assert_eq!((sends(world).await, introductions(world, "sms")), (4, 4));
    for name in ["a0", "a1"] {
        says(world, "sms", &address("sms", name), name, Meaning::Scam { quotes: false }).await;
    }
    assert_eq!(sends(world).await, 2, "both are thanked");
}

pub(super) async fn an_introduction_that_many_call_fraud_is_paused_and_what_follows_goes_elsewhere(
    mut world: World,
) {
    by_the_rule(&mut world, Mode::Enforce);
    guarded(&mut world, Mode::Enforce);
    called_fraud(&world).await;
    // One more waits behind an introduction that has not been sent.
    world.citizen("waiting", &["sms", "email"]).await;
    world.publish("waiting", "waiting").await;
    assert!(world.start("sms").await.is_empty());
    let introduction = made_for(&world, "waiting", "sms").await.id;
    let changed = world.ledger.guard(&world.rules.policy.guard).await.unwrap();
    let [GuardView { template, standing, counts, .. }] = &changed[..] else { panic!("{changed:?}") };
    assert_eq!((template, *standing), (&INTRODUCTION, Standing::Paused));
    assert_eq!(*counts, Offered { offered: 4, declined: 2 });

    assert_eq!((sends(&world).await, introductions(&world, "sms")), (0, 4));
    let mut tx = world.ledger.store().read().await.unwrap();
    let row = tx.notices(&[introduction]).await.unwrap().remove(0);
    let ended: Notice = serde_json::from_str(&row.notice).unwrap();
    drop(tx);
    let ending = ended.closed.map(|ending| (ending.state, ending.reason));
    assert_eq!(ending, Some((FinalState::Unreachable, Reason::Guarded)));
    assert_eq!(on_record(&world, "waiting", "sms").await, None, "she was not introduced");

    // What waited behind it goes to the next channel, where an introduction comes first; those who were
    // introduced get what they were introduced for.
    world.pass(LEAD).await;
    assert_eq!(sends(&world).await, 5);
    assert_eq!((introductions(&world, "sms"), introductions(&world, "email")), (4, 1));
    world.pass(LEAD).await;
    assert_eq!(sends(&world).await, 1);
    assert!(texts(&world, "email")[1].contains("The birth grant is yours."));
    let skipped = |one: &Happening| matches!(one, Happening::StepEnded { reason: Reason::Guarded, .. });
    assert_eq!(happenings(&world, "waiting").await.iter().filter(|one| skipped(one)).count(), 1);
    assert_eq!(world.ending("waiting").await, Some((FinalState::Accepted, Reason::NoReceiptGiven)));
}

pub(super) async fn while_introductions_are_paused_only_strangers_are_passed_over(mut world: World) {
    by_the_rule(&mut world, Mode::Enforce);
    guarded(&mut world, Mode::Enforce);
    world.citizen("anna", &["sms", "email"]).await;
    world.publish("first", "anna").await;
    assert_eq!(sends(&world).await, 1);
    pause(&world).await;
    world.citizen("boris", &["sms", "email"]).await;
    world.citizen("vera", &["sms"]).await;
    let urgent = Notification { priority: Priority::Urgent, ..notification("urgent", "vera") };
    let duty = MeasureId::new("birth_record").unwrap();
    let duty = Notification { measure: duty, ..notification("duty", "vera") };
    let batch = [
        notification("known", "anna"),
        notification("stranger", "boris"),
        notification("nowhere", "vera"),
        urgent,
        duty,
    ];
    world.submit(&batch.map(notify)).await;
    assert_eq!(channels(&world, "known").await, ["sms", "email"]);
    assert_eq!(channels(&world, "stranger").await, ["email"]);
    assert_eq!(world.ending("nowhere").await, Some((FinalState::InboxOnly, Reason::Guarded)));
    for id in ["urgent", "duty"] {
        assert_eq!(channels(&world, id).await, ["sms"], "{id} waits for no introduction");
    }
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (3, 1));
    world.pass(LEAD).await;
    assert_eq!((sends(&world).await, texts(&world, "sms").len()), (3, 5), "Anna's two, and one by email");
    // Who was written to on the channel is a stranger there no more.
    world.publish("later", "vera").await;
    assert_eq!(sends(&world).await, 1);

    release(&world).await;
    world.citizen("gleb", &["sms", "email"]).await;
    world.publish("after", "gleb").await;
    assert_eq!(channels(&world, "after").await, ["sms", "email"]);
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (1, 2));
}

pub(super) async fn a_campaign_tells_whom_a_pause_of_introductions_leaves_out(mut world: World) {
    by_the_rule(&mut world, Mode::Off);
    guarded(&mut world, Mode::Report);
    for name in ["anna", "boris"] {
        world.citizen(name, &["sms"]).await;
    }
    world.citizen("denis", &["email"]).await;
    pause(&world).await;
    let told = |page: CampaignPage| {
        let paused = page.left_out.get(&Reason::Guarded).copied().unwrap_or_default();
        (page.made, page.left_out.values().sum::<u64>() - paused, paused)
    };
    assert_eq!(told(campaign(&world, true).await), (2, 1, 0), "it is only reported on");
    guarded(&mut world, Mode::Enforce);
    assert_eq!(told(campaign(&world, true).await), (0, 1, 2));
    assert_eq!(told(campaign(&world, false).await), (0, 1, 2));
    assert_eq!((world.open_work().await, on_record(&world, "anna", "sms").await), (0, None));

    // Those that were made before the pause end with it, and are made again once a person has released them.
    release(&world).await;
    assert_eq!(told(campaign(&world, false).await), (2, 1, 0));
    pause(&world).await;
    assert_eq!((sends(&world).await, world.open_work().await), (0, 0));
    assert_eq!(world.reserved("anna").await + world.reserved("boris").await, 0, "their places are free");
    release(&world).await;
    assert_eq!(told(campaign(&world, false).await), (2, 1, 0));
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (2, 2));
}

pub(super) async fn a_guard_on_trial_pauses_no_introduction_and_is_told(mut world: World) {
    by_the_rule(&mut world, Mode::Enforce);
    guarded(&mut world, Mode::Report);
    called_fraud(&world).await;
    let changed = world.ledger.guard(&world.rules.policy.guard).await.unwrap();
    assert_eq!((&changed[0].template, changed[0].standing), (&INTRODUCTION, Standing::OnTrial));
    world.citizen("later", &["sms", "email"]).await;
    world.publish("later", "later").await;
    assert_eq!((sends(&world).await, introductions(&world, "sms")), (1, 5));
    world.pass(LEAD).await;
    sends(&world).await;
    let told = happenings(&world, "later").await.into_iter().flat_map(|what| match what {
        Happening::Decided { trace, .. } => trace.would,
        Happening::Would(one) => vec![one],
        _ => Vec::new(),
    });
    let told: Vec<_> = told.map(|one| (one.rule, one.channel)).collect();
    let passed_over = (TrialRule::Guard, Some(sms()));
    assert_eq!(told, [passed_over.clone(), passed_over], "as it came and as it was first to be sent");
    assert_eq!(channels(&world, "later").await, ["sms", "email"]);
}
