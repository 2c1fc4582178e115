//! What the process says of itself: the log and the metrics.

mod absence;
mod log;

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Deserialize;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use absence::{Absence, Waiter};
pub use log::close_log;

/// The environment variable that overrules the configured log filter, such as
/// `vestnik::dispatch=debug`. It adds to what is logged otherwise, unless it names a level for everything.
pub const FILTER_VARIABLE: &str = "VESTNIK_LOG";

/// Upper bounds, in seconds, of every histogram: from a call inside the process to the longest
/// call to a provider.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// How often measured values are folded into their histograms. Without it they pile up in memory
/// until someone reads the metrics.
const UPKEEP: Duration = Duration::from_secs(5);

/// The form of the log's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One line of text for each event, coloured on a terminal.
    #[default]
    Text,
    /// One JSON object on a line for each event, for machines that collect logs.
    Json,
}

/// Telemetry cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log filter cannot be read.
    #[error("the log filter: {0} (expected such as `info` or `vestnik::dispatch=debug`)")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// A log is open already in this process.
    #[error("the log is open already")]
    LogOpen(#[from] tracing_subscriber::util::TryInitError),
    /// The metrics cannot be set up, or are already.
    #[error("the metrics: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

/// Opens the log, on standard error, for the whole process, until [`close_log`]. `filter` is the
/// configured one; the environment variable [`FILTER_VARIABLE`] overrules it.
pub fn open_log(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    let overruled = std::env::var(FILTER_VARIABLE).ok();
    let filter = read_filter(overruled.as_deref().unwrap_or(filter))?;
    let (writer, waiting) = log::detached(io::stderr());
    subscriber(format, filter, io::stderr().is_terminal(), writer).try_init()?;
    log::opened(waiting);
    Ok(())
}

/// The library of AMQP logs every message that no queue takes, with its body. A status that nobody
/// has a queue for is nothing to warn of: it is counted, and the feed has it.
const NEVER: &str = "lapin::returned_messages=off";

/// What is logged of what no filter speaks of: our own crates from `info` on, and nothing of the
/// libraries, whose failures we tell in our own words.
const DEFAULT: &str = "vestnik=info";

/// Reads a filter. A directive for one target leaves the default for the rest; a level that stands
/// alone, such as `debug`, is for everything, libraries included.
fn read_filter(filter: &str) -> Result<EnvFilter, TelemetryError> {
    let mut directives = filter.split(',').map(str::trim).filter(|one| !one.is_empty());
    let of_all = directives.any(|one| one.parse::<LevelFilter>().is_ok() || one.starts_with("vestnik="));
    let filter = match (of_all, filter.trim()) {
        (true, filter) => filter.to_owned(),
        (false, "") => DEFAULT.to_owned(),
        (false, filter) => format!("{DEFAULT},{filter}"),
    };
    let filter = EnvFilter::builder().parse(filter)?;
    Ok(filter.add_directive(NEVER.parse()?))
}

fn subscriber<W>(
    format: LogFormat,
    filter: EnvFilter,
    colours: bool,
    writer: W,
) -> Box<dyn tracing::Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Text => Box::new(registry.with(lines.with_ansi(colours))),
        LogFormat::Json => Box::new(registry.with(lines.json().flatten_event(true))),
    }
}

/// The metrics of the process. Clones show the same ones.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Collects the metrics of the whole process from now on.
    pub fn install() -> Result<Self, TelemetryError> {
        Ok(Self(builder()?.install_recorder()?))
    }

    /// Everything measured so far, in the Prometheus text format, version 0.0.4.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// The task that keeps the memory of the metrics small. It ends with the token.
    pub async fn keep(self, stopping: CancellationToken) {
        let mut ticks = tokio::time::interval(UPKEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stopping.run_until_cancelled(ticks.tick()).await.is_some() {
            self.0.run_upkeep();
            metrics::counter!("vestnik_log_lines_lost_total").absolute(log::lost());
            metrics::gauge!("vestnik_tasks").set(u32::try_from(tasks()).unwrap_or(u32::MAX));
        }
    }
}

