//! Says once that a target is away, and once that it is back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use vestnik_contract::Server;

/// How it stands with the target, as far as it was told.
pub(super) struct Watch {
    server: Server,
    away: AtomicBool,
    say: Box<dyn Fn(&str) + Send + Sync>,
}

impl Watch {
    /// How long a message is tried again after its first failure, whatever the failure is.
    pub(super) const PATIENCE: Duration = Duration::from_mins(2);

    /// Nothing has been told of this server.
    pub(super) fn new(server: Server, say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { server, away: AtomicBool::new(false), say: Box::new(say) }
    }

    /// The server.
    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    /// A try came to nothing. Told once, until it answers again.
    pub(super) fn away(&self, why: &anyhow::Error) {
        if !self.away.swap(true, Ordering::Relaxed) {
            let (server, minutes) = (&self.server, Self::PATIENCE.as_secs() / 60);
            (self.say)(&format!("{server} is away: {why:#}. Trying again for about {minutes} minutes …"));
        }
    }

    /// It answers.
    pub(super) fn answered(&self) {
        if self.away.swap(false, Ordering::Relaxed) {
            (self.say)(&format!("{} is back.", self.server));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_target_is_away_once_and_back_once() {
        let said = Arc::new(Mutex::new(Vec::new()));
        let ear = said.clone();
        let server = Server { host: "bus.example".to_owned(), port: 5672 };
        let watch = Watch::new(server, move |text| {
            ear.lock().unwrap().push(text.to_owned());
        });
        watch.answered();
        for _many in 0..3 {
            watch.away(&anyhow::anyhow!("nobody listens there"));
        }
        watch.answered();
        watch.answered();
        let expected = [
            "bus.example:5672 is away: nobody listens there. Trying again for about 2 minutes …",
            "bus.example:5672 is back.",
        ];
        assert_eq!(*said.lock().unwrap(), expected);
    }
}
