//! Why a session cannot be opened: every cause that can be found, each with what to do.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-troubleshooting.html>

use super::choose::Container;
use crate::service_context::ServiceContext;
use crate::simulation::{Query, simulate};
use crate::tasks::Task;
use crate::verify::path_to_aws;
use aws_sdk_ecs::types::{Service, TaskDefinition};
use rd_common::context::Context;
use rd_common::{Error, Result};

/// The actions with which the agent in the task connects to Session Manager.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#ecs-exec-required-iam-permissions>
const AGENT_ACTIONS: [&str; 4] = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];

/// The codes with which ECS and Systems Manager say that no agent is connected.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartSession.html>
pub const NOT_CONNECTED: [&str; 2] = ["TargetNotConnectedException", "TargetNotConnected"];

/// What prevents a session, and what to do about it.
type Cause = (String, String);

fn cause(what: impl Into<String>, advice: impl Into<String>) -> Cause {
    (what.into(), advice.into())
}

/// One error for all causes.
fn cannot_open(task: &Task, causes: Vec<Cause>) -> Error {
    let (what, advice): (Vec<String>, Vec<String>) = causes.into_iter().unzip();
    let summary = format!(
        "cannot open a session with task {}: {}",
        task.id,
        what.join("; ")
    );
    Error::failed(summary).hint(advice.join("; "))
}

/// Fails if the descriptions of task and service already show that a session is impossible. Makes no calls.
pub fn check_before_call(task: &Task, service: &Service) -> Result<()> {
    let state = state(task, service);
    match state {
        Some(found) => Err(cannot_open(task, vec![found])),
        None => Ok(()),
    }
}

fn state(task: &Task, service: &Service) -> Option<Cause> {
    if task.has_stopped() {
        let what = match task.why() {
            why if why.is_empty() => "it has stopped".to_owned(),
            why => format!("it has stopped: {why}"),
        };
        return Some(cause(what, "rd-ecs tasks lists the running ones"));
    }
    if task.desired_status == "STOPPED" {
        return Some(cause(
            "it is being stopped",
            "rd-ecs tasks lists the running ones",
        ));
    }
    if task.last_status != "RUNNING" {
        let what = format!(
            "it is not running yet ({})",
            task.last_status.to_lowercase()
        );
        return Some(cause(
            what,
            "try again when rd-ecs tasks shows it as running",
        ));
    }
    if task.exec {
        return None;
    }
    Some(match service.enable_execute_command() {
        true => cause(
            "it was started while exec was disabled",
            "run rd-ecs restart: new tasks have exec",
        ),
        false => cause(
            "exec is disabled for the service",
            "set exec = true in [ecs], then run rd-ecs apply and rd-ecs restart",
        ),
    })
}

/// Whether the container's agent is running.
pub fn agent_is_running(container: &Container) -> bool {
    container.agent.as_deref() == Some("RUNNING")
}

/// The error where the agent is not running, or where AWS refused the session (`refusal`): checks the agent, the task
/// role, the network path and the file system.
pub async fn explain_refusal(
    context: &Context,
    service: &ServiceContext,
    task: &Task,
    container: &Container,
    refusal: Option<&Error>,
) -> Result<Error> {
    let read = service
        .ctx()
        .clients
        .reads
        .definition(&task.task_definition);
    let definition = read.await?.map(|read| read.definition);
    let ssmmessages = ["ssmmessages"].into();
    let (role, network) = tokio::try_join!(
        role_cause(service, definition.as_ref()),
        path_to_aws(context, &ssmmessages),
    )?;
    let mut causes = Vec::new();
    let read_only = definition
        .as_ref()
        .is_some_and(|one| is_read_only(one, &container.name));
    if read_only {
        causes.push(cause(
            "its file system is read-only, but the agent has to write",
            "set read_only = false in [ecs], then run rd-ecs apply",
        ));
    }
    causes.extend(role);
    let blocked: Vec<String> = network
        .iter()
        .filter(|step| !step.ok)
        .map(|step| format!("{}: {}", step.step, step.reason))
        .collect();
    if !blocked.is_empty() {
        causes.push(cause(
            format!("it cannot reach Session Manager ({})", blocked.join("; ")),
            "add a NAT gateway (nat in [net]) or an endpoint for ssmmessages (endpoints in [net]), then run rd-net apply",
        ));
    }
    if !agent_is_running(container) {
        let known = !causes.is_empty();
        causes.insert(0, agent_cause(container, known));
    } else if causes.is_empty() {
        if let Some(refusal) = refusal.filter(|error| !error.is(&NOT_CONNECTED)) {
            return Ok(refusal.clone());
        }
        causes.push(cause(
            "its agent reports RUNNING, but AWS cannot reach it",
            "try again in a minute; if that fails, rd-ecs stop the task, and the service starts another one",
        ));
    }
    let error = cannot_open(task, causes);
    Ok(match refusal {
        Some(refusal) => {
            let summary = format!("{}; AWS says: {refusal}", error.summary);
            let hint = error.hint.clone().unwrap_or_default();
            Error::failed(summary).hint(hint)
        }
        None => error,
    })
}

