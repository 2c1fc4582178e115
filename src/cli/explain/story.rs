//! The story of a notification, from what was asked to how it ended or what happens next.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::words::{awaited, happening, in_turn, outcome, would};
use crate::cli::table::{Table, wrap};
use crate::domain::{Happening, Reason, Trace};
use crate::ledger::store::PauseRow;
use crate::ledger::{ExpiresBy, Moments, NotificationView, StepView};

/// What is told. It names no citizen, address or text.
pub(super) struct Story<'a> {
    pub(super) view: &'a NotificationView,
    /// The title of its life event, where the catalogue in force has it.
    pub(super) life_event: Option<&'a str>,
    /// The title of its measure, where the catalogue in force has it.
    pub(super) measure: Option<&'a str>,
    /// The citizen's zone, where it is known.
    pub(super) zone: Option<TimeZone>,
    /// Since when the configuration was in force that decided, where it is on record.
    pub(super) configured_at: Option<Timestamp>,
    /// The pauses in force.
    pub(super) pauses: &'a [PauseRow],
}

impl fmt::Display for Story<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Story { view, .. } = self;
        match (view.state, view.reason) {
            (Some(state), Some(reason)) => {
                writeln!(f, "{} ended as {state}.\n{}", view.reference, reason.describe())?;
            }
            _ => writeln!(f, "{} is open.", view.reference)?,
        }
        write!(f, "\n{}", self.asked())?;
        if let Some((trace, decided)) = self.decision() {
            write!(f, "\nWhy where\n{}\n{decided}", self.channels(trace))?;
        }
        if !view.steps.is_empty() {
            write!(f, "\nSteps\n{}", self.steps())?;
        }
        write!(f, "\nWhat happened\n{}", self.timeline())?;
        writeln!(f, "\nWhat comes next")?;
        wrap(&self.next(), 96).iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

