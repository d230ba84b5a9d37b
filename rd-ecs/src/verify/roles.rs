//! The two roles of a revision: they exist, and tasks of this account may assume them.

use super::not_checked;
use crate::names::last;
use crate::service_context::ServiceContext;
use crate::simulation::is_denied;
use aws_sdk_ecs::types::TaskDefinition;
use rd_common::aws::Explain;
use rd_common::output::check_report::CheckStep;
use rd_common::{Result, Stack};
use rd_iam::document::decode;
use serde_json::Value;

/// The service that both roles must trust.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
const TASKS: &str = "ecs-tasks.amazonaws.com";

/// A step for the execution role, and one for the task role.
pub async fn check(
    service: &ServiceContext,
    definition: &TaskDefinition,
) -> Result<Vec<CheckStep>> {
    let (execution, task) = tokio::try_join!(
        check_role(service, "execution role", definition.execution_role_arn()),
        check_role(service, "task role", definition.task_role_arn()),
    )?;
    Ok(vec![execution, task])
}

async fn check_role(service: &ServiceContext, what: &str, arn: Option<&str>) -> Result<CheckStep> {
    let Some(arn) = arn else {
        // A task needs no role of its own, but Fargate needs an execution role to pull from a private registry.
        let needed = what == "execution role";
        let reason = "the revision has none";
        return Ok(CheckStep::new(what, !needed, reason));
    };
    let ctx = service.ctx();
    let call = ctx.clients.iam.get_role().role_name(last(arn)).send();
    let role = match call.await.doing("read the role") {
        Err(error) if is_denied(&error) => {
            let why = "these credentials lack iam:GetRole";
            return Ok(not_checked(what, why));
        }
        Err(error) if error.is(&["NoSuchEntity"]) => {
            let reason = format!("{} does not exist: run rd-ecs apply", last(arn));
            return Ok(CheckStep::new(what, false, reason));
        }
        other => other?.role,
    };
    let trust = role.and_then(|role| role.assume_role_policy_document);
    let trusts = trusts(&decode(trust.as_deref()), &ctx.stack);
    let reason = match trusts {
        Ok(()) => format!("{}, for {TASKS}", last(arn)),
        Err(why) => {
            return Ok(CheckStep::new(
                what,
                false,
                format!("{} {why}: run rd-ecs apply", last(arn)),
            ));
        }
    };
    Ok(CheckStep::new(what, true, reason))
}

/// The strings of a policy element, which may be one string or a list of them.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a trust policy lets ECS tasks of this account assume the role; otherwise why not.
fn trusts(document: &Value, stack: &Stack) -> std::result::Result<(), String> {
    let statements = match &document["Statement"] {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    };
    let mut why = format!("does not trust {TASKS}");
    for one in &statements {
        let to_tasks = texts(&one["Principal"]["Service"]).contains(&TASKS)
            && texts(&one["Action"])
                .iter()
                .any(|action| ["sts:AssumeRole", "sts:*", "*"].contains(action));
        if one["Effect"] != "Allow" || !to_tasks {
            continue;
        }
        let account = &one["Condition"]["StringEquals"]["aws:SourceAccount"];
        if account.is_null() || texts(account).contains(&stack.account()) {
            return Ok(());
        }
        why = format!("trusts only tasks of account {}", texts(account).join(", "));
    }
    Err(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tasks_of_this_account_must_be_trusted() {
        let stack = Stack::default();
        let _ = stack.account.set("1".to_owned());
        let mut trust = rd_iam::document::trust(TASKS, "1");
        assert_eq!(trusts(&trust, &stack), Ok(()));
        trust["Statement"][0]["Principal"]["Service"] = json!(["ec2.amazonaws.com", TASKS]);
        assert_eq!(trusts(&trust, &stack), Ok(()));
        trust["Statement"][0]["Condition"]["StringEquals"]["aws:SourceAccount"] = json!("2");
        assert!(trusts(&trust, &stack).is_err_and(|why| why.contains("account 2")));
        trust["Statement"][0]["Principal"]["Service"] = json!("ec2.amazonaws.com");
        assert!(trusts(&trust, &stack).is_err_and(|why| why.contains("does not trust")));
        assert!(trusts(&Value::Null, &stack).is_err());
    }
}
