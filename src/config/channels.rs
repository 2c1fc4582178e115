//! `channels/*.toml`: one file for each channel, and the one place that knows which crate it is.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;
use vestnik_contract::range::whole;
use vestnik_contract::{Adapter, AddressForm, ChannelId, ClockFn, RouteId, Sender, Setup, SetupError};

use super::error::{ConfigError, ConfigErrors, SourceFile};
use super::overrides::Overrides;
use super::place::{Place, Sheet};

/// One channel's file: whether it is used, how its lane works, and its route.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChannelFile<S> {
    enabled: bool,
    #[serde(default)]
    lane: LaneSettings,
    #[serde(default = "BTreeMap::new")]
    routes: BTreeMap<RouteId, S>,
}

/// How a channel's lane works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LaneSettings {
    /// Calls to the provider at once, 1 to 10,000.
    #[serde(deserialize_with = "whole::<1, 10_000, _, _>")]
    pub concurrency: u16,
    /// Calls of these that are kept for urgent notifications: fewer than all.
    #[serde(deserialize_with = "whole::<0, 9999, _, _>")]
    pub kept_for_urgent: u16,
    /// Messages a second; absent: what the provider is known to take.
    pub per_second: Option<NonZeroU32>,
    /// Messages a minute to one citizen; absent: what the provider is known to take.
    pub per_citizen_per_minute: Option<NonZeroU32>,
    /// Seconds for which claimed work is kept from other processes, 15 to 3,600.
    #[serde(deserialize_with = "whole::<15, 3600, _, _>")]
    pub lease_seconds: u16,
}

impl Default for LaneSettings {
    fn default() -> Self {
        Self {
            concurrency: 32,
            kept_for_urgent: 4,
            per_second: None,
            per_citizen_per_minute: None,
            lease_seconds: 60,
        }
    }
}

/// Builds an adapter from a channel's own settings.
type Connect = Box<dyn Fn(&Setup) -> Result<Adapter, SetupError> + Send + Sync>;

/// A channel that is used, ready to be connected.
pub struct ChannelSettings {
    /// The channel.
    pub channel: ChannelId,
    /// Its route.
    pub route: RouteId,
    /// How its lane works.
    pub lane: LaneSettings,
    /// How its addresses are written.
    pub addresses: AddressForm,
    connect: Connect,
    place: Place,
}

/// A channel with its adapter.
pub struct ConnectedChannel {
    /// The channel.
    pub channel: ChannelId,
    /// Its route.
    pub route: RouteId,
    /// How its lane works.
    pub lane: LaneSettings,
    /// Its adapter.
    pub adapter: Adapter,
}

/// The channels that this release has.
pub const CHANNELS: [&str; 5] = ["email", "portal", "sms", "telegram", "viber"];

/// Channels that a jurisdiction may allow though this release cannot send on them: the law speaks of
/// them, and its file says what the law says.
pub const LAWFUL_ELSEWHERE: [&str; 1] = ["max"];

/// What is said of a channel that there is and that is not in use here, with where that is changed;
/// `None` where there is no such channel.
#[must_use]
pub fn switched_off(channel: &ChannelId) -> Option<String> {
    let name = CHANNELS.into_iter().find(|name| *name == channel.as_str())?;
    let variable = format!("VESTNIK__CHANNELS__{}__ENABLED", name.to_uppercase());
    Some(format!(
        "{name} is switched off here; `enabled` in channels/{name}.toml, or {variable}, switches it on"
    ))
}

/// Reads a channel's file; `None` where the channel is off. This `match` is the registry: a new
/// channel is one more line.
pub fn read(
    channel: &ChannelId,
    path: &Path,
    overrides: &Overrides,
) -> Result<Option<ChannelSettings>, ConfigErrors> {
    let file = SourceFile::read(path)?;
    match channel.as_str() {
        "email" => settings(channel, file, overrides, vestnik_email::ADDRESSES, vestnik_email::connect),
        "portal" => settings(channel, file, overrides, vestnik_portal::ADDRESSES, vestnik_portal::connect),
        "sms" => settings(channel, file, overrides, vestnik_sms::ADDRESSES, |settings, setup| {
            vestnik_sms::connect(vestnik_sms::Settings::clone(settings), setup)
        }),
        "telegram" => {
            settings(channel, file, overrides, vestnik_telegram::ADDRESSES, vestnik_telegram::connect)
        }
        "viber" => settings(channel, file, overrides, vestnik_viber::ADDRESSES, vestnik_viber::connect),
        other => {
            let known = CHANNELS.join(", ");
            Err(ConfigError::of_file(
                path,
                format!("expected the file of a channel ({known}), found {other}"),
            )
            .with_nearest(other, CHANNELS)
            .into())
        }
    }
}

fn settings<S: DeserializeOwned + Send + Sync + 'static>(
    channel: &ChannelId,
    file: SourceFile,
    overrides: &Overrides,
    addresses: AddressForm,
    connect: fn(&S, &Setup) -> Result<Adapter, SetupError>,
) -> Result<Option<ChannelSettings>, ConfigErrors> {
    let Sheet { value, place } = overrides.read::<ChannelFile<S>>(&format!("channels/{channel}"), file)?;
    let ChannelFile { enabled, lane, routes } = value;
    if !enabled {
        return Ok(None);
    }
    let mut routes = routes.into_iter();
    let (Some((route, settings)), None) = (routes.next(), routes.next()) else {
        return Err(place.wrong(&["routes"], "expected one route, such as [routes.main]").into());
    };
    lane.check(&place)?;
    let connect = Box::new(move |setup: &Setup| connect(&settings, setup));
    Ok(Some(ChannelSettings { channel: channel.clone(), route, lane, addresses, connect, place }))
}

impl LaneSettings {
    fn check(self, place: &Place) -> Result<(), ConfigError> {
        if self.kept_for_urgent >= self.concurrency {
            let expected = format!("expected less than concurrency, which is {}", self.concurrency);
            let message = format!("{expected}, found {}", self.kept_for_urgent);
            return Err(place.wrong(&["lane", "kept_for_urgent"], message));
        }
        Ok(())
    }
}

impl ChannelSettings {
    /// Builds the adapter. Secrets are read now.
    pub fn connect(
        &self,
        sender: &Sender,
        clock: &ClockFn,
        public_url: Option<&Url>,
    ) -> Result<ConnectedChannel, SetupError> {
        let path = format!("callbacks/{}/{}", self.channel, self.route);
        let setup = Setup {
            route: self.route.clone(),
            sender: sender.clone(),
            clock: clock.clone(),
            callback_url: public_url.and_then(|url| url.join(&path).ok()),
        };
        let adapter = (self.connect)(&setup)?;
        let Self { channel, route, lane, .. } = self;
        Ok(ConnectedChannel { channel: channel.clone(), route: route.clone(), lane: *lane, adapter })
    }

    /// Where in the file a setting of the route is wrong.
    pub(super) fn wrong(&self, error: &SetupError) -> ConfigError {
        let SetupError { setting, expected, .. } = error;
        let path = ["routes", self.route.as_str(), setting];
        self.place.wrong(&path, format!("{setting}: expected {expected}"))
    }
}
