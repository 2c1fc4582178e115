//! `vestnik channel list`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use vestnik_contract::RouteId;

use crate::cli::office::{Office, moment, print_json};
use crate::cli::table::{Table, wrap};
use crate::cli::{Common, Exit};
use crate::config::channels::{CHANNELS, ChannelSettings};
use crate::ledger::store::PauseRow;

/// A channel, in use or not.
#[derive(Debug, Serialize)]
struct Listed {
    channel: String,
    /// Its route; absent where it is not in use.
    route: Option<RouteId>,
    /// Calls at once, and how many of these are kept for urgent notifications.
    concurrency: u16,
    kept_for_urgent: u16,
    /// Messages a second; absent: what the provider is known to take.
    per_second: Option<u32>,
    /// Open work of its lane: due, being sent, or waiting for a receipt.
    open: u64,
    pauses: Vec<Paused>,
}

/// A pause in force.
#[derive(Debug, Serialize)]
struct Paused {
    /// Absent: the whole channel.
    route: Option<RouteId>,
    /// `hold` or `reroute`.
    work: &'static str,
    reason: String,
    person: String,
    at: Timestamp,
    until: Option<Timestamp>,
}

pub(super) async fn run(common: &Common, json: bool) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let open = office.ledger.open_work_by_lane().await?;
    let pauses = office.ledger.pauses().await?;
    let listed: Vec<_> =
        CHANNELS.iter().map(|id| listed(id, &office.loaded.channels, &open, &pauses)).collect();
    if json {
        print_json(&listed)?;
    } else {
        print!("{}{}", table(&listed), pauses_of(&listed));
    }
    Ok(Exit::Well)
}

fn listed(id: &str, in_use: &[ChannelSettings], open: &BTreeMap<String, u64>, pauses: &[PauseRow]) -> Listed {
    let settings = in_use.iter().find(|one| one.channel.as_str() == id);
    let lane = settings.map(|one| one.lane);
    Listed {
        channel: id.to_owned(),
        route: settings.map(|one| one.route.clone()),
        concurrency: lane.map_or(0, |lane| lane.concurrency),
        kept_for_urgent: lane.map_or(0, |lane| lane.kept_for_urgent),
        per_second: lane.and_then(|lane| lane.per_second).map(Into::into),
        open: open.get(id).copied().unwrap_or(0),
        pauses: pauses.iter().filter(|row| row.channel.as_str() == id).map(Paused::from).collect(),
    }
}

impl From<&PauseRow> for Paused {
    fn from(row: &PauseRow) -> Self {
        Self {
            route: row.route.clone(),
            work: if row.reroute { "reroute" } else { "hold" },
            reason: row.reason.clone(),
            person: row.person.clone(),
            at: row.at,
            until: row.expires_at,
        }
    }
}

fn table(listed: &[Listed]) -> Table {
    let mut table = Table::new(["channel", "route", "state", "a second", "at once", "open work"]);
    for one in listed {
        let route = one.route.as_ref().map_or("-", RouteId::as_str);
        let state = match (&one.route, one.pauses.is_empty()) {
            (None, _) => "off",
            (Some(_), true) => "in use",
            (Some(_), false) => "PAUSED",
        };
        let speed = one.per_second.map_or("provider's".to_owned(), |limit| limit.to_string());
        let at_once = format!("{}, {} for urgent", one.concurrency, one.kept_for_urgent);
        let dash = |text: String| if one.route.is_some() { text } else { "-".to_owned() };
        let open = one.open.to_string();
        table.row([
            one.channel.clone(),
            route.to_owned(),
            state.to_owned(),
            dash(speed),
            dash(at_once),
            open,
        ]);
    }
    table
}

/// A sentence for each pause.
fn pauses_of(listed: &[Listed]) -> String {
    let sentence = |channel: &str, pause: &Paused| {
        let route = pause.route.as_ref().map(|route| format!("/{route}")).unwrap_or_default();
        let end =
            pause.until.map_or("until it is resumed".to_owned(), |until| format!("until {}", moment(until)));
        let work = if pause.work == "reroute" { "work goes to the next channel" } else { "work waits" };
        let Paused { reason, person, at, .. } = pause;
        let sentence = format!("{channel}{route} is paused by {person} since {} {end}; {work}.", moment(*at));
        let (sentence, reason) = (wrap(&sentence, 98).join("\n  "), wrap(reason, 96).join("\n  "));
        format!("\n{sentence}\n  {reason}\n  To end it: vestnik channel resume {channel}{route}\n")
    };
    let pauses = listed.iter().flat_map(|one| one.pauses.iter().map(|pause| (one.channel.as_str(), pause)));
    pauses.map(|(channel, pause)| sentence(channel, pause)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(channel: &str, route: Option<&str>, pauses: Vec<Paused>) -> Listed {
        let route = route.map(|id| RouteId::new(id).unwrap());
        Listed {
            channel: channel.to_owned(),
            route,
            concurrency: 64,
            kept_for_urgent: 8,
            per_second: Some(100),
            open: 12,
            pauses,
        }
    }

    #[test]
    fn channels_are_listed_with_their_pauses_below() {
        let pause = Paused {
            route: None,
            work: "reroute",
            reason: "outage at Viber".to_owned(),
            person: "olena".to_owned(),
            at: "2026-06-17T09:00:00Z".parse().unwrap(),
            until: None,
        };
        let all = [listed("email", None, vec![]), listed("viber", Some("main"), vec![pause])];
        let text = format!("{}{}", table(&all), pauses_of(&all));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1], "email    -      off     -         -                 12");
        assert_eq!(lines[2], "viber    main   PAUSED  100       64, 8 for urgent  12");
        let sentence =
            "viber is paused by olena since 2026-06-17 09:00 UTC until it is resumed; work goes to the next";
        let to_end = "  To end it: vestnik channel resume viber";
        assert_eq!(lines[4..], [sentence, "  channel.", "  outage at Viber", to_end]);
    }
}