/// How many tasks of the process have not ended.
fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

fn builder() -> Result<PrometheusBuilder, TelemetryError> {
    Ok(PrometheusBuilder::new().set_buckets(&SECONDS)?)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A place in memory that a log is written to.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the log holds after one event of each level.
    fn written(format: LogFormat, filter: &str) -> String {
        let page = Page::default();
        let writer = page.clone();
        let log = subscriber(format, read_filter(filter).unwrap(), false, move || writer.clone());
        tracing::subscriber::with_default(log, || {
            tracing::debug!(lane = "sms", "fine detail");
            tracing::info!(lane = "sms", "lane opened");
            tracing::warn!(lane = "sms", "lane paused");
            tracing::info!(target: "lapin::io_loop", "of a library");
            tracing::warn!(target: "lapin::returned_messages", body = "geheim", "a whole message");
        });
        String::from_utf8(page.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn text_is_one_line_for_each_event() {
        let log = written(LogFormat::Text, "");
        assert_eq!(log.lines().count(), 2, "{log}");
        assert!(log.contains("INFO") && log.contains("lane opened lane=\"sms\""), "{log}");
        assert!(!log.contains('\u{1b}'), "no colours away from a terminal: {log}");
    }

    #[test]
    fn messages_that_the_broker_gives_back_are_never_logged() {
        for filter in ["", "info,lapin=trace", "lapin::returned_messages=warn,trace"] {
            let log = written(LogFormat::Text, filter);
            assert!(log.contains("lane paused") && !log.contains("geheim"), "{filter}: {log}");
        }
    }

    #[test]
    fn a_directive_for_one_target_leaves_the_default_for_the_rest() {
        for (filter, ours, library) in [
            ("", true, false),
            ("lapin=debug", true, true),
            ("sqlx=debug", true, false),
            ("vestnik::web=debug", true, false),
            ("error,lapin=debug", false, true),
            ("info", true, true),
        ] {
            let log = written(LogFormat::Text, filter);
            assert_eq!(log.contains("lane opened"), ours, "{filter}: {log}");
            assert_eq!(log.contains("of a library"), library, "{filter}: {log}");
        }
    }

    #[test]
    fn json_is_one_object_for_each_event() {
        let log = written(LogFormat::Json, "warn");
        let event: serde_json::Value = serde_json::from_str(&log).unwrap();
        assert_eq!(event["level"], "WARN");
        assert_eq!(event["message"], "lane paused");
        assert_eq!(event["lane"], "sms");
    }

    #[test]
    fn a_filter_opens_and_closes_single_rooms() {
        assert!(written(LogFormat::Text, "debug").contains("fine detail"));
        assert!(!written(LogFormat::Text, "vestnik=error").contains("lane paused"));
        assert!(matches!(read_filter("vestnik=loud"), Err(TelemetryError::Filter(_))));
    }

    #[test]
    fn metrics_render_as_histograms_in_seconds() {
        let recorder = builder().unwrap().build_recorder();
        let shown = Metrics(recorder.handle());
        metrics::with_local_recorder(&recorder, || {
            metrics::counter!("vestnik_test_total", "lane" => "sms").increment(2);
            metrics::histogram!("vestnik_test_seconds").record(0.003);
        });
        let text = shown.render();
        assert!(text.contains("vestnik_test_total{lane=\"sms\"} 2"), "{text}");
        assert!(text.contains("vestnik_test_seconds_bucket{le=\"0.005\"} 1"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_upkeep_ends_with_the_process() {
        let recorder = builder().unwrap().build_recorder();
        let stopping = CancellationToken::new();
        stopping.cancel();
        Metrics(recorder.handle()).keep(stopping).await;
    }
}
