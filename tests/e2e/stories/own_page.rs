//! *One's own page*: reached from a mail and from the portal, read by eye, by ear and by keyboard.

use reqwest::StatusCode;
use serde_json::{Value, json};
use url::Url;

use super::AT_MOST;
use crate::broker::Source;
use crate::browser::{Browser, ENTER, SPACE, TAB};
use crate::people::{FIRST_MARK, Person, grant};
use crate::tier::until;
use crate::world::{Kept, World};

const LANGUAGES: [&str; 3] = ["ru", "uk", "en"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_page() {
    let olena = Person::on(1, &["email", "sms"]);
    let mut world = World::new(Kept::Sqlite, std::slice::from_ref(&olena)).await;
    let identity = world.setting.folder.join("config/identity.toml");
    let text = std::fs::read_to_string(&identity).unwrap();
    assert!(text.contains("links = []"));
    std::fs::write(&identity, text.replace("links = []", "links = [\"127.0.0.1\"]")).unwrap();
    world.start().await;
    let source = Source::connect(&world.host).await;
    source.publish_all(&[grant("n-1", &olena, FIRST_MARK)]).await;
    let mail = || world.sandboxes.mail.newest(olena.address("email"));
    until("the mail has come", AT_MOST, async || mail().is_some()).await;

    // The mail leads to her page, which says that this mail is why she came.
    let link = page_of(&mail().unwrap().text);
    let page = world.http.get(link.clone()).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.unwrap();
    assert!(page.contains("You came here from this message"), "{page}");
    assert!(page.contains("you agreed on") && page.contains("Family support fund"), "{page}");
    assert!(!page.contains(olena.address("email")) && !page.contains(&olena.id));
    let part: Value = copy_of(&world, &link).await;
    assert!(part["citizen"]["addresses"][0]["address"].is_null() && part["citizen"]["id"].is_null());

    // The portal's link leads there too, for an hour, and the copy is whole.
    let portal = Url::parse(&portal_link(&world, &olena).await).unwrap();
    let whole = copy_of(&world, &portal).await;
    assert_eq!(whole["citizen"]["id"], olena.id);
    assert_eq!(whole["citizen"]["addresses"][0]["address"], olena.address("email"));

    let browser = Browser::start().await;
    every_state_is_accessible(&browser, &portal).await;
    by_keyboard_alone(&browser, &portal).await;
    browser.close().await;

    // What she did by keyboard is on record, and seen by everybody.
    let records = consents(&world, &olena).await;
    let last = records["consents"].as_array().unwrap().last().unwrap();
    assert_eq!(
        ["channel", "action", "origin"].map(|name| last[name].clone()),
        ["sms", "withdrawn", "portal"]
    );
    assert_eq!(records["whole"], json!(true));
    world.stop().await;
}

/// In each language: as it comes, saved, with a mistake, stopped, taken back, over; on a phone and on a
/// screen, by day and by night.
async fn every_state_is_accessible(browser: &Browser, page: &Url) {
    for (number, language) in LANGUAGES.into_iter().enumerate() {
        let dark = number == 1;
        browser.on_screen(320, dark).await;
        let start = with(page, &format!("lang={language}"));
        browser.open(&start).await;
        assert_eq!(browser.run("return document.documentElement.lang").await, language);
        fits(browser, &format!("{language}-start"), 320).await;
        sound(browser, &format!("{language}-start")).await;

        submit(browser, "language", "").await;
        said(browser, "status").await;
        sound(browser, &format!("{language}-saved")).await;

        browser.open(&start).await;
        let typed = "document.getElementById('when-own').checked = true; \
                     document.getElementById('workday-from').value = '10:00';";
        submit(browser, "hours", typed).await;
        said(browser, "alert").await;
        let kept = "return document.getElementById('workday-from').value + \
                    document.getElementById('workday-until').getAttribute('aria-invalid')";
        assert_eq!(browser.run(kept).await, "10:00true", "what was typed is kept");
        fits(browser, &format!("{language}-wrong"), 320).await;
        sound(browser, &format!("{language}-wrong")).await;

        browser.on_screen(1280, dark).await;
        browser.open(&start).await;
        sound(browser, &format!("{language}-wide")).await;
        submit(browser, "stop", "").await;
        said(browser, "status").await;
        sound(browser, &format!("{language}-stopped")).await;
        submit(browser, "stop", "").await;
        said(browser, "status").await;
        sound(browser, &format!("{language}-resumed")).await;
    }
    browser.on_screen(320, false).await;
    browser.open(&page.join("guess").unwrap()).await;
    let languages = "return [...document.querySelectorAll('main [lang]')].map(one => one.lang).sort().join()";
    assert_eq!(browser.run(languages).await, "en,ru,uk");
    sound(browser, "over").await;
}

/// From the top of the page by Tab, Space and Enter: everything is reached in its order and seen when it is.
async fn by_keyboard_alone(browser: &Browser, page: &Url) {
    browser.on_screen(640, false).await;
    browser.open(&with(page, "lang=en")).await;
    let reachable = "return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, \
                     summary')].filter(one => one.type !== 'radio' || one.checked)\
                     .filter(one => one.checkVisibility()).map(NAME)";
    let name = "(one => (one.id || one.name || '') + '|' + one.textContent.trim().slice(0, 40))";
    let expected: Vec<String> =
        serde_json::from_value(browser.run(&reachable.replace("NAME", name)).await).unwrap();
    assert!(expected.len() > 20, "{expected:?}");
    let focused = format!(
        "const one = document.activeElement; const style = getComputedStyle(one); \
         return [{name}(one), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]"
    );
    let mut walked: Vec<String> = Vec::new();
    for _ in 0..expected.len() * 4 {
        browser.press(TAB).await;
        let (at, seen): (String, bool) = serde_json::from_value(browser.run(&focused).await).unwrap();
        // A field of hours has three parts; after the last thing the browser begins at the top.
        if walked.last() == Some(&at) {
            continue;
        }
        if walked.len() == expected.len() {
            break;
        }
        assert!(seen, "the focus can be seen on {at}");
        walked.push(at);
    }
    assert_eq!(walked, expected);

    // She leaves SMS out: the way past the top, to the switch, and to the button.
    browser.open(&with(page, "lang=en")).await;
    browser.press(TAB).await;
    browser.press(ENTER).await;
    tab_to(browser, "on-sms").await;
    browser.press(SPACE).await;
    assert_eq!(browser.run("return document.activeElement.checked").await, false);
    tab_to(browser, "Save where to write").await;
    browser.press(ENTER).await;
    said(browser, "status").await;
    assert_eq!(browser.run("return document.getElementById('on-sms').checked").await, false);
    assert_eq!(browser.run("return location.hash").await, "#news", "what was done is read first");
    assert_eq!(
        browser.run("return document.title.startsWith('Done. We have noted where to write to you')").await,
        true
    );
}

/// Presses Tab until this is reached.
async fn tab_to(browser: &Browser, what: &str) {
    for _ in 0..80 {
        browser.press(TAB).await;
        let at = "return [document.activeElement.id, document.activeElement.textContent]";
        if browser.run(at).await.as_array().unwrap().iter().any(|one| one == what) {
            return;
        }
    }
    panic!("{what} is reached by Tab");
}

/// Sends the form of a part once this was done to it, and waits for what comes of it.
async fn submit(browser: &Browser, part: &str, first: &str) {
    let press =
        format!("{first} window.before = true; document.querySelector('#{part} form button').click()");
    browser.run(&press).await;
}

/// Waits until the page says what was done or what is wrong.
async fn said(browser: &Browser, role: &str) {
    let there = format!(
        "return !window.before && document.readyState === 'complete' && \
         !!document.querySelector('#news[role={role}]')"
    );
    until("the page says what came of it", AT_MOST, async || browser.run(&there).await == true).await;
}

async fn sound(browser: &Browser, state: &str) {
    browser.picture(state).await;
    assert_eq!(browser.violations().await, [""; 0], "{state}");
    let size = "return Math.min(...[...document.querySelectorAll('body *')]\
                .filter(one => one.checkVisibility() && one.textContent.trim())\
                .map(one => parseFloat(getComputedStyle(one).fontSize)))";
    assert!(browser.run(size).await.as_f64().unwrap() >= 18.0, "{state}: large type");
}

/// Nothing is cut off or has to be moved sideways.
async fn fits(browser: &Browser, state: &str, width: u64) {
    let needed = browser.run("return document.documentElement.scrollWidth").await;
    assert!(needed.as_u64().unwrap() <= width, "{state} needs {needed} of {width}");
}

fn with(page: &Url, query: &str) -> Url {
    let mut url = page.clone();
    url.set_query(Some(query));
    url
}

/// The address of the page in a mail.
fn page_of(text: &str) -> Url {
    let mut words = text.split_whitespace();
    words.find(|word| word.starts_with("http") && word.contains("/p/")).unwrap().parse().unwrap()
}

async fn copy_of(world: &World, page: &Url) -> Value {
    let url: Url = format!("{page}/copy").parse().unwrap();
    let answer = world.http.get(url).send().await.unwrap();
    assert!(answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    answer.json().await.unwrap()
}

fn registry(world: &World) -> String {
    let create = ["token", "create", "--label", "the portal", "--scope", "registry"];
    world.setting.run(&create).trim().to_owned()
}

async fn portal_link(world: &World, person: &Person) -> String {
    let url = world.public.join(&format!("v1/citizens/{}/page-link", person.id)).unwrap();
    let answer = world.http.post(url).bearer_auth(registry(world)).send().await.unwrap();
    let link: Value = answer.error_for_status().unwrap().json().await.unwrap();
    link["url"].as_str().unwrap().to_owned()
}

async fn consents(world: &World, person: &Person) -> Value {
    let url = world.public.join(&format!("v1/citizens/{}/consents", person.id)).unwrap();
    let answer = world.http.get(url).bearer_auth(registry(world)).send().await.unwrap();
    answer.error_for_status().unwrap().json().await.unwrap()
}
