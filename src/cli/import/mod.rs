//! `vestnik import`.

mod lines;
mod report;
mod target;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use url::Url;

use self::lines::{Line, Lines};
use self::report::Report;
use self::target::Target;
use super::{Common, MISTAKE};

/// Bring citizens from another register into this one.
///
/// The file holds one citizen a line in JSON: `id`, `locale`, `jurisdiction`, and where they are
/// known `zone`, `region`, `addresses`, `consents` and `preferences`. Consents are recorded as
/// imported, and an imported consent never overrides a STOP that the citizen said here. What is
/// there already stays, so that a file can be imported again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  vestnik import citizens.ndjson\n  \
    VESTNIK_TOKEN=vst_… vestnik import citizens.ndjson --to https://vestnik.example/")]
pub struct ImportArgs {
    /// The file, one citizen a line; `-` is standard input.
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Bring them to the gateway at this address, instead of into the ledger of the configuration.
    /// The token, with the scope `registry`, is taken from `VESTNIK_TOKEN`.
    #[arg(long, value_name = "URL")]
    to: Option<Url>,
    /// Write the lines that are refused, with their numbers and reasons, to this file instead of to
    /// standard error.
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
}

/// Citizens that are recorded in one transaction.
const BATCH: usize = 500;

/// Imports the file. Exit code 2 says that lines were refused; all others are recorded.
pub async fn run(args: &ImportArgs, common: &Common) -> anyhow::Result<ExitCode> {
    let target = Target::open(args.to.as_ref(), common).await?;
    let mut lines = Lines::open(&args.file).await.with_context(|| args.file.display().to_string())?;
    let mut report = Report::open(args.refused.as_deref(), lines.size())?;
    import(&mut lines, &target, &mut report).await?;
    let refused = report.close()?;
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(MISTAKE) })
}

async fn import(lines: &mut Lines, target: &Target, report: &mut Report) -> anyhow::Result<()> {
    loop {
        let batch = next_batch(lines).await?;
        let Some(last) = batch.last().map(|line| line.number) else { return Ok(()) };
        let verdicts = target
            .take(&batch)
            .await
            .with_context(|| format!("the lines up to {} are recorded", last - batch.len() as u64))?;
        for (line, verdict) in batch.iter().zip(verdicts) {
            report.note(line.number, verdict)?;
        }
        report.progress(lines.read());
    }
}

async fn next_batch(lines: &mut Lines) -> anyhow::Result<Vec<Line>> {
    let mut batch = Vec::with_capacity(BATCH);
    while batch.len() < BATCH {
        let Some(line) = lines.next().await? else { break };
        batch.push(line);
    }
    Ok(batch)
}
