//! Bringing a revision into service, for `deploy`, `rollback` and `restart`: autoscaling takes no tasks away meanwhile,
//! the service deployment is followed to its end, and the state is brought in line.
//!
//! What is begun is in the state first, so that a run after one that was killed gives autoscaling its freedom back.

use crate::deployments::{self, Deployment, roll_back};
use crate::diagnose;
use crate::follow::{Ending, Follow};
use crate::kinds::scalable_target::{self, suspend_scale_in};
use crate::kinds::{service, task_definition};
use crate::names::{SERVICE, TASK_DEFINITION, last, scalable};
use crate::service_context::ServiceContext;
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::commands::limits::duration;
use rd_common::context::Context;
use rd_common::output::prompt;
use rd_common::resource::ctx::MAX_ATTEMPTS;
use rd_common::resource::wait::{Poll, backoff, wait_until};
use rd_common::state::locked_state::LockedState;
use rd_common::{Document, Error, Exit, Result, Retry};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// Flags of all that bring a revision into service.
#[derive(clap::Args, Clone, Debug)]
pub struct RolloutArgs {
    /// Do not wait for the deployment to end: it goes on at AWS
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    /// Wait for it, which is what is done anyway
    #[arg(long)]
    wait: bool,
    /// How long to wait
    #[arg(long, default_value = "30m", value_parser = duration, value_name = "TIME")]
    timeout: Duration,
}

impl RolloutArgs {
    /// How long to wait.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// The name under which the state knows what was begun.
const BEGUN: &str = "rollout";

/// For how long a deployment that was asked for may not be seen.
const SEEN_WITHIN: Duration = Duration::from_secs(60);

/// What a run has done that has to be undone, whatever becomes of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Begun {
    /// What autoscaling works at.
    scalable_target: String,
}

/// What is to be brought into service.
pub struct Rollout<'a> {
    /// The revision: its ARN.
    pub revision: &'a str,
    /// Whether new tasks are started although nothing differs.
    pub force: bool,
    /// How many tasks there shall be; else as many as there are.
    pub desired: Option<i32>,
}

/// Gives autoscaling back what an earlier run took and was killed before it gave back. The state's lock is held.
pub async fn finish_interrupted(
    state: &LockedState,
    service_context: &ServiceContext,
) -> Result<()> {
    let Some(mut document) = state.load().await? else {
        return Ok(());
    };
    let Some(begun) = document.in_progress.remove(BEGUN) else {
        return Ok(());
    };
    if let Ok(begun) = serde_json::from_value::<Begun>(begun) {
        give_back(service_context, &begun).await?;
    }
    state.save(document, "rd-ecs: scale-in resumed").await?;
    Ok(())
}

async fn give_back(service_context: &ServiceContext, begun: &Begun) -> Result<()> {
    // Not looked at first: reads lag behind what was set a moment ago.
    match suspend_scale_in(service_context.ctx(), &begun.scalable_target, false).await {
        // Autoscaling was turned off meanwhile: a target that is not there cannot be set in part.
        Err(error) if error.is(&["ValidationException", "ObjectNotFoundException"]) => Ok(()),
        done => done,
    }
}

/// Keeps autoscaling from taking away tasks that a deployment has just started: they idle at first.
async fn hold_scale_in(
    state: &LockedState,
    service_context: &ServiceContext,
) -> Result<Option<Begun>> {
    let ctx = service_context.ctx();
    let target = scalable(&ctx.stack);
    let Some(live) = scalable_target::read(ctx, &target).await? else {
        return Ok(None);
    };
    if live.scale_in_suspended {
        return Ok(None);
    }
    let begun = Begun {
        scalable_target: target.clone(),
    };
    let mut document = stored(state).await?;
    document.in_progress.insert(BEGUN.to_owned(), json!(begun));
    state.save(document, "rd-ecs: deployment started").await?;
    suspend_scale_in(ctx, &target, true).await?;
    Ok(Some(begun))
}

async fn stored(state: &LockedState) -> Result<Document> {
    let document = state.load().await?;
    document.ok_or_else(|| Error::failed("the state of ecs is gone").hint("run rd-ecs rebuild"))
}

/// Brings it into service. The state's lock is held.
pub async fn carry_out(
    context: &Context,
    state: &LockedState,
    service_context: &ServiceContext,
    rollout: &Rollout<'_>,
    args: &RolloutArgs,
) -> Result<Exit> {
    let held = match args.no_wait {
        true => None,
        false => hold_scale_in(state, service_context).await?,
    };
    let done = bring(context, service_context, rollout, args).await;
    let given_back = match &held {
        Some(begun) => give_back(service_context, begun).await,
        None => Ok(()),
    };
    let remembered = match &given_back {
        Ok(()) => remember(state, service_context).await,
        Err(_) => Ok(()),
    };
    let exit = done?;
    given_back?;
    remembered?;
    Ok(exit)
}

