//! What the execution role must be allowed: to pull the image, to write the logs, to read what containers are given.

use super::reference::{self, Given, Reference};
use super::{images, logs, not_checked};
use crate::service_context::ServiceContext;
use crate::verify::simulation::{Asked, Verdict, simulate};
use aws_sdk_ecs::types::TaskDefinition;
use rd_common::Result;
use rd_common::output::check_report::CheckStep;

/// What is asked for the image's repository.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html>
const PULL: [&str; 3] = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
];

/// What is asked for the log streams.
const LOG: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];

/// The reason where IAM may not be asked.
pub const MAY_NOT_ASK: &str = "these credentials may not ask IAM (iam:SimulatePrincipalPolicy)";

/// A line for each.
pub async fn check(
    service_context: &ServiceContext,
    definition: &TaskDefinition,
    image: &str,
) -> Result<Vec<CheckStep>> {
    let Some(role) = definition.execution_role_arn() else {
        return Ok(Vec::new());
    };
    let stack = &service_context.ctx().stack;
    let given = reference::all(definition, stack);
    let arns = |wanted: fn(&Reference) -> bool| -> Vec<String> {
        let mut arns: Vec<String> = given
            .iter()
            .filter(|one| wanted(&one.reference))
            .map(|one| one.reference.arn().to_owned())
            .collect();
        arns.sort();
        arns.dedup();
        arns
    };
    let secrets = arns(|one| matches!(one, Reference::Secret(..)));
    let parameters = arns(|one| matches!(one, Reference::Parameter(_)));
    let repository: Vec<String> = images::Own::of(image, stack)
        .map(|own| own.repository_arn(stack))
        .into_iter()
        .collect();
    let anywhere = match repository.is_empty() {
        true => Vec::new(),
        false => vec!["*".to_owned()],
    };
    let streams = logs::stream_arns(definition, stack);
    let (read, get, token, pull, log) = tokio::try_join!(
        ask(
            service_context,
            role,
            &["secretsmanager:GetSecretValue"],
            &secrets
        ),
        ask(service_context, role, &["ssm:GetParameters"], &parameters),
        ask(
            service_context,
            role,
            &["ecr:GetAuthorizationToken"],
            &anywhere
        ),
        ask(service_context, role, &PULL, &repository),
        ask(service_context, role, &LOG, &streams),
    )?;
    let mut steps = Vec::new();
    if !repository.is_empty() {
        let verdicts = token.zip(pull).map(|(mut all, more)| {
            all.extend(more);
            all
        });
        steps.push(line("execution role: pull the image", verdicts.as_deref()));
    }
    if !streams.is_empty() {
        steps.push(line("execution role: write the logs", log.as_deref()));
    }
    for one in &given {
        let verdicts = match one.reference {
            Reference::Secret(..) => read.as_deref(),
            Reference::Parameter(_) => get.as_deref(),
        };
        steps.push(reads(one, verdicts));
    }
    Ok(steps)
}

async fn ask(
    service_context: &ServiceContext,
    role: &str,
    actions: &[&str],
    resources: &[String],
) -> Result<Option<Vec<Verdict>>> {
    let asked = Asked {
        actions,
        resources,
        context: &[],
    };
    simulate(service_context, role, &asked).await
}

fn reads(given: &Given, verdicts: Option<&[Verdict]>) -> CheckStep {
    let of = verdicts.map(|all| {
        let mine = all.iter();
        let mine = mine.filter(|one| one.resource == given.reference.arn());
        mine.cloned().collect::<Vec<_>>()
    });
    let what = format!("execution role: read {}", given.name);
    match (verdicts, of.as_deref()) {
        // The role is there, since there are verdicts.
        (Some([_, ..]), Some([])) => not_checked(&what, "IAM did not answer for it"),
        (_, of) => line(&what, of),
    }
}

fn line(what: &str, verdicts: Option<&[Verdict]>) -> CheckStep {
    let Some(verdicts) = verdicts else {
        return not_checked(what, MAY_NOT_ASK);
    };
    if verdicts.is_empty() {
        return not_checked(what, "the role is not there");
    }
    match verdicts.iter().find(|one| !one.allowed) {
        Some(one) => {
            let at = match one.resource.as_str() {
                "*" => String::new(),
                arn => format!(" on {arn}"),
            };
            CheckStep::new(what, false, format!("{}{at}: run rd-ecs apply", one.why()))
        }
        None => CheckStep::new(what, true, "allowed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_allowed_is_named() {
        let verdict = |action: &str, allowed: bool, denied: bool| Verdict {
            action: action.to_owned(),
            resource: "arn:x".to_owned(),
            allowed,
            denied,
        };
        let all = [verdict("a:B", true, false), verdict("a:C", false, true)];
        let step = line("x", Some(&all));
        assert!(!step.ok);
        assert_eq!(
            step.reason,
            "a policy denies a:C on arn:x: run rd-ecs apply"
        );
        assert!(line("x", Some(&all[..1])).ok);
        let unasked = line("x", None);
        assert!(unasked.ok && unasked.reason.starts_with("not checked"));
    }
}
