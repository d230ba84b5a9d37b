//! `rollback`: an earlier revision, as it was. While a deployment is under way, that one is rolled back.

use crate::deployments::{self, roll_back};
use crate::follow::{Ending, Follow};
use crate::kinds::task_definition::revisions;
use crate::names::{last, revision};
use crate::rollout::{Rollout, RolloutArgs, carry_out, finish_what_was_begun};
use crate::site::Site;
use aws_sdk_ecs::types::{Service, TaskDefinitionStatus};
use jiff::Timestamp;
use rd_common::cli::Program;
use rd_common::verbs::edit;
use rd_common::{Error, Exit, Result};

/// Flags of `rollback`.
#[derive(clap::Args, Clone, Debug)]
pub struct RollbackArgs {
    /// The revision to go back to: its number; else the one that ran before
    #[arg(long, value_name = "REVISION")]
    to: Option<String>,
    #[command(flatten)]
    rollout: RolloutArgs,
}

/// How many deployments are looked through for the one before.
const LOOK_BACK: i32 = 20;

/// Runs it.
pub async fn run(program: &Program, args: &RollbackArgs) -> Result<Exit> {
    let key = program.key("ecs");
    edit::locked(program, &key, "rd-ecs rollback", || rollback(program, args)).await
}

async fn rollback(program: &Program, args: &RollbackArgs) -> Result<Exit> {
    let site = Site::open(program).await?;
    finish_what_was_begun(program, &site).await?;
    let service = site.read().await?;
    let newest = deployments::newest(site.cx(), &site.service, LOOK_BACK).await?;
    if args.to.is_none()
        && let Some(under_way) = newest.first().filter(|one| !one.is_over())
        && newest.iter().any(deployments::Deployment::succeeded)
    {
        return end_it(program, &site, &under_way.arn, args).await;
    }
    let target = match &args.to {
        Some(number) => named(&site, number).await?,
        None => before(&site, &service, &newest).await?,
    };
    let rollout = Rollout {
        revision: &target,
        force: false,
        desired: None,
    };
    carry_out(program, &site, &rollout, &args.rollout).await
}

/// Ends what is under way: AWS brings back what ran before.
async fn end_it(program: &Program, site: &Site, arn: &str, args: &RollbackArgs) -> Result<Exit> {
    roll_back(site.cx(), arn).await?;
    let mut follow = Follow::new(program, site, Timestamp::now());
    match follow
        .until_over(arn, args.rollout.timeout(), false)
        .await?
    {
        Ending::Over(deployment) => {
            follow.tell_end(&deployment);
            if deployment.status == "ROLLBACK_SUCCESSFUL" {
                return Ok(Exit::Done);
            }
            Err(Error::failed(format!(
                "the deployment was not rolled back: {}",
                deployment.why()
            ))
            .hint("rd-ecs status shows what runs; rd-ecs rollback --to REVISION brings a revision back"))
        }
        Ending::TimedOut(_) => Err(Error::failed("the deployment is still being rolled back")
            .hint("rd-ecs wait follows it")),
        Ending::Interrupted(_) => {
            Err(Error::interrupted().hint("it is being rolled back; rd-ecs wait follows it"))
        }
    }
}

/// A revision that the user names: `7`, `family:7` or its ARN.
async fn named(site: &Site, name: &str) -> Result<String> {
    let active = revisions::active(site.cx(), &site.family).await?;
    let wanted = name.rsplit(':').next().unwrap_or(name);
    let found = active
        .iter()
        .find(|arn| revision(arn).is_some_and(|number| number.to_string() == wanted));
    found.cloned().ok_or_else(|| {
        let there: Vec<String> = active
            .iter()
            .filter_map(|arn| revision(arn).map(|number| number.to_string()))
            .collect();
        Error::usage(format!("there is no active revision {wanted}")).hint(format!(
            "there are {}; keep_revisions in [ecs] says how many stay",
            there.join(", ")
        ))
    })
}

/// What ran before: the last other revision that was deployed well; where AWS remembers none, the active one with the
/// next lower number.
async fn before(
    site: &Site,
    service: &Service,
    newest: &[deployments::Deployment],
) -> Result<String> {
    let now = service.task_definition().unwrap_or_default();
    let is_active = async |arn: &str| -> Result<bool> {
        let read = site.cx().clients.reads.definition(arn).await?;
        Ok(read.is_some_and(|one| one.definition.status() == Some(&TaskDefinitionStatus::Active)))
    };
    for one in newest {
        if one.succeeded() && one.task_definition != now && is_active(&one.task_definition).await? {
            return Ok(one.task_definition.clone());
        }
    }
    let number = revision(now).unwrap_or(0);
    let active = revisions::active(site.cx(), &site.family).await?;
    let lower = active
        .into_iter()
        .find(|arn| revision(arn).is_some_and(|other| other < number));
    lower.ok_or_else(|| {
        Error::failed(format!("there is no revision before {}", last(now)))
            .hint("rd-ecs revisions lists them; rd-ecs deploy brings an image")
    })
}
