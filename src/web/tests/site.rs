//! A server for the tests, spoken to without a network.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Request};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;
use vestnik_contract::{
    Address, CallbackOutcome, CallbackReply, CallbackRequest, Callbacks, ChannelId, Event, Inbound,
    InboundContent,
};

use crate::config::gateway::BackPressure;
use crate::config::sources::{SourceSettings, Sources};
use crate::domain::{ConsentAction, SourceId};
use crate::ledger::fixture::{Setting, World, citizen_id, route};
use crate::ledger::store::Tx;
use crate::ledger::{NewToken, Scope};
use crate::web::{Probe, WebParts, WebState, router};

/// The media type of a form.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A server over a world of its own, with a token for each scope.
pub(crate) struct Site {
    pub world: World,
    router: Router,
    tokens: BTreeMap<&'static str, String>,
    news: watch::Receiver<()>,
    broker: Arc<AtomicBool>,
    lock: tokio::sync::Mutex<Option<Box<dyn Tx>>>,
}

/// What was answered.
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("JSON, not {}", self.text))
    }
}

impl Site {
    pub async fn new() -> Self {
        Self::crowded(1_000, 1_000).await
    }

    /// A site where bulk and normal notifications wait above so much open work.
    pub async fn crowded(bulk: u64, normal: u64) -> Self {
        Self::over(World::sqlite().await, bulk, normal).await
    }

    /// A site whose rules were changed.
    pub async fn under(change: impl FnOnce(&mut Setting)) -> Self {
        let mut world = World::sqlite().await;
        world.change(change);
        Self::over(world, 1_000, 1_000).await
    }

    async fn over(world: World, bulk: u64, normal: u64) -> Self {
        let mut tokens = BTreeMap::new();
        for scope in Scope::ALL {
            let source = matches!(scope, Scope::Publish | Scope::Status).then(fund);
            let label = scope.as_str().to_owned();
            let new = NewToken { label, scopes: [scope].into(), source, expires_at: None };
            tokens.insert(scope.as_str(), world.ledger.create_token(&new).await.unwrap().unwrap().token);
        }
        let broker = Arc::new(AtomicBool::new(true));
        let sms = ChannelId::new("sms").unwrap();
        let news = world.ledger.news_of_work(&sms);
        let parts = WebParts {
            ledger: world.ledger.clone(),
            rules: world.rules.clone(),
            sources: Arc::new(sources()),
            clock: world.clock.clock(),
            callbacks: [((sms, route()), Arc::new(Plain) as Arc<dyn Callbacks>)].into(),
            client_address_header: Some("x-client".to_owned()),
            back_pressure: BackPressure { bulk_waits_above: bulk, normal_waits_above: normal },
            metrics: None,
            probes: vec![broker_probe(broker.clone())],
        };
        let lock = tokio::sync::Mutex::default();
        Self { world, router: router(WebState::new(parts)), tokens, news, broker, lock }
    }

    /// Asks with the token of a scope, or with this text as a token.
    pub async fn ask(&self, method: &str, path: &str, token: Option<&str>, body: impl Content) -> Answer {
        self.ask_as(method, path, token, "application/json", body).await
    }

    /// The same, with a body of another type.
    pub async fn ask_as(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        media_type: &str,
        body: impl Content,
    ) -> Answer {
        let path = path.replace("ПФ", "%D0%9F%D0%A4");
        let mut request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, media_type);
        if let Some(token) = token {
            let token = self.tokens.get(token).map_or(token, String::as_str);
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        self.answer(request.body(Body::from(body.bytes())).unwrap()).await
    }

    /// Asks with the token of a scope for an answer of this type.
    pub async fn accept(&self, media_type: &str, path: &str, scope: &str) -> Answer {
        let token = format!("Bearer {}", self.tokens[scope]);
        let request = Request::builder().uri(path).header(ACCEPT, media_type).header(AUTHORIZATION, token);
        self.answer(request.body(Body::empty()).unwrap()).await
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    /// The server itself, for a test that needs a network.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The token of a scope.
    pub fn token(&self, scope: &str) -> String {
        self.tokens[scope].clone()
    }

    /// Whether the lanes were told of new work.
    pub fn woken(&self) -> bool {
        self.news.has_changed().unwrap()
    }

    /// From now on the broker is away.
    pub fn break_broker(&self) {
        self.broker.store(false, Ordering::Relaxed);
    }

    /// From now on nobody else can write into the ledger.
    pub async fn lock_ledger(&self) {
        *self.lock.lock().await = Some(self.world.ledger.store().begin().await.unwrap());
    }

    /// What a citizen's consent records say, the oldest first.
    pub async fn consents(&self, name: &str) -> Vec<ConsentAction> {
        let citizen = self.world.ledger.citizen(&citizen_id(name)).await.unwrap().unwrap();
        citizen.consents.iter().map(|one| one.action).collect()
    }
}

/// A birth grant of Anna's, as it stands on the wire.
pub(crate) fn notification(id: &str) -> Value {
    json!({
        "id": id, "source": "family_fund", "citizen": "snils:anna", "life_event": "child_birth",
        "measure": "birth_grant", "params": { "count": 3 },
    })
}

fn fund() -> SourceId {
    SourceId::new("family_fund").unwrap()
}

fn sources() -> Sources {
    let settings = || SourceSettings {
        title: "A source".into(),
        urgent: false,
        amqp_user: None,
        trust_topic_permission: false,
        life_events: None,
    };
    Sources([(fund(), settings()), (SourceId::new("pension_fund").unwrap(), settings())].into())
}

fn broker_probe(there: Arc<AtomicBool>) -> Probe {
    let check = move || if there.load(Ordering::Relaxed) { Ok(()) } else { Err("away".to_owned()) };
    Probe { name: "broker".to_owned(), needed: true, check: Arc::new(check) }
}

/// A provider's callbacks in plain words: `ADDRESS says WORDS`.
struct Plain;

impl Callbacks for Plain {
    fn receive(&self, request: &CallbackRequest<'_>, now: Timestamp) -> CallbackOutcome {
        let said = std::str::from_utf8(request.body).unwrap_or_default().split_once(" says ");
        let (Some((sender, words)), "POST") = (said, request.method) else {
            return CallbackOutcome::refused(403);
        };
        let inbound = Inbound {
            key: words.to_owned(),
            sender: Address::new(sender),
            content: InboundContent::Text(words.to_owned()),
            at: Some(now),
        };
        assert_eq!(request.header("content-type"), Some("application/json"));
        let body = format!("kept {}?{}", request.path, request.query);
        let reply = CallbackReply { status: 200, content_type: "text/plain", body: body.into_bytes() };
        CallbackOutcome { events: vec![Event::Inbound(inbound)], reply }
    }
}

/// What can be a body in a test.
pub(crate) trait Content {
    fn bytes(self) -> Vec<u8>;
}

impl Content for Value {
    fn bytes(self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

impl Content for String {
    fn bytes(self) -> Vec<u8> {
        self.into_bytes()
    }
}

impl Content for &str {
    fn bytes(self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl Content for &[u8] {
    fn bytes(self) -> Vec<u8> {
        self.to_vec()
    }
}
