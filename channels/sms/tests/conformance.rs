//! The channel passes the suite that every channel must pass.

mod common;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use common::Wired;
use vestnik_contract::conformance::{Rig, check};
use vestnik_contract::sandbox::{Fault, Sandbox};
use vestnik_contract::{Adapter, Channel, Event, Message};

struct SmsRig {
    wired: Wired,
    unplugged: Arc<dyn Channel>,
}

#[async_trait(?Send)]
impl Rig for SmsRig {
    fn adapter(&self) -> &Adapter {
        &self.wired.adapter
    }

    fn sandbox(&self) -> &dyn Sandbox {
        &*self.wired.smsc
    }

    fn message(&self, text: &str) -> Message {
        self.wired.message(text)
    }

    fn bad_addresses(&self) -> &[&'static str] {
        &["abc", "0671234567", "380671234567", "+12", "+0380671234567", "user@example.org", "+38067123456x"]
    }

    fn spellings(&self) -> &[(&'static str, &'static str)] {
        &[("+380671234567", "00380671234567"), ("+380 (67) 123-45-67", "+380671234567")]
    }

    fn faults(&self) -> &[(Fault, Option<&'static str>)] {
        const WAIT: Duration = Duration::from_secs(3);
        &[
            (Fault::Throttle(WAIT), Some("0x58")),
            (Fault::Blocked, Some("0x0B")),
            (Fault::SoftUnreachable, Some("0xFE")),
            (Fault::Rejected, Some("0x66")),
            (Fault::ServerError, Some("0x08")),
            (Fault::WrongToken, Some("0x0E")),
            (Fault::Hang, None),
            (Fault::AcceptThenCut, None),
        ]
    }

    fn names_wait(&self) -> bool {
        false
    }

    fn unplugged(&self) -> Arc<dyn Channel> {
        self.unplugged.clone()
    }

    fn stranded(&self) -> Option<Adapter> {
        // Port 1 is for root alone, and nobody serves tcpmux.
        Some(common::adapter(1, ""))
    }

    async fn event(&self) -> Event {
        self.wired.event().await
    }

    fn takes_replies(&self) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_channel_conforms() {
    let wired = Wired::start(r#", "call_timeout_seconds": 0.5"#).await;
    // A port that was free a moment ago, and that nobody listens on.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut unplugged = common::adapter(free, "");
    wired.tasks.lock().unwrap().spawn(unplugged.driver.take().unwrap());
    check(&SmsRig { wired, unplugged: unplugged.channel }).await;
}
