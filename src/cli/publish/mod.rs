//! `vestnik publish`: messages from files or standard input to a gateway, over RabbitMQ or HTTP.

mod summary;
mod target;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use futures_util::{StreamExt as _, stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::io::AsyncRead;

use self::summary::Summary;
use self::target::{Fate, Target};
use super::lines::{Line, Lines};

/// Publish messages from files, or from standard input, one JSON object a line.
///
/// Every message is sent until it is confirmed, so that one may arrive twice; the gateway knows a
/// repeat by its source and id. Over RabbitMQ a confirm says that the broker has the message; what the
/// gateway does not accept shows under `vestnik dead list`. Over HTTP the answer is the gateway's own.
///
/// Exit code: 0 when everything was taken, 1 when a message was refused or the target was lost.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  VESTNIK_TOKEN=vst_… vestnik publish --to https://vestnik.example/ today.ndjson\n  \
    VESTNIK_AMQP_USER=family_fund VESTNIK_AMQP_PASSWORD=… vestnik publish --to amqp://host/vestnik today.ndjson"
)]
pub struct PublishArgs {
    /// Files of messages, one JSON object a line; `-` or none is standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[arg(long, value_name = "URL", env = "VESTNIK_PUBLISH_TO", hide_env_values = true, help = TO)]
    to: url::Url,
    /// What the names of exchanges begin with.
    #[arg(long, default_value = "vestnik")]
    prefix: String,
    /// Messages under way at once.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    window: u16,
}

/// Not a doc comment, in which these would have to be marked as links and code.
const TO: &str = "Where to: amqp://HOST/VHOST, amqps://HOST/VHOST, http://HOST or https://HOST. \
    Credentials come from the environment: VESTNIK_AMQP_USER and VESTNIK_AMQP_PASSWORD, or \
    VESTNIK_TOKEN for HTTP";

/// Runs the command.
pub async fn run(args: &PublishArgs) -> anyhow::Result<ExitCode> {
    let environment = |name: &str| std::env::var(name).ok();
    let target = Target::new(&args.to, &args.prefix, &environment)?;
    let progress = progress(&args.files);
    let mut summary = Summary::default();
    let stdin = [PathBuf::from("-")];
    let files = if args.files.is_empty() { &stdin[..] } else { &args.files };
    for file in files {
        let published = publish_file(file, &target, args.window, &progress, &mut summary).await;
        if let Err(error) = published {
            progress.finish_and_clear();
            print!("{summary}");
            return Err(error);
        }
    }
    progress.finish_and_clear();
    print!("{summary}");
    Ok(if summary.all_taken() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn publish_file(
    file: &Path,
    target: &Target,
    window: u16,
    progress: &ProgressBar,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    if file == Path::new("-") {
        return publish("standard input", tokio::io::stdin(), target, window, progress, summary).await;
    }
    let name = file.display().to_string();
    let open = tokio::fs::File::open(file).await.with_context(|| format!("{name} cannot be read"))?;
    publish(&name, open, target, window, progress, summary).await
}

/// Publishes what a reader gives, with at most `window` messages under way.
async fn publish(
    name: &str,
    from: impl AsyncRead + Unpin,
    target: &Target,
    window: u16,
    progress: &ProgressBar,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    let lines = stream::try_unfold(Lines::new(from), |mut lines| async move {
        Ok::<_, anyhow::Error>(lines.next().await?.map(|line| (line, lines)))
    });
    let fates = lines.map(|line| async move {
        let Line { number, bytes, body } = line?;
        let fate = match body {
            Some(body) => target.send(body).await?,
            None => Fate::Refused("too_large: expected a line of at most 256 KiB".to_owned()),
        };
        Ok::<_, anyhow::Error>((number, bytes, fate))
    });
    let mut fates = std::pin::pin!(fates.buffer_unordered(window.into()));
    while let Some(one) = fates.next().await {
        let (number, bytes, fate) = one.with_context(|| format!("publishing {name} was broken off"))?;
        summary.count(name, number, fate);
        progress.inc(bytes);
        progress.set_message(summary.short());
    }
    Ok(())
}

/// A bar of bytes for files, a spinner where nobody knows how much will come, and nothing where
/// standard error is no terminal.
fn progress(files: &[PathBuf]) -> ProgressBar {
    let sizes: Option<u64> =
        files.iter().map(|file| std::fs::metadata(file).ok().map(|data| data.len())).sum();
    let size = sizes.filter(|size| *size > 0);
    let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr_with_hz(10));
    let template = match size {
        Some(_) => "{bar:40} {percent:>3} %  {msg}  {eta} left",
        None => "{spinner} {msg}  {elapsed}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    if size.is_none() {
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    bar
}
