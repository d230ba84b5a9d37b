//! The task for a session, after the checks that need no session.

use super::causes::{NOT_CONNECTED, agent_is_running, check_before_call, explain_refusal};
use super::choose::{Container, choose_container, choose_task};
use super::plugin::Session;
use crate::names::last;
use crate::service_context::ServiceContext;
use crate::tasks::Task;
use rd_common::context::Context;
use rd_common::{Error, Result};
use serde_json::Value;

/// A running task and the container whose agent opens the session.
pub struct OpenedTask<'a> {
    context: &'a Context,
    service: &'a ServiceContext,
    /// The running task, as ECS describes it.
    pub task: Task,
    /// The container whose agent runs.
    pub container: Container,
}

/// Chooses the task and the container, each the one that the user names where there is a name. Fails with every cause
/// that is found where they cannot have a session.
pub async fn ready_task<'a>(
    context: &'a Context,
    service: &'a ServiceContext,
    task: Option<&str>,
    container: Option<&str>,
) -> Result<OpenedTask<'a>> {
    let (live, task) = tokio::try_join!(service.read(), choose_task(service, task))?;
    check_before_call(&task, &live)?;
    let container = choose_container(service, &task, container).await?;
    let opened = OpenedTask {
        context,
        service,
        task,
        container,
    };
    match agent_is_running(&opened.container) {
        true => Ok(opened),
        false => Err(opened.explain(None).await?),
    }
}

/// Whether AWS cannot reach the agent; other errors are about the call itself.
pub fn is_refusal(error: &Error) -> bool {
    error.is(&NOT_CONNECTED) || error.is(&["InvalidParameterException"])
}

impl OpenedTask<'_> {
    /// The error with the causes for which AWS refused a session.
    pub async fn explain(&self, refusal: Option<&Error>) -> Result<Error> {
        let Self {
            context,
            service,
            task,
            container,
        } = self;
        explain_refusal(context, service, task, container, refusal).await
    }

    /// The name of the container for Session Manager.
    pub fn target(&self) -> Result<String> {
        let runtime_id = self.container.runtime_id.as_deref();
        let runtime_id = runtime_id.ok_or_else(|| {
            Error::failed(format!("AWS gives task {} no runtime id", self.task.id))
                .hint("try again in a minute")
        })?;
        let cluster = last(&self.service.cluster);
        Ok(format!("ecs:{cluster}_{}_{runtime_id}", self.task.id))
    }

    /// The session from the three values with which AWS answered `request`.
    pub fn session(&self, [id, url, token]: [Option<&str>; 3], request: Value) -> Result<Session> {
        let text = |value: Option<&str>| {
            value.map(str::to_owned).ok_or_else(|| {
                Error::failed("AWS opened a session, but did not return its data")
                    .hint("run it again")
            })
        };
        let stack = &self.service.ctx().stack;
        let profile = self.context.access.profile.clone();
        Ok(Session {
            id: text(id)?,
            url: text(url)?,
            token: text(token)?,
            request,
            region: stack.region.clone(),
            profile: profile
                .or_else(|| std::env::var("AWS_PROFILE").ok())
                .unwrap_or_default(),
            endpoint: std::env::var("AWS_ENDPOINT_URL_SSM")
                .or_else(|_| std::env::var("AWS_ENDPOINT_URL"))
                .unwrap_or_else(|_| format!("https://ssm.{}.{}", stack.region, stack.dns_suffix())),
        })
    }
}
