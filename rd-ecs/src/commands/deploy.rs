//! `deploy`: another image. Nothing else of the service changes: a new revision is as the one that runs, but for the
//! image, which is named by its digest.

use crate::config::Bootstrap;
use crate::facts::{NO_IMAGE_TAG, PLACEHOLDER};
use crate::image_ref;
use crate::kinds::task_definition::model::Spec;
use crate::kinds::task_definition::register::{register, register_like};
use crate::kinds::task_definition::revisions::prune;
use crate::names::{CONTAINER, TASK_DEFINITION, last};
use crate::reads::Described;
use crate::rollout::{Rollout, RolloutArgs, carry_out, finish_what_was_begun};
use crate::site::Site;
use crate::verify;
use aws_sdk_ecs::types::ContainerDefinition;
use rd_common::cli::Program;
use rd_common::engine::cx::ATTEMPTS;
use rd_common::engine::wait::backoff;
use rd_common::verbs::edit;
use rd_common::{Error, Exit, Repeat, Result};

/// Flags of `deploy`.
#[derive(clap::Args, Clone, Debug)]
pub struct DeployArgs {
    /// The image: a reference, or a digest in the stack's repository
    #[arg(long, value_name = "REF", conflicts_with = "tag")]
    image: Option<String>,
    /// A tag in the stack's repository
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Do not look first whether tasks could start
    #[arg(long)]
    no_verify: bool,
    #[command(flatten)]
    rollout: RolloutArgs,
}

/// Runs it, under the state's lock: an apply that came between would bring its own image.
pub async fn run(program: &Program, args: &DeployArgs) -> Result<Exit> {
    let key = program.key("ecs");
    edit::locked(program, &key, "rd-ecs deploy", || deploy(program, args)).await
}

async fn deploy(program: &Program, args: &DeployArgs) -> Result<Exit> {
    let site = Site::open(program).await?;
    finish_what_was_begun(program, &site).await?;
    let service = site.read().await?;
    let runs = site.runs(&service).await?;
    let image = match (&args.image, &args.tag) {
        // Whoever names a digest and wants nothing looked at gets just that.
        (Some(image), _) if args.no_verify && image.contains("@sha256:") => image.clone(),
        (Some(image), _) => image_ref::resolve(&site, image).await?,
        (None, Some(tag)) => image_ref::tagged(&site, tag).await?,
        (None, None) => {
            return Err(Error::usage("no image was named").hint(
                "give --tag or --image: rd-ecs images lists those that are there; rd-ecs restart deploys the same one again",
            ));
        }
    };
    if !args.no_verify {
        let steps = verify::verify(program, &site, &runs, &image).await?;
        verify::must_be_right(program, &steps)?;
    }
    let revision = revision(&site, &runs, &image).await?;
    let bootstrapped =
        site.desk.config.bootstrap == Bootstrap::None && service.desired_count() == 0;
    let desired = bootstrapped.then(|| site.desk.config.desired(&site.cx().stack));
    let unchanged = service.task_definition() == Some(revision.as_str()) && desired.is_none();
    if unchanged && is_live(&site, &revision).await? {
        let text = match program.printer.is_json() {
            true => serde_json::json!({"type": "deployment", "revision": crate::names::revision(&revision), "ok": true, "unchanged": true}).to_string(),
            false => format!("{} runs this image already; rd-ecs restart deploys it again", last(&revision)),
        };
        program.printer.text(&format!("{text}\n"));
        return Ok(Exit::Done);
    }
    let rollout = Rollout {
        revision: &revision,
        force: false,
        desired,
    };
    let exit = carry_out(program, &site, &rollout, &args.rollout).await?;
    let keep = site.desk.config.keep_revisions;
    prune(site.cx(), &site.cluster, &site.family, keep).await?;
    Ok(exit)
}

/// Whether a revision that the service names was brought into service to the end.
async fn is_live(site: &Site, revision: &str) -> Result<bool> {
    let newest = crate::deployments::newest(site.cx(), &site.service, 1).await?;
    Ok(newest
        .first()
        .is_none_or(|one| one.task_definition == revision && one.succeeded()))
}

fn ours(described: &Described) -> Option<&ContainerDefinition> {
    let containers = described.definition.container_definitions();
    containers.iter().find(|one| one.name() == Some(CONTAINER))
}

/// A revision with this image: the one that runs, the newest where a run that was cut off had registered it, or another.
async fn revision(site: &Site, runs: &Described, image: &str) -> Result<String> {
    let cx = site.cx();
    if has_image(runs, image) {
        return Ok(arn(runs));
    }
    for attempt in 0..ATTEMPTS {
        if let Some(there) = registered(site, runs, image).await? {
            return Ok(there);
        }
        let made = match stands_in(runs) {
            // It has a command of its own: the first image gets what the settings say.
            true => {
                register(
                    cx,
                    &first(site, image)?,
                    &cx.stack.tags_for(TASK_DEFINITION),
                )
                .await
            }
            false => register_like(cx, runs, image).await,
        };
        match made {
            // Whether it was registered is looked at before it is registered again.
            Err(error) if error.repeat != Repeat::Never && attempt + 1 < ATTEMPTS => {
                cx.pause(backoff(attempt)).await?;
            }
            done => return done,
        }
    }
    Err(Error::interrupted())
}

/// The newest revision, where it is as the one that is to be registered.
async fn registered(site: &Site, runs: &Described, image: &str) -> Result<Option<String>> {
    let newest = site.cx().clients.reads.definition(&site.family).await?;
    let newest = newest.filter(|newest| {
        has_image(newest, image) && (stands_in(runs) || differ_in_image_alone(runs, newest))
    });
    Ok(newest.map(|newest| arn(&newest)))
}

fn arn(one: &Described) -> String {
    let arn = one.definition.task_definition_arn();
    arn.unwrap_or_default().to_owned()
}

fn has_image(one: &Described, image: &str) -> bool {
    ours(one).is_some_and(|container| container.image() == Some(image))
}

/// Whether a revision is what runs before the first image.
fn stands_in(one: &Described) -> bool {
    ours(one)
        .and_then(ContainerDefinition::image)
        .is_some_and(|image| image == PLACEHOLDER || image.ends_with(NO_IMAGE_TAG))
}

fn differ_in_image_alone(runs: &Described, newest: &Described) -> bool {
    let plain = |one: &Described| {
        let mut containers = one.definition.container_definitions().to_vec();
        for container in &mut containers {
            container.image = None;
        }
        let definition = &one.definition;
        (
            containers,
            definition.cpu.clone(),
            definition.memory.clone(),
            definition.runtime_platform.clone(),
            definition.execution_role_arn.clone(),
            definition.task_role_arn.clone(),
            definition.volumes.clone(),
            definition.ephemeral_storage.clone(),
        )
    };
    plain(runs) == plain(newest)
}

/// What the first image runs as.
fn first(site: &Site, image: &str) -> Result<Spec> {
    let config = &site.desk.config;
    Ok(Spec {
        image: image.to_owned(),
        command: config
            .command
            .iter()
            .map(|word| word.as_str().into())
            .collect(),
        entry_point: config.entry_point.clone(),
        health_check: config.health_check(),
        read_only: config.read_only,
        ..site.desk.spec(TASK_DEFINITION)?
    })
}
