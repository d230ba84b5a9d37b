//! `dashboard`: where the console shows it.

use crate::names::{DASHBOARD, url};
use crate::slice::Logs;
use clap::Args;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::{Error, Exit, Result};
use std::process::{Command, Stdio};

/// Flags of `dashboard`.
#[derive(Args)]
pub struct DashboardArgs {
    /// Print the URL alone, in a pipe too
    #[arg(long)]
    url: bool,
    /// Open it in a browser as well
    #[arg(long)]
    open: bool,
}

/// What opens a URL: that of `BROWSER`, or the system's own.
const OPENERS: [&str; 3] = ["xdg-open", "open", "wslview"];

/// Runs it.
pub async fn run(context: &Context, args: &DashboardArgs) -> Result<Exit> {
    let slice_context = SliceContext::<Logs>::open(context).await?;
    let (_, name) = slice_context.resource(DASHBOARD).map_err(|error| {
        Error::failed(error.summary.clone())
            .hint("a dashboard shows what other slices have: apply them, then rd-logs apply")
    })?;
    let url = url(&slice_context.ctx.stack, name);
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
    let own = std::env::var("BROWSER").ok();
    let all = own.as_deref().into_iter().chain(OPENERS);
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
                &format!("{opener} cannot be run: {error}"),
                "set BROWSER to a program that opens a URL",
            ),
        }
    }
    Err(Error::failed("there is no program here that opens a URL")
        .hint("set BROWSER to one, or open the URL above by hand"))
}
