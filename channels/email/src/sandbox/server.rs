//! The relay's door: speaks SMTP (RFC 5321) with whoever comes.

use std::io;
use std::sync::Arc;

use data_encoding::BASE64;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use vestnik_contract::sandbox::Fault;

use super::mailbox::Mail;
use super::{EmailSandbox, PASSWORD, USERNAME, returns};

/// Visitors at once; more wait at the door.
const MAX_VISITORS: usize = 500;
/// The longest line, in bytes; RFC 5321, section 4.5.3.1.6 has 1,000.
const MAX_LINE: u64 = 4096;
/// The largest mail, in bytes.
const MAX_MAIL: usize = 1024 * 1024;

pub(super) async fn run(listener: TcpListener, sandbox: Arc<EmailSandbox>, tls: bool) {
    let mut visitors = JoinSet::new();
    loop {
        tokio::select! {
            arrived = listener.accept(), if visitors.len() < MAX_VISITORS => {
                let Ok((tcp, _)) = arrived else { continue };
                let sandbox = sandbox.clone();
                visitors.spawn(async move {
                    // A visitor who leaves without a word is no matter.
                    let _ = receive(tcp, &sandbox, tls).await;
                });
            }
            Some(_) = visitors.join_next() => {}
        }
    }
}

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

async fn receive(tcp: TcpStream, sandbox: &EmailSandbox, tls: bool) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let mut wire: Box<dyn Wire> = Box::new(tcp);
    if tls {
        wire = Box::new(sandbox.acceptor.accept(wire).await?);
    }
    let mut visit = Visit::new(wire, sandbox, tls);
    visit.say("220 sandbox ESMTP").await?;
    while let Some(wire) = visit.talk().await? {
        let encrypted = sandbox.acceptor.accept(wire).await?;
        visit = Visit::new(Box::new(encrypted), sandbox, true);
    }
    Ok(())
}

/// What follows a command.
enum Next {
    Say(&'static str),
    Content,
    Login,
    StartTls,
    Leave,
}

/// One conversation over one connection, until it ends or turns to TLS.
struct Visit<'a> {
    wire: BufReader<Box<dyn Wire>>,
    sandbox: &'a EmailSandbox,
    encrypted: bool,
    known: bool,
    from: Option<String>,
    to: Option<(String, Option<Fault>)>,
    answers: Vec<u8>,
}

impl<'a> Visit<'a> {
    fn new(wire: Box<dyn Wire>, sandbox: &'a EmailSandbox, encrypted: bool) -> Self {
        let wire = BufReader::new(wire);
        Self { wire, sandbox, encrypted, known: false, from: None, to: None, answers: Vec::new() }
    }

    /// Talks until the visitor leaves, or gives the connection back for TLS.
    async fn talk(mut self) -> io::Result<Option<Box<dyn Wire>>> {
        loop {
            let Some(line) = self.line().await? else { return Ok(None) };
            match self.obey(&String::from_utf8_lossy(&line)) {
                Next::Say(answer) => self.say(answer).await?,
                Next::Content => {
                    self.say("354 go on").await?;
                    if !self.content().await? {
                        return Ok(None);
                    }
                }
                Next::Login => self.login().await?,
                Next::StartTls => {
                    self.say("220 2.0.0 go on").await?;
                    // What was sent ahead of TLS is not believed.
                    return Ok(self.wire.buffer().is_empty().then(|| self.wire.into_inner()));
                }
                Next::Leave => {
                    self.say("221 2.0.0 goodbye").await?;
                    return Ok(None);
                }
            }
        }
    }

    /// The next line without its end; `None` where the visitor left or speaks without end.
    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        (&mut self.wire).take(MAX_LINE).read_until(b'\n', &mut line).await?;
        if line.pop() != Some(b'\n') {
            return Ok(None);
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(Some(line))
    }

    /// Answers; answers to commands that came together go together (RFC 2920).
    async fn say(&mut self, answer: &str) -> io::Result<()> {
        self.answers.extend_from_slice(answer.as_bytes());
        self.answers.extend_from_slice(b"\r\n");
        if self.wire.buffer().contains(&b'\n') {
            return Ok(());
        }
        let answers = std::mem::take(&mut self.answers);
        self.wire.get_mut().write_all(&answers).await?;
        self.wire.get_mut().flush().await
    }

