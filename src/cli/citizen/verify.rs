//! `vestnik citizen verify`.

use clap::Args;
use vestnik_contract::{Address, ChannelId};

use crate::cli::arguments::{By, line, name};
use crate::cli::consent::{UNKNOWN, citizen};
use crate::cli::office::{Office, moment};
use crate::cli::{Common, Exit, Mistake, NotThere};
use crate::domain::CitizenId;
use crate::ledger::{NoCode, Testimony};
use crate::web::citizens::person::not_answered;

/// What `citizen verify` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// The citizen, as the sources name them
    #[arg(value_name = "CITIZEN", value_parser = citizen)]
    citizen: CitizenId,
    /// The channel of the address
    #[arg(long, value_parser = name::<ChannelId>("sms"))]
    channel: ChannelId,
    /// The address as the API shows it; where the citizen has one alone, or one that was disputed, it
    /// need not be named
    #[arg(long)]
    address: Option<String>,
    /// How the citizen has shown who they are
    #[arg(long, value_name = "TEXT", value_parser = line)]
    reference: String,
    #[command(flatten)]
    by: By,
}

pub(super) async fn run(common: &Common, args: &VerifyArgs) -> anyhow::Result<Exit> {
    if let Some(why) = not_answered(&args.channel) {
        return Err(Mistake(format!("--channel: {why}")).into());
    }
    let office = Office::open(common).await?;
    let address = args.address.as_deref().map(Address::new);
    let by = Testimony { evidence: args.reference.clone(), actor: Some(args.by.person.clone()) };
    let code = office.ledger.hand_out_code(&args.citizen, &args.channel, address.as_ref(), &by).await?;
    let code = code.map_err(refused)?;
    println!("{}", code.code);
    eprintln!("Good until {}, if it is sent back from that address.", moment(code.expires_at));
    Ok(Exit::Well)
}

fn refused(why: NoCode) -> anyhow::Error {
    match why {
        NoCode::NoSuchCitizen => NotThere(UNKNOWN.to_owned()).into(),
        NoCode::NoSuchAddress => NotThere(why.to_string()).into(),
        NoCode::Several => Mistake(format!("--address: {why}")).into(),
    }
}
