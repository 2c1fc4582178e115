//! What a relay sends back to the return address, and hands over to whoever asked for it.

use std::sync::Mutex;
use std::time::Duration;

use reqwest::Client;
use tokio::time::sleep;
use url::Url;

use super::lock;
use super::mailbox::Mail;

/// How often a mail is handed over before it is given up; the waits between double from [`FIRST_WAIT`].
const TRIES: u32 = 6;
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// Where mail that comes back goes to.
#[derive(Default)]
pub(super) struct Returns {
    http: Client,
    to: Mutex<Option<(Url, String)>>,
}

impl Returns {
    pub(super) fn hand_over_to(&self, url: Url, secret: &str) {
        *lock(&self.to) = Some((url, secret.to_owned()));
    }

    /// Hands a mail over, as the pipe of a relay does: again until it is taken or refused for good. Where
    /// nobody asked for it, it is dropped.
    pub(super) async fn hand_over(&self, mail: String) {
        let Some((url, secret)) = lock(&self.to).clone() else { return };
        let mut wait = FIRST_WAIT;
        for _ in 0..TRIES {
            let post =
                self.http.post(url.clone()).bearer_auth(&secret).header("content-type", "message/rfc822");
            if let Ok(answer) = post.body(mail.clone()).send().await
                && !answer.status().is_server_error()
            {
                return;
            }
            sleep(wait).await;
            wait *= 2;
        }
        tracing::warn!("the sandbox relay gave up mail that came back");
    }
}

/// "There is no such mailbox", as RFC 3464 has it.
pub(super) fn bounce(mail: &Mail) -> String {
    let said = format!(
        "Reporting-MTA: dns; sandbox\r\n\r\nFinal-Recipient: rfc822; {}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such mailbox\r\n",
        mail.to
    );
    report("delivery-status", &said, mail)
}

/// "This is spam", as RFC 5965 has it.
pub(super) fn complaint(mail: &Mail) -> String {
    report("feedback-report", "Feedback-Type: abuse\r\nUser-Agent: sandbox/1\r\nVersion: 1\r\n", mail)
}

fn report(kind: &str, said: &str, mail: &Mail) -> String {
    let quoted: Vec<_> = mail.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let quoted = quoted.concat();
    format!(
        "From: MAILER-DAEMON@sandbox.example\r\nTo: {to}\r\nSubject: Returned mail\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type={kind}; boundary=\"report\"\r\n\r\n\
         --report\r\nContent-Type: text/plain\r\n\r\nAbout a mail of yours.\r\n\
         --report\r\nContent-Type: message/{kind}\r\n\r\n{said}\r\n\
         --report\r\nContent-Type: text/rfc822-headers\r\n\r\n{quoted}\r\n--report--\r\n",
        to = mail.from
    )
}
