//! A citizen's own page: what it shows, what it changes, and what it answers to whatever is sent there.

use serde_json::{Value, json};
use vestnik_contract::ChannelId;

use super::site::{Answer, FORM, Site};
use crate::domain::{ConsentAction, TopicId};
use crate::ledger::fixture::{address, citizen_id, new_address, nothing, route};
use crate::ledger::registry::{NewPreference, Registration};
use crate::ledger::{Heard, Meaning, SetBy, SetOrigin, Testimony};

/// The address of Anna's page for the portal.
async fn page(site: &Site) -> String {
    let made = site.ask("POST", "/v1/citizens/snils:anna/page-link", Some("registry"), "").await;
    assert_eq!(made.status, 201, "{}", made.text);
    let url = made.json()["url"].as_str().unwrap().to_owned();
    url.strip_prefix("https://vestnik.example").unwrap().to_owned()
}

/// The address of the page in the mail that is due.
async fn by_mail(site: &Site) -> String {
    let mail = site.world.send("email").await.remove(0).message.text;
    let (_, rest) = mail.split_once("https://vestnik.example").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

/// Posts a form from the page as it stands now.
async fn post(site: &Site, page: &str, form: &str) -> Answer {
    let shown = site.ask("GET", page, None, "").await.text;
    let (_, rest) = shown.split_once("name=\"seen\" value=\"").unwrap();
    let seen = rest.split('"').next().unwrap();
    let path = format!("{page}?lang=en");
    site.ask_as("POST", &path, None, FORM, format!("{form}&seen={seen}")).await
}

/// Posts a form and follows to what it leads back to.
async fn save(site: &Site, page: &str, form: &str) -> String {
    let saved = post(site, page, form).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let to = saved.headers["location"].to_str().unwrap();
    let (query, place) = to.split_once('#').unwrap();
    assert!(to.starts_with("?done=") && place == "news", "{to}");
    let shown = site.ask("GET", &format!("{page}{query}"), None, "").await;
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains("role=\"status\""), "{}", shown.text);
    shown.text
}

#[tokio::test]
async fn the_page_shows_how_it_stands_in_three_languages() {
    let site = Site::new().await;
    site.world.citizen("anna", &["sms", "email"]).await;
    site.world.publish("1", "anna").await;
    site.world.send("sms").await;
    let page = page(&site).await;
    for (query, language, words) in [
        (
            "",
            "uk",
            ["Як ми вам пишемо", "у будні\u{a0}— з 09:00 до 20:00", "ви погодилися 17 червня 2026 року"],
        ),
        (
            "?lang=ru",
            "ru",
            ["Как мы вам пишем", "по будням\u{a0}— с 09:00 до 20:00", "вы согласились 17 июня"],
        ),
        (
            "?lang=en",
            "en",
            ["How we write to you", "at weekends\u{a0}— from 10:00", "you agreed on 17 June 2026"],
        ),
        ("?lang=xx&done=nonsense", "uk", ["Де писати", "Про що писати", "Коли писати"]),
    ] {
        let shown = site.ask("GET", &format!("{page}{query}"), None, "").await;
        assert_eq!(shown.status, 200);
        assert!(shown.text.contains(&format!("<html lang=\"{language}\">")), "{query}");
        for words in words {
            assert!(shown.text.contains(words), "{words}: {}", shown.text);
        }
        assert!(!shown.text.contains("role=\"status\"") && !shown.text.contains("snils"), "{query}");
        for absent in ["sms-anna", "email-anna", "<script", "onclick", "style=\""] {
            assert!(!shown.text.contains(absent), "{absent}");
        }
    }
    let shown = site.ask("GET", &page, None, "").await;
    let header = |name: &str| shown.headers[name].to_str().unwrap().to_owned();
    assert_eq!(
        (header("cache-control"), header("referrer-policy")),
        ("no-store".into(), "no-referrer".into())
    );
    assert_eq!((header("x-frame-options"), header("x-robots-tag")), ("DENY".into(), "noindex".into()));
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("script"));
    // What the law obliges to tell is named, and has no switch.
    assert!(shown.text.contains("<li>birth_record</li>") && !shown.text.contains("value=\"birth_record\""));
    assert_eq!(site.consents("anna").await, [ConsentAction::Granted], "looking changes nothing");
}

