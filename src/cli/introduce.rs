//! `vestnik introduce`: tell citizens who will write to them on a channel, before the first message.

use std::time::Duration;

use clap::Args;
use vestnik_contract::ChannelId;

use super::arguments::{line, name, number};
use super::office::{Office, not_in_use};
use super::table::wrap;
use super::{Common, Exit, Mistake, load};
use crate::domain::TemplateName;
use crate::gateway::rules;
use crate::ledger::retry::soon;
use crate::ledger::{Campaign, CampaignPage, Ledger, Rules};

/// Tell citizens who will write to them on a channel, before the first message.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  vestnik introduce --channel viber --dry-run     # how many would it be?
  vestnik introduce --channel viber --limit 1000 --as \"Olena Koval\"
  vestnik introduce --channel sms --region kharkiv

Each citizen who consented to the channel and was never written to there gets one short message: who \
writes, from which number or name, and how to check it. It goes as bulk, within contact hours, and takes a \
place in the contact budget. Who was introduced is not introduced again, so that it can be broken off and \
run again. While much work is open it waits, as all bulk does. Where the guard has paused introductions on the \
channel (`vestnik guard list`) nobody gets one; it tells how many are left out, and ends with 1.")]
pub struct IntroduceArgs {
    /// The channel
    #[arg(long, value_name = "CHANNEL", value_parser = name::<ChannelId>("viber"))]
    channel: ChannelId,
    /// Only citizens of this region, as the registry names it
    #[arg(long, value_name = "REGION", value_parser = line)]
    region: Option<String>,
    /// How many introductions to make at most
    #[arg(long, value_name = "N", value_parser = number::<u64>(1, u64::MAX))]
    limit: Option<u64>,
    /// Only count them
    #[arg(long)]
    dry_run: bool,
    /// Who has it done
    #[arg(long = "as", value_name = "PERSON", env = "USER", hide_env_values = true, default_value = "an operator", value_parser = line)]
    person: String,
}

/// Citizens that are looked at in one transaction.
const PAGE: u32 = 500;

/// How often it is looked whether there is less open work.
const AGAIN: Duration = Duration::from_secs(1);

/// Runs the command.
pub async fn run(common: &Common, args: &IntroduceArgs) -> anyhow::Result<Exit> {
    let office = Office::open_with_channels(common).await?;
    let in_use: Vec<_> = office.loaded.channels.iter().map(|one| one.channel.as_str()).collect();
    if !in_use.contains(&args.channel.as_str()) {
        return Err(not_in_use(&args.channel, in_use).into());
    }
    let loaded = load(common)?;
    let connected = loaded.connect(&office.clock.function())?;
    let channels = connected.into_iter().map(|one| (one.channel, one.adapter.channel)).collect();
    let rules = rules(loaded, channels, office.ledger.keys());
    if rules.policy.channels.get(&args.channel).is_some_and(|rule| !rule.push) {
        let why = "a message there makes no noise, and nobody takes it for a fraudster's";
        return Err(Mistake(format!("{} needs no introduction: {why}", args.channel)).into());
    }
    let counted = introduce(&office, args, &rules).await?;
    if counted.made > 0 && !args.dry_run {
        office.tell_others().await;
    }
    println!("{}", wrap(&told(args, counted), 100).join("\n"));
    if counted.paused > 0 {
        let release = format!("vestnik guard release {} {}", args.channel, TemplateName::Introduction);
        println!("To release them: {release} --by NAME --reason TEXT");
    }
    Ok(Exit::well_if(args.dry_run || counted.paused == 0))
}

async fn introduce(office: &Office, args: &IntroduceArgs, rules: &Rules) -> anyhow::Result<CampaignPage> {
    let IntroduceArgs { channel, region, person, dry_run, .. } = args.clone();
    let campaign = Campaign { channel, region, person, dry_run };
    let (mut all, limit) = (CampaignPage::default(), args.limit.unwrap_or(u64::MAX));
    while all.made < limit {
        if !dry_run {
            until_there_is_room(&office.ledger, office.loaded.gateway.back_pressure.bulk_waits_above).await?;
        }
        let (after, most) = (all.last, limit - all.made);
        let page = soon(|| office.ledger.introduce(&campaign, after, PAGE, most, rules)).await?;
        all.made += page.made;
        all.before += page.before;
        all.not_there += page.not_there;
        all.paused += page.paused;
        if page.last.is_none() {
            break;
        }
        all.last = page.last;
    }
    Ok(all)
}

/// Waits while there is so much open work that bulk is not taken in.
async fn until_there_is_room(ledger: &Ledger, most: u64) -> anyhow::Result<()> {
    let mut told = false;
    while ledger.open_work(most.saturating_add(1)).await? > most {
        if !told {
            eprintln!("More than {most} messages are open: it goes on once there are fewer.");
            told = true;
        }
        tokio::time::sleep(AGAIN).await;
    }
    Ok(())
}

fn told(args: &IntroduceArgs, counted: CampaignPage) -> String {
    let CampaignPage { made, before, not_there, paused, .. } = counted;
    let made = match (made, args.dry_run) {
        (1, true) => "1 introduction would be made".to_owned(),
        (made, true) => format!("{made} introductions would be made"),
        (1, false) => "1 introduction is made".to_owned(),
        (made, false) => format!("{made} introductions are made"),
    };
    let paused = match paused {
        0 => String::new(),
        some => format!(" Left out, because the guard has paused introductions there: {some}."),
    };
    format!(
        "On {}: {made}. Introduced or written to before: {before}. Without consent or an address there: \
         {not_there}.{paused}",
        args.channel
    )
}
