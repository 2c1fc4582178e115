//! A crowd: many citizens who share the clock and the rules. At every tick each plays a deed, and all deeds
//! of one kind go through the ledger in one batch.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::timeout;
use vestnik_contract::ChannelId;

use super::deed::{Deed, Lanes, Life, Tick, Word};
use super::invariants::{Sending, at_the_end, at_this_instant};
use super::person::{Brought, Person, Sent};
use crate::domain::{CitizenKey, NoticeId, NotificationKey, Priority};
use crate::ledger::fixture::{CHANNELS, LEASE, World, citizen_id, route};
use crate::ledger::store::{Position, WorkRow};
use crate::ledger::suite::until_something_comes;
use crate::ledger::{Answer, Ask, Ledger, LedgerError, Outgoing, Submission, Testimony, Told};

/// More than a crowd has of anything.
const ALL: u32 = 100_000;

/// For how long what the timeline says may be kept back at most.
const KEPT_BACK: Duration = Duration::from_secs(30);

/// What broke, and for which of the crowd.
#[derive(Debug)]
pub(super) struct Breach {
    pub number: usize,
    pub what: String,
}

/// The citizens, and the processes that work for them.
pub(super) struct Crowd<'a> {
    world: &'a World,
    ledgers: &'a [Arc<Ledger>],
    /// By their number.
    people: BTreeMap<usize, Person>,
    numbers: BTreeMap<CitizenKey, usize>,
    published: BTreeMap<NotificationKey, (usize, usize)>,
}

impl<'a> Crowd<'a> {
    /// Registers them. Where there are several ledgers, they race.
    pub async fn begin(world: &'a World, ledgers: &'a [Arc<Ledger>], lives: &BTreeMap<usize, Life>) -> Self {
        let begun = lives.iter().map(|(number, life)| (*number, Person::begin(world, *number, life)));
        let (mut people, mut registrations) = (BTreeMap::new(), Vec::new());
        for (number, (person, registration)) in begun {
            people.insert(number, person);
            registrations.push(registration);
        }
        let numbers = people.iter().map(|(number, person)| (person.key, *number)).collect();
        let mut crowd = Self { world, ledgers, people, numbers, published: BTreeMap::new() };
        crowd.bring(&ledgers[0], Brought { registrations, ..Brought::default() }).await;
        crowd
    }

    /// Everybody plays a deed, and the lanes do what they do.
    pub async fn tick(&mut self, tick: Tick) -> Result<(), Breach> {
        self.pass(SignedDuration::from_mins(tick.minutes)).await;
        let in_hand = if tick.lanes == Lanes::InHand { self.claim().await } else { Vec::new() };
        let started = self.play(in_hand).await?;
        self.send(started).await?;
        for person in self.people.values_mut() {
            person.before = None;
        }
        self.look().await?;
        match tick.lanes {
            Lanes::Idle => Ok(()),
            Lanes::Die => {
                self.claim().await;
                Ok(())
            }
            Lanes::Send | Lanes::InHand => self.send_all().await,
        }
    }

    /// Time passes until nothing is left to do.
    pub async fn end(&mut self) -> Result<(), Breach> {
        for _ in 0..120 {
            if self.ledgers[0].open_work(1).await.unwrap() == 0 {
                break;
            }
            self.pass(SignedDuration::from_hours(7)).await;
            self.send_all().await?;
        }
        // What ended may have risen in evidence since.
        let published = self.people.values_mut().flat_map(|person| &mut person.published);
        published.for_each(|one| one.ended = None);
        self.look().await?;
        let closings = self.closings().await;
        let open = self.ledgers[0].open_work(u64::MAX).await.unwrap();
        for (number, person) in &self.people {
            at_the_end(person, &closings, open).map_err(|what| Breach { number: *number, what })?;
        }
        Ok(())
    }

    async fn pass(&self, time: SignedDuration) {
        self.world.clock.advance(time);
        let rules = &*self.world.rules;
        let pass = async |ledger: &Ledger| {
            in_turn(async || ledger.advance(ALL, rules).await).await;
            in_turn(async || ledger.match_orphans(ALL, rules).await).await;
        };
        futures_util::future::join_all(self.ledgers.iter().map(|ledger| pass(ledger))).await;
    }

    // ---- deeds ----

    /// Everybody plays a deed. Where two processes race, sources play one more with the other at the same
    /// time, and that one starts what it has in hand. Gives what was started.
    async fn play(&mut self, in_hand: Vec<WorkRow>) -> Result<Vec<Outgoing>, Breach> {
        let (mut brought, mut besides) = (Brought::default(), Brought::default());
        let races = self.ledgers.len() > 1;
        let numbers: Vec<_> = self.people.keys().copied().collect();
        for number in numbers {
            let person = self.people.get_mut(&number).unwrap();
            person.before = races.then(|| person.will.clone());
            let Some(deed) = person.next() else { continue };
            let given = self.given(number, &deed).await;
            let person = self.people.get_mut(&number).unwrap();
            person.play(deed, given, self.world, &mut brought);
            if let Some(more) = races.then(|| person.next_of_source()).flatten() {
                person.play(more, None, self.world, &mut besides);
                // Whatever is said at the same time counts already or not yet.
                person.published.iter_mut().for_each(|one| one.is_new = false);
            }
        }
        let (first, last) = (&self.ledgers[0], &self.ledgers[self.ledgers.len() - 1]);
        if !races {
            self.bring(first, brought).await;
            return Ok(self.start(last, &in_hand).await);
        }
        let (one, other) = (carry_out(first, self.world, &brought), carry_out(last, self.world, &besides));
        let ((), (), started) = tokio::join!(one, other, self.start(last, &in_hand));
        self.taken_in(brought.submissions.into_iter().chain(besides.submissions)).await;
        Ok(started)
    }

