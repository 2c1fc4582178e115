//! What no single file can be wrong in by itself: names that other files must know, numbers that
//! make no sense together. Pure; every mistake is told with its place.

use axum::http::HeaderName;
use vestnik_contract::{ChannelId, is_id};

use super::channels::{CHANNELS, ChannelSettings, LAWFUL_ELSEWHERE};
use super::error::ConfigErrors;
use super::gateway::Gateway;
use super::place::{Place, Sheet};
use super::sources::Sources;
use crate::domain::{
    Bundling, Catalogue, Ceilings, Class, GuardRule, LifeEventId, Mode, Policy, RetrySchedule,
};

mod law;
#[cfg(test)]
mod tests;
mod zones;

pub(super) use law::{jurisdiction, kept_leaves_room, strict_is_strictest};

/// The settings of the process.
pub(super) fn gateway(sheet: &Sheet<Gateway>) -> ConfigErrors {
    let mut look = Look::at(&sheet.place);
    let Gateway { http, ledger, broker, redis, back_pressure, .. } = &sheet.value;
    match (&ledger.sqlite, &ledger.postgres) {
        (Some(_), Some(_)) => look.wrong(&["ledger"], "expected one of sqlite and postgres, found both"),
        (None, None) => look.wrong(&["ledger"], "expected one of sqlite and postgres, found neither"),
        _ => {}
    }
    if let Some(url) = &http.public_url {
        let right = matches!(url.scheme(), "http" | "https")
            && url.path().ends_with('/')
            && url.query().is_none()
            && url.fragment().is_none();
        if !right {
            let expected = "an http or https address that ends with /, such as https://vestnik.example/";
            look.wrong(&["http", "public_url"], format!("expected {expected}, found \"{url}\""));
        }
    }
    if http
        .client_address_header
        .as_ref()
        .is_some_and(|name| HeaderName::from_bytes(name.as_bytes()).is_err())
    {
        let expected = "expected the name of an HTTP header, such as x-forwarded-for";
        look.wrong(&["http", "client_address_header"], expected);
    }
    if broker.as_ref().is_some_and(|broker| !broker.prefix.split('.').all(is_id)) {
        look.wrong(&["broker", "prefix"], "expected a name of a-z, 0-9, _, - and dots between them");
    }
    if redis.as_ref().is_some_and(|redis| !is_id(&redis.installation)) {
        look.wrong(&["redis", "installation"], "expected a name of a-z, 0-9, _ and -");
    }
    if redis.is_some() && ledger.sqlite.is_some() && ledger.postgres.is_none() {
        let why = "the embedded ledger has one process, which keeps the limits by itself";
        look.wrong(&["redis"], format!("expected no [redis] beside ledger.sqlite: {why}"));
    }
    if back_pressure.normal_waits_above < back_pressure.bulk_waits_above {
        let most = back_pressure.bulk_waits_above;
        let message = format!("expected at least bulk_waits_above, which is {most}: bulk waits first");
        look.wrong(&["back_pressure", "normal_waits_above"], message);
    }
    look.errors
}

/// The recipients of a test installation: each must be an address of a channel in use, or a citizen
/// would never be written to and nobody would be told why. What stands there is not repeated.
pub(super) fn allow_list(sheet: &Sheet<Gateway>, in_use: &[ChannelSettings]) -> ConfigErrors {
    let mut look = Look::at(&sheet.place);
    let forms: Vec<_> =
        in_use.iter().map(|one| format!("for {}, {}", one.channel, one.addresses.looks)).collect();
    let recipients = sheet.value.allow_list.iter().flat_map(|list| &list.recipients);
    for (at, text) in recipients.enumerate() {
        if !in_use.iter().any(|one| (one.addresses.read)(text).is_some()) {
            let expected = format!("expected an address of a channel in use: {}", forms.join("; "));
            look.wrong(&["allow_list", "recipients", &at.to_string()], expected);
        }
    }
    look.errors
}

/// The operator's rules. `in_use` are the channels that are switched on.
pub(super) fn policy<'a>(
    sheet: &Sheet<Policy>,
    in_use: impl IntoIterator<Item = &'a ChannelId>,
) -> ConfigErrors {
    let mut look = Look::at(&sheet.place);
    let policy = &sheet.value;
    look.channels(&["order"], &policy.order);
    for (at, channel) in policy.order.iter().enumerate() {
        let item = at.to_string();
        if policy.order[..at].contains(channel) {
            look.wrong(&["order", &item], format!("expected each channel once, found {channel} again"));
        }
        if is_known(channel) && !policy.channels.contains_key(channel) {
            let message = format!("expected a rule for each channel in use: [channels.{channel}] is missing");
            look.wrong(&["order", &item], message);
        }
    }
    for channel in policy.channels.keys().filter(|channel| !is_known(channel)) {
        look.unknown_channel(&["channels", channel.as_str()], channel, &CHANNELS);
    }
    let ruled = |channel: &ChannelId| policy.channels.contains_key(channel) || policy.order.contains(channel);
    for channel in in_use.into_iter().filter(|channel| !ruled(channel)) {
        let switched_on = format!("channels/{channel}.toml switches it on");
        look.wrong(&["channels"], format!("expected a rule [channels.{channel}]: {switched_on}"));
    }
    for class in Class::ALL.into_iter().filter(|class| !policy.classes.contains_key(class)) {
        look.wrong(
            &["classes"],
            format!("expected a rule for every class: [classes.{}] is missing", class.as_str()),
        );
    }
    look.ceilings("budget", policy.budget);
    look.bundling(policy);
    look.guard(policy.guard);
    look.introduction(policy);
    look.retry(policy.retry);
    look.errors
}

