//! What the source is told, page by page, as any source may ask.

use reqwest::StatusCode;
use serde::Deserialize;
use url::Url;

use super::shape::Shape;

/// The statuses so far.
pub(super) struct Feed {
    client: reqwest::Client,
    address: Url,
    token: String,
    shape: Shape,
    next: Option<String>,
    done: usize,
}

#[derive(Deserialize)]
struct Page {
    statuses: Vec<Status>,
    next: String,
}

#[derive(Deserialize)]
struct Status {
    state: String,
    #[serde(rename = "final")]
    is_final: bool,
    amended: bool,
}

impl Feed {
    pub fn new(address: Url, token: &str, shape: Shape) -> Self {
        let client = reqwest::Client::new();
        Self { client, address, token: token.to_owned(), shape, next: None, done: 0 }
    }

    /// With how many notifications the gateway has done what there was to do.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Reads one page. A gateway that is too busy to answer is asked again the next time.
    pub async fn read_on(&mut self) -> anyhow::Result<()> {
        let mut address = self.address.clone();
        if let Some(next) = &self.next {
            address.query_pairs_mut().append_pair("after", next);
        }
        let answer = self.client.get(address).bearer_auth(&self.token).send().await?;
        if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
            return Ok(());
        }
        let page: Page = answer.error_for_status()?.json().await?;
        let is_done =
            |status: &&Status| self.shape.is_done(&status.state, status.is_final) && !status.amended;
        self.done += page.statuses.iter().filter(is_done).count();
        self.next = Some(page.next);
        Ok(())
    }
}
