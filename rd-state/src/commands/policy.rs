//! `rd-state policy`: prints the least IAM policy for the shared store.

use super::bootstrap;
use crate::permissions::BOOTSTRAP;
use rd_common::commands::policy::{account_or, print};
use rd_common::context::Context;
use rd_common::permissions::Call;
use rd_common::settings::Backend;
use rd_common::state::shared;
use rd_common::{Error, Exit, Result, aws};

/// Flags of `rd-state policy`.
#[derive(clap::Args, Clone, Debug)]
pub struct PolicyArgs {
    /// What the policy is for: `plan` (all that reads states), `apply` (all that changes them), a command of rd-state such
    /// as `bootstrap`, or `all`
    #[arg(long = "for", value_name = "COMMAND", default_value = "all")]
    what: String,
    /// The id of the account, so that no credentials are needed
    #[arg(long, value_name = "ID")]
    account: Option<String>,
}

const TABLES: &[&[Call]] = &[shared::permissions::CALLS, BOOTSTRAP];

/// The commands that only read states, in every program.
const READING: [&str; 11] = [
    "plan", "status", "output", "diff", "graph", "history", "list", "locks", "outputs", "pull",
    "show",
];

/// The commands that change states, in every program. The doctor tries the store by writing to it.
const WRITING: [&str; 11] = [
    "apply", "destroy", "doctor", "import", "migrate", "mv", "push", "rebuild", "restore", "rm",
    "unlock",
];

/// The uses in the tables that a command is.
fn uses(what: &str) -> Result<&'static [&'static str]> {
    match what {
        "all" => Ok(&["all"]),
        "bootstrap" => Ok(&["apply", "bootstrap"]),
        _ if READING.contains(&what) => Ok(&["plan"]),
        _ if WRITING.contains(&what) => Ok(&["apply"]),
        _ => {
            let mut known = [&READING[..], &WRITING[..], &["all", "bootstrap"]].concat();
            known.sort_unstable();
            Err(
                Error::usage(format!("`{what}` is no command with a policy"))
                    .hint(format!("--for accepts: {}", known.join(", "))),
            )
        }
    }
}

/// Prints the policy of what `--for` names.
pub async fn run(context: &Context, args: &PolicyArgs) -> Result<Exit> {
    let uses = uses(&args.what)?;
    let mut settings = context.settings.stack.state.clone();
    if settings.backend() == Backend::Local && args.what != "bootstrap" {
        return Err(Error::usage(
            "the states are files on this machine: they need no permissions of AWS",
        )
        .hint("rd-state policy --for bootstrap prints what a shared store needs to be created"));
    }
    settings.region = Some(bootstrap::region(context, None)?);
    let ask = async || aws::account(&shared::access(&settings, &context.access).await?).await;
    let account = account_or(args.account.as_deref(), ask).await?;
    if args.what == "bootstrap" {
        bootstrap::name(&mut settings, &context.stack.project, &account);
    }
    let resources = shared::permissions::resources(&settings, &account);
    print(context, TABLES, uses, &resources);
    Ok(Exit::Done)
}
