//! `vestnik demo`.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::Common;
use crate::demo::Demo;
use crate::telemetry::{LogFormat, open_log};

/// What `demo` takes.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Play the day, print the table and end.
    #[arg(long)]
    once: bool,
    /// Where the page with the phones listens; port 0 takes any that is free.
    #[arg(long, default_value = "127.0.0.1:8088", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
}

/// The day takes seconds; what takes longer than this is broken.
const AT_MOST: Duration = Duration::from_mins(1);

pub(super) async fn run(common: &Common, args: &DemoArgs) -> anyhow::Result<ExitCode> {
    open_log(LogFormat::Text, "warn")?;
    let mut demo = Demo::start(&common.config).await?;
    let page = if args.once { None } else { Some(demo.open_page(args.listen).await?) };
    if let Some(address) = page {
        println!("The phones are at http://{address}/\n");
    }
    let ended = demo.until_all_have_ended(AT_MOST).await;
    println!("{}", demo.table());
    let Some(address) = page else {
        demo.stop().await;
        return Ok(if ended { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    };
    println!("{}", invitation(address));
    Ok(demo.until_signal().await?.exit_code())
}

fn invitation(address: SocketAddr) -> String {
    format!(
        "\nNow open http://{address}/ and try:\n\
         - choose A, answer STOP on Viber, and send one more notification;\n\
         - choose F, lift the block on Viber, and send one more;\n\
         - choose G, whose phone is off, and read how the mail came next morning;\n\
         - open an entry of the portal inbox, and see that this is no delivery.\n\
         Ctrl-C ends it. Nothing is left behind."
    )
}