    /// What a reply has to bring that is handed out before.
    async fn given(&self, number: usize, deed: &Deed) -> Option<String> {
        let Deed::Reply { channel, word } = deed else { return None };
        let (person, ledger) = (&self.people[&number], &self.ledgers[0]);
        let (citizen, channel) =
            (citizen_id(&person.name), ChannelId::new(person.channel(*channel)).unwrap());
        match word {
            Word::Link => ledger.create_link(&citizen, &channel).await.unwrap(),
            Word::Code { right } => {
                let by = Testimony { evidence: "passport seen".to_owned(), actor: None };
                let code = ledger.hand_out_code(&citizen, &channel, None, &by).await.unwrap().unwrap().code;
                Some(if *right { code } else { another(&code) })
            }
            _ => None,
        }
    }

    async fn bring(&mut self, ledger: &Ledger, brought: Brought) {
        carry_out(ledger, self.world, &brought).await;
        self.taken_in(brought.submissions).await;
    }

    /// Takes note of the keys of what was published.
    async fn taken_in(&mut self, submissions: impl IntoIterator<Item = Submission>) {
        let references: Vec<_> = submissions
            .into_iter()
            .filter_map(|one| match one.ask {
                Ask::Notify { notification, .. } => Some(notification.reference),
                Ask::Cancel(_) => None,
            })
            .collect();
        let mut tx = self.ledgers[0].store().read().await.unwrap();
        let known = tx.idempotency(&references).await.unwrap();
        let keys: BTreeMap<_, _> =
            known.into_iter().filter_map(|row| Some((row.reference.id, row.notification?))).collect();
        for (number, person) in &mut self.people {
            for (place, one) in person.published.iter_mut().enumerate().filter(|(_, one)| one.key.is_none()) {
                let key = keys[&one.id];
                one.key = Some(key);
                self.published.insert(key, (*number, place));
            }
        }
    }

    // ---- lanes ----

    async fn claim(&self) -> Vec<WorkRow> {
        self.claim_by(&self.ledgers[self.ledgers.len() - 1], ALL).await
    }

    async fn claim_by(&self, ledger: &Ledger, most: u32) -> Vec<WorkRow> {
        let mut claimed = Vec::new();
        for channel in CHANNELS {
            let lane = ChannelId::new(channel).unwrap();
            claimed.extend(ledger.claim(&lane, Priority::Bulk, most, LEASE).await.unwrap());
        }
        claimed
    }

    async fn start(&self, ledger: &Ledger, claimed: &[WorkRow]) -> Vec<Outgoing> {
        if claimed.is_empty() {
            return Vec::new();
        }
        in_turn(async || ledger.start(claimed, &self.world.rules).await).await
    }

    /// Sends until nothing is due any more. Where two processes race, each takes some of it at once.
    async fn send_all(&mut self) -> Result<(), Breach> {
        // A route that refuses us has its work due again at once: nobody pauses it here.
        for _ in 0..12 {
            let most = if self.ledgers.len() > 1 { 40 } else { ALL };
            let start = async |ledger: &Ledger| {
                let claimed = self.claim_by(ledger, most).await;
                (claimed.len(), self.start(ledger, &claimed).await)
            };
            let started =
                futures_util::future::join_all(self.ledgers.iter().map(|ledger| start(ledger))).await;
            let claimed: usize = started.iter().map(|(claimed, _)| claimed).sum();
            if claimed == 0 {
                break;
            }
            self.send(started.into_iter().flat_map(|(_, started)| started).collect()).await?;
        }
        self.look().await
    }

    /// Sends what was started, after a look at whether it may be, and puts on record what became of it.
    async fn send(&mut self, mut started: Vec<Outgoing>) -> Result<(), Breach> {
        // In the order in which they were started, whoever did.
        started.sort_by_key(|outgoing| outgoing.attempt.0);
        let ids: Vec<_> = started.iter().map(|outgoing| outgoing.notice).collect();
        self.read(&ids).await;
        let (now, rules) = (self.world.clock.now(), &self.world.rules);
        let mut outcomes = Vec::new();
        for outgoing in started {
            let number = self.numbers[&outgoing.citizen];
            let person = self.people.get_mut(&number).unwrap();
            let sending = Sending::of(person, &outgoing, rules, now);
            sending.check().map_err(|what| Breach { number, what })?;
            let fate = person.fate();
            let sent = Sent::new(&person.notices[&outgoing.notice].1, &outgoing, fate, now);
            outcomes.extend(sent.outcome(outgoing.citizen));
            person.sent.push(sent);
        }
        let ledger = &self.ledgers[0];
        in_turn(async || ledger.record(&outcomes, &[], rules).await).await;
        Ok(())
    }

