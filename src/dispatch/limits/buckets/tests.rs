use proptest::prelude::*;

use super::*;

fn nonzero(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

fn anybody(room: usize) -> Vec<Asked> {
    vec![Asked { citizen: CitizenKey([0; 32]), room }; room]
}

/// All that uses one limit: the bucket in Redis, and each process's own.
struct Everybody {
    now: Duration,
    shared: Buckets,
    own: Vec<Buckets>,
    limits: [(Limit, Limit); 2],
    /// To whom something passed, and when.
    passed: Vec<(CitizenKey, Duration)>,
}

/// What happens to them. Who asks says how far ahead.
#[derive(Debug, Clone)]
enum Event {
    /// A process asks Redis.
    Shared(Vec<u8>, Duration),
    /// A process that is cut off asks itself.
    Own(usize, Vec<u8>, Duration),
    /// Redis loses all it knew, or cannot tell whether it did.
    Flushed,
    /// A process dies, and another one takes its place.
    Restarted(usize),
}

impl Everybody {
    fn new(shares: Shares, per_second: u32, per_minute: u32) -> Self {
        let (route, own_route) = shares.of(nonzero(per_second));
        let (each, own_each) = shares.of(nonzero(per_minute));
        let together = (Limit::per_second(route), Limit::per_minute(each));
        let own_route = own_route.map_or(Limit::Shut, Limit::per_second);
        let alone = (own_route, own_each.map_or(Limit::Shut, Limit::per_minute));
        let empty = |(route, each)| Buckets::empty(route, each, Duration::ZERO);
        Self {
            now: Duration::ZERO,
            shared: empty(together),
            own: (0..shares.replicas.get()).map(|_| empty(alone)).collect(),
            limits: [together, alone],
            passed: Vec::new(),
        }
    }

    fn happen(&mut self, event: Event) {
        let now = self.now;
        let [together, alone] = self.limits.map(|(route, each)| Buckets::empty(route, each, now));
        let replicas = self.own.len();
        match event {
            Event::Flushed => self.shared = together,
            Event::Restarted(at) => self.own[at % replicas] = alone,
            Event::Shared(citizens, ahead) => self.ask(None, &citizens, ahead),
            Event::Own(at, citizens, ahead) => self.ask(Some(at % replicas), &citizens, ahead),
        }
    }

    fn ask(&mut self, own: Option<usize>, citizens: &[u8], ahead: Duration) {
        let citizen = |number: &u8| CitizenKey([*number; 32]);
        let room = citizens.len();
        let asked: Vec<_> = citizens.iter().map(|one| Asked { citizen: citizen(one), room }).collect();
        let buckets = own.map_or(&mut self.shared, |at| &mut self.own[at]);
        let answer = buckets.take(&asked, self.now, ahead);
        buckets.forget_old(self.now);
        for (one, verdict) in asked.iter().zip(answer.verdicts) {
            if let Verdict::In(after) = verdict {
                self.passed.push((one.citizen, self.now + after));
            }
        }
    }

    /// The most that passed in one span, wherever it began, of those that are counted.
    fn most_within(&self, span: Duration, counted: impl Fn(CitizenKey) -> bool) -> usize {
        let moments: Vec<_> =
            self.passed.iter().filter(|(citizen, _)| counted(*citizen)).map(|(_, at)| *at).collect();
        let within = |from: &Duration| moments.iter().filter(|at| *at >= from && **at < *from + span).count();
        moments.iter().map(within).max().unwrap_or_default()
    }
}

fn event() -> impl Strategy<Value = Event> {
    let citizens = || prop::collection::vec(0..3_u8, 1..40);
    let ahead = || prop::sample::select(vec![0, 50, 400, 5000]).prop_map(Duration::from_millis);
    prop_oneof![
        6 => (citizens(), ahead()).prop_map(|(citizens, ahead)| Event::Shared(citizens, ahead)),
        6 => (0..4_usize, citizens(), ahead())
            .prop_map(|(at, citizens, ahead)| Event::Own(at, citizens, ahead)),
        1 => Just(Event::Flushed),
        1 => (0..4_usize).prop_map(Event::Restarted),
    ]
}

proptest! {
    /// Invariant 6: whoever takes from where, whatever is lost, and whatever is on the way for how long, no
    /// second at the wire sees more than the limit, and no citizen's minute.
    #[test]
    fn no_second_and_no_minute_of_a_citizen_sees_more_than_the_limit(
        replicas in 1..=4_u32,
        reserve_percent in 1..=50_u8,
        per_second in 1..=80_u32,
        per_minute in 1..=80_u32,
        pace in prop::sample::select(vec![5, 50, 500, 5000_u64]),
        events in prop::collection::vec((0.0..1.0_f64, event()), 1..300),
    ) {
        let shares = Shares { replicas: nonzero(replicas), reserve_percent };
        // Either limit alone, as the other would hide what it lets pass.
        for (per_second, per_minute) in [(per_second, u32::MAX), (u32::MAX, per_minute)] {
            let mut all = Everybody::new(shares, per_second, per_minute);
            for (wait, event) in events.clone() {
                all.now += Duration::from_millis(pace).mul_f64(wait);
                all.happen(event);
            }
            let (second, minute) = (Duration::from_secs(1) + ON_THE_WAY, Duration::from_mins(1));
            prop_assert!(all.most_within(second, |_| true) <= per_second as usize);
            for number in 0..3 {
                let one = |citizen: CitizenKey| citizen.0[0] == number;
                prop_assert!(all.most_within(minute, one) <= per_minute as usize);
            }
        }
    }
}

/// A lane on a ledger that is far away, in a time of its own: each round takes turns for what is started in
/// one commit, and what is ready too late takes another.
fn sent_in_a_minute(limit: u32, way: Duration) -> usize {
    let mut buckets = Buckets::full(Limit::per_second(nonzero(limit)), Limit::Free);
    let (mut now, mut sent) = (Duration::ZERO, 0);
    while now < Duration::from_mins(1) {
        let ahead = ahead(way);
        let Answer { verdicts, wait } = buckets.take(&anybody(2 * limit as usize), now, ahead);
        let ready = now + way;
        for verdict in verdicts {
            let Verdict::In(after) = verdict else { continue };
            let in_time = ready <= now + after + ON_THE_WAY;
            sent += usize::from(in_time || buckets.take_one(ready, ahead).is_ok());
        }
        now = ready + wait.unwrap_or_default().max(Duration::from_millis(1));
    }
    sent
}

#[test]
fn a_limit_is_made_use_of_however_far_away_the_ledger_is() {
    for way in [0, 10, 50, 99, 160, 400, 600].map(Duration::from_millis) {
        for limit in [1, 7, 30, 100, 5000] {
            let sent = sent_in_a_minute(limit, way);
            let most = limit as usize * 60;
            assert!(sent * 100 >= most * 85 && sent <= most + 2 * limit as usize, "{limit}, {way:?}: {sent}");
        }
    }
}

#[test]
fn a_reserve_has_one_for_each_process_or_there_is_none() {
    let table = [
        (100, 4, 10, (92, Some(2))),
        (20, 2, 10, (18, Some(1))),
        (20, 10, 10, (10, Some(1))),
        (20, 11, 10, (20, None)),
        (1, 1, 50, (1, None)),
        (u32::MAX, 1000, 50, (2_147_484_295, Some(2_147_483))),
    ];
    for (limit, replicas, reserve_percent, (shared, share)) in table {
        let shares = Shares { replicas: nonzero(replicas), reserve_percent };
        let expected = (nonzero(shared), share.map(nonzero));
        assert_eq!(shares.of(nonzero(limit)), expected, "{limit} among {replicas}");
    }
}

#[test]
fn what_is_empty_gives_nothing_that_may_have_been_given_away_and_says_when() {
    let (at, now) = (Duration::from_millis, Duration::ZERO);
    let mut buckets = Buckets::empty(Limit::per_second(nonzero(10)), Limit::per_minute(nonzero(60)), at(500));
    let mut take = |ms| buckets.take(&anybody(2), at(ms), now);
    assert_eq!(take(500), Answer { verdicts: vec![], wait: Some(at(2110)) });
    let nobody_yet = Answer { verdicts: vec![Verdict::NoTurn(at(890)); 2], wait: None };
    assert_eq!(take(2610), nobody_yet, "the citizen may have had a turn just before");
    assert_eq!(take(3500), Answer { verdicts: vec![Verdict::In(now)], wait: Some(at(110)) });
    let again = Answer { verdicts: vec![Verdict::NoTurn(at(890)); 2], wait: None };
    assert_eq!(take(3610), again);
}

#[test]
fn turns_are_an_interval_apart_and_no_further_ahead_than_is_asked_for() {
    let at = Duration::from_millis;
    let mut buckets = Buckets::full(Limit::per_second(nonzero(10)), Limit::Free);
    let mut take = |ms, ahead| buckets.take(&anybody(9), at(ms), at(ahead));
    let expected = [0, 110, 220].map(|ms| Verdict::In(at(ms))).to_vec();
    assert_eq!(take(0, 300), Answer { verdicts: expected, wait: Some(at(30)) });
    assert_eq!(take(130, 200), Answer { verdicts: vec![Verdict::In(at(200))], wait: Some(at(110)) });
    assert_eq!(take(9000, 0), Answer { verdicts: vec![Verdict::In(at(0))], wait: Some(at(110)) });
}

#[test]
fn one_whose_citizen_has_had_the_turn_takes_from_the_route_alone() {
    let at = Duration::from_millis;
    let mut buckets = Buckets::full(Limit::per_second(nonzero(10)), Limit::per_minute(nonzero(1)));
    assert_eq!(buckets.take(&anybody(1), at(0), at(0)).verdicts, [Verdict::In(at(0))]);
    assert_eq!(buckets.take_one(at(40), at(0)), Err(at(70)));
    assert_eq!(buckets.take_one(at(40), at(100)), Ok(at(70)));
    assert_eq!(buckets.take(&anybody(1), at(110), at(0)).wait, Some(at(110)), "it was paid for");
    let mut free = Buckets::full(Limit::Free, Limit::Shut);
    assert_eq!(free.take_one(at(0), at(0)), Ok(at(0)));
}