#[tokio::test]
async fn a_change_is_saved_and_the_page_says_so() {
    let site = Site::new().await;
    site.world.citizen("anna", &["sms", "email"]).await;
    let page = page(&site).await;
    let text = save(&site, &page, "what=channels&place-sms=2&place-email=1&on=email").await;
    assert!(text.contains("Done. We have noted where to write to you."), "{text}");
    let (email, sms) = (text.find("id=\"on-email\"").unwrap(), text.find("id=\"on-sms\"").unwrap());
    assert!(email < sms, "the new order");
    assert!(text.contains("value=\"email\" checked") && text.contains("value=\"sms\">"));

    let text = save(&site, &page, "what=topics&on=family").await;
    assert!(text.contains("value=\"family\" checked") && text.contains("value=\"pension\">"));
    let text = save(&site, &page, "what=hours&when=own&workday-from=10:00&workday-until=12:30").await;
    assert!(
        text.contains("name=\"workday-until\" value=\"12:30\"") && text.contains("value=\"own\" checked")
    );
    let text = save(&site, &page, "what=hours&when=any").await;
    assert!(text.contains("value=\"any\" checked"));
    let text = save(&site, &page, "what=language&locale=ru").await;
    assert!(text.contains("<html lang=\"ru\">"), "what is chosen is what the page speaks");

    let text = save(&site, &page, "what=stop").await;
    assert!(text.contains("Done. We will not write to you any more"));
    assert!(
        text.contains("First choose above where to write") && !text.contains("name=\"on\" value=\"family\"")
    );
    let text = save(&site, &page, "what=resume").await;
    assert!(text.contains("value=\"email\" checked") && text.contains("value=\"sms\">"));

    let view = site.world.ledger.citizen(&citizen_id("anna")).await.unwrap().unwrap();
    let order: Vec<_> = view.preferences[0].channels.iter().flatten().map(ToString::to_string).collect();
    assert_eq!(order[..2], ["email", "sms"]);
    let history = site.ask("GET", "/v1/citizens/snils:anna/preferences/history", Some("registry"), "").await;
    assert_eq!(history.json()["versions"][0]["by"]["origin"], "page");
}

#[tokio::test]
async fn a_mistake_is_told_beside_its_field_and_changes_nothing() {
    let site = Site::new().await;
    site.world.citizen("anna", &["sms", "email"]).await;
    let page = page(&site).await;
    let own = "what=hours&when=own";
    for (form, status, words) in [
        (format!("{own}&workday-from=10:00"), 422, "fill in both the start and the end"),
        (format!("{own}&workday-from=1%3Cb%3E&workday-until=x"), 422, "fill in both"),
        (own.to_owned(), 422, "hours for at least some days"),
        (format!("{own}&workday-from=21:00&workday-until=23:00"), 422, "partly within ours: on working days"),
        ("what=language&locale=de".to_owned(), 422, "choose one of the languages"),
        (
            "what=channels&place-sms=1&place-pigeon=2&on=pigeon".to_owned(),
            409,
            "changed while the page was open",
        ),
        ("what=channels&place-sms=one".to_owned(), 422, "did not understand"),
        ("what=everything".to_owned(), 422, "did not understand"),
        (format!("what=stop{}", "x".repeat(20_000)), 422, "did not understand"),
    ] {
        let answer = post(&site, &page, &form).await;
        assert_eq!(answer.status, status, "{form}");
        assert!(
            answer.text.contains("role=\"alert\"") && answer.text.contains(words),
            "{form}: {}",
            answer.text
        );
        assert!(answer.text.contains("<title>Not saved — "), "{form}");
        assert!(!answer.text.contains("<b>") && !answer.text.contains("pigeon"), "{form}");
    }
    let half =
        post(&site, &page, &format!("{own}&weekend-from=11:00&workday-from=09:00&workday-until=10:00")).await;
    let field =
        "name=\"weekend-from\" value=\"11:00\" aria-invalid=\"true\" aria-describedby=\"hours-error\"";
    assert!(half.text.contains(field) && half.text.contains("id=\"hours-error\""), "{}", half.text);
    assert!(half.text.contains("name=\"workday-from\" value=\"09:00\">"), "what was typed is kept");
    assert_eq!(site.consents("anna").await, [ConsentAction::Granted]);
    let history = site.ask("GET", "/v1/citizens/snils:anna/preferences/history", Some("registry"), "").await;
    assert_eq!(history.json()["versions"], json!([]));
}

#[tokio::test]
async fn what_is_forbidden_or_cannot_be_reached_is_not_offered() {
    let site = Site::under(|setting| {
        setting.jurisdiction.channels.remove("viber");
    })
    .await;
    site.world.citizen("anna", &["sms", "viber"]).await;
    let page = page(&site).await;
    let shown = site.ask("GET", &page, None, "").await.text;
    assert!(shown.contains("id=\"on-sms\"") && !shown.contains("on-viber") && !shown.contains("on-email"));
    assert!(!shown.contains("<select"), "one channel has no order");
    let saved = post(&site, &page, "what=channels&place-sms=1&place-viber=2&on=viber").await;
    assert_eq!(saved.status, 409);
    assert_eq!(site.consents("anna").await, [ConsentAction::Granted]);
}

