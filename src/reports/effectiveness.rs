//! What works where: of each template on each channel what became of its messages.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;
use vestnik_contract::ChannelId;

use crate::domain::{Counted, Offered, Standing, TemplateName};
use crate::ledger::{Ledger, LedgerError};

/// The report.
#[derive(Debug, Clone, Serialize)]
pub struct Effectiveness {
    /// The first of the days looked at, in UTC.
    pub since: Date,
    /// Each template on each channel, in this order: by channel, then by template.
    pub templates: Vec<Line>,
}

/// One template on one channel.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The channel.
    pub channel: ChannelId,
    /// The template.
    pub template: TemplateName,
    /// Messages that a provider took, or refused for what they say or because the citizen blocked us.
    pub offered: u64,
    /// Messages that a provider took.
    pub sent: u64,
    /// Messages that arrived, as far as the channel tells.
    pub delivered: u64,
    /// Messages that were opened, as far as the channel tells.
    pub read: u64,
    /// Replies that are no command.
    pub replied: u64,
    /// Times that its check code was asked for, one an hour at most over HTTP.
    pub checked: u64,
    /// The last three together.
    pub answered: u64,
    /// Citizens who turned away from us at the provider.
    pub blocked: u64,
    /// Citizens who said STOP.
    pub stopped: u64,
    /// Citizens who called it fraud.
    pub complained: u64,
    /// Messages that were refused for what they say.
    pub rejected: u64,
    /// The last four together.
    pub declined: u64,
    /// How many of a hundred offered were declined; `None` where none was offered.
    pub declined_percent: Option<f64>,
    /// How the guard says that it stands now.
    pub standing: Standing,
}

/// The report over so many days.
pub async fn effectiveness(ledger: &Ledger, days: u16) -> Result<Effectiveness, LedgerError> {
    let sums = ledger.tallies(days).await?;
    let mut counts: BTreeMap<(ChannelId, TemplateName), BTreeMap<Counted, u64>> = BTreeMap::new();
    for row in sums.rows {
        let Some(channel) = row.channel else { continue };
        *counts.entry((channel, row.template)).or_default().entry(row.what).or_default() += row.count;
    }
    let guards = ledger.guards().await?;
    let standing: BTreeMap<_, _> =
        guards.into_iter().map(|one| ((one.channel, one.template), one.standing)).collect();
    let line = |(pair, counts): ((ChannelId, TemplateName), BTreeMap<Counted, u64>)| {
        let standing = standing.get(&pair).copied().unwrap_or_default();
        line(pair, &counts, standing)
    };
    Ok(Effectiveness { since: sums.since, templates: counts.into_iter().map(line).collect() })
}

fn line(
    (channel, template): (ChannelId, TemplateName),
    counts: &BTreeMap<Counted, u64>,
    standing: Standing,
) -> Line {
    let of = |what| counts.get(&what).copied().unwrap_or_default();
    let answered = counts.iter().filter(|(what, _)| what.is_answered()).map(|(_, count)| count).sum();
    let mut offered = Offered::default();
    for (what, count) in counts {
        offered.add(*what, *count);
    }
    Line {
        channel,
        template,
        offered: offered.offered,
        sent: of(Counted::Sent),
        delivered: of(Counted::Delivered),
        read: of(Counted::Read),
        replied: of(Counted::Replied),
        checked: of(Counted::Checked),
        answered,
        blocked: of(Counted::Blocked),
        stopped: of(Counted::Stopped),
        complained: of(Counted::Complained),
        rejected: of(Counted::Rejected),
        declined: offered.declined,
        declined_percent: offered.percent(),
        standing,
    }
}

const HEADINGS: [&str; 16] = [
    "channel",
    "template",
    "offered",
    "sent",
    "delivered",
    "read",
    "replied",
    "checked",
    "answered",
    "blocked",
    "stopped",
    "complained",
    "rejected",
    "declined",
    "declined_percent",
    "standing",
];

impl Effectiveness {
    /// The report as comma-separated values.
    pub fn as_csv(&self) -> Result<String, csv::Error> {
        super::csv::rows([HEADINGS.map(str::to_owned)].into_iter().chain(self.templates.iter().map(cells)))
    }
}

fn cells(one: &Line) -> [String; 16] {
    [
        one.channel.to_string(),
        one.template.to_string(),
        one.offered.to_string(),
        one.sent.to_string(),
        one.delivered.to_string(),
        one.read.to_string(),
        one.replied.to_string(),
        one.checked.to_string(),
        one.answered.to_string(),
        one.blocked.to_string(),
        one.stopped.to_string(),
        one.complained.to_string(),
        one.rejected.to_string(),
        one.declined.to_string(),
        one.declined_percent.map(|percent| format!("{percent:.1}")).unwrap_or_default(),
        one.standing.as_str().to_owned(),
    ]
}
