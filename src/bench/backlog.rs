//! Urgent notifications behind many bulk ones.

use std::time::{Duration, Instant};

use super::installation::Installation;
use super::meter::mebibytes;
use super::process::Process;
use super::report::Column;
use super::shape::Shape;
use super::source::Source;
use super::trial::{Stage, at_an_installation, float};
use super::{Plan, Setup};
use crate::domain::Priority;

/// How many urgent notifications are published, and how many a second.
const URGENT: (usize, f64) = (200, 20.0);

/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(20);

/// Publishes so many bulk notifications while no gateway runs, starts one, and has urgent ones published
/// while it works on the bulk. What is left of the bulk then is given up.
pub(super) async fn measure(plan: &Plan, backlog: usize) -> anyhow::Result<Column> {
    let work = async |place: &Installation| measure_at(place, plan, backlog).await;
    at_an_installation(plan, Setup::Cluster, work).await
}

async fn measure_at(place: &Installation, plan: &Plan, backlog: usize) -> anyhow::Result<Column> {
    let all = backlog + URGENT.0;
    let mut column = Column::new("cluster");
    column.set("notifications", Some(float(URGENT.0)));
    let mut stage = Stage::new(place, Shape::Mixed, all);
    stage.open().await?;
    plan.say(&format!("backlog: importing {all} citizens"));
    place.import(Shape::Mixed, 0..all).await?;
    plan.say(&format!("backlog: publishing {backlog} bulk notifications"));
    finish(&mut stage, 0..backlog, Priority::Bulk, None).await?;
    stage.start(1).await?;
    until_sending(&mut stage).await?;

    plan.say("backlog: publishing urgent notifications");
    let (began, before) = (Instant::now(), stage.watch.arrivals());
    finish(&mut stage, backlog..all, Priority::Urgent, Some(URGENT.1)).await?;
    until_arrived(&mut stage, backlog..all).await?;
    let sent = stage.watch.arrivals().saturating_sub(before + URGENT.0);
    column.set("bulk_per_second", Some(float(sent) / began.elapsed().as_secs_f64()));
    column.set("bulk_left", Some(float(all.saturating_sub(stage.watch.arrivals()))));
    column.set_latency(["urgent_p50_ms", "urgent_p99_ms"], stage.watch.latency(backlog..all));
    let memory = stage.gateways.first().and_then(Process::usage).map(|(memory, _)| memory);
    column.set("peak_gateway_mib", memory.map(mebibytes));
    Ok(column)
}

/// Publishes these to the last.
async fn finish(
    stage: &mut Stage<'_>,
    numbers: std::ops::Range<usize>,
    priority: Priority,
    per_second: Option<f64>,
) -> anyhow::Result<()> {
    let source: Source = stage.publish(numbers, priority, per_second)?;
    while !source.has_ended() {
        stage.check(Instant::now())?;
        tokio::time::sleep(PAUSE).await;
    }
    source.result().map(drop)
}

/// Waits until the first is sent.
async fn until_sending(stage: &mut Stage<'_>) -> anyhow::Result<()> {
    let began = Instant::now();
    while stage.watch.arrivals() == 0 {
        stage.check(began)?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Waits until all of these have arrived, or nothing more comes.
async fn until_arrived(stage: &mut Stage<'_>, numbers: std::ops::Range<usize>) -> anyhow::Result<()> {
    let began = Instant::now();
    let arrived = |stage: &Stage<'_>| stage.watch.latency(numbers.clone()).map_or(0, |one| one.samples);
    while arrived(stage) < numbers.len() {
        stage.check(began)?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