#[tokio::test]
async fn a_topic_apart_is_shown_and_made_alike() {
    let site = Site::new().await;
    let anna = site.world.citizen("anna", &["sms"]).await;
    let topic: TopicId = "pension".parse().unwrap();
    let preference = crate::domain::Preference {
        topic: Some(topic),
        channels: None,
        hours: None,
        locale: Some(crate::domain::Locale::Uk),
        bundling: None,
    };
    let by = SetBy { origin: SetOrigin::Registry, evidence: "form 1".to_owned(), actor: None };
    let preferences = vec![NewPreference { preference, by }];
    site.world.register(Registration { preferences, ..nothing(anna) }).await;
    let page = page(&site).await;
    assert!(
        site.ask("GET", &format!("{page}?lang=en"), None, "").await.text.contains("For “Pension” you have")
    );
    let text = save(&site, &page, "what=alike&topic=pension").await;
    assert!(!text.contains("For “Pension”"), "{text}");
}

#[tokio::test]
async fn the_copy_is_whole_by_the_portal_and_without_addresses_by_a_mail() {
    let site = Site::new().await;
    site.world.citizen("anna", &["email"]).await;
    site.world.publish("1", "anna").await;
    let by_mail = by_mail(&site).await;
    let shown = site.ask("GET", &format!("{by_mail}?lang=en"), None, "").await.text;
    assert!(shown.contains("You came here from this message"), "{shown}");

    let copy = async |page: &str| -> Value {
        let file = site.ask("GET", &format!("{page}/copy"), None, "").await;
        assert_eq!((file.status, file.headers["content-type"].to_str().unwrap()), (200, "application/json"));
        assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        assert_eq!(file.headers["cache-control"], "no-store");
        file.json()
    };
    let part = copy(&by_mail).await;
    let text = part.to_string();
    assert!(
        !text.contains("email-anna") && !text.contains("snils:anna") && !text.contains("is yours"),
        "{text}"
    );
    assert_eq!(
        (&part["whole"], &part["citizen"]["addresses"][0]["channel"]),
        (&json!(false), &json!("email"))
    );
    assert_eq!(part["messages"][0]["title"], "Title of birth_grant-v1");

    let whole = copy(&page(&site).await).await;
    assert_eq!(whole["citizen"]["id"], "snils:anna");
    assert_eq!(whole["citizen"]["addresses"][0]["address"], "email-anna");
    assert_eq!(whole["citizen"]["consents"]["consents"][0]["evidence"], "form 1");
    assert!(whole["messages"][0]["text"].as_str().unwrap().contains("The birth grant is yours."));
    assert_eq!(whole["preference_versions"], json!([]));
}

