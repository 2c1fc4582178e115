//! `vestnik import`: citizens from another register, into the ledger or to a gateway over HTTP.

mod report;
mod target;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use anyhow::Context as _;
use clap::Args;
use tokio::fs::File;
use tokio::io::AsyncRead;
use url::Url;

use self::report::Report;
use self::target::Target;
use super::arguments::url;
use super::lines::{Line, Lines};
use super::{Common, Exit};

/// Bring citizens from another register into this one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vestnik import citizens.ndjson

  export VESTNIK_TOKEN=vst_…
  vestnik import citizens.ndjson --to https://vestnik.example/

The file holds one citizen a line in JSON: `id`, `locale`, `jurisdiction`, and where they are known \
`zone`, `region`, `addresses`, `consents`, `preferences` and `deceased`. Consents are recorded as imported, and an \
imported consent never overrides a STOP that the citizen said here. What is there already stays, so that \
a file can be imported again.

Ends with 1 if a line was refused; all others are recorded.")]
pub struct ImportArgs {
    /// The file, one citizen a line; `-` is standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Bring them to the gateway at this address, instead of into the ledger of the configuration;
    /// `VESTNIK_TOKEN` holds a token with the scope `registry`
    #[arg(long, value_name = "URL", value_parser = url)]
    to: Option<Url>,
    /// Write the numbers of refused lines, with the reasons, to this file instead of to standard error
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
}

/// Citizens that are recorded in one transaction.
const BATCH: usize = 500;

/// Imports the file. Exit code 1 says that lines were refused; all others are recorded.
pub async fn run(args: &ImportArgs, common: &Common) -> anyhow::Result<Exit> {
    let (from, size) = open(&args.file).await.with_context(|| args.file.display().to_string())?;
    let target = Target::open(args.to.as_ref(), common).await?;
    let mut report = Report::open(args.refused.as_deref(), size)?;
    import(Lines::new(from), &target, &mut report).await?;
    let refused = report.close()?;
    Ok(Exit::well_if(refused == 0))
}

type Reader = Pin<Box<dyn AsyncRead + Send>>;

/// The file, or standard input where the path is `-`, and how many bytes there are where it is known.
async fn open(path: &Path) -> io::Result<(Reader, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::pin(tokio::io::stdin()), None));
    }
    let file = File::open(path).await?;
    let size = file.metadata().await?.len();
    Ok((Box::pin(file), Some(size)))
}

async fn import(mut lines: Lines<Reader>, target: &Target, report: &mut Report) -> anyhow::Result<()> {
    loop {
        let batch = next_batch(&mut lines).await?;
        let Some(last) = batch.last().map(|line| line.number) else { return Ok(()) };
        let verdicts = target
            .take(&batch)
            .await
            .with_context(|| format!("broken off before line {last}; the file can be imported again"))?;
        for (line, verdict) in batch.iter().zip(verdicts) {
            report.note(line, verdict)?;
        }
        report.progress();
    }
}

async fn next_batch(lines: &mut Lines<Reader>) -> anyhow::Result<Vec<Line>> {
    let mut batch = Vec::with_capacity(BATCH);
    while batch.len() < BATCH {
        let Some(line) = lines.next().await? else { break };
        batch.push(line);
    }
    Ok(batch)
}