impl Story<'_> {
    fn asked(&self) -> Table {
        let view = self.view;
        let named =
            |title: Option<&str>, id: &str| title.map_or(id.to_owned(), |title| format!("{title} ({id})"));
        let mut table = Table::plain();
        table.row(["  life event".to_owned(), named(self.life_event, &view.life_event)]);
        table.row(["  measure".to_owned(), named(self.measure, &view.measure)]);
        table.row(["  template", &view.template]);
        table.row(["  priority", view.priority.as_str()]);
        if let Some(campaign) = &view.campaign {
            table.row(["  campaign", campaign]);
        }
        for (name, moment) in self.moments() {
            table.row([format!("  {name}"), moment]);
        }
        table.row(["  accepted".to_owned(), self.when(view.received_at)]);
        if let Some(at) = view.closed_at {
            table.row(["  ended".to_owned(), self.when(at)]);
        }
        let zone = self.zone.as_ref().and_then(TimeZone::iana_name);
        let zone = zone.map_or("in UTC: the citizen's zone is not known".to_owned(), |name| {
            format!("in the citizen's zone, {name}")
        });
        table.row(["  times".to_owned(), zone]);
        table
    }

    /// When it may be sent, and by when the citizen has to act, as far as it is known.
    fn moments(&self) -> impl Iterator<Item = (&'static str, String)> {
        let Moments { act_by, not_before, expires_at, expires_by } = self.view.moments;
        let by = match expires_by {
            Some(ExpiresBy::Policy) => "by policy: its source named no moment",
            Some(ExpiresBy::Source) | None => "as its source asked",
        };
        [
            ("act by", act_by.map(|day| day.strftime("%a %-d %b %Y").to_string())),
            ("not before", not_before.map(|at| format!("{}, as its source asked", self.when(at)))),
            ("expires", expires_at.map(|at| format!("{}, {by}", self.when(at)))),
        ]
        .into_iter()
        .filter_map(|(name, moment)| Some((name, moment?)))
    }

    /// The trace of the decision, and in words what was decided by it.
    fn decision(&self) -> Option<(&Trace, Table)> {
        let decided = self.view.timeline.iter().find_map(|entry| match &entry.what {
            Happening::Decided { trace, plan, due_at, inbox, config } => {
                Some((trace, plan, due_at, inbox, config))
            }
            _ => None,
        });
        let (trace, plan, due_at, inbox, config) = decided?;
        let mut table = Table::plain();
        let plan = if plan.is_empty() { "not pushed".to_owned() } else { in_turn(plan) };
        table.row(["  plan".to_owned(), plan]);
        for (reason, until) in &trace.deferrals {
            table
                .row(["  put off".to_owned(), format!("until {}: {}", self.when(*until), reason.describe())]);
        }
        for one in &trace.would {
            table.row(["  on trial".to_owned(), would(one, |at| self.when(at))]);
        }
        if let Some(due) = due_at {
            table.row(["  first sent".to_owned(), format!("{} or soon after", self.when(*due))]);
        }
        let inbox = match (inbox, self.view.erased) {
            (false, _) => "no entry",
            (true, false) => "it stands in the portal inbox",
            (true, true) => "its entry is gone: the citizen's data were erased",
        };
        table.row(["  inbox", inbox]);
        let loaded = self.configured_at.map(|at| format!(", in force since {}", self.when(at)));
        table.row(["  by", &format!("configuration {config}{}", loaded.unwrap_or_default())]);
        Some((trace, table))
    }

    /// Every channel considered, with what was decided of it and why; or why none was.
    fn channels(&self, trace: &Trace) -> Table {
        let mut table = Table::plain();
        for (channel, reason) in &trace.channels {
            table.row([format!("  {channel}"), reason.as_str().to_owned(), reason.describe().to_owned()]);
        }
        if trace.channels.is_empty() {
            let why = self.view.reason.map_or("", Reason::describe);
            table.row(["  none", &format!("No channel was considered. {why}")]);
        }
        table
    }

    fn steps(&self) -> Table {
        let mut table = Table::plain();
        for (number, step) in self.view.steps.iter().enumerate() {
            let name = format!("  {}. {}", number + 1, step.channel);
            table.row([name, self.step(step)]);
            for attempt in &step.attempts {
                table
                    .row([String::new(), format!("{}: {}", self.when(attempt.started_at), outcome(attempt))]);
            }
        }
        table
    }

    fn step(&self, step: &StepView) -> String {
        let reason = step.reason.map(|reason| format!(": {}", reason.describe())).unwrap_or_default();
        let until = || step.until.map(|until| self.when(until)).unwrap_or_default();
        match step.state {
            "planned" => "not yet its turn".to_owned(),
            "due" => format!("to be sent at {}", until()),
            "started" => "a call is under way".to_owned(),
            "awaiting" => format!("sent; what is awaited until {}: {}", until(), awaited(step.awaits)),
            other => format!("{other}{reason}"),
        }
    }

    fn timeline(&self) -> Table {
        let mut table = Table::plain();
        for entry in &self.view.timeline {
            let what = happening(&entry.what, |at| self.when(at));
            table.row([format!("  {}", self.when(entry.at)), what]);
        }
        table
    }

    fn next(&self) -> String {
        if self.view.state.is_some() {
            let started = self.view.steps.iter().any(|step| !step.attempts.is_empty());
            let late = if started { "; late evidence may still raise its state" } else { "" };
            return format!("Nothing. It ended{late}.");
        }
        let open = |step: &&StepView| matches!(step.state, "due" | "started" | "awaiting");
        let steps = &self.view.steps;
        let Some(at) = steps.iter().position(|step| open(&step)) else {
            return "Its next step is being taken.".to_owned();
        };
        let (step, after) = (&steps[at], steps.get(at + 1));
        let channel = &step.channel;
        let until = step.until.map(|until| self.when(until)).unwrap_or_default();
        let otherwise = after.map_or("it is closed with what is known".to_owned(), |next| {
            format!("{} is tried", next.channel)
        });
        let next = match step.state {
            "due" => format!("It is sent by {channel} at {until}, or as soon after as the channel has room."),
            "started" => format!("A call to the provider of {channel} is under way."),
            _ => format!(
                "Awaited on {channel} until {until}: {}. If that does not come, {otherwise}.",
                awaited(step.awaits)
            ),
        };
        let paused = self.pauses.iter().find(|pause| pause.channel == *channel);
        match paused.filter(|_| step.state == "due") {
            Some(pause) => format!("{next} But {channel} is paused by {}: {}.", pause.person, pause.reason),
            None => next,
        }
    }

    /// A moment in the citizen's zone, to the second.
    fn when(&self, at: Timestamp) -> String {
        let local = at.to_zoned(self.zone.clone().unwrap_or(TimeZone::UTC));
        local.strftime("%a %-d %b %Y %H:%M:%S").to_string()
    }
}

#[cfg(test)]
mod tests;
