//! `scale`: sets the desired number of tasks, and prints what autoscaling will do with it.

use crate::kinds::scalable_target;
use crate::rollout::finish_interrupted;
use crate::service_context::ServiceContext;
use crate::slice::Ecs;
use rd_common::aws::Explain;
use rd_common::commands::limits::duration;
use rd_common::context::Context;
use rd_common::output::prompt;
use rd_common::resource::wait::{Poll, wait_until};
use rd_common::state::locked_state::LockedState;
use rd_common::{Error, Exit, Result, Slice, Stack};
use std::time::Duration;

/// How long reads may show the number before the change.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html>
const VISIBLE_WITHIN: Duration = Duration::from_secs(120);

/// The flags of `rd-ecs scale`.
#[derive(clap::Args, Clone, Debug)]
pub struct ScaleArgs {
    /// The desired number of tasks
    #[arg(value_parser = clap::value_parser!(i32).range(0..=5000))]
    tasks: i32,
    /// Do not ask: about 0 tasks in a protected stack, or more than max_tasks
    #[arg(long, short)]
    yes: bool,
    /// Do not wait until the tasks are running
    #[arg(long)]
    no_wait: bool,
    /// How long to wait
    #[arg(long, default_value = "15m", value_parser = duration, value_name = "TIME")]
    timeout: Duration,
}

/// Scales the service and waits until the tasks are running.
pub async fn run(context: &Context, args: &ScaleArgs) -> Result<Exit> {
    confirm(context, args).await?;
    let work = async |state: LockedState| scale(context, &state, args).await;
    context.with_locked_state(Ecs::NAME, "scale", work).await
}

/// Asks where the number is one that is rarely meant.
async fn confirm(context: &Context, args: &ScaleArgs) -> Result<()> {
    if args.yes {
        return Ok(());
    }
    let service = ServiceContext::open(context).await?;
    let ctx = service.ctx();
    let target = scalable_target::read(ctx, &ctx.clients.names.scalable()).await?;
    let max = target.map(|target| target.max);
    let Some(doubt) = doubt(&ctx.stack, max, args.tasks) else {
        return Ok(());
    };
    let question = format!("{doubt}. Type `yes` to scale to {}:", args.tasks);
    if prompt::can_ask() && prompt::ask(&question, &["yes"], &ctx.cancel).await? {
        return Ok(());
    }
    Err(Error::refused(format!("not confirmed: {doubt}"))
        .hint("nothing was changed; pass -y to scale without confirmation"))
}

/// What the user may not have meant; `max` is the highest number that autoscaling keeps.
fn doubt(stack: &Stack, max: Option<i32>, tasks: i32) -> Option<String> {
    if tasks == 0 && stack.protected {
        let name = stack.name();
        return Some(format!(
            "{name} is protected, and without tasks it answers no request"
        ));
    }
    let max = max.filter(|max| tasks > *max)?;
    Some(format!(
        "{tasks} tasks are more than max_tasks in [ecs], {max}; autoscaling lowers them to {max} when the load is low"
    ))
}

async fn scale(context: &Context, state: &LockedState, args: &ScaleArgs) -> Result<Exit> {
    let service = ServiceContext::open(context).await?;
    finish_interrupted(state, &service).await?;
    let ctx = service.ctx();
    let before = service.read().await?.desired_count();
    let call = ctx.clients.ecs.update_service().cluster(&service.cluster);
    let call = call.service(&service.arn).desired_count(args.tasks);
    let scale = async || call.clone().send().await.doing("scale the service");
    ctx.retrying(scale).await?;
    let target = scalable_target::read(ctx, &ctx.clients.names.scalable()).await?;
    let note = target.map(|target| autoscaling(&target, args.tasks));
    if !args.no_wait {
        let what = format!("{} tasks", args.tasks);
        let late = ctx.clock.deadline(VISIBLE_WITHIN);
        wait_until(ctx, &what, args.timeout, async || {
            let now = service.read().await?;
            let (running, desired) = (now.running_count(), now.desired_count());
            if desired == before && desired != args.tasks && !late.is_over() {
                return Ok(Poll::Pending("the new number is not visible yet".to_owned()));
            }
            if desired != args.tasks {
                return Err(Error::failed(format!(
                    "the desired number is now {desired}, not {}: autoscaling or another user changed it",
                    args.tasks
                ))
                .hint("to change it permanently, set min_tasks and max_tasks in [ecs]"));
            }
            Ok(match running == desired && now.pending_count() == 0 {
                true => Poll::Ready(()),
                false => Poll::Pending(match now.events().first().and_then(|one| one.message()) {
                    Some(event) => format!("desired {desired}, running {running}; {event}"),
                    None => format!("desired {desired}, running {running}"),
                }),
            })
        })
        .await
        .map_err(|error| match error.hint {
            Some(_) => error,
            None => error.hint("rd-ecs diagnose shows what prevents tasks from starting"),
        })?;
    }
    let text = if context.printer.is_json() {
        serde_json::json!({"before": before, "tasks": args.tasks, "autoscaling": note}).to_string()
    } else {
        let done = match args.no_wait {
            true => "requested",
            false => "running",
        };
        let note = note.map(|note| format!("; {note}")).unwrap_or_default();
        format!("{} tasks {done}, {before} before{note}", args.tasks)
    };
    context.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}

/// What autoscaling does with this number of tasks: limits count only when a policy or a schedule acts.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html>
fn autoscaling(target: &scalable_target::Live, tasks: i32) -> String {
    let (min, max) = (target.min, target.max);
    if tasks == 0 {
        "autoscaling leaves it at 0, since without tasks there is no load to measure: rd-ecs scale starts tasks again"
            .to_owned()
    } else if tasks < min {
        format!(
            "autoscaling keeps {min} to {max} tasks, but raises a lower number only when the load rises, then to {min} or \
             more: min_tasks in [ecs] changes it permanently"
        )
    } else if tasks > max {
        format!(
            "autoscaling keeps {min} to {max} tasks: it adds none, and lowers them to {max} when the load is low: max_tasks \
             in [ecs] changes it permanently"
        )
    } else {
        format!("autoscaling keeps {min} to {max} tasks and may change it with the load")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rarely_meant_is_in_doubt() {
        let stack = |protected| Stack {
            project: "shop".to_owned(),
            environment: "live".to_owned(),
            protected,
            ..Stack::default()
        };
        assert_eq!(doubt(&stack(true), Some(4), 4), None);
        assert_eq!(doubt(&stack(true), None, 100), None);
        assert_eq!(doubt(&stack(false), Some(4), 0), None);
        let zero = doubt(&stack(true), None, 0).unwrap_or_default();
        assert!(zero.starts_with("shop-live is protected"), "{zero}");
        let beyond = doubt(&stack(false), Some(4), 5).unwrap_or_default();
        assert!(
            beyond.starts_with("5 tasks are more than max_tasks in [ecs], 4"),
            "{beyond}"
        );
    }
}
