//! Why a session cannot be opened: each cause that there is, by its name.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec-troubleshooting.html>

use super::choose::Container;
use crate::service_context::ServiceContext;
use crate::tasks::Task;
use crate::verify::{Asked, simulate, way};
use aws_sdk_ecs::types::{Service, TaskDefinition};
use rd_common::context::Context;
use rd_common::{Error, Result};

/// What the agent in the task asks of Session Manager.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#ecs-exec-required-iam-permissions>
const SESSION: [&str; 4] = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];

/// A cause, and what to do.
type Cause = (String, String);

fn cause(what: impl Into<String>, advice: impl Into<String>) -> Cause {
    (what.into(), advice.into())
}

fn refused(task: &Task, causes: Vec<Cause>) -> Error {
    let (what, advice): (Vec<String>, Vec<String>) = causes.into_iter().unzip();
    let summary = format!("no session with task {}: {}", task.id, what.join("; "));
    Error::failed(summary).hint(advice.join("; "))
}

/// Fails where what was read says that it cannot be.
pub fn beforehand(task: &Task, service: &Service) -> Result<()> {
    let state = state(task, service);
    match state {
        Some(found) => Err(refused(task, vec![found])),
        None => Ok(()),
    }
}

fn state(task: &Task, service: &Service) -> Option<Cause> {
    if task.has_stopped() {
        let what = match task.why() {
            why if why.is_empty() => "it has stopped".to_owned(),
            why => format!("it has stopped: {why}"),
        };
        return Some(cause(what, "rd-ecs tasks lists those that run"));
    }
    if task.desired_status == "STOPPED" {
        return Some(cause(
            "it is being stopped",
            "rd-ecs tasks lists those that run",
        ));
    }
    if task.last_status != "RUNNING" {
        let what = format!("it does not run yet ({})", task.last_status.to_lowercase());
        return Some(cause(what, "try again when rd-ecs tasks says that it runs"));
    }
    if task.exec {
        return None;
    }
    Some(match service.enable_execute_command() {
        true => cause(
            "it was started while exec was off",
            "rd-ecs restart starts new tasks, with exec",
        ),
        false => cause(
            "exec is off in the service",
            "set exec = true in [ecs], rd-ecs apply, then rd-ecs restart",
        ),
    })
}

/// Whether the agent in the container is there to speak with.
pub fn agent(container: &Container) -> bool {
    container.agent.as_deref() == Some("RUNNING")
}

/// What is found when the agent does not run, or AWS does not reach it: its role, its network, its file system.
pub async fn further(
    context: &Context,
    service_context: &ServiceContext,
    task: &Task,
    container: &Container,
    said: Option<&Error>,
) -> Result<Error> {
    let read = service_context
        .ctx()
        .clients
        .reads
        .definition(&task.task_definition);
    let definition = read.await?.map(|read| read.definition);
    let ssmmessages = ["ssmmessages"].into();
    let (role, network) = tokio::try_join!(
        of_role(service_context, definition.as_ref()),
        way(context, &ssmmessages),
    )?;
    let mut causes = Vec::new();
    let files = definition
        .as_ref()
        .filter(|one| is_read_only(one, &container.name));
    if files.is_some() {
        causes.push(cause(
            "its file system can only be read, and the agent has to write",
            "set read_only = false in [ecs] and apply",
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
            format!("it does not reach Session Manager ({})", blocked.join("; ")),
            "give it a NAT gateway (nat in [net]) or an endpoint for ssmmessages (endpoints in [net]) and apply rd-net",
        ));
    }
    if !agent(container) {
        let known = !causes.is_empty();
        causes.insert(0, of_agent(container, known));
    } else if causes.is_empty() {
        if let Some(said) = said.filter(|said| !said.is(&["TargetNotConnectedException"])) {
            return Ok(said.clone());
        }
        causes.push(cause(
            "its agent says that it runs, and AWS does not reach it",
            "try again in a minute; then rd-ecs stop the task, and the service starts another one",
        ));
    }
    let error = refused(task, causes);
    Ok(match said {
        Some(said) => {
            let summary = format!("{}; AWS says: {said}", error.summary);
            let hint = error.hint.clone().unwrap_or_default();
            Error::failed(summary).hint(hint)
        }
        None => error,
    })
}

/// That the agent does not run; why stands beside where it is `known`.
fn of_agent(container: &Container, known: bool) -> Cause {
    let status = container.agent.as_deref().unwrap_or("not there");
    let status = status.to_lowercase();
    let what = match &container.agent_reason {
        Some(reason) => format!("its agent is {status} ({reason})"),
        None => format!("its agent is {status}"),
    };
    cause(
        what,
        match known {
            true => "mend what follows, then rd-ecs restart",
            false => {
                "it takes a minute after the start of a task; where it stays so, rd-ecs stop the task, and the service starts another one"
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

async fn of_role(
    service_context: &ServiceContext,
    definition: Option<&TaskDefinition>,
) -> Result<Option<Cause>> {
    let Some(role) = definition.and_then(|one| one.task_role_arn()) else {
        return Ok(definition.map(|_| {
            cause(
                "it has no role with which it could ask Session Manager",
                "rd-ecs apply gives it one",
            )
        }));
    };
    let asked = Asked {
        actions: &SESSION,
        resources: &["*".to_owned()],
        context: &[],
    };
    let verdicts = simulate(service_context, role, &asked).await?;
    let Some(refused) = verdicts.and_then(|all| all.into_iter().find(|one| !one.allowed)) else {
        return Ok(None);
    };
    Ok(Some(cause(
        format!(
            "its task role may not ask Session Manager: {}",
            refused.why()
        ),
        "set exec = true in [ecs] and rd-ecs apply",
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
        let said = |task: &Task, exec| {
            let error = beforehand(task, &service(exec)).err();
            error.map(|error| format!("{error} {}", error.hint.clone().unwrap_or_default()))
        };
        assert_eq!(said(&task(), true), None);
        let mut one = task();
        one.exec = false;
        assert!(said(&one, false).unwrap().contains("exec = true"));
        assert!(said(&one, true).unwrap().contains("rd-ecs restart"));
        one.last_status = "PENDING".to_owned();
        assert!(said(&one, true).unwrap().contains("pending"));
        one.last_status = "STOPPED".to_owned();
        one.stopped_reason = Some("OutOfMemory".to_owned());
        assert!(said(&one, true).unwrap().contains("OutOfMemory"));
    }
}
