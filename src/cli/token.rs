//! `vestnik token`: who may use the HTTP API, and for what.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use jiff::{Span, Timestamp};
use uuid::Uuid;

use super::arguments::{id, name};
use super::office::{Office, after, print_json, span};
use super::table::Table;
use super::{Common, Exit, Mistake, NotThere};
use crate::domain::{SourceId, wording};
use crate::ledger::{NewToken, Scope, TokenView};

/// What `token` takes.
#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Create a token; it is shown once.
    #[command(after_help = "Examples:
  vestnik token create --label Bus2 --scope publish,status --source family_fund
  vestnik token create --label \"Portal\" --scope inbox --expires 90d
  TOKEN=$(vestnik token create --label \"Nightly import\" --scope registry)

The token alone goes to standard output, what is said about it to standard error. The ledger keeps a \
hash of it and can never show it again.")]
    Create(CreateArgs),
    /// Make a token void, from now on and for ever.
    #[command(after_help = "Example:
  vestnik token revoke 01a2011f-f6d7-743a-acdb-dfff3e624def

Ends with 3 if there is no such token.")]
    Revoke {
        /// The token's id, as `vestnik token list` shows it
        #[arg(value_parser = id)]
        id: Uuid,
    },
    /// List the tokens, the oldest first.
    #[command(after_help = "Examples:
  vestnik token list
  vestnik token list --json | jq -r '.[] | select(.revoked_at == null) | .label'")]
    List {
        /// Print JSON, for scripts
        #[arg(long)]
        json: bool,
    },
}

/// What `token create` takes.
#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// What it is for and who has it, for whoever reads the list a year later
    #[arg(long, value_name = "TEXT", value_parser = label)]
    label: String,
    /// What it allows, separated by commas: publish, status, registry, inbox, operate
    #[arg(long, value_name = "SCOPE", required = true, value_delimiter = ',')]
    scope: Vec<Scope>,
    /// The source that it speaks for; needed for publish and status, and of no meaning for other scopes
    #[arg(long, value_parser = name::<SourceId>("family_fund"))]
    source: Option<SourceId>,
    /// For how long it is good, such as 90d; without it, until it is revoked
    #[arg(long, value_name = "SPAN", value_parser = span)]
    expires: Option<Span>,
}

fn label(text: &str) -> Result<String, String> {
    let right = wording::is_line(text, 120);
    right.then(|| text.to_owned()).ok_or_else(|| format!("expected {}", wording::line_of(120)))
}

pub(super) async fn run(common: &Common, command: &TokenCommand) -> anyhow::Result<Exit> {
    match command {
        TokenCommand::Create(args) => create(common, args).await,
        TokenCommand::Revoke { id } => revoke(common, *id).await,
        TokenCommand::List { json } => list(common, *json).await,
    }
}

async fn create(common: &Common, args: &CreateArgs) -> anyhow::Result<Exit> {
    let beyond = beyond_source(args)?;
    let office = Office::open_or_make(common).await?;
    if let Some(source) = &args.source {
        office.source(source)?;
    }
    let now = office.clock.now();
    let new = NewToken {
        label: args.label.clone(),
        scopes: args.scope.iter().copied().collect::<BTreeSet<_>>(),
        source: args.source.clone(),
        expires_at: args.expires.map(|span| after(now, span)).transpose()?,
    };
    let issued = office.ledger.create_token(&new).await?.map_err(|wrong| Mistake(wrong.to_string()))?;
    eprintln!("Token {} was created. Keep what follows: it is not shown again.", issued.id);
    if let (Some(scopes), Some(source)) = (beyond, &args.source) {
        eprintln!("Its source {source} is no limit to {scopes}.");
    }
    println!("{}", issued.token);
    Ok(Exit::Well)
}

/// The scopes to which the source is no limit, in words. A source that limits nothing at all is a
/// mistake: whoever names it believes that it does.
fn beyond_source(args: &CreateArgs) -> Result<Option<String>, Mistake> {
    let of_a_source = |scope: &&Scope| matches!(scope, Scope::Publish | Scope::Status);
    let (within, beyond): (Vec<&Scope>, Vec<&Scope>) = args.scope.iter().partition(of_a_source);
    if args.source.is_none() || beyond.is_empty() {
        return Ok(None);
    }
    let beyond = beyond.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
    if within.is_empty() {
        let message = format!(
            "--source limits the scopes publish and status alone and would be no limit to {beyond}: leave it out"
        );
        return Err(Mistake(message));
    }
    Ok(Some(beyond))
}

async fn revoke(common: &Common, id: Uuid) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    if office.ledger.revoke_token(id).await? {
        println!("Token {id} is void. Gateways forget it within some seconds.");
        return Ok(Exit::Well);
    }
    if office.ledger.tokens().await?.iter().any(|token| token.id == id) {
        println!("Token {id} was void already.");
        return Ok(Exit::Well);
    }
    let nothing = format!("there is no token {id}; `vestnik token list` shows those that there are");
    Err(NotThere(nothing).into())
}

async fn list(common: &Common, json: bool) -> anyhow::Result<Exit> {
    let office = Office::open(common).await?;
    let tokens = office.ledger.tokens().await?;
    if json {
        print_json(&tokens)?;
    } else if tokens.is_empty() {
        println!("There are no tokens.");
    } else {
        print!("{}", table(&tokens, office.clock.now()));
    }
    Ok(Exit::Well)
}

fn table(tokens: &[TokenView], now: Timestamp) -> Table {
    let mut table = Table::new(["id", "state", "source", "scopes and label"]);
    for token in tokens {
        let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
        let source = token.source.as_ref().map_or("-", SourceId::as_str);
        let what = format!("{}: {}", scopes.join(","), token.label);
        table.row([token.id.to_string(), state(token, now), source.to_owned(), what]);
    }
    table
}

fn state(token: &TokenView, now: Timestamp) -> String {
    match (token.revoked_at, token.expires_at) {
        (Some(_), _) => "revoked".to_owned(),
        (None, Some(until)) if until <= now => "expired".to_owned(),
        (None, Some(until)) => format!("until {}", until.strftime("%Y-%m-%d")),
        (None, None) => "good".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_listed_with_what_it_is_good_for() {
        let now: Timestamp = "2026-06-17T09:00:00Z".parse().unwrap();
        let hour = jiff::SignedDuration::from_hours(1);
        let token = TokenView {
            id: Uuid::nil(),
            label: "Portal".to_owned(),
            scopes: [Scope::Inbox, Scope::Registry].into(),
            source: None,
            created_at: now,
            expires_at: None,
            revoked_at: None,
        };
        let table = [
            (None, None, "good"),
            (Some(now + hour), None, "until 2026-06-17"),
            (Some(now), None, "expired"),
            (Some(now + hour), Some(now), "revoked"),
        ];
        for (expires_at, revoked_at, expected) in table {
            assert_eq!(state(&TokenView { expires_at, revoked_at, ..token.clone() }, now), expected);
        }
        let text = super::table(&[token], now).to_string();
        assert!(text.ends_with("good   -       registry,inbox: Portal\n"), "{text}");
    }
}
