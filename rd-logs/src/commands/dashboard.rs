//! `dashboard`: prints the URL of the dashboard in the AWS console, and opens it.

use crate::names::{DASHBOARD_ADDRESS, dashboard_url};
use crate::slice::Logs;
use clap::Args;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::{Error, Exit, Result};
use std::process::{Command, Stdio};

/// Flags of the command `rd-logs dashboard`.
#[derive(Args)]
pub struct DashboardArgs {
    /// Print only the URL, also in a pipe
    #[arg(long)]
    url: bool,
    /// Also open it in a browser
    #[arg(long)]
    open: bool,
}

/// The programs that open a URL on Linux, macOS and WSL, after the one in `BROWSER`.
const OPENERS: [&str; 3] = ["xdg-open", "open", "wslview"];

/// Prints the URL, which is known from the state.
pub async fn run(context: &Context, args: &DashboardArgs) -> Result<Exit> {
    let logs = SliceContext::<Logs>::open(context).await?;
    let (_, name) = logs.resource(DASHBOARD_ADDRESS).map_err(|error| {
        Error::failed(error.summary.clone()).hint(
            "the dashboard shows resources of other slices: apply these, then run rd-logs apply",
        )
    })?;
    let url = dashboard_url(&logs.ctx.stack, name);
    if context.printer.is_json() && !args.url {
        let document = serde_json::json!({"dashboard": name, "url": url});
        context.printer.text(&format!("{document}\n"));
    } else {
        context.printer.text(&format!("{url}\n"));
    }
    if args.open {
        open(&url)?;
    }
    Ok(Exit::Done)
}

fn open(url: &str) -> Result<()> {
    let browser = std::env::var("BROWSER").ok();
    let all = browser.as_deref().into_iter().chain(OPENERS);
    for opener in all.filter(|opener| !opener.is_empty()) {
        let mut command = Command::new(opener);
        command
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match command.spawn() {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => print_warning(
                &format!("cannot run {opener}: {error}"),
                "set BROWSER to a program that opens a URL",
            ),
        }
    }
    Err(Error::failed("found no program that opens a URL")
        .hint("set BROWSER to one, or open the URL above manually"))
}
