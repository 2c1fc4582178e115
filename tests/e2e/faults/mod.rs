//! What the gateway lives through: each fault in a test of its own, with counts that add up.
//! `docs/reliability.md` is the table of them.

mod broker;
mod clock;
mod database;
mod disk;
mod providers;
mod redis;
mod replicas;
mod soak;
mod stages;
mod stop;
mod versions;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::broker::Source;
use crate::database::Database;
use crate::feed::endings;
use crate::people::Person;
use crate::plan::Plan;
use crate::process::{Replica, Setting};
use crate::proxy::Proxy;
use crate::sandboxes::{CHANNELS, point};
use crate::servers::Servers;
use crate::tier::{few_or_many, is_wanted};
use crate::world::{Kept, World};

/// By when all must have come right.
const AT_MOST: Duration = Duration::from_mins(15);

/// How many there are of something that has ended well by having none left.
const OPEN_WORK: &str = "SELECT count(*) FROM work";

/// An installation on RabbitMQ and PostgreSQL whose replicas send. A process that sends nothing takes in,
/// relays statuses, answers the API and the providers' callbacks, and outlives the replicas.
struct Scene {
    world: World,
    plan: Plan,
    source: Source,
}

impl Scene {
    /// A scene for these citizens and so many notifications, of which none is published.
    async fn new(people: &[Person], count: usize) -> Self {
        Self::on(Servers::shared(), people, count).await
    }

    /// The same on these servers.
    async fn on(servers: Servers, people: &[Person], count: usize) -> Self {
        let mut world = World::on(servers, Kept::Postgres, people).await;
        world.set("VESTNIK_ROLES", "intake,web");
        world.start().await;
        let source = Source::connect(&world.host).await;
        source.collect_statuses().await;
        Self { world, plan: Plan::of(people, count), source }
    }

    fn setting(&self) -> &Setting {
        &self.world.setting
    }

    fn database(&self) -> &Database {
        self.world.database()
    }

    /// A replica that sends.
    async fn replica(&self) -> Replica {
        self.setting().replica("lanes").await
    }

    /// A replica that reaches the providers by ways of its own.
    async fn replica_by(&self, ways: &Ways) -> Replica {
        self.setting().with(ways.settings.clone()).replica("lanes").await
    }

    /// A replica that sends slowly, so that something happens in the middle of its work.
    async fn slow_replica(&self) -> Replica {
        self.slow_replica_on(self.setting()).await
    }

    /// The same with a setting of its own.
    async fn slow_replica_on(&self, setting: &Setting) -> Replica {
        let slowly = CHANNELS.map(str::to_uppercase);
        let slowly = slowly.map(|channel| {
            (format!("VESTNIK__CHANNELS__{channel}__LANE__PER_SECOND"), few_or_many(5, 50).to_string())
        });
        setting.with(slowly).replica("lanes").await
    }

    /// The source publishes everything.
    async fn publish(&self) {
        self.source.publish_all(&self.plan.bodies).await;
    }

    /// Has everything published and taken in.
    async fn take_in(&self) {
        self.publish().await;
        let all = i64::try_from(self.plan.bodies.len()).unwrap();
        self.database().until_count("SELECT count(*) FROM notification", all).await;
    }

    /// Kills the process that takes in, relays and answers.
    async fn kill_the_other(&mut self) {
        self.world.kill();
        self.no_dead_one_has_a_duty().await;
    }

    /// The duties of who was killed are free when their leases, of up to a minute, are over. Only the tier
    /// `faults` waits for that.
    async fn no_dead_one_has_a_duty(&self) {
        if !is_wanted("faults") {
            self.database().run("UPDATE duty SET until = 0").await;
        }
    }

    /// Invariants 2, 3 and 10. Everything has ended, RabbitMQ and the feed tell the same, no work is left
    /// over, and who still works can stop in good order. Gives how many ended how.
    async fn ends_truthfully(mut self, replicas: Vec<Replica>) -> BTreeMap<String, usize> {
        let states = self.plan.has_ended_truthfully(&mut self.world, AT_MOST).await;
        let pushed = self.source.statuses_until(self.plan.bodies.len(), AT_MOST).await;
        assert_eq!(
            endings(&pushed),
            endings(self.world.statuses().await),
            "RabbitMQ and the feed tell the same"
        );
        assert_eq!(self.world.database().count(OPEN_WORK).await, 0);
        for replica in replicas {
            replica.stop().await;
        }
        self.world.stop().await;
        println!("{states:?}");
        states
    }
}

/// The ways of one replica to the five providers.
struct Ways {
    proxies: Vec<Proxy>,
    settings: Vec<(String, String)>,
}

impl Ways {
    fn of(world: &World) -> Self {
        let (mut proxies, mut settings) = (Vec::new(), Vec::new());
        for (channel, server) in &world.sandboxes.addresses {
            let proxy = Proxy::to(*server);
            settings.extend(point(channel, proxy.address));
            proxies.push(proxy);
        }
        Self { proxies, settings }
    }

    fn each(&self, act: impl Fn(&Proxy)) {
        self.proxies.iter().for_each(act);
    }

    async fn cut(&mut self) {
        for proxy in &mut self.proxies {
            proxy.cut().await;
        }
    }
}

/// Citizens on the portal, which knows a repeat, so that what is ambiguous is sent again and comes right
/// soon. The tier `faults` has citizens on all channels, where it is told as unknown after a wait.
fn people(count: usize) -> Vec<Person> {
    if is_wanted("faults") {
        return crate::people::people(count);
    }
    (0..count).map(|number| Person::on(number, &["portal"])).collect()
}
