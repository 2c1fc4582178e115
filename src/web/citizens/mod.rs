//! The registry over HTTP: citizens, their addresses, consents and preferences, and the one-time
//! tokens that tie a messenger to a citizen. Every change answers with the citizen as they stand.

pub mod form;
pub mod person;
pub mod view;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use vestnik_contract::{ChannelId, is_id};

use self::form::{AddressForm, CitizenForm, Clerk, ConsentForm, PreferenceForm, Scope, expected};
use super::body::{Limited, ONE};
use super::json;
use super::path::{Citizen, Named};
use super::problem::Problem;
use super::state::WebState;
use crate::config::channels::switched_off;
use crate::domain::{CitizenId, RefusalReason, TopicId, did_you_mean};
use crate::ledger::LINK_LASTS;
use crate::ledger::registry::{Refusal, Registration};
use crate::ledger::retry::soon;

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/v1/citizens/{id}", get(show).put(record))
        .route("/v1/citizens/{id}/addresses", post(add_address))
        .route("/v1/citizens/{id}/addresses/close", post(close_address))
        .route("/v1/citizens/{id}/consents", get(consents).post(add_consent))
        .route("/v1/citizens/{id}/preferences", put(set_preference))
        .route("/v1/citizens/{id}/preferences/history", get(preferences))
        .route("/v1/citizens/{id}/preferences/{topic}", delete(remove_preference))
        .route("/v1/citizens/{id}/links/{channel}", post(create_link))
        .merge(person::routes())
}

async fn show(State(web): State<WebState>, Citizen(id): Citizen) -> Result<Json<Value>, Problem> {
    document(&web, &id).await
}

async fn record(
    State(web): State<WebState>,
    Citizen(id): Citizen,
    Limited(body): Limited<ONE>,
) -> Result<Json<Value>, Problem> {
    let form: CitizenForm = json::read(&body, expected)?;
    if form.id.as_ref().is_some_and(|named| *named != id) {
        return Err(Problem::field("/id", "expected the citizen that the address names, or no id"));
    }
    let registration = form.registration(id, Clerk::Registry, &web.rules)?;
    let refused = register(&web, &registration).await?;
    refused.map_or(Ok(()), |refusal| Err(refusal_of(refusal)))?;
    document(&web, &registration.id).await
}

/// The problem of a citizen who could not be recorded.
#[must_use]
pub fn refusal_of(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Unknown => {
            let detail = "locale is missing; expected locale and jurisdiction: the citizen is not known yet";
            Problem::field("/locale", detail)
        }
        Refusal::NotYetSaid { consent } => {
            Problem::field(format!("/consents/{consent}/at"), "expected a moment that has come")
        }
        Refusal::ForbiddenChannel { preference, channel } => {
            forbidden_channel(format!("/preferences/{preference}/channels/{channel}"))
        }
        Refusal::NeverOpens { preference } => never_opens(format!("/preferences/{preference}/hours")),
        Refusal::Erased => Problem::field(
            "/consents",
            "expected a profile and a consent given on the portal, by phone or at a counter since the citizen was \
             erased",
        ),
    }
}

async fn add_address(
    State(web): State<WebState>,
    Citizen(id): Citizen,
    Limited(body): Limited<ONE>,
) -> Result<Json<Value>, Problem> {
    let form: AddressForm = json::read(&body, expected)?;
    let addresses = vec![form.check(&web.rules)?];
    change(&web, Registration { addresses, ..Registration::nothing(id) }).await
}

async fn add_consent(
    State(web): State<WebState>,
    Citizen(id): Citizen,
    Limited(body): Limited<ONE>,
) -> Result<Json<Value>, Problem> {
    let form: ConsentForm = json::read(&body, expected)?;
    let consents = vec![form.check(Clerk::Registry, &web.rules)?];
    change(&web, Registration { consents, ..Registration::nothing(id) }).await
}

/// The consent records with their places in the chain, and whether they are what was written.
async fn consents(State(web): State<WebState>, Citizen(id): Citizen) -> Result<Json<Value>, Problem> {
    let history = web.ledger.consent_history(&id).await?.ok_or_else(no_such_citizen)?;
    Ok(Json(view::history(&history)))
}

async fn set_preference(
    State(web): State<WebState>,
    Citizen(id): Citizen,
    Limited(body): Limited<ONE>,
) -> Result<Json<Value>, Problem> {
    let form: PreferenceForm = json::read(&body, expected)?;
    let preferences = vec![form.check(Clerk::Registry, &web.rules)?];
    change(&web, Registration { preferences, ..Registration::nothing(id) }).await
}

/// Every version of the citizen's preferences, with its source.
async fn preferences(State(web): State<WebState>, Citizen(id): Citizen) -> Result<Json<Value>, Problem> {
    let versions = web.ledger.preference_history(&id).await?.ok_or_else(no_such_citizen)?;
    Ok(Json(json!({ "versions": versions.iter().map(view::version).collect::<Vec<_>>() })))
}

