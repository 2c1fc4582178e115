//! What was measured, as a table for people and as data. Pure.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::stopwatch::Latency;

/// All that was measured in one run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// `release` or `debug`; the figures of a debug build say little.
    pub build: &'static str,
    /// Processors that the run could use, which everything shares.
    pub processors: usize,
    /// The comparisons, in the order in which they were made.
    pub groups: Vec<Group>,
}

/// What stands side by side in one table.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// Which part of the benchmark it is of: a shape's name, `replicas`, `old-rows`, `backlog`.
    pub part: &'static str,
    /// The table's heading.
    pub title: String,
    /// What is compared.
    pub columns: Vec<Column>,
}

/// One measurement: figures by the keys of [`METRICS`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Column {
    /// What was measured.
    pub name: String,
    /// What could be measured, and nothing else.
    #[serde(flatten)]
    pub figures: BTreeMap<&'static str, f64>,
}

/// A kind of figure.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name in JSON.
    pub key: &'static str,
    /// Its name for people, with the unit.
    pub label: &'static str,
    decimals: usize,
}

const fn metric(key: &'static str, label: &'static str, decimals: usize) -> Metric {
    Metric { key, label, decimals }
}

/// Every kind of figure, in the order of the table.
pub const METRICS: [Metric; 27] = [
    metric("notifications", "notifications", 0),
    metric("per_second", "notifications per second", 0),
    metric("ratio_to_bare", "  ÷ bare loop", 2),
    metric("ratio_to_one", "  ÷ one replica", 2),
    metric("cost_ratio", "time for each ÷ with fewest old rows", 2),
    metric("cpu_ratio", "CPU for each ÷ with fewest old rows", 2),
    metric("taken_in_s", "all published after, s", 1),
    metric("done_s", "all done after, s", 1),
    metric("idle_p50_ms", "publish to provider, idle, p50, ms", 1),
    metric("idle_p99_ms", "publish to provider, idle, p99, ms", 1),
    metric("half_p50_ms", "publish to provider, half load, p50, ms", 1),
    metric("half_p99_ms", "publish to provider, half load, p99, ms", 1),
    metric("full_p50_ms", "publish to provider, full load, p50, ms", 0),
    metric("full_p99_ms", "publish to provider, full load, p99, ms", 0),
    metric("urgent_p50_ms", "publish to provider, urgent, p50, ms", 1),
    metric("urgent_p99_ms", "publish to provider, urgent, p99, ms", 1),
    metric("bulk_per_second", "bulk sent per second meanwhile", 0),
    metric("bulk_left", "bulk not sent yet at the end", 0),
    metric("cpu_gateway_ms", "CPU for each, gateway or loop, ms", 3),
    metric("cpu_broker_ms", "CPU for each, broker, ms", 3),
    metric("cpu_database_ms", "CPU for each, database, ms", 3),
    metric("cpu_providers_ms", "CPU for each, providers' sides, ms", 3),
    metric("cpu_source_ms", "CPU for each, source, ms", 3),
    metric("peak_gateway_mib", "peak memory, gateway or loop, MiB", 0),
    metric("peak_broker_mib", "peak memory, broker, MiB", 0),
    metric("peak_database_mib", "peak memory, database, MiB", 0),
    metric("database_mib", "size of the database, MiB", 0),
];

impl Column {
    /// A measurement of which nothing is known yet.
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), figures: BTreeMap::new() }
    }

    /// Notes a figure, where it is known.
    pub(super) fn set(&mut self, key: &'static str, figure: Option<f64>) {
        if let Some(figure) = figure.filter(|figure| figure.is_finite()) {
            self.figures.insert(key, figure);
        }
    }

    pub(super) fn set_latency(&mut self, [p50, p99]: [&'static str; 2], latency: Option<Latency>) {
        self.set(p50, latency.map(|latency| latency.p50_ms));
        self.set(p99, latency.map(|latency| latency.p99_ms));
    }

    /// Leaves out how long it took to a provider.
    pub(super) fn forget_latency(&mut self) {
        self.figures.retain(|key, _| !key.ends_with("_p50_ms") && !key.ends_with("_p99_ms"));
    }

    /// A figure.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<f64> {
        self.figures.get(key).copied()
    }

    /// Compares a figure with that of another measurement.
    pub(super) fn compare(&mut self, key: &'static str, figure: impl Fn(&Self) -> Option<f64>, with: &Self) {
        let ratio = figure(self).zip(figure(with)).map(|(own, other)| own / other);
        self.set(key, ratio);
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = METRICS.iter().filter_map(|metric| row(*metric, &self.columns)).collect();
        let heading = self.columns.iter().map(|column| column.name.clone()).collect();
        let table: Vec<(&str, Vec<String>)> = [("", heading)].into_iter().chain(rows).collect();
        let leading = table.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        writeln!(f, "{}\n", self.title)?;
        for (label, cells) in &table {
            write!(f, "{label:leading$}")?;
            for (column, cell) in self.columns.iter().zip(cells) {
                // The longest figure has nine digits.
                let width = column.name.chars().count().max(9) + 2;
                write!(f, "{cell:>width$}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// A row, if anything is known.
fn row(metric: Metric, columns: &[Column]) -> Option<(&'static str, Vec<String>)> {
    columns.iter().find(|column| column.get(metric.key).is_some())?;
    let cell = |column: &Column| {
        column.get(metric.key).map_or_else(|| "—".to_owned(), |figure| number(figure, metric.decimals))
    };
    Some((metric.label, columns.iter().map(cell).collect()))
}

/// With a comma between thousands.
fn number(figure: f64, decimals: usize) -> String {
    let text = format!("{figure:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_easily() {
        let table = [
            (0.3456, 2, "0.35"),
            (999.0, 0, "999"),
            (1000.4, 0, "1,000"),
            (1_234_567.89, 1, "1,234,567.9"),
            (-123.0, 0, "-123"),
            (-1234.0, 0, "-1,234"),
        ];
        for (figure, decimals, expected) in table {
            assert_eq!(number(figure, decimals), expected);
        }
    }

    fn column(name: &str, figures: &[(&'static str, f64)]) -> Column {
        let mut column = Column::new(name);
        for (key, figure) in figures {
            column.set(key, Some(*figure));
        }
        column
    }

    #[test]
    fn a_table_has_the_rows_of_which_something_is_known() {
        let bare = column("bare loop", &[("per_second", 4210.0), ("cpu_gateway_ms", 0.1)]);
        let mut cluster = column("cluster", &[("per_second", 1263.0), ("cpu_gateway_ms", f64::NAN)]);
        cluster.compare("ratio_to_bare", |column| column.get("per_second"), &bare);
        let group = Group { part: "mixed", title: "Mixed".to_owned(), columns: vec![bare, cluster] };
        let expected = "\
Mixed

                                   bare loop    cluster
notifications per second               4,210      1,263
  ÷ bare loop                              —       0.30
CPU for each, gateway or loop, ms      0.100          —
";
        assert_eq!(group.to_string(), expected);
        let json = serde_json::to_value(&group).unwrap();
        assert_eq!(json["columns"][1]["name"], "cluster");
        assert_eq!(json["columns"][1]["ratio_to_bare"], 0.3);
    }

    #[test]
    fn every_key_is_there_once_and_a_table_of_three_fits_a_terminal() {
        let mut keys: Vec<_> = METRICS.iter().map(|metric| metric.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), METRICS.len());
        let longest = METRICS.iter().map(|metric| metric.label.chars().count()).max();
        assert!(longest <= Some(80 - 3 * 11), "{longest:?}");
    }
}
