//! The benchmark: how many notifications a second this machine takes from their source to their end,
//! how long one takes to its provider, and what each process needs for it.
//!
//! It runs the commands that an operator runs, each as a process of its own: `import` brings the
//! citizens, `serve` is the gateway. The source and the five providers' sides work in this process and
//! share the machine with the gateway. The bare loop is what there would be without a gateway.

mod backlog;
mod bare_loop;
mod feed;
mod installation;
mod load;
mod meter;
mod old_rows;
mod process;
mod report;
mod servers;
mod shape;
mod source;
mod stopwatch;
mod system;
mod trial;

use std::path::PathBuf;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

pub use bare_loop::run_bare_loop;
pub use report::{Column, Group, METRICS, Metric, Report};
pub use servers::Addresses;
pub use shape::Shape;
use trial::Trial;

/// What takes notifications to their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Setup {
    /// No gateway: take from RabbitMQ, post to the provider, acknowledge.
    Bare,
    /// The gateway, from RabbitMQ, with PostgreSQL.
    Cluster,
    /// The gateway, over HTTP, with the embedded ledger.
    Embedded,
}

impl Setup {
    /// Every setup, in the order in which they are measured.
    pub const ALL: [Self; 3] = [Self::Bare, Self::Cluster, Self::Embedded];

    /// What it is called on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Cluster => "cluster",
            Self::Embedded => "embedded",
        }
    }

    /// What it is called in a table.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Bare => "bare loop",
            Self::Cluster => "cluster",
            Self::Embedded => "embedded",
        }
    }

    /// Whether it works with PostgreSQL and RabbitMQ, or one of them.
    #[must_use]
    pub fn needs_servers(self) -> bool {
        self != Self::Embedded
    }
}

/// What is to be measured, and with what.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The folder with the configuration, whose rate limits are lifted.
    pub config: PathBuf,
    /// The servers; without them only the embedded setup can be measured.
    pub servers: Option<Addresses>,
    /// Notifications at full speed, and as many citizens.
    pub count: usize,
    /// Leave out what is measured at half load and idle.
    pub quick: bool,
    /// The comparison of these setups, in each of these shapes.
    pub setups: Vec<Setup>,
    /// See `setups`.
    pub shapes: Vec<Shape>,
    /// So many replicas beside one.
    pub replicas: Option<usize>,
    /// With so many old notifications in the ledger, compared with the first of them.
    pub old_rows: Vec<usize>,
    /// Urgent notifications behind so many bulk ones.
    pub backlog: Option<usize>,
    /// When cancelled, the run ends and takes away what it made.
    pub stopping: CancellationToken,
    /// Hears how the run goes on.
    pub progress: fn(&str),
}

impl Plan {
    fn say(&self, text: &str) {
        (self.progress)(text);
    }
}

/// Measures what the plan says; `show` gets each table as soon as it is complete.
pub async fn run(plan: &Plan, mut show: impl FnMut(&Group)) -> anyhow::Result<Report> {
    let mut groups = Vec::new();
    let mut add = |group: Group| {
        show(&group);
        groups.push(group);
    };
    let mut bare = None;
    if plan.setups.contains(&Setup::Bare) {
        bare = Some(measure(plan, Trial::new(Setup::Bare, Shape::One), Setup::Bare.title()).await?);
    }
    for shape in &plan.shapes {
        add(compare(plan, *shape, bare.as_ref()).await?);
    }
    if let Some(replicas) = plan.replicas {
        add(compare_replicas(plan, replicas).await?);
    }
    if !plan.old_rows.is_empty() {
        add(compare_old_rows(plan).await?);
    }
    if let Some(backlog) = plan.backlog {
        let title = format!("Urgent notifications behind {backlog} bulk ones");
        let columns = vec![backlog::measure(plan, backlog).await?];
        add(Group { part: "backlog", title, columns });
    }
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(Report { build, processors, groups })
}

async fn measure(plan: &Plan, trial: Trial, name: impl Into<String>) -> anyhow::Result<Column> {
    let name = name.into();
    plan.say(&format!("{name}: {}", trial.shape.title()));
    trial.measure(plan, name).await
}

/// The setups side by side. The bare loop asks nobody and writes to Viber alone, so that it is the same
/// for each shape.
async fn compare(plan: &Plan, shape: Shape, bare: Option<&Column>) -> anyhow::Result<Group> {
    let mut columns: Vec<_> = bare.cloned().into_iter().collect();
    if !shape.is_sent() {
        columns.iter_mut().for_each(Column::forget_latency);
    }
    for setup in plan.setups.iter().filter(|setup| **setup != Setup::Bare) {
        let mut column = measure(plan, Trial::new(*setup, shape), setup.title()).await?;
        if let Some(bare) = bare {
            column.compare("ratio_to_bare", |column| column.get("per_second"), bare);
        }
        columns.push(column);
    }
    let title = format!("{}: {}", shape.name(), shape.title());
    Ok(Group { part: shape.name(), title, columns })
}

async fn compare_replicas(plan: &Plan, replicas: usize) -> anyhow::Result<Group> {
    let trial = Trial::new(Setup::Cluster, Shape::Mixed);
    let one = measure(plan, trial, "1 replica").await?;
    let mut several = measure(plan, Trial { replicas, ..trial }, format!("{replicas} replicas")).await?;
    several.compare("ratio_to_one", |column| column.get("per_second"), &one);
    let title = format!("{replicas} replicas and one: {}", Shape::Mixed.title());
    Ok(Group { part: "replicas", title, columns: vec![one, several] })
}

async fn compare_old_rows(plan: &Plan) -> anyhow::Result<Group> {
    let mut columns: Vec<Column> = Vec::new();
    for old_rows in &plan.old_rows {
        let trial = Trial { old_rows: Some(*old_rows), ..Trial::new(Setup::Cluster, Shape::Mixed) };
        let mut column = measure(plan, trial, format!("{old_rows} old")).await?;
        if let Some(fewest) = columns.first() {
            column.compare("cost_ratio", |column| column.get("done_s"), fewest);
            column.compare("cpu_ratio", processor, fewest);
        }
        columns.push(column);
    }
    let title = format!("Old notifications in the ledger: {}", Shape::Mixed.title());
    Ok(Group { part: "old-rows", title, columns })
}

/// What the gateway and the database used for a notification.
fn processor(column: &Column) -> Option<f64> {
    Some(column.get("cpu_gateway_ms")? + column.get("cpu_database_ms")?)
}
