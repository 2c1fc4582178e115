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

/// What happens to them.
#[derive(Debug, Clone)]
enum Event {
    /// A process asks Redis.
    Shared(Vec<u8>),
    /// A process that is cut off asks itself.
    Own(usize, Vec<u8>),
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
            Event::Shared(citizens) => self.ask(None, &citizens),
            Event::Own(at, citizens) => self.ask(Some(at % replicas), &citizens),
        }
    }

    fn ask(&mut self, own: Option<usize>, citizens: &[u8]) {
        let citizen = |number: &u8| CitizenKey([*number; 32]);
        let room = citizens.len();
        let asked: Vec<_> = citizens.iter().map(|one| Asked { citizen: citizen(one), room }).collect();
        let buckets = own.map_or(&mut self.shared, |at| &mut self.own[at]);
        let answer = buckets.take(&asked, self.now);
        buckets.forget_old(self.now);
        let passed = asked.iter().zip(answer.turns).filter(|(_, turn)| turn.is_none());
        self.passed.extend(passed.map(|(one, _)| (one.citizen, self.now)));
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
    prop_oneof![
        6 => citizens().prop_map(Event::Shared),
        6 => (0..4_usize, citizens()).prop_map(|(at, citizens)| Event::Own(at, citizens)),
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

#[test]
fn a_limit_is_made_use_of() {
    for (limit, least) in [(1, 54), (7, 6 * 60), (100, 86 * 60), (5000, 4300 * 60)] {
        let mut buckets = Buckets::full(Limit::per_second(nonzero(limit)), Limit::Free);
        let passed: usize =
            (0..60_000).map(|ms| buckets.take(&anybody(100), Duration::from_millis(ms)).turns.len()).sum();
        assert!((least..=limit as usize * 60).contains(&passed), "{limit}: {passed}");
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
fn what_is_empty_gives_first_after_an_interval_and_says_when() {
    let at = |ms| Duration::from_millis(ms);
    let mut buckets = Buckets::empty(Limit::per_second(nonzero(10)), Limit::per_minute(nonzero(60)), at(500));
    let mut take = |ms| buckets.take(&anybody(2), at(ms));
    assert_eq!(take(500), Answer { turns: vec![], wait: Some(at(110)) });
    let nobody_yet = Answer { turns: vec![Some(at(890)); 2], wait: None };
    assert_eq!(take(610), nobody_yet, "the citizen may have had a turn just before");
    assert_eq!(take(1500), Answer { turns: vec![None], wait: Some(at(110)) });
    let again = Answer { turns: vec![Some(at(890)); 2], wait: None };
    assert_eq!(take(1610), again);
}

#[test]
fn one_whose_citizen_has_had_the_turn_takes_from_the_route_alone() {
    let at = |ms| Duration::from_millis(ms);
    let mut buckets = Buckets::full(Limit::per_second(nonzero(10)), Limit::per_minute(nonzero(1)));
    assert_eq!(buckets.take(&anybody(1), at(0)).turns, [None]);
    assert_eq!(buckets.take_one(at(40)), Err(at(70)));
    assert_eq!(buckets.take_one(at(110)), Ok(()));
    assert_eq!(buckets.take(&anybody(1), at(110)).wait, Some(at(110)), "it was paid for");
    let mut free = Buckets::full(Limit::Free, Limit::Shut);
    assert_eq!(free.take_one(at(0)), Ok(()));
}
