//! `wait`: until the deployment that is under way has ended. It changes nothing, so it can be stopped and run again.

use crate::deployments;
use crate::follow::{Ending, Follow};
use crate::names::last;
use crate::site::Site;
use rd_common::cli::Program;
use rd_common::verbs::apply::duration;
use rd_common::{Error, Exit, Result};
use std::time::Duration;

/// Flags of `wait`.
#[derive(clap::Args, Clone, Debug)]
pub struct WaitArgs {
    /// How long to wait
    #[arg(long, default_value = "30m", value_parser = duration, value_name = "TIME")]
    timeout: Duration,
}

/// Runs it. Exit 0 where what was deployed last runs.
pub async fn run(program: &Program, args: &WaitArgs) -> Result<Exit> {
    let site = Site::open(program).await?;
    let newest = deployments::newest(site.cx(), &site.service, 1).await?;
    let Some(deployment) = newest.into_iter().next() else {
        return Err(Error::failed("nothing was deployed yet").hint("run rd-ecs deploy"));
    };
    let mut follow = Follow::new(program, &site, deployment.created_at);
    match follow
        .until_over(&deployment.arn, args.timeout, false)
        .await?
    {
        Ending::Over(deployment) => {
            follow.tell_end(&deployment);
            if deployment.succeeded() {
                return Ok(Exit::Done);
            }
            Err(Error::failed(format!(
                "{} was not deployed: {}",
                last(&deployment.task_definition),
                deployment.why()
            ))
            .hint("rd-ecs diagnose says why"))
        }
        Ending::TimedOut(deployment) => Err(Error::failed(format!(
            "{} is still being deployed: {}",
            last(&deployment.task_definition),
            deployment.why()
        ))
        .hint("run rd-ecs wait again to go on waiting; rd-ecs diagnose looks at it")),
        Ending::Interrupted(_) => Err(Error::interrupted()),
    }
}
