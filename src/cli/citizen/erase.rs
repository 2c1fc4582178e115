//! `vestnik citizen erase`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::cli::arguments::{By, line};
use crate::cli::consent::{UNKNOWN, citizen};
use crate::cli::office::{Office, moment};
use crate::cli::table::{counted, wrap};
use crate::cli::{Common, Exit, NotThere};
use crate::domain::CitizenId;
use crate::ledger::{Act, Erased};

/// What `citizen erase` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct EraseArgs {
    /// The citizen, as the sources name them
    #[arg(value_name = "CITIZEN", value_parser = citizen)]
    citizen: CitizenId,
    /// Why, such as the number of the citizen's request
    #[arg(long, value_name = "TEXT", value_parser = line)]
    reason: String,
    #[command(flatten)]
    by: By,
    /// Where the act is written to; a file that is not there yet
    #[arg(long, value_name = "FILE")]
    act: PathBuf,
}

pub(super) async fn run(common: &Common, args: &EraseArgs) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let prepared = office.ledger.erase(&args.citizen, &args.by.person, &args.reason).await?;
    let Some(erasure) = prepared else {
        let before =
            office.ledger.erased(&args.citizen).await?.ok_or_else(|| NotThere(UNKNOWN.to_owned()))?;
        println!("{}", wrap(&told_before(&before), 100).join("\n"));
        return Ok(Exit::Well);
    };
    put_aside(&args.act, &erasure.act).with_context(|| {
        format!("the act cannot be written to {}; nothing was erased", args.act.display())
    })?;
    let Act { addresses, consents, notifications, .. } = &erasure.act;
    let said = format!(
        "{}, {} and the evidence of {} are erased. The act is {}.",
        counted(addresses.len() as u64, "address"),
        counted(notifications.len() as u64, "notification"),
        counted(consents.len() as u64, "consent record"),
        args.act.display()
    );
    let failed = || format!("nothing was erased; {} is the act of nothing", args.act.display());
    erasure.commit().await.with_context(failed)?;
    println!("{said}");
    Ok(Exit::Well)
}

/// When a citizen was erased before, by whom and why, and which act says so.
fn told_before(Erased { citizen, at, by }: &Erased) -> String {
    let by = by.as_ref();
    let by = by.map(|by| format!(" by {}: {}", by.person, by.reason)).unwrap_or_default();
    format!(
        "The citizen was erased already, on {}{by}. Nothing has changed, and no act was written: that of the erasure \
         names the citizen as {citizen}.",
        moment(*at)
    )
}

/// Writes the act so that it outlives a power cut, readable by its owner alone.
fn put_aside(file: &Path, act: &Act) -> anyhow::Result<()> {
    let mut new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    serde_json::to_writer_pretty(&mut new, act)?;
    new.write_all(b"\n")?;
    Ok(new.sync_all()?)
}