async fn remove_preference(
    State(web): State<WebState>,
    Citizen(id): Citizen,
    Named(Scope(topic)): Named<Scope<TopicId>>,
) -> Result<Json<Value>, Problem> {
    let by = form::set_by(Clerk::Registry, None, None)?;
    if !soon(|| web.ledger.remove_preference(&id, topic.as_ref(), &by)).await? {
        return Err(Problem::new(
            RefusalReason::NotFound,
            "expected a topic that the citizen has a preference for",
        ));
    }
    document(&web, &id).await
}

/// Why an address is not used any more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CloseForm {
    channel: ChannelId,
    address: String,
    reason: String,
    #[serde(default)]
    evidence: Option<String>,
    #[serde(default)]
    actor: Option<String>,
}

async fn close_address(
    State(web): State<WebState>,
    Citizen(id): Citizen,
    Limited(body): Limited<ONE>,
) -> Result<Json<Value>, Problem> {
    let CloseForm { channel, address, reason, evidence, actor } = json::read(&body, expected)?;
    if !is_id(&reason) {
        return Err(Problem::field("/reason", format!("expected {}", expected("reason"))));
    }
    let by = form::closed_by(evidence, actor)?;
    let one = AddressForm { channel, address, reopen: false, shown_closed: None }.check(&web.rules)?;
    if !soon(|| web.ledger.close_address(&id, &one.channel, &one.address, &reason, &by)).await? {
        return Err(Problem::new(RefusalReason::NotFound, "expected an open address of the citizen"));
    }
    document(&web, &id).await
}

/// Channels on which a citizen opens the conversation with a one-time token of ours.
const LINKED: [&str; 2] = ["telegram", "viber"];

async fn create_link(
    State(web): State<WebState>,
    Citizen(id): Citizen,
    Named(channel): Named<ChannelId>,
) -> Result<Response, Problem> {
    if !LINKED.contains(&channel.as_str()) || !web.rules.channels.contains_key(&channel) {
        return Err(Problem::new(RefusalReason::NotFound, no_link(&channel)));
    }
    let token = soon(|| web.ledger.create_link(&id, &channel)).await?.ok_or_else(no_such_citizen)?;
    let bot = &web.rules.renderer.identity().sender.telegram_bot;
    let url = (channel.as_str() == "telegram").then(|| vestnik_telegram::deep_link(bot, &token)).flatten();
    // To the second, and by a clock that may differ a little from the ledger's: it is a hint for people.
    let expires_at = Timestamp::from_second((web.clock.now() + LINK_LASTS).as_second()).ok();
    let answer = json!({ "token": token, "url": url, "expires_at": expires_at });
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// Why no link is given for a channel.
fn no_link(channel: &ChannelId) -> String {
    let off = switched_off(channel).filter(|_| LINKED.contains(&channel.as_str()));
    off.unwrap_or_else(|| {
        let meant = did_you_mean(channel.as_str(), LINKED);
        format!("expected telegram or viber, where it is in use{meant}")
    })
}

/// Changes one thing of a citizen who is known.
async fn change(web: &WebState, registration: Registration) -> Result<Json<Value>, Problem> {
    match register(web, &registration).await? {
        None => document(web, &registration.id).await,
        Some(Refusal::Unknown | Refusal::Erased) => Err(no_such_citizen()),
        Some(Refusal::NotYetSaid { .. }) => Err(Problem::field("/at", "expected a moment that has come")),
        Some(Refusal::ForbiddenChannel { channel, .. }) => {
            Err(forbidden_channel(format!("/channels/{channel}")))
        }
        Some(Refusal::NeverOpens { .. }) => Err(never_opens("/hours".to_owned())),
    }
}

fn forbidden_channel(pointer: String) -> Problem {
    Problem::field(pointer, "expected a channel that the law of the citizen's jurisdiction allows")
}

fn never_opens(pointer: String) -> Problem {
    Problem::field(
        pointer,
        "expected hours that have a moment in common with the jurisdiction's contact hours",
    )
}

async fn register(web: &WebState, registration: &Registration) -> Result<Option<Refusal>, Problem> {
    let answers = soon(|| web.ledger.register(std::slice::from_ref(registration), &web.rules)).await?;
    Ok(answers.into_iter().find_map(Result::err))
}

async fn document(web: &WebState, id: &CitizenId) -> Result<Json<Value>, Problem> {
    let citizen = web.ledger.citizen(id).await?.ok_or_else(no_such_citizen)?;
    Ok(Json(view::document(&citizen)))
}

fn no_such_citizen() -> Problem {
    Problem::new(RefusalReason::NoSuchCitizen, "record the citizen first")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_messenger_that_is_switched_off_is_said_to_be_off_and_no_other_is_offered() {
        let why = |channel: &str| no_link(&ChannelId::new(channel).unwrap());
        assert_eq!(
            why("telegram"),
            "telegram is switched off here; `enabled` in channels/telegram.toml, or \
             VESTNIK__CHANNELS__TELEGRAM__ENABLED, switches it on"
        );
        assert!(why("telegramm").ends_with("; did you mean telegram?"));
        assert_eq!(why("sms"), "expected telegram or viber, where it is in use");
    }
}
