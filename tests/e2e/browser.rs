//! A browser without a window, spoken to by the `WebDriver` protocol (<https://www.w3.org/TR/webdriver2/>),
//! and axe-core, which looks at a page for whoever cannot see it.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::tier::until;
use crate::world::free_port;

const AT_MOST: Duration = Duration::from_secs(30);

/// The browser, with a folder of its own that goes with it.
pub(crate) struct Browser {
    driver: Child,
    session: Url,
    http: reqwest::Client,
    folder: PathBuf,
    axe: String,
}

/// The keyboard's keys, as `WebDriver` numbers them.
pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";
pub(crate) const SPACE: &str = " ";

impl Browser {
    /// Starts Chromium. Where it, its driver or axe-core is missing, the test fails.
    pub(crate) async fn start() -> Self {
        let axe = std::env::var("VESTNIK_TEST_AXE").expect(
            "VESTNIK_TEST_AXE names axe-core's axe.min.js; `tests/run` installs it and runs all tests",
        );
        let axe = fs::read_to_string(axe).expect("axe-core is where VESTNIK_TEST_AXE says");
        let folder = std::env::temp_dir().join(format!("vestnik-browser-{}", Uuid::now_v7()));
        fs::create_dir_all(&folder).unwrap();
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .env("TMPDIR", &folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed; `tests/run` installs it and runs all tests");
        let http = reqwest::Client::builder().no_proxy().timeout(AT_MOST).build().unwrap();
        let base: Url = format!("http://127.0.0.1:{port}/").parse().unwrap();
        let mut browser = Self { driver, session: base.clone(), http, folder, axe };
        until("the driver is ready", AT_MOST, async || {
            let answer = browser.http.get(base.join("status").unwrap()).send().await;
            match answer {
                Ok(answer) => answer.json::<Value>().await.is_ok_and(|said| said["value"]["ready"] == true),
                Err(_) => false,
            }
        })
        .await;
        let made = browser.post("session", &capabilities(&browser.folder)).await;
        let id = made["sessionId"].as_str().expect("Chromium starts").to_owned();
        browser.session = base.join(&format!("session/{id}/")).unwrap();
        browser
    }

    async fn post(&self, command: &str, body: &Value) -> Value {
        let to = self.session.join(command).unwrap();
        let answer = self.http.post(to).json(body).send().await.unwrap();
        let (status, said) = (answer.status(), answer.json::<Value>().await.unwrap());
        assert!(status.is_success(), "{command}: {}", said["value"]["message"]);
        said["value"].clone()
    }

    /// Opens an address.
    pub(crate) async fn open(&self, url: &Url) {
        self.post("url", &json!({ "url": url })).await;
    }

    /// Runs a script in the page, from outside of it; gives what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": [] })).await
    }

    /// Presses a key.
    pub(crate) async fn press(&self, key: &str) {
        let stroke = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        let actions = json!([{ "type": "key", "id": "keyboard", "actions": stroke }]);
        self.post("actions", &json!({ "actions": actions })).await;
    }

    /// Shows the page as on a screen of this width, by day or by night.
    pub(crate) async fn on_screen(&self, width: u32, dark: bool) {
        let screen = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 700 });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    async fn devtools(&self, command: &str, params: Value) -> Value {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": params })).await
    }

    /// What axe-core finds wrong with the page that is shown: rules and where they are broken.
    pub(crate) async fn violations(&self) -> Vec<String> {
        self.run(&self.axe).await;
        let script = "const done = arguments[arguments.length - 1]; \
                      axe.run(document).then(found => done({ passed: found.passes.length, \
                      violations: found.violations.map(one => one.id + ': ' + \
                      one.nodes.map(node => node.target.join(' ') + ' ' + node.failureSummary).join('; ')) }))";
        let found = self.post("execute/async", &json!({ "script": script, "args": [] })).await;
        assert!(found["passed"].as_u64().unwrap() > 10, "axe-core has looked: {found}");
        serde_json::from_value(found["violations"].clone()).unwrap()
    }

    /// Keeps the page as a picture where `VESTNIK_TEST_PICTURES` names a folder, for somebody to look at.
    pub(crate) async fn picture(&self, name: &str) {
        let Ok(folder) = std::env::var("VESTNIK_TEST_PICTURES") else { return };
        let whole = json!({ "format": "png", "captureBeyondViewport": true });
        let taken = self.devtools("Page.captureScreenshot", whole).await;
        let png = data_encoding::BASE64.decode(taken["data"].as_str().unwrap().as_bytes()).unwrap();
        fs::create_dir_all(&folder).unwrap();
        fs::write(PathBuf::from(folder).join(format!("{name}.png")), png).unwrap();
    }

    /// Closes the browser in good order.
    pub(crate) async fn close(self) {
        let closed = self.http.delete(self.session.as_str().trim_end_matches('/')).send().await.unwrap();
        assert!(closed.status().is_success());
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Nothing of a profile, nothing but the page: Chromium asks nobody for anything of its own.
fn capabilities(folder: &std::path::Path) -> Value {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        &profile,
    ];
    let chrome = json!({ "args": arguments });
    json!({ "capabilities": { "alwaysMatch": { "browserName": "chrome", "goog:chromeOptions": chrome } } })
}
