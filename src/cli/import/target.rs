//! Where imported citizens go: into the ledger of the configuration, or to a gateway over HTTP.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures_util::stream::{self, StreamExt as _};
use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::super::bearer::{TOKEN, refused_token, token_of};
use super::super::lines::Line;
use super::super::{Common, Mistake, load, secrets};
use crate::clock::Clock;
use crate::domain::{CitizenId, RefusalReason};
use crate::gateway::{open_ledger, rules};
use crate::ledger::registry::Registration;
use crate::ledger::retry::soon;
use crate::ledger::{Ledger, Rules, Scope};
use crate::web::citizens::form::{CitizenForm, Clerk, expected};
use crate::web::citizens::refusal_of;
use crate::web::json;
use crate::web::problem::Problem;

/// What becomes of a line: `Err` says in words why it is refused.
pub(super) type Verdict = Result<(), String>;

/// Where citizens go.
pub(super) enum Target {
    /// The ledger of the configuration.
    Ledger(Arc<Ledger>, Box<Rules>),
    /// A gateway.
    Gateway(Gateway),
}

impl Target {
    /// Opens what the command names.
    pub async fn open(to: Option<&Url>, common: &Common) -> anyhow::Result<Self> {
        if let Some(base) = to {
            let token = token_of(std::env::var(TOKEN).ok(), Scope::Registry)?;
            return Gateway::new(base.clone(), token).map(Self::Gateway);
        }
        let loaded = load(common)?;
        let clock = Clock::system();
        secrets::all_there(&loaded, &clock)?;
        let ledger = open_ledger(&loaded.gateway.ledger, &clock).await?;
        let connected = loaded.connect(&clock.function())?;
        let channels = connected.into_iter().map(|one| (one.channel, one.adapter.channel)).collect();
        let rules = rules(loaded, channels, ledger.keys());
        Ok(Self::Ledger(ledger, Box::new(rules)))
    }

    /// Takes a batch; the verdicts are in the order of the lines. An error means that nothing of the
    /// batch may have been recorded.
    pub async fn take(&self, batch: &[Line]) -> anyhow::Result<Vec<Verdict>> {
        match self {
            Self::Ledger(ledger, rules) => record(ledger, rules, batch).await,
            Self::Gateway(gateway) => {
                let answers = batch.iter().map(|line| gateway.put(line));
                let answers: Vec<_> = stream::iter(answers).buffered(AT_ONCE).collect().await;
                answers.into_iter().collect()
            }
        }
    }
}

pub(super) async fn record(ledger: &Ledger, rules: &Rules, batch: &[Line]) -> anyhow::Result<Vec<Verdict>> {
    let read: Vec<_> = batch.iter().map(|line| registration(line, rules)).collect();
    let good: Vec<_> = read.iter().filter_map(|one| one.as_ref().ok()).cloned().collect();
    let answers = soon(|| ledger.register(&good, rules)).await?;
    let mut answers = answers.into_iter();
    let verdict = |one: Result<Registration, Problem>| {
        let refused = match one {
            Err(problem) => Some(problem),
            Ok(_) => answers.next().and_then(Result::err).map(refusal_of),
        };
        refused.map_or(Ok(()), |problem| Err(problem.in_words()))
    };
    Ok(read.into_iter().map(verdict).collect())
}

fn registration(line: &Line, rules: &Rules) -> Result<Registration, Problem> {
    let (id, form) = read(line)?;
    form.registration(id, Clerk::Import, rules)
}

fn read(line: &Line) -> Result<(CitizenId, CitizenForm), Problem> {
    let form: CitizenForm = json::read(text(line)?, expected)?;
    let id = form.id.clone().ok_or_else(|| Problem::field("/id", format!("expected {}", expected("id"))))?;
    Ok((id, form))
}

fn text(line: &Line) -> Result<&[u8], Problem> {
    let too_long = || Problem::new(RefusalReason::TooLarge, "expected at most 256 KiB on a line");
    line.body.as_deref().ok_or_else(too_long)
}

/// A gateway that is spoken to over HTTP.
pub(super) struct Gateway {
    client: Client,
    base: Url,
    token: SecretString,
}

/// Requests under way at once.
const AT_ONCE: usize = 8;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long to wait before a gateway that is away is asked again, and how often.
const AGAIN: Duration = Duration::from_secs(5);
const ASKED: usize = 6;

impl Gateway {
    pub fn new(mut base: Url, token: SecretString) -> anyhow::Result<Self> {
        if !matches!(base.scheme(), "http" | "https") {
            return Err(Mistake("--to: expected an http or https address".to_owned()).into());
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = Client::builder().timeout(PATIENCE).build().context("the HTTP client")?;
        Ok(Self { client, base, token })
    }

    /// Brings one citizen; an error means that the gateway cannot be brought any more.
    async fn put(&self, line: &Line) -> anyhow::Result<Verdict> {
        let (id, body) = match outgoing(line) {
            Ok(read) => read,
            Err(problem) => return Ok(Err(problem.in_words())),
        };
        let mut url = self.base.join("v1/citizens/").context("--to")?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(id.expose());
        }
        for _ in 1..ASKED {
            let answer = self.ask(&url, &body).await;
            match answer {
                Ok(response) if response.status() != StatusCode::SERVICE_UNAVAILABLE => {
                    return verdict(response).await;
                }
                // The error may name the address, which holds the citizen's id: it is not told.
                Ok(_) | Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
        let last = self.ask(&url, &body).await.map_err(reqwest::Error::without_url);
        verdict(last.context("the gateway does not answer")?).await
    }

    async fn ask(&self, url: &Url, body: &Value) -> reqwest::Result<reqwest::Response> {
        self.client.put(url.clone()).bearer_auth(self.token.expose_secret()).json(body).send().await
    }
}

/// What is sent of a line: the same, with every consent said to be imported.
fn outgoing(line: &Line) -> Result<(CitizenId, Value), Problem> {
    let (id, form) = read(line)?;
    for (at, consent) in form.consents.iter().enumerate() {
        consent.check_imported().map_err(|problem| problem.within(&format!("/consents/{at}")))?;
    }
    let mut body: Value = json::read(text(line)?, expected)?;
    if let Some(consents) = body.get_mut("consents").and_then(Value::as_array_mut) {
        for consent in consents.iter_mut().filter_map(Value::as_object_mut) {
            consent.insert("origin".to_owned(), "import".into());
        }
    }
    Ok((id, body))
}

async fn verdict(response: reqwest::Response) -> anyhow::Result<Verdict> {
    match response.status() {
        status if status.is_success() => Ok(Ok(())),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(refused_token(Scope::Registry).into()),
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE => {
            let problem: Value = response.json().await.unwrap_or_default();
            Ok(Err(Problem::of_document(422, problem).in_words()))
        }
        status => bail!("the gateway answers {status}"),
    }
}