    // ---- what is seen ----

    /// Looks at everybody, and at all that is on its way to them.
    async fn look(&mut self) -> Result<(), Breach> {
        let mut tx = self.ledgers[0].store().read().await.unwrap();
        let open =
            self.people.values().flat_map(|person| &person.published).filter(|one| one.ended.is_none());
        let open: Vec<_> = open.filter_map(|one| one.key).collect();
        for row in tx.notifications(&open).await.unwrap() {
            let (number, place) = self.published[&row.key];
            let person = self.people.get_mut(&number).unwrap();
            assert_eq!(row.citizen, person.key, "a notification stays whose it is");
            let one = &mut person.published[place];
            one.notice = row.notice;
            one.ended = row.closed.map(|(state, ..)| state);
        }
        let pushed = self.people.values().flat_map(|person| {
            person.channels.iter().map(|channel| (person.key, ChannelId::new(channel).unwrap()))
        });
        let introduced = tx.introduced(&pushed.collect::<Vec<_>>()).await.unwrap();
        let of_items = self.people.values().flat_map(|person| &person.published);
        let known = self.people.values().flat_map(|person| person.notices.keys());
        let ids = of_items.filter_map(|one| one.notice).chain(known.copied());
        let ids: BTreeSet<_> = ids.chain(introduced.iter().filter_map(|row| row.notice)).collect();
        let keys: Vec<_> = self.numbers.keys().copied().collect();
        let since = jiff::civil::date(2026, 1, 1);
        let places = tx.reservations(&keys, since).await.unwrap();
        drop(tx);
        self.read(&ids.into_iter().collect::<Vec<_>>()).await;
        for person in self.people.values_mut() {
            person.places.clear();
        }
        for (key, day, count) in places {
            self.people.get_mut(&self.numbers[&key]).unwrap().places.insert(day, count);
        }
        let rules = &self.world.rules;
        let broken = |(number, person): (&usize, &Person)| {
            at_this_instant(person, rules).err().map(|what| Breach { number: *number, what })
        };
        self.people.iter().find_map(broken).map_or(Ok(()), Err)
    }

    /// Reads notices; one whose row is as it was read last is not understood anew.
    async fn read(&mut self, ids: &[NoticeId]) {
        let mut tx = self.ledgers[0].store().read().await.unwrap();
        for row in tx.notices(ids).await.unwrap() {
            let person = self.people.get_mut(&self.numbers[&row.citizen]).unwrap();
            if person.notices.get(&row.id).is_none_or(|(text, _)| *text != row.notice) {
                let notice = serde_json::from_str(&row.notice).unwrap();
                person.notices.insert(row.id, (row.notice, notice));
            }
        }
    }

    /// How often each notification is told to have ended, by the timeline. What others have open on the same
    /// server keeps the newest entries back for a moment.
    async fn closings(&self) -> BTreeMap<NotificationKey, usize> {
        let (mut closings, mut after) = (BTreeMap::new(), Position::default());
        while closings.values().sum::<usize>() < self.published.len() {
            let store = self.ledgers[0].store();
            let page =
                until_something_comes(async || store.read().await?.entries_after(after, None, 10_000).await);
            let Ok(page) = timeout(KEPT_BACK, page).await else { break };
            for (position, entry) in page.unwrap() {
                after = position;
                if entry.name == "closed" {
                    *closings.entry(entry.notification).or_default() += 1;
                }
            }
        }
        closings
    }
}

/// Puts through a ledger what a tick brings.
async fn carry_out(ledger: &Ledger, world: &World, brought: &Brought) {
    let rules = &*world.rules;
    let Brought { registrations, heard, submissions, finished, receipts } = brought;
    if !registrations.is_empty() {
        let answers = in_turn(async || ledger.register(registrations, rules).await).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    }
    for (channel, heard) in heard {
        let channel = ChannelId::new(channel).unwrap();
        in_turn(async || ledger.hear(&channel, &route(), heard, rules).await).await;
    }
    if !submissions.is_empty() {
        let answers = in_turn(async || ledger.accept(submissions, rules).await).await;
        assert!(!answers.contains(&Answer::Conflict), "{answers:?}");
    }
    if !finished.is_empty() || !receipts.is_empty() {
        let told = receipts.iter().map(|(channel, receipts)| Told {
            channel: ChannelId::new(channel).unwrap(),
            route: route(),
            receipts: receipts.clone(),
        });
        let told: Vec<_> = told.collect();
        in_turn(async || ledger.record(finished, &told, rules).await).await;
    }
}

/// Asks again where another process was in the way.
async fn in_turn<T>(ask: impl AsyncFn() -> Result<T, LedgerError>) -> T {
    for _ in 0..50 {
        match ask().await {
            Err(error) if error.is_transient() => {}
            answer => return answer.unwrap(),
        }
    }
    panic!("others are in the way all the time");
}

/// A code that is not this one.
fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}
