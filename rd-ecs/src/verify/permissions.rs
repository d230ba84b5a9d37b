//! The permissions of the execution role: pull the image, write the logs, read the containers' secrets and parameters.

use super::reference::{self, Injected, Reference};
use super::{images, logs, not_checked};
use crate::service_context::ServiceContext;
use crate::simulation::{Query, Verdict, simulate};
use aws_sdk_ecs::types::TaskDefinition;
use rd_common::Result;
use rd_common::output::check_report::CheckStep;

/// The actions on the image's repository that a pull needs.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html>
const PULL: [&str; 3] = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
];

/// The actions on the log streams that the log driver needs.
const LOG: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];

/// Why a permission was not checked: these credentials may not use IAM's policy simulator.
pub const CANNOT_SIMULATE: &str = "these credentials lack iam:SimulatePrincipalPolicy";

/// A step for the image, one for the logs, and one for each secret and parameter.
pub async fn check(
    service: &ServiceContext,
    definition: &TaskDefinition,
    image: &str,
) -> Result<Vec<CheckStep>> {
    let Some(role) = definition.execution_role_arn() else {
        return Ok(Vec::new());
    };
    let stack = &service.ctx().stack;
    let injected = reference::references(definition, stack);
    let arns = |wanted: fn(&Reference) -> bool| -> Vec<String> {
        let mut arns: Vec<String> = injected
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
    let repository: Vec<String> = images::own_repository(image, stack).into_iter().collect();
    let anywhere = match repository.is_empty() {
        true => Vec::new(),
        false => vec!["*".to_owned()],
    };
    let streams = logs::stream_arns(definition, stack);
    let (read, get, token, pull, log) = tokio::try_join!(
        simulated(service, role, &["secretsmanager:GetSecretValue"], &secrets),
        simulated(service, role, &["ssm:GetParameters"], &parameters),
        simulated(service, role, &["ecr:GetAuthorizationToken"], &anywhere),
        simulated(service, role, &PULL, &repository),
        simulated(service, role, &LOG, &streams),
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
    for one in &injected {
        let verdicts = match one.reference {
            Reference::Secret(..) => read.as_deref(),
            Reference::Parameter(_) => get.as_deref(),
        };
        steps.push(read_step(one, verdicts));
    }
    Ok(steps)
}

async fn simulated(
    service: &ServiceContext,
    role: &str,
    actions: &[&str],
    resources: &[String],
) -> Result<Option<Vec<Verdict>>> {
    let query = Query {
        actions,
        resources,
        context: &[],
    };
    simulate(&service.ctx().clients.iam, role, &query).await
}

fn read_step(injected: &Injected, verdicts: Option<&[Verdict]>) -> CheckStep {
    let of = verdicts.map(|all| {
        let mine = all.iter();
        let mine = mine.filter(|one| one.resource == injected.reference.arn());
        mine.cloned().collect::<Vec<_>>()
    });
    let what = format!("execution role: read {}", injected.name);
    match (verdicts, of.as_deref()) {
        // The role exists, because IAM returned verdicts about it.
        (Some([_, ..]), Some([])) => not_checked(&what, "IAM returned no verdict for it"),
        (_, of) => line(&what, of),
    }
}

fn line(what: &str, verdicts: Option<&[Verdict]>) -> CheckStep {
    let Some(verdicts) = verdicts else {
        return not_checked(what, CANNOT_SIMULATE);
    };
    if verdicts.is_empty() {
        return not_checked(what, "the role does not exist");
    }
    match verdicts.iter().find(|one| !one.is_allowed()) {
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
    use crate::simulation::Refusal;

    #[test]
    fn a_denied_action_is_named() {
        let verdict = |action: &str, refusal: Option<Refusal>| Verdict {
            action: action.to_owned(),
            resource: "arn:x".to_owned(),
            refusal,
        };
        let all = [verdict("a:B", None), verdict("a:C", Some(Refusal::Denied))];
        let step = line("x", Some(&all));
        assert!(!step.ok);
        assert_eq!(
            step.reason,
            "a policy denies a:C on arn:x: run rd-ecs apply"
        );
        assert!(line("x", Some(&all[..1])).ok);
        let not_checked = line("x", None);
        assert!(not_checked.ok && not_checked.reason.starts_with("not checked"));
    }
}
