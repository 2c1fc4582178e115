//! `vestnik demo`.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;

use super::{Common, Exit, Mistake};
use crate::demo::{Day, Demo};
use crate::telemetry::{LogFormat, open_log};

/// Watch a day of sample notifications, on this machine alone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  vestnik demo                          # the table, then the phones
  vestnik demo --once                   # the table alone
  vestnik demo --listen 127.0.0.1:9000  # the phones on another port

No provider and no server is needed. The gateway is the real one on the shipped configuration, and so \
are the five protocols; only the providers are played. It prints what was sent to whom, and why, then \
shows every citizen's phone in a browser, where you can answer STOP, block us, switch the phone off, have \
a provider fail, and see what the gateway makes of it. It leaves nothing behind.

With --once it ends with 1 if anything is left open.")]
pub(super) struct DemoArgs {
    /// Play the day, print the table and end
    #[arg(long)]
    once: bool,
    /// Where on this machine the page with the phones listens; port 0 takes any that is free
    /// [default: 127.0.0.1:8088, or any that is free if that is taken]
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "once")]
    listen: Option<SocketAddr>,
}

/// Where the page listens unless it is told otherwise.
const USUAL: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 8088);

/// The day takes seconds; what takes longer than this is broken.
const AT_MOST: Duration = Duration::from_mins(1);

pub(super) async fn run(common: &Common, args: &DemoArgs) -> anyhow::Result<Exit> {
    open_log(LogFormat::Text, "warn")?;
    if args.once { once(common).await } else { stay(common, listen(args.listen).await?).await }
}

async fn once(common: &Common) -> anyhow::Result<Exit> {
    let mut demo = Demo::start(&common.config).await?;
    let day = demo.until_all_have_ended(AT_MOST).await;
    println!("{}\n{}", demo.table(), farewell(day));
    demo.stop().await;
    Ok(Exit::well_if(day == Day::Over))
}

async fn stay(common: &Common, listener: TcpListener) -> anyhow::Result<Exit> {
    let address = listener.local_addr()?;
    let mut demo = Demo::start(&common.config).await?;
    demo.open_page(listener)?;
    println!("The phones are at http://{address}/\n");
    let day = demo.until_all_have_ended(AT_MOST).await;
    if day != Day::Stopped {
        println!("{}\n{}", demo.table(), invitation(address));
        demo.until_stopped().await;
    }
    let ending = demo.stop().await;
    println!("\nThe demonstration has ended. Nothing is left behind.");
    Ok(ending.into())
}

/// Listens before the day is played, so that a mistake is told at once.
async fn listen(asked: Option<SocketAddr>) -> anyhow::Result<TcpListener> {
    let Some(address) = asked else {
        return match TcpListener::bind(USUAL).await {
            Ok(listener) => Ok(listener),
            Err(_) => Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?),
        };
    };
    if !address.ip().is_loopback() {
        let words =
            format!("--listen {address}: expected an address of this machine alone, such as 127.0.0.1:8088");
        return Err(Mistake(words).into());
    }
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            ErrorKind::AddrInUse => "another program listens there".to_owned(),
            ErrorKind::PermissionDenied => "this user may not listen there".to_owned(),
            _ => error.to_string(),
        };
        Mistake(format!("--listen {address}: {why}; port 0 takes any port that is free")).into()
    })
}

fn farewell(day: Day) -> &'static str {
    match day {
        Day::Over => {
            "Every notification has its final state. `vestnik demo` without --once shows the phones in a browser."
        }
        Day::Stopped => "Stopped before the day was over.",
        Day::Stuck => "Something is left open after a minute, which is a fault of the program.",
    }
}

fn invitation(address: SocketAddr) -> String {
    format!(
        "\
         Now open http://{address}/ and try:\n\
         - choose A, answer STOP on Viber, and send one more notification;\n\
         - choose F, lift the block on Viber, and send one more;\n\
         - choose G, whose phone is off, and read how the mail came next morning;\n\
         - choose D, and follow the link in the mail to the page that stops such mails;\n\
         - have a provider refuse our credentials or never answer, and send one more;\n\
         - open an entry of the portal inbox, and see that this is no delivery.\n\
         \nCtrl-C ends it and leaves nothing behind."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_told_only_where_it_was_asked_for() {
        let other = listen(Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))).await.unwrap();
        let taken = other.local_addr().unwrap();
        let told = listen(Some(taken)).await.unwrap_err();
        assert!(told.is::<Mistake>() && told.to_string().contains("another program listens there"), "{told}");
        let (one, two) = (listen(None).await.unwrap(), listen(None).await.unwrap());
        assert_ne!(one.local_addr().unwrap(), two.local_addr().unwrap());
    }

    #[tokio::test]
    async fn nobody_but_this_machine_is_let_in() {
        let told = listen(Some("0.0.0.0:0".parse().unwrap())).await.unwrap_err();
        assert!(told.is::<Mistake>(), "{told}");
    }
}