    fn obey(&mut self, line: &str) -> Next {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" => Next::Say(self.hello()),
            "STARTTLS" if !self.encrypted => Next::StartTls,
            "AUTH" => self.auth(rest),
            "MAIL" => Next::Say(self.mail(rest)),
            "RCPT" => Next::Say(self.recipient(rest)),
            "DATA" if self.to.is_some() => Next::Content,
            "DATA" | "STARTTLS" => Next::Say("503 5.5.1 bad sequence"),
            "RSET" => {
                self.forget();
                Next::Say("250 2.0.0 forgotten")
            }
            "NOOP" => Next::Say("250 2.0.0 nothing done"),
            "QUIT" => Next::Leave,
            _ => Next::Say("500 5.5.2 unknown command"),
        }
    }

    fn hello(&mut self) -> &'static str {
        self.forget();
        if self.encrypted {
            "250-sandbox\r\n250-PIPELINING\r\n250-SIZE 1048576\r\n250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN LOGIN"
        } else {
            "250-sandbox\r\n250-PIPELINING\r\n250-SIZE 1048576\r\n250-ENHANCEDSTATUSCODES\r\n\
             250-STARTTLS\r\n250 AUTH PLAIN LOGIN"
        }
    }

    fn forget(&mut self) {
        self.from = None;
        self.to = None;
    }

    fn auth(&mut self, rest: &str) -> Next {
        let (mechanism, token) = rest.split_once(' ').unwrap_or((rest, ""));
        match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let expected = format!("\0{USERNAME}\0{PASSWORD}");
                Next::Say(self.admit(BASE64.decode(token.as_bytes()) == Ok(expected.into_bytes())))
            }
            "LOGIN" => Next::Login,
            _ => Next::Say("504 5.5.4 unknown mechanism"),
        }
    }

    async fn login(&mut self) -> io::Result<()> {
        let mut right = true;
        for (question, expected) in [("334 VXNlcm5hbWU6", USERNAME), ("334 UGFzc3dvcmQ6", PASSWORD)] {
            self.say(question).await?;
            let Some(answer) = self.line().await? else { return Ok(()) };
            right &= BASE64.decode(&answer).is_ok_and(|answer| answer == expected.as_bytes());
        }
        let answer = self.admit(right);
        self.say(answer).await
    }

    fn admit(&mut self, right: bool) -> &'static str {
        self.known = right;
        if right { "235 2.7.0 welcome" } else { "535 5.7.8 unknown user or wrong password" }
    }

    fn mail(&mut self, rest: &str) -> &'static str {
        if !self.known {
            return "530 5.7.0 log in first";
        }
        let size = rest.split(' ').find_map(|word| word.strip_prefix("SIZE=")?.parse::<usize>().ok());
        if size.is_some_and(|size| size > MAX_MAIL) {
            return "552 5.3.4 too large";
        }
        self.forget();
        self.from = path(rest, "FROM:");
        if self.from.is_some() { "250 2.1.0 sender taken" } else { "501 5.5.4 no sender" }
    }

    fn recipient(&mut self, rest: &str) -> &'static str {
        if self.from.is_none() || self.to.is_some() {
            return if self.to.is_some() { "452 4.5.3 one at a time" } else { "503 5.5.1 bad sequence" };
        }
        let Some(to) = path(rest, "TO:") else { return "501 5.5.4 no recipient" };
        let fault = self.sandbox.faults.take(&to);
        if let Some(refusal) = fault.and_then(refusal) {
            return refusal;
        }
        if self.sandbox.is_blocked(&to) {
            return "550 5.2.1 this mailbox takes nothing from you";
        }
        self.to = Some((to, fault));
        "250 2.1.5 recipient taken"
    }

    /// Takes the content up to its lone dot; `false` where the connection is to end.
    async fn content(&mut self) -> io::Result<bool> {
        let mut content = Vec::new();
        let mut fits = true;
        loop {
            let Some(line) = self.line().await? else { return Ok(false) };
            if line == b"." {
                break;
            }
            fits &= content.len() + line.len() < MAX_MAIL;
            if fits {
                content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
                content.extend_from_slice(b"\r\n");
            }
        }
        let (Some(from), Some((to, fault))) = (self.from.take(), self.to.take()) else { return Ok(false) };
        if !fits {
            self.say("552 5.3.4 too large").await?;
            return Ok(true);
        }
        self.take(Mail::read(from, to, &content), fault).await
    }

    async fn take(&mut self, mail: Option<Mail>, fault: Option<Fault>) -> io::Result<bool> {
        let mail = match (mail, fault) {
            (_, Some(Fault::Hang)) => std::future::pending().await,
            (_, Some(Fault::Rejected)) => {
                self.say("554 5.6.0 content refused").await?;
                return Ok(true);
            }
            (None, _) => {
                self.say("554 5.6.0 this is no mail").await?;
                return Ok(true);
            }
            (Some(mail), _) => mail,
        };
        let bounce = (fault == Some(Fault::FailedReceipt)).then(|| returns::bounce(&mail));
        self.sandbox.deliver(mail);
        if fault == Some(Fault::AcceptThenCut) {
            return Ok(false);
        }
        self.say("250 2.0.0 taken").await?;
        if let Some(bounce) = bounce {
            self.sandbox.returns.hand_over(bounce).await;
        }
        Ok(true)
    }
}

/// The refusal of a recipient; `None` for a fault that shows later or never.
fn refusal(fault: Fault) -> Option<&'static str> {
    match fault {
        Fault::Throttle(_) => Some("450 4.2.1 too many mails in too short a time"),
        Fault::Blocked => Some("550 5.1.1 no such mailbox"),
        Fault::SoftUnreachable => Some("452 4.2.2 mailbox full"),
        Fault::ServerError => Some("451 4.3.0 try again later"),
        Fault::WrongToken => Some("530 5.7.0 log in first"),
        Fault::Rejected
        | Fault::Hang
        | Fault::AcceptThenCut
        | Fault::LateReceipt(_)
        | Fault::DuplicateReceipt
        | Fault::EarlyReceipt
        | Fault::NoReceipt
        | Fault::FailedReceipt => None,
    }
}

/// The path between its brackets: `FROM:<a@b> SIZE=1` has `a@b`.
fn path(text: &str, keyword: &str) -> Option<String> {
    let (head, rest) = text.split_at_checked(keyword.len())?;
    let (path, _) = rest.trim_start().strip_prefix('<')?.split_once('>')?;
    head.eq_ignore_ascii_case(keyword).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stands_between_brackets() {
        assert_eq!(path("FROM:<a@b> SIZE=1", "FROM:").as_deref(), Some("a@b"));
        assert_eq!(path("to: <a@b>", "TO:").as_deref(), Some("a@b"));
        assert_eq!(path("FROM:<>", "FROM:").as_deref(), Some(""));
        for bad in ["", "FROM", "FROM:a@b", "FROM:<a@b", "TO:<a@b>", "ЖЖЖ<a@b>"] {
            assert_eq!(path(bad, "FROM:"), None, "{bad}");
        }
    }
}
