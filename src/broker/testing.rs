//! A real RabbitMQ for tests, with names of each test's own.

use uuid::Uuid;

use super::{Broker, Names};

/// The broker that the tests run on, with names that no other test has. Without one the test fails:
/// a test that is left out says nothing.
pub(crate) fn broker() -> Broker {
    let url = std::env::var("VESTNIK_TEST_AMQP_URL")
        .expect("VESTNIK_TEST_AMQP_URL names a RabbitMQ; `tests/run --servers` starts one");
    broker_at(&url)
}

/// The same at another address, such as that of a proxy.
pub(crate) fn broker_at(url: &str) -> Broker {
    let prefix = format!("test-{}", Uuid::now_v7().simple());
    Broker::new(url.into(), Names::new(&prefix).unwrap()).unwrap()
}
