//! `policy`: prints the least IAM policy that the program needs.

use crate::aws;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::output::printer::print_info;
use crate::permissions::{Call, Resources, document, unused_names, use_of};
use crate::resource::slice::Slice;
use crate::slices::SLICES;
use crate::state::document::Document;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The arguments that `policy` accepts.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct PolicyArgs {
    /// What the policy is for: `plan` (all that only reads), `apply` (and destroy), a command of the program alone such as
    /// `check`, or `all`
    #[arg(long = "for", value_name = "COMMAND", default_value = "all")]
    pub what: String,
    /// List the AWS API operations that the program calls for it, and the actions that each needs, instead of a policy
    #[arg(long)]
    pub calls: bool,
    /// The id of the account, so that no credentials are needed
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// The names of the program's commands.
    #[arg(skip)]
    pub commands: Vec<String>,
}

/// Commands without a call to AWS.
const WITHOUT_CALLS: [&str; 5] = ["completions", "man", "output", "policy", "settings"];

/// The uses of a program that have a policy of their own.
fn uses(commands: &[String]) -> BTreeSet<&str> {
    let commands = commands.iter().map(String::as_str);
    let calling = commands.filter(|one| !WITHOUT_CALLS.contains(one));
    calling.map(use_of).chain(["all"]).collect()
}

/// Prints the policy of slice `S`.
pub(crate) async fn run<S: Slice>(context: &Context, args: &PolicyArgs) -> Result<Exit> {
    let what = known_use(&args.what, &uses(&args.commands))?;
    if args.calls {
        print_calls(context, S::CALLS, what);
        return Ok(Exit::Done);
    }
    let config: S::Config = context.settings.section(S::NAME)?;
    let problems = S::check(&config, &context.stack);
    context.settings.reject(Some(S::NAME), &problems)?;
    let ask = async || aws::account(&*context.connect().await?).await;
    let account = account_or(args.account.as_deref(), ask).await?;
    let _ = context.stack.account.set(account);
    let resources = S::resources_by_settings(&context.stack, &config, &context.settings);
    let states = states(context, args).await;
    let resources = resources.also_named(&given_names(states.get(S::NAME)));
    let resources = S::resources_by_states(resources, &states);
    debug_assert!(
        unused_names(S::CALLS, &resources).is_empty(),
        "resources that no call needs: {:?}",
        unused_names(S::CALLS, &resources)
    );
    let mut uses = vec![what];
    if S::COMMANDS_THAT_APPLY.contains(&what) {
        uses.push("apply");
    }
    print(context, S::CALLS, &uses, &resources);
    Ok(Exit::Done)
}

/// The fields that are names of resources at AWS.
const NAMES: [&str; 3] = ["name", "identifier", "id"];

/// The states of the stack, by slice. Where only credentials give them, and the user has passed the account to need none, there
/// are none.
async fn states(context: &Context, args: &PolicyArgs) -> BTreeMap<&'static str, Document> {
    let mut all = BTreeMap::new();
    for slice in SLICES {
        let is_shared = context
            .store
            .location(&context.key(slice))
            .starts_with("s3://");
        if is_shared && args.account.is_some() {
            print_info(
                "the states in the bucket are not read, because --account is passed: the names that adopted resources have in \
                 them are not in this policy",
            );
            break;
        }
        // Without a state that can be read, the names of the settings are left.
        let state = context.load_state(slice).await.ok().flatten();
        all.extend(state.map(|state| (slice, state)));
    }
    all
}

/// The names that adopted resources have, each after the one that rd would give.
fn given_names(state: Option<&Document>) -> Vec<(String, String)> {
    let resources = state.into_iter().flat_map(|state| state.resources.values());
    let given = resources.flat_map(|one| one.adopted.iter().flat_map(|adopted| &adopted.given));
    let names = given.filter(|(path, _)| NAMES.contains(&path.as_str()));
    let names = names.filter_map(|(_, given)| {
        let (ours, theirs) = (given.instead_of.as_str()?, given.value.as_str()?);
        Some((ours.to_owned(), theirs.to_owned()))
    });
    names.collect()
}

/// The use of a program that `--for` names.
///
/// # Errors
/// It is none of the uses that the program has.
pub fn known_use<'a>(what: &'a str, known: &BTreeSet<&str>) -> Result<&'a str> {
    let found = use_of(what);
    if known.contains(found) {
        return Ok(found);
    }
    let known: Vec<&str> = known.iter().copied().collect();
    Err(
        Error::usage(format!("`{what}` is not a command with a policy"))
            .hint(format!("--for accepts: {}", known.join(", "))),
    )
}

/// The id of the account that the user gives, or that `ask` returns.
///
/// # Errors
/// What the user gives is no id, or `ask` fails.
pub async fn account_or(
    given: Option<&str>,
    ask: impl AsyncFnOnce() -> Result<String>,
) -> Result<String> {
    match given {
        Some(id) if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(id.to_owned())
        }
        Some(id) => Err(
            Error::usage(format!("`{id}` is not the id of an AWS account"))
                .hint("an account's id has 12 digits"),
        ),
        None => ask().await.map_err(|error| {
            error.hint("pass --account, the id of the account, to need no credentials")
        }),
    }
}

/// Prints the policy for the uses of a program.
pub fn print(context: &Context, tables: &[&[Call]], uses: &[&str], resources: &Resources) {
    print_document(context, &document(tables, uses, resources));
}

/// Prints a policy, for people and for the AWS CLI in several lines.
pub fn print_document(context: &Context, policy: &Value) {
    let text = match context.printer.is_json() {
        true => policy.to_string(),
        false => format!("{policy:#}"),
    };
    context.printer.text(&format!("{text}\n"));
}

/// Prints the calls that a use of a program makes, one in each line.
pub fn print_calls(context: &Context, tables: &[&[Call]], what: &str) {
    let calls = tables.iter().copied().flatten();
    for call in calls.filter(|call| call.is_made_by(what)) {
        let grants = call.grants.iter();
        let actions: Vec<&str> = grants.flat_map(|one| one.actions.split(' ')).collect();
        let (service, operation) = (call.service, call.operation);
        let line = match context.printer.is_json() {
            true => {
                json!({"service": service, "operation": operation, "actions": actions}).to_string()
            }
            false => format!("{service} {operation}: {}", actions.join(" ")),
        };
        context.printer.text(&format!("{line}\n"));
    }
}
