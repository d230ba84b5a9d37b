//! `rd-cost policy`: prints the least IAM policy that the program needs.

use crate::observing_calls;
use crate::permissions::{CALLS, resources};
use rd_common::commands::policy::{account_or, known_use, print, print_calls};
use rd_common::context::Context;
use rd_common::permissions::Call;
use rd_common::{Exit, Result, aws};
use std::collections::BTreeSet;

/// Flags of `rd-cost policy`.
#[derive(clap::Args, Clone, Debug)]
pub struct PolicyArgs {
    /// What the policy is for: a command such as `report`, or `all`
    #[arg(long = "for", value_name = "COMMAND", default_value = "all")]
    what: String,
    /// List the AWS API operations that the program calls for it, and the actions that each needs, instead of a policy
    #[arg(long)]
    calls: bool,
    /// The id of the account, so that no credentials are needed
    #[arg(long, value_name = "ID")]
    account: Option<String>,
}

/// The tables of this program.
pub const TABLES: &[&[Call]] = &[CALLS, observing_calls::CALLS];

/// Prints the policy of what `--for` names.
pub async fn run(context: &Context, args: &PolicyArgs) -> Result<Exit> {
    let rows = TABLES.iter().copied().flatten();
    let commands = rows.flat_map(|row| row.commands.split(' '));
    let known: BTreeSet<&str> = commands.chain(["all"]).filter(|one| *one != "*").collect();
    let what = known_use(&args.what, &known)?;
    if args.calls {
        print_calls(context, TABLES, what);
        return Ok(Exit::Done);
    }
    let ask = async || aws::account(&*context.connect().await?).await;
    let account = account_or(args.account.as_deref(), ask).await?;
    let _ = context.stack.account.set(account);
    let bucket = context.settings.text_of("store", "bucket");
    print(context, TABLES, &[what], &resources(&context.stack, bucket));
    Ok(Exit::Done)
}
