//! `vestnik introduce`: tell citizens who will write to them on a channel, before the first message.

use std::time::Duration;

use clap::Args;
use vestnik_contract::ChannelId;

use super::arguments::{line, name, number, person};
use super::office::{Office, not_in_use};
use super::table::Table;
use super::{Common, Exit, Mistake, load};
use crate::domain::{Reason, TemplateName};
use crate::gateway::rules;
use crate::ledger::retry::soon;
use crate::ledger::{Campaign, CampaignPage, Ledger, Rules};

/// Tell citizens who will write to them on a channel, before the first message.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  vestnik introduce --channel viber --dry-run     # how many would it be?
  vestnik introduce --channel viber --limit 1000 --as \"Olena Koval\"
  vestnik introduce --channel sms --region 32 --as \"Olena Koval\"

Each citizen who consented to the channel and was never written to there gets one short message: who \
writes, from which number or name, and how to check it. It goes as bulk, within contact hours, and takes a \
place in the contact budget. It tells how many were sent, are under way, or are left out and why. Who was \
introduced is not introduced again, so that it can be broken off and run again. While much work is open it \
waits, as all bulk does. Where the guard has paused introductions on the channel (`vestnik guard list`) nobody \
gets one, and it ends with 1.")]
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
    /// Who has it done, by name; needed unless they are only counted
    #[arg(long = "as", value_name = "PERSON", required_unless_present = "dry_run", value_parser = person)]
    person: Option<String>,
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
    if let Some(region) = &args.region {
        office.region(region).await?;
    }
    let counted = introduce(&office, args, &rules).await?;
    if counted.made > 0 && !args.dry_run {
        office.tell_others().await;
    }
    print!("{}", told(args, &counted));
    let is_paused = counted.left_out.contains_key(&Reason::Guarded);
    if is_paused {
        let release = format!("vestnik guard release {} {}", args.channel, TemplateName::Introduction);
        println!("To release them: {release} --as PERSON --reason TEXT");
    }
    Ok(Exit::well_if(args.dry_run || !is_paused))
}

async fn introduce(office: &Office, args: &IntroduceArgs, rules: &Rules) -> anyhow::Result<CampaignPage> {
    let IntroduceArgs { channel, region, person, dry_run, .. } = args.clone();
    // Where they are only counted nothing is done in anybody's name.
    let campaign = Campaign { channel, region, person: person.unwrap_or_default(), dry_run };
    let (mut all, limit) = (CampaignPage::default(), args.limit.unwrap_or(u64::MAX));
    while all.made < limit {
        if !dry_run {
            until_there_is_room(&office.ledger, office.loaded.gateway.back_pressure.bulk_waits_above).await?;
        }
        let (after, most) = (all.last, limit - all.made);
        let page = soon(|| office.ledger.introduce(&campaign, after, PAGE, most, rules)).await?;
        all.add(page);
        if all.last.is_none() {
            break;
        }
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

/// What was done, what is under way, and what is not going to be done: made is not sent.
fn told(args: &IntroduceArgs, counted: &CampaignPage) -> String {
    let CampaignPage { made, waiting, sent, written_to, left_out, .. } = counted;
    let mut table = Table::plain();
    let mut row = |what: &str, count: u64, means: &str| {
        table.row([format!("  {what}"), count.to_string(), means.to_owned()]);
    };
    let soon = "to be sent in contact hours, as the budget has room";
    if args.dry_run {
        row("would be made", *made, "nothing was made: this only counts");
        row("under way", *waiting, soon);
    } else {
        row("under way", made + waiting, &format!("{soon}; {made} of them were made now"));
    }
    row("introduced", *sent, "it was sent");
    if *written_to > 0 {
        row("need none", *written_to, "they were written to there before");
    }
    row("left out", left_out.values().sum(), "");
    for (reason, count) in left_out {
        row("  because", *count, &format!("{reason}: {}", reason.describe()));
    }
    let again = if *made > 0 && !args.dry_run {
        "Count again later (--dry-run) to see how many were sent.\n"
    } else {
        ""
    };
    format!("On {}:\n{table}{again}", args.channel)
}
