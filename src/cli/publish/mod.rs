//! `vestnik publish`: messages from files or standard input to a gateway, over RabbitMQ or HTTP.

mod summary;
mod target;
mod watch;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use futures_util::{StreamExt as _, stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::io::AsyncRead;
use tokio_util::sync::CancellationToken;

use self::summary::Summary;
use self::target::{Fate, Stop, Target};
use super::Exit;
use super::arguments::{number, url};
use super::lines::{Line, Lines};

/// Publish messages from files, or from standard input, one JSON object a line.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  export VESTNIK_TOKEN=vst_…
  vestnik publish --to https://vestnik.example/ today.ndjson

  export VESTNIK_AMQP_USER=family_fund VESTNIK_AMQP_PASSWORD=…
  vestnik publish --to amqp://host/vestnik today.ndjson

Every message is sent until it is confirmed, so that one may arrive twice; the gateway knows a repeat by \
its source and id. Over RabbitMQ a confirm says that the broker has the message; what the gateway does \
not accept shows under `vestnik dead list`. Over HTTP the answer is the gateway's own. A target that is \
away, or answers that it is, is tried again for about two minutes. Lines that are named as without an \
answer may have been taken: publish the file again.

Ends with 1 if a message was refused or the target stayed away.")]
pub struct PublishArgs {
    /// Files of messages, one JSON object a line; `-` or none is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[arg(long, value_name = "URL", env = "VESTNIK_PUBLISH_TO", hide_env_values = true, help = TO, value_parser = url)]
    to: url::Url,
    /// What the names of exchanges begin with; RabbitMQ only
    #[arg(long, value_name = "NAME", default_value = "vestnik")]
    prefix: String,
    /// Messages under way at once, 1 to 10000
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = number::<u16>(1, 10_000))]
    window: u16,
}

/// Not a doc comment, in which these would have to be marked as links and code.
const TO: &str = "Where to: amqp://HOST/VHOST, amqps://HOST/VHOST, http://HOST or https://HOST; the \
    credentials come from the environment";

/// Runs the command.
pub async fn run(args: &PublishArgs) -> anyhow::Result<Exit> {
    let environment = |name: &str| std::env::var(name).ok();
    let progress = progress(&args.files);
    let bar = progress.clone();
    let say = move |text: &str| bar.suspend(|| eprintln!("{text}"));
    let target = Target::new(&args.to, &args.prefix, &environment, say)?;
    let mut summary = Summary::default();
    let stdin = [PathBuf::from("-")];
    let files = if args.files.is_empty() { &stdin[..] } else { &args.files };
    for file in files.iter().enumerate() {
        let published = publish_file(file, &target, args.window, &progress, &mut summary).await;
        if let Err(error) = published {
            progress.finish_and_clear();
            print!("{summary}");
            return Err(error);
        }
    }
    progress.finish_and_clear();
    print!("{summary}");
    Ok(Exit::well_if(summary.all_taken()))
}

async fn publish_file(
    (number, file): (usize, &PathBuf),
    target: &Target,
    window: u16,
    progress: &ProgressBar,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    if file == Path::new("-") {
        return publish((number, "standard input"), tokio::io::stdin(), target, window, progress, summary)
            .await;
    }
    let name = file.display().to_string();
    let open = tokio::fs::File::open(file).await.with_context(|| format!("{name} cannot be read"))?;
    publish((number, &name), open, target, window, progress, summary).await
}

/// Publishes what a reader gives, with at most `window` messages under way. Once nothing more can be
/// sent, or read, no more lines are begun, and those under way are followed to their end.
async fn publish(
    file: (usize, &str),
    from: impl AsyncRead + Unpin,
    target: &Target,
    window: u16,
    progress: &ProgressBar,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    let broken = CancellationToken::new();
    let lines = stream::try_unfold(Lines::new(from), |mut lines| async move {
        Ok::<_, anyhow::Error>(lines.next().await?.map(|line| (line, lines)))
    });
    let sent = lines.take_until(broken.cancelled()).map(|line| async move {
        match line {
            Ok(Line { number, bytes, body }) => (number, bytes, send(target, body).await),
            Err(why) => (0, 0, Err(Stop { why, unanswered: false })),
        }
    });
    let mut sent = std::pin::pin!(sent.buffer_unordered(window.into()));
    let (mut last, mut end) = (0, None);
    while let Some((line, bytes, fate)) = sent.next().await {
        last = last.max(line);
        match fate {
            Ok(fate) => summary.count(file, line, fate),
            Err(Stop { why, unanswered }) => {
                broken.cancel();
                end.get_or_insert(why);
                if unanswered {
                    summary.unanswered(file, line);
                }
            }
        }
        progress.inc(bytes);
        progress.set_message(summary.short());
    }
    let broken_off = || format!("publishing {} was broken off; nothing after line {last} was tried", file.1);
    end.map_or(Ok(()), |why| Err(why.context(broken_off())))
}

async fn send(target: &Target, body: Option<Vec<u8>>) -> Result<Fate, Stop> {
    match body {
        Some(body) => target.send(body).await,
        None => Ok(Fate::Refused("too_large: expected a line of at most 256 KiB".to_owned())),
    }
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

#[cfg(test)]
mod tests;