#[tokio::test]
async fn the_copy_has_what_the_citizen_brought_and_no_secret() {
    let site = Site::new().await;
    let anna = site.world.citizen("anna", &["sms"]).await;
    let says = async |key: &str, meaning: Meaning, words: &str| {
        let (sender, words) = (address("sms", "anna"), words.to_owned());
        let heard = [Heard { key: key.to_owned(), sender, meaning, words }];
        let sms = ChannelId::new("sms").unwrap();
        site.world.ledger.hear(&sms, &route(), &heard, &site.world.rules).await.unwrap();
        site.world.pass(60).await;
    };
    let hand_out = async || {
        let (sms, evidence) = (ChannelId::new("sms").unwrap(), "passport seen".to_owned());
        let by = Testimony { evidence, actor: Some("Olena Koval".to_owned()) };
        let code = site.world.ledger.hand_out_code(&anna, &sms, None, &by).await.unwrap();
        code.unwrap_or_else(|why| panic!("{why}")).code
    };
    says("1", Meaning::Text, "Thank you! When is it paid?").await;
    let used = hand_out().await;
    says("2", Meaning::OneTimeCode(used.clone()), &format!("code {used}")).await;
    let open = hand_out().await;
    let scam = json!({ "text": "Pay here", "sender": "+380990000000", "citizen": "snils:anna" }).to_string();
    let reported = site.ask("POST", "/v1/scam-reports", Some("inbox"), scam).await;
    assert_eq!(reported.status, 201, "{}", reported.text);

    let page = page(&site).await;
    let whole = site.ask("GET", &format!("{page}/copy"), None, "").await.json();
    let said = |number: usize| (&whole["replies"][number]["meaning"], whole["replies"][number].get("words"));
    assert_eq!(said(0), (&json!("one_time_code"), None), "the newest first");
    assert_eq!(said(1), (&json!("text"), Some(&json!("Thank you! When is it paid?"))));
    let report = &whole["scam_reports"][0];
    assert_eq!((&report["text"], &report["sender"]), (&json!("Pay here"), &json!("+380990000000")));
    let code = &whole["one_time_codes"][0];
    assert_eq!((&code["channel"], &code["address"]), (&json!("sms"), &json!("sms-anna")));
    assert_eq!((&code["used"], &code["issued_at"]), (&json!(false), &json!("2026-06-17T09:02:00Z")));
    assert_eq!((&code["by"]["actor"], &whole["one_time_codes"][1]), (&json!("Olena Koval"), &Value::Null));
    assert_eq!(whole["events"][0]["kind"], "address_verified");
    assert!(whole["events"][0]["by"]["evidence"].as_str().unwrap().ends_with("passport seen"));
    assert_eq!(whole["older_left_out"], json!([]));
    let text = whole.to_string();
    assert!(!text.contains(&used) && !text.contains(&open), "{text}");

    // By a mail it tells when, and nothing of what.
    site.world.says("anna", Some("sms"), ConsentAction::Withdrawn).await;
    let addresses = vec![new_address("email", &address("email", "anna"))];
    site.world.register(Registration { addresses, ..nothing(anna) }).await;
    site.world.publish("1", "anna").await;
    let part = site.ask("GET", &format!("{}/copy", by_mail(&site).await), None, "").await.json();
    assert_eq!(
        (&part["replies"][1]["meaning"], &part["scam_reports"][0]["way"]),
        (&json!("text"), &json!("http"))
    );
    let text = part.to_string();
    for absent in ["Thank you", "Pay here", "+380990000000", "sms-anna"] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
}

#[tokio::test]
async fn a_link_that_is_over_or_forged_is_told_so_in_three_languages() {
    let site = Site::new().await;
    let anna = site.world.citizen("anna", &["sms"]).await;
    let good = page(&site).await;
    let over = |answer: &Answer, status: u16| {
        assert_eq!(answer.status, status, "{}", answer.text);
        for words in
            ["больше не действует", "більше не діє", "no longer works", "0\u{a0}800\u{a0}000\u{a0}000"]
        {
            assert!(answer.text.contains(words), "{words}");
        }
        assert!(answer.text.contains("<html lang=\"en\">") && !answer.text.contains("<form"));
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
    };
    let other = if good.ends_with('A') { 'Q' } else { 'A' };
    let forged = format!("{}{other}", &good[..good.len() - 1]);
    for path in ["/p/guess", "/p/%3Cb%3Eguess", "/p/%FF", &forged, &good[..40]] {
        for method in ["GET", "POST"] {
            let answer = site.ask_as(method, path, None, FORM, "what=stop").await;
            over(&answer, 404);
            assert!(!answer.text.contains("guess"), "{}", answer.text);
        }
        over(&site.ask("GET", &format!("{path}/copy"), None, "").await, 404);
    }
    site.world.pass(3_600).await;
    over(&site.ask("GET", &good, None, "").await, 410);
    over(&site.ask_as("POST", &good, None, FORM, "what=stop").await, 410);
    let fresh = page(&site).await;
    site.world.ledger.erase(&anna, "a clerk", "on request").await.unwrap().unwrap().commit().await.unwrap();
    over(&site.ask("GET", &fresh, None, "").await, 410);
    over(&site.ask_as("POST", &fresh, None, FORM, "what=stop").await, 410);
    let gone = site.ask("POST", "/v1/citizens/snils:anna/page-link", Some("registry"), "").await;
    assert_eq!((gone.status, gone.json()["reason"].as_str()), (404, Some("no_such_citizen")));
}

#[tokio::test]
async fn while_the_ledger_is_away_the_page_asks_to_come_again() {
    let site = Site::new().await;
    site.world.citizen("anna", &["sms"]).await;
    let page = page(&site).await;
    site.lock_ledger().await;
    // Only the wait for the ledger passes in no time.
    tokio::time::pause();
    let away = site.ask_as("POST", &page, None, FORM, "what=stop").await;
    assert_eq!((away.status, away.headers["retry-after"].to_str().unwrap()), (503, "60"), "{}", away.text);
    assert!(away.text.contains("Please try again in a few minutes"), "{}", away.text);
}