/// The cause that the agent is not running; `known` where further causes explain it.
fn agent_cause(container: &Container, known: bool) -> Cause {
    let status = container.agent.as_deref().unwrap_or("missing");
    let status = status.to_lowercase();
    let what = match &container.agent_reason {
        Some(reason) => format!("its agent is {status} ({reason})"),
        None => format!("its agent is {status}"),
    };
    cause(
        what,
        match known {
            true => "fix the causes that follow, then run rd-ecs restart",
            false => {
                "it takes a minute after the start of a task; if it stays like this, rd-ecs stop the task, and the service starts another one"
            }
        },
    )
}

fn is_read_only(definition: &TaskDefinition, container: &str) -> bool {
    let mut all = definition.container_definitions().iter();
    all.find(|one| one.name() == Some(container))
        .and_then(aws_sdk_ecs::types::ContainerDefinition::readonly_root_filesystem)
        .unwrap_or(false)
}

/// The cause in the task role: none assigned, or one without the agent's actions.
async fn role_cause(
    service: &ServiceContext,
    definition: Option<&TaskDefinition>,
) -> Result<Option<Cause>> {
    let Some(role) = definition.and_then(|one| one.task_role_arn()) else {
        return Ok(definition.map(|_| {
            cause(
                "it has no task role, which the agent needs for Session Manager",
                "run rd-ecs apply, then rd-ecs restart",
            )
        }));
    };
    let query = Query {
        actions: &AGENT_ACTIONS,
        resources: &["*".to_owned()],
        context: &[],
    };
    let verdicts = simulate(&service.ctx().clients.iam, role, &query).await?;
    let Some(denied) = verdicts.and_then(|all| all.into_iter().find(|one| !one.is_allowed()))
    else {
        return Ok(None);
    };
    Ok(Some(cause(
        format!(
            "its task role has no access to Session Manager: {}",
            denied.why()
        ),
        "set exec = true in [ecs], then run rd-ecs apply",
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Task {
        Task {
            id: "1a".to_owned(),
            arn: String::new(),
            last_status: "RUNNING".to_owned(),
            desired_status: "RUNNING".to_owned(),
            health: "UNKNOWN".to_owned(),
            task_definition: String::new(),
            group: "service:api".to_owned(),
            started_by: None,
            private_ip: None,
            zone: None,
            capacity: None,
            created_at: None,
            started_at: None,
            stopped_at: None,
            stop_code: None,
            stopped_reason: None,
            exit_code: None,
            container_reason: None,
            image: None,
            runtime_id: None,
            exec: true,
            agent: None,
        }
    }

    #[test]
    fn each_state_has_its_cause() {
        let service = |exec| Service::builder().enable_execute_command(exec).build();
        let message = |task: &Task, exec| {
            let error = check_before_call(task, &service(exec)).err();
            error.map(|error| format!("{error} {}", error.hint.clone().unwrap_or_default()))
        };
        assert_eq!(message(&task(), true), None);
        let mut one = task();
        one.exec = false;
        assert!(message(&one, false).unwrap().contains("exec = true"));
        assert!(message(&one, true).unwrap().contains("rd-ecs restart"));
        one.last_status = "PENDING".to_owned();
        assert!(message(&one, true).unwrap().contains("pending"));
        one.last_status = "STOPPED".to_owned();
        one.stopped_reason = Some("OutOfMemory".to_owned());
        assert!(message(&one, true).unwrap().contains("OutOfMemory"));
    }
}
