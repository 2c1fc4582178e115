//! An office that speaks for itself, over HTTP.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::feed::Status;
use crate::tier::until;
use crate::world::World;

const AT_MOST: Duration = Duration::from_mins(2);

/// One source, with a token of its own.
pub(crate) struct Office {
    pub(crate) source: &'static str,
    token: String,
}

impl Office {
    pub(crate) fn of(world: &World, source: &'static str) -> Self {
        let create = ["token", "create", "--label", source, "--scope", "publish,status", "--source", source];
        Self { source, token: world.setting.run(&create).trim().to_owned() }
    }

    pub(crate) async fn cancel(&self, world: &World, id: &str) {
        self.post(world, &json!({ "type": "cancel", "id": id, "source": self.source })).await;
    }

    pub(crate) async fn post(&self, world: &World, body: &Value) {
        let to = world.public.join("v1/notifications").unwrap();
        let answer = world.http.post(to).bearer_auth(&self.token).json(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{}", answer.text().await.unwrap());
    }

    /// All that this office is told of its notification.
    pub(crate) async fn told(&self, world: &World, id: &str) -> Vec<Status> {
        let url = world.public.join("v1/status?limit=500").unwrap();
        let answer = world.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        let page: Value = answer.error_for_status().unwrap().json().await.unwrap();
        let statuses: Vec<Status> = serde_json::from_value(page["statuses"].clone()).unwrap();
        statuses.into_iter().filter(|status| status.id == id).collect()
    }

    pub(crate) async fn ending(&self, world: &World, id: &str) -> String {
        let mut ended = None;
        until("the office is told the end", AT_MOST, async || {
            let told = self.told(world, id).await;
            ended = told.into_iter().find(|status| status.is_final).map(|status| status.state);
            ended.is_some()
        })
        .await;
        ended.unwrap()
    }
}