/// The registered sources.
pub(super) fn sources(sheet: &Sheet<Sources>, catalogue: Option<&Catalogue>) -> ConfigErrors {
    let mut look = Look::at(&sheet.place);
    for (source, settings) in &sheet.value.0 {
        let source = source.as_str();
        if settings.life_events.as_ref().is_some_and(std::collections::BTreeSet::is_empty) {
            let message = "expected at least one life event, or no such key: then it may speak of all";
            look.wrong(&[source, "life_events"], message);
        }
        for event in settings.life_events.iter().flatten() {
            look.life_event(source, event, catalogue);
        }
    }
    look.errors
}

fn is_known(channel: &ChannelId) -> bool {
    CHANNELS.contains(&channel.as_str())
}

/// Looks at one file and notes what is wrong.
struct Look<'a> {
    place: &'a Place,
    errors: ConfigErrors,
}

impl<'a> Look<'a> {
    fn at(place: &'a Place) -> Self {
        Self { place, errors: ConfigErrors::new() }
    }

    fn wrong(&mut self, path: &[&str], message: impl AsRef<str>) {
        self.errors.push(self.place.wrong(path, message));
    }

    /// A list of channels.
    fn channels<'c>(&mut self, path: &[&str], channels: impl IntoIterator<Item = &'c ChannelId>) {
        for channel in channels.into_iter().filter(|channel| !is_known(channel)) {
            self.unknown_channel(&[path, &[channel.as_str()]].concat(), channel, &CHANNELS);
        }
    }

    /// What a law allows: also channels that this release does not have.
    fn lawful_channels<'c>(&mut self, path: &[&str], channels: impl IntoIterator<Item = &'c ChannelId>) {
        let known = [CHANNELS.as_slice(), &LAWFUL_ELSEWHERE].concat();
        for channel in channels.into_iter().filter(|channel| !known.contains(&channel.as_str())) {
            self.unknown_channel(&[path, &[channel.as_str()]].concat(), channel, &known);
        }
    }

    fn unknown_channel(&mut self, path: &[&str], channel: &ChannelId, known: &[&str]) {
        let message = format!("expected one of {}, found \"{channel}\"", known.join(", "));
        let error = self.place.wrong(path, message);
        self.errors.push(error.with_nearest(channel.as_str(), known.iter().copied()));
    }

    fn life_event(&mut self, source: &str, event: &LifeEventId, catalogue: Option<&Catalogue>) {
        let Some(catalogue) = catalogue.filter(|catalogue| !catalogue.life_events.contains_key(event)) else {
            return;
        };
        let known: Vec<_> = catalogue.life_events.keys().map(LifeEventId::as_str).collect();
        let message =
            format!("expected a life event of the catalogue ({}), found \"{event}\"", known.join(", "));
        let error = self.place.wrong(&[source, "life_events", event.as_str()], message);
        self.errors.push(error.with_nearest(event.as_str(), known));
    }

    /// Ceilings of a day, a week and a month: a longer time allows no less.
    fn ceilings(&mut self, table: &str, ceilings: Ceilings) {
        let Ceilings { per_day, per_week, per_month } = ceilings;
        let all = [("per_day", per_day), ("per_week", per_week), ("per_month", per_month)];
        let named: Vec<_> = all.iter().filter_map(|(key, ceiling)| Some((*key, (*ceiling)?))).collect();
        for pair in named.windows(2) {
            let [(shorter, least), (longer, found)] = pair else { continue };
            if found < least {
                let message = format!("expected at least {shorter}, which is {least}, found {found}");
                self.wrong(&[table, longer], message);
            }
        }
    }

    /// A window is over before its hard end, and both before what waits in it expires.
    fn bundling(&mut self, policy: &Policy) {
        let Bundling { window_seconds, hard_end_seconds, .. } = policy.bundling;
        if hard_end_seconds < window_seconds {
            let expected = format!("expected at least window_seconds, which is {window_seconds}");
            self.wrong(&["bundling", "hard_end_seconds"], format!("{expected}, found {hard_end_seconds}"));
        }
        let lives = u32::from(policy.expires_after_days) * 86_400;
        if hard_end_seconds >= lives {
            let expected = format!("expected less than {lives}, which is expires_after_days");
            self.wrong(&["bundling", "hard_end_seconds"], format!("{expected}, found {hard_end_seconds}"));
        }
    }

    /// A warning is over before it begins, and begins before a pause.
    fn guard(&mut self, guard: GuardRule) {
        let GuardRule { mode, clear_percent, warn_percent, pause_percent, .. } = guard;
        if mode == Mode::Off {
            return;
        }
        let all = [
            ("clear_percent", clear_percent),
            ("warn_percent", warn_percent),
            ("pause_percent", pause_percent),
        ];
        for pair in all.windows(2) {
            let [(lower, least), (higher, found)] = pair else { continue };
            if found <= least {
                let message = format!("expected more than {lower}, which is {least}, found {found}");
                self.wrong(&["guard", higher], message);
            }
        }
    }

    /// What follows an introduction is sent before it expires.
    fn introduction(&mut self, policy: &Policy) {
        let found = policy.introduction.lead_seconds;
        let lives = u32::from(policy.expires_after_days) * 86_400;
        if found >= lives {
            let expected = format!("expected less than {lives}, which is expires_after_days");
            self.wrong(&["introduction", "lead_seconds"], format!("{expected}, found {found}"));
        }
    }

    fn retry(&mut self, retry: RetrySchedule) {
        let RetrySchedule { first_seconds, longest_seconds, .. } = retry;
        if longest_seconds < first_seconds {
            let expected = format!("expected at least first_seconds, which is {first_seconds}");
            self.wrong(&["retry", "longest_seconds"], format!("{expected}, found {longest_seconds}"));
        }
    }
}
