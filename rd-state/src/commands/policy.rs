//! `rd-state policy`: prints the least IAM policy for the shared store.

use super::bootstrap;
use crate::permissions::{ADOPT, BOOTSTRAP, with_backend};
use crate::terraform;
use crate::trust::{Place, Role, Trusted};
use rd_common::commands::policy::{account_or, print, print_document};
use rd_common::context::Context;
use rd_common::permissions::{Call, Resources};
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
    /// With --for adopt: the place of Terraform's state, s3://BUCKET/KEY
    #[arg(long, value_name = "URL")]
    backend: Option<String>,
    /// With --backend: the DynamoDB table of Terraform's locks
    #[arg(long, value_name = "NAME", requires = "backend")]
    lock_table: Option<String>,
    /// Print instead who may assume a role for it: the trust policy for the CI of github:OWNER/REPOSITORY or
    /// gitlab:GROUP/PROJECT
    #[arg(long, value_name = "REPOSITORY")]
    trust: Option<String>,
    /// The default branch of the repository
    #[arg(long, value_name = "NAME", default_value = "main", requires = "trust")]
    branch: String,
    /// The host that issues the tokens, where it is not that of github.com or gitlab.com
    #[arg(long, value_name = "HOST", requires = "trust")]
    issuer: Option<String>,
}

const TABLES: &[&[Call]] = &[shared::permissions::CALLS, BOOTSTRAP, ADOPT];

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
        "adopt" => Ok(&["apply", "adopt"]),
        _ if READING.contains(&what) => Ok(&["plan"]),
        _ if WRITING.contains(&what) => Ok(&["apply"]),
        _ => {
            let mut known = [&READING[..], &WRITING[..], &["all", "adopt", "bootstrap"]].concat();
            known.sort_unstable();
            Err(
                Error::usage(format!("`{what}` is not a command with a policy"))
                    .hint(format!("--for accepts: {}", known.join(", "))),
            )
        }
    }
}

/// Prints the policy of what `--for` names.
pub async fn run(context: &Context, args: &PolicyArgs) -> Result<Exit> {
    let uses = uses(&args.what)?;
    if let Some(repository) = &args.trust {
        return print_trust(context, args, repository).await;
    }
    let mut settings = context.settings.stack.state.clone();
    let backend = args.backend.as_deref();
    let place = backend
        .map(|url| terraform::Place::parse(url, args.lock_table.as_deref()))
        .transpose()?;
    let of_terraform = place.as_ref().filter(|_| args.what == "adopt");
    if let Some(place) = of_terraform.filter(|_| settings.backend() == Backend::Local) {
        let ask = async || aws::account(&*context.connect().await?).await;
        let account = account_or(args.account.as_deref(), ask).await?;
        let stack = context.stack.clone();
        let _ = stack.account.set(account);
        print(
            context,
            &[ADOPT],
            &["adopt"],
            &with_backend(Resources::of(&stack), place),
        );
        return Ok(Exit::Done);
    }
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
    let mut resources = shared::permissions::resources(&settings, &account);
    if let Some(place) = of_terraform {
        resources = with_backend(resources, place);
    }
    let tables = match of_terraform {
        Some(_) => TABLES,
        None => &TABLES[..2],
    };
    print(context, tables, uses, &resources);
    Ok(Exit::Done)
}

/// Prints the trust policy of a role for CI.
async fn print_trust(context: &Context, args: &PolicyArgs, repository: &str) -> Result<Exit> {
    let role = match args.what.as_str() {
        "all" => {
            return Err(
                Error::usage("a role for everything is for nobody in particular")
                    .hint("pass --for plan for a role that may only look, --for apply for one that changes the stack"),
            );
        }
        what if READING.contains(&what) => Role::Plan,
        _ => Role::Change(&context.stack.environment),
    };
    let trusted = Trusted::parse(repository)?;
    let ask = async || aws::account(&*context.connect().await?).await;
    let account = account_or(args.account.as_deref(), ask).await?;
    let place = Place {
        partition: context.stack.partition(),
        account: &account,
        branch: &args.branch,
        issuer: args.issuer.as_deref(),
    };
    print_document(context, &trusted.policy(role, place));
    Ok(Exit::Done)
}
