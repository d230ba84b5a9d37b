//! `scale`: how many tasks there shall be now, and what autoscaling will make of it.

use crate::kinds::scalable_target;
use crate::names::scalable;
use crate::rollout::finish_what_was_begun;
use crate::site::Site;
use rd_common::aws::Explain;
use rd_common::cli::Program;
use rd_common::engine::wait::{Look, until};
use rd_common::verbs::apply::duration;
use rd_common::verbs::edit;
use rd_common::{Error, Exit, Result};
use std::time::Duration;

/// Flags of `scale`.
#[derive(clap::Args, Clone, Debug)]
pub struct ScaleArgs {
    /// How many tasks
    #[arg(value_parser = clap::value_parser!(i32).range(0..=5000))]
    tasks: i32,
    /// Do not wait until they run
    #[arg(long)]
    no_wait: bool,
    /// How long to wait
    #[arg(long, default_value = "15m", value_parser = duration, value_name = "TIME")]
    timeout: Duration,
}

/// Runs it.
pub async fn run(program: &Program, args: &ScaleArgs) -> Result<Exit> {
    let key = program.key("ecs");
    edit::locked(program, &key, "rd-ecs scale", || scale(program, args)).await
}

async fn scale(program: &Program, args: &ScaleArgs) -> Result<Exit> {
    let site = Site::open(program).await?;
    finish_what_was_begun(program, &site).await?;
    let cx = site.cx();
    let before = site.read().await?.desired_count();
    let call = cx.clients.ecs.update_service().cluster(&site.cluster);
    let call = call.service(&site.service).desired_count(args.tasks);
    call.send().await.doing("scale the service")?;
    let target = scalable_target::read(cx, &scalable(&cx.stack)).await?;
    let note = target.map(|target| autoscaling(&target, args.tasks));
    if !args.no_wait {
        let what = format!("{} tasks", args.tasks);
        until(cx, &what, args.timeout, async || {
            let now = site.read().await?;
            let (running, desired) = (now.running_count(), now.desired_count());
            if desired != args.tasks {
                return Err(Error::failed(format!(
                    "{desired} tasks are wanted now, not {}: autoscaling, or somebody else, has changed it",
                    args.tasks
                ))
                .hint("set min_tasks and max_tasks in [ecs] for what is to last"));
            }
            Ok(match running == desired && now.pending_count() == 0 {
                true => Look::Done(()),
                false => Look::Wait(match now.events().first().and_then(|one| one.message()) {
                    Some(event) => format!("{running} of {desired} run; {event}"),
                    None => format!("{running} of {desired} run"),
                }),
            })
        })
        .await
        .map_err(|error| match error.hint {
            Some(_) => error,
            None => error.hint("rd-ecs diagnose says what keeps tasks from starting"),
        })?;
    }
    let text = if program.printer.is_json() {
        serde_json::json!({"before": before, "tasks": args.tasks, "autoscaling": note}).to_string()
    } else {
        let done = match args.no_wait {
            true => "are asked for",
            false => "run",
        };
        let note = note.map(|note| format!("; {note}")).unwrap_or_default();
        format!("{} tasks {done}, {before} before{note}", args.tasks)
    };
    program.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}

/// What autoscaling will do with that many.
fn autoscaling(target: &scalable_target::Live, tasks: i32) -> String {
    let (min, max) = (target.min, target.max);
    if tasks < min {
        format!(
            "autoscaling keeps {min} to {max} and will bring it to {min}: set min_tasks in [ecs]"
        )
    } else if tasks > max {
        format!(
            "autoscaling keeps {min} to {max} and will bring it to {max}: set max_tasks in [ecs]"
        )
    } else {
        format!("autoscaling keeps {min} to {max} and may change it as the load does")
    }
}