async fn bring(
    context: &Context,
    service_context: &ServiceContext,
    rollout: &Rollout<'_>,
    args: &RolloutArgs,
) -> Result<Exit> {
    let ctx = service_context.ctx();
    let asked = Timestamp::now();
    let before = deployments::newest(ctx, &service_context.service, 1)
        .await?
        .pop();
    // What is under way, or was done by a run that was cut off, is not asked for again: AWS would begin nothing.
    let goes_on = |one: &Deployment| {
        let of_use = !one.is_over() || one.succeeded();
        !rollout.force
            && rollout.desired.is_none()
            && of_use
            && one.task_definition == rollout.revision
    };
    let (since, deployment) = match before {
        Some(one) if goes_on(&one) => (one.created_at, one),
        before => {
            let before = before.map(|one| one.arn);
            ask(service_context, rollout, before.as_deref()).await?;
            (
                asked,
                seen(service_context, rollout.revision, before.as_deref()).await?,
            )
        }
    };
    let mut follow = Follow::new(context, service_context, since);
    if args.no_wait {
        follow.tell_begun(&deployment);
        return Ok(Exit::Done);
    }
    let ending = follow
        .until_over(&deployment.arn, args.timeout, false)
        .await?;
    match ending {
        Ending::Over(deployment) => end(context, service_context, &follow, &deployment).await,
        Ending::TimedOut(deployment) => Err(Error::failed(format!(
            "{} is still being deployed after {:#}: {}",
            last(rollout.revision),
            jiff::SignedDuration::try_from(args.timeout).unwrap_or_default(),
            deployment.why()
        ))
        .hint("it goes on: rd-ecs wait follows it, rd-ecs rollback ends it, rd-ecs diagnose looks at it")),
        Ending::Interrupted(deployment) => {
            interrupted(service_context, &mut follow, &deployment).await
        }
    }
}

/// The deployment of a revision that came after the one `before`. It is told by its name, not by its time: the clock here
/// is not AWS's.
async fn after(
    service_context: &ServiceContext,
    revision: &str,
    before: Option<&str>,
) -> Result<Option<Deployment>> {
    let newest = deployments::newest(service_context.ctx(), &service_context.service, 1)
        .await?
        .pop();
    Ok(newest.filter(|one| one.task_definition == revision && Some(one.arn.as_str()) != before))
}

/// Asks for the deployment, once: after a lost answer it is looked for first.
async fn ask(
    service_context: &ServiceContext,
    rollout: &Rollout<'_>,
    before: Option<&str>,
) -> Result<()> {
    let ctx = service_context.ctx();
    for attempt in 0..MAX_ATTEMPTS {
        let call = ctx
            .clients
            .ecs_once
            .update_service()
            .cluster(&service_context.cluster);
        let call = call
            .service(&service_context.service)
            .task_definition(rollout.revision)
            .force_new_deployment(rollout.force)
            .set_desired_count(rollout.desired);
        let error = match call.send().await.doing("begin the deployment") {
            Ok(_) => return Ok(()),
            Err(error) if error.retry == Retry::Never || attempt + 1 == MAX_ATTEMPTS => {
                return Err(error);
            }
            Err(error) => error,
        };
        ctx.pause(backoff(attempt)).await?;
        if error.retry == Retry::Unknown
            && after(service_context, rollout.revision, before)
                .await?
                .is_some()
        {
            return Ok(());
        }
    }
    Ok(())
}

/// The deployment that was asked for: reads lag behind.
async fn seen(
    service_context: &ServiceContext,
    revision: &str,
    before: Option<&str>,
) -> Result<Deployment> {
    wait_until(
        service_context.ctx(),
        last(revision),
        SEEN_WITHIN,
        async || {
            Ok(match after(service_context, revision, before).await? {
                Some(one) => Poll::Ready(one),
                None => Poll::Pending("the deployment is not to be seen yet".to_owned()),
            })
        },
    )
    .await
}

/// Tells how it ended; where it failed, with what is wrong.
async fn end(
    context: &Context,
    service_context: &ServiceContext,
    follow: &Follow<'_>,
    deployment: &Deployment,
) -> Result<Exit> {
    follow.tell_end(deployment);
    if deployment.succeeded() {
        return Ok(Exit::Done);
    }
    diagnose::tell(context, service_context, &follow.failed).await?;
    Err(Error::failed(format!(
        "{} was not deployed: {}",
        last(&deployment.task_definition),
        deployment.why()
    ))
    .hint("the findings above say why; rd-ecs diagnose --save FILE keeps the evidence, which AWS forgets after an hour"))
}

/// On Ctrl-C: asks whether it shall go on without us, or be rolled back.
async fn interrupted(
    service_context: &ServiceContext,
    follow: &mut Follow<'_>,
    deployment: &Deployment,
) -> Result<Exit> {
    let name = last(&deployment.task_definition);
    let question =
        format!("{name} is being deployed. Roll it back? `yes` does; anything else lets it go on:");
    let back = prompt::can_ask() && prompt::ask(&question, &["yes", "y"])?;
    if !back {
        return Err(Error::interrupted().hint(format!(
            "the deployment of {name} goes on: rd-ecs wait follows it, rd-ecs rollback ends it"
        )));
    }
    roll_back(service_context.ctx(), &deployment.arn).await?;
    let limit = Duration::from_secs(30 * 60);
    if let Ending::Over(deployment) = follow.until_over(&deployment.arn, limit, true).await? {
        follow.tell_end(&deployment);
    }
    Err(Error::interrupted().hint(format!("{name} was rolled back, as you asked")))
}

/// Brings the state in line with what the service runs now, and ends what was begun.
async fn remember(state: &LockedState, service_context: &ServiceContext) -> Result<()> {
    let now = service_context.read().await?;
    let runs = service_context.runs(&now).await?;
    let definition = task_definition::model::live(&runs.definition);
    let mut document = stored(state).await?;
    document.in_progress.remove(BEGUN);
    if let Some(resource) = document.resources.get_mut(TASK_DEFINITION) {
        for key in [
            "image",
            "command",
            "entry_point",
            "health_check",
            "read_only",
            "secrets",
        ] {
            let live = json!(definition);
            resource.spec[key] = live[key].clone();
        }
        resource.attributes = json!(definition);
    }
    if let Some(resource) = document.resources.get_mut(SERVICE) {
        resource.spec["task_definition"] = json!(definition.arn);
        resource.attributes = json!(service::model::live(&now));
    }
    state.save(document, "rd-ecs: deployment ended").await?;
    Ok(())
}
