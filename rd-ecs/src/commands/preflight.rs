//! `preflight`: asks IAM whether the credentials may make the calls in policies, before the first apply. Only warns.

use crate::preflight::principal::principal;
use crate::preflight::questions::{Question, merged, questions};
use crate::preflight::report::steps;
use crate::simulation::{Query, Verdict, simulate};
use aws_sdk_iam::Client;
use futures_util::{StreamExt, TryStreamExt, stream};
use rd_common::aws::caller;
use rd_common::context::Context;
use rd_common::output::check_report::CheckReport;
use rd_common::{Error, Exit, Result, client};
use serde_json::json;
use std::io::{IsTerminal, Read};
use std::path::PathBuf;

/// The flags of `rd-ecs preflight`.
#[derive(clap::Args, Clone, Debug)]
pub struct PreflightArgs {
    /// Files with IAM policies, as the programs' `policy` prints them; by default, stdin
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Ask about this user or role instead of the one that the credentials belong to
    #[arg(long, value_name = "ARN")]
    principal: Option<String>,
}

/// The most actions of one request, so that it stays well below the size that AWS accepts.
const ACTIONS: usize = 50;

/// How many requests are in flight at once. IAM throttles an account as a whole, and others use it, too.
const AT_ONCE: usize = 4;

/// Prints what is allowed and what is not. Succeeds either way: the simulator does not know everything that AWS does.
pub async fn run(context: &Context, args: &PreflightArgs) -> Result<Exit> {
    let mut all = Vec::new();
    for (text, origin) in documents(args)? {
        all.extend(questions(&text, &origin)?);
    }
    let aws = context.connect().await?;
    aws.check_credentials().await?;
    let iam = client!(aws_sdk_iam, aws.config);
    let who = match &args.principal {
        Some(arn) => arn.clone(),
        None => principal(&iam, &caller(&aws).await?).await?,
    };
    let questions = merged(all);
    let answers: Vec<Vec<Verdict>> = stream::iter(&questions)
        .map(|question| answer(&iam, &who, question))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let report = CheckReport {
        subject: &who,
        head: json!({"principal": who})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        verdict_key: "ok",
        passed: "has the permissions",
        failed: "lacks permissions; an apply may fail",
    };
    let _ = report.show(&context.printer, &steps(&answers));
    Ok(Exit::Done)
}

/// What IAM says of each action of a question.
async fn answer(iam: &Client, who: &str, question: &Question) -> Result<Vec<Verdict>> {
    let context: Vec<(&str, Vec<String>)> = question
        .context
        .iter()
        .map(|(key, values)| (key.as_str(), values.clone()))
        .collect();
    let mut answer = Vec::new();
    for actions in question.actions.chunks(ACTIONS) {
        let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
        let query = Query {
            actions: &actions,
            resources: &question.resources,
            context: &context,
        };
        match simulate(iam, who, &query).await? {
            Some(verdicts) if verdicts.is_empty() => return Err(missing(who)),
            Some(verdicts) => answer.extend(verdicts),
            None => return Err(not_allowed_to_ask(who)),
        }
    }
    Ok(answer)
}

/// The texts to read, each with its origin.
fn documents(args: &PreflightArgs) -> Result<Vec<(String, String)>> {
    let stdin = || {
        if std::io::stdin().is_terminal() {
            return Err(Error::usage("there is no policy to ask about").hint(
                "name files, or pipe in what a program prints: rd-net policy | rd-ecs preflight",
            ));
        }
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(|why| Error::usage(format!("stdin cannot be read: {why}")))?;
        Ok((text, "stdin".to_owned()))
    };
    if args.files.is_empty() {
        return Ok(vec![stdin()?]);
    }
    let files = args.files.iter().map(|path| match path.as_os_str() == "-" {
        true => stdin(),
        false => std::fs::read_to_string(path)
            .map(|text| (text, path.display().to_string()))
            .map_err(|why| Error::usage(format!("{} cannot be read: {why}", path.display()))),
    });
    files.collect()
}

fn missing(who: &str) -> Error {
    Error::failed(format!("{who} does not exist"))
        .hint("--principal takes the ARN of a user or role, with its path, in the account of the credentials")
}

fn not_allowed_to_ask(who: &str) -> Error {
    Error::failed(format!("these credentials may not ask IAM what {who} may do")).hint(
        "ask for iam:SimulatePrincipalPolicy, or have somebody who has it run this with --principal",
    )
}
