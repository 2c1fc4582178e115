//! The bare loop: what the broker, the provider's side and the machine allow to whoever keeps no
//! ledger and asks no policy. It takes notifications from RabbitMQ, posts each to Viber's side, and
//! acknowledges it. A process of its own, as a gateway is.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures_util::{StreamExt as _, TryStreamExt as _};
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::load::{Place, number_in};
use crate::broker::{Broker, Names, within};
use crate::domain::Priority;

/// The environment variable in which it finds its [`Orders`]. They hold secrets.
pub(super) const ORDERS: &str = "VESTNIK_BENCH_LOOP";

/// Messages in hand at once, as many as the gateway's intake has.
const PREFETCH: u16 = 1000;

/// How long a post may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the gateway makes of the same notifications for a citizen who reads Ukrainian, but for the check
/// code.
const TEXT: &str = "\
Міністерство соціальної підтримки

Ваша сім’я має право на компенсацію: 30% плати за воду, світло, газ і опалення.

Подайте заяву на порталі або в центрі послуг. Знадобляться паспорт і остання квитанція. Компенсація \
почнеться з наступного місяця після подання заяви.

Якщо у вас є борг за послуги, однаково приходьте: підкажемо, що робити.

Маєте запитання? Телефонуйте на наш єдиний номер: 0 800 000 000. Ми ніколи не питаємо номерів карток, \
паролів та одноразових кодів.

Перевірити, що пишемо саме ми, можна на порталі або за цим номером. Код перевірки: ABCD-EFGH";

/// Where it takes from and posts to.
#[derive(Serialize, Deserialize)]
pub(super) struct Orders {
    pub amqp: Url,
    pub prefix: String,
    /// Viber's side.
    pub api: Url,
    pub token: String,
    /// Posts under way at once.
    pub concurrency: usize,
}

/// Runs until it is killed. It prints a line when it begins to take.
pub async fn run_bare_loop() -> anyhow::Result<()> {
    let orders = std::env::var(ORDERS).context("the bare loop is started by `vestnik bench` alone")?;
    let orders: Orders = serde_json::from_str(&orders)?;
    let names = Names::new(&orders.prefix)?;
    let queue = names.intake(Priority::Normal);
    let connection = Broker::new(orders.amqp.to_string().into(), names)?.connect("bare loop").await?;
    let channel = within(connection.create_channel()).await?;
    within(channel.basic_qos(PREFETCH, BasicQosOptions::default())).await?;
    let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
    let consumer = within(channel.basic_consume(queue.into(), "".into(), options, none)).await?;
    println!("taking");
    std::io::stdout().flush()?;
    let sink = Sink::new(&orders)?;
    let posts = consumer.map(|delivery| carry(&sink, delivery));
    posts.buffer_unordered(orders.concurrency.max(1)).try_collect::<()>().await
}

async fn carry(sink: &Sink, delivery: lapin::Result<Delivery>) -> anyhow::Result<()> {
    let delivery = delivery?;
    sink.post(&delivery.data).await?;
    delivery.ack(BasicAckOptions::default()).await?;
    Ok(())
}

/// Viber's side.
struct Sink {
    client: reqwest::Client,
    to: Url,
    token: String,
}

#[derive(Deserialize)]
struct Answer {
    status: u32,
}

impl Sink {
    fn new(orders: &Orders) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().timeout(PATIENCE).tcp_nodelay(true).build()?;
        Ok(Self { client, to: orders.api.join("pa/send_message")?, token: orders.token.clone() })
    }

    async fn post(&self, notification: &[u8]) -> anyhow::Result<()> {
        let number = number_in(notification).context("a notification of the benchmark")?;
        let message = json!({
            "receiver": Place::Viber.address(number), "min_api_version": 1, "sender": { "name": "Agency" },
            "tracking_data": "00000000-0000-0000-0000-000000000000", "type": "text", "text": TEXT,
        });
        let post = self.client.post(self.to.clone()).header("X-Viber-Auth-Token", &self.token).json(&message);
        let answer: Answer = post.send().await?.error_for_status()?.json().await?;
        if answer.status != 0 {
            bail!("Viber's side answers with status {}", answer.status);
        }
        Ok(())
    }
}
