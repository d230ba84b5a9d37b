//! The revision with another image: all else is as in the one that runs.

use super::applied_secrets::applied_secrets;
use crate::kinds::task_definition::model::Spec;
use crate::kinds::task_definition::register::{container, register, register_like};
use crate::names::{CONTAINER, TASK_DEFINITION};
use crate::read::Described;
use crate::service_context::ServiceContext;
use crate::slice::discover::{NO_IMAGE_TAG, PLACEHOLDER};
use aws_sdk_ecs::types::ContainerDefinition;
use rd_common::context::Context;
use rd_common::resource::ctx::MAX_ATTEMPTS;
use rd_common::resource::wait::backoff;
use rd_common::{Error, Result, Retry};

fn ours(described: &Described) -> Option<&ContainerDefinition> {
    let containers = described.definition.container_definitions();
    containers.iter().find(|one| one.name() == Some(CONTAINER))
}

/// A revision with this image: the one that runs, the newest where a run that was cut off had registered it, or another.
pub async fn with_image(
    context: &Context,
    service_context: &ServiceContext,
    runs: &Described,
    image: &str,
) -> Result<String> {
    let ctx = service_context.ctx();
    if has_image(runs, image) {
        return Ok(arn(runs));
    }
    for attempt in 0..MAX_ATTEMPTS {
        if let Some(there) = registered(service_context, runs, image).await? {
            return Ok(there);
        }
        let made = match stands_in(runs) {
            // It has a command of its own and no secrets: the first image gets what the settings say.
            true => {
                let spec = first(context, service_context, image).await?;
                register(ctx, &spec, &ctx.stack.tags_for(TASK_DEFINITION)).await
            }
            false => register_like(ctx, runs, image).await,
        };
        match made {
            // Whether it was registered is looked at before it is registered again.
            Err(error) if error.retry != Retry::Never && attempt + 1 < MAX_ATTEMPTS => {
                ctx.pause(backoff(attempt)).await?;
            }
            done => return done,
        }
    }
    Err(Error::interrupted())
}

/// The newest revision, where it is as the one that is to be registered.
async fn registered(
    service_context: &ServiceContext,
    runs: &Described,
    image: &str,
) -> Result<Option<String>> {
    let newest = service_context
        .ctx()
        .clients
        .reads
        .definition(&service_context.family)
        .await?;
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

/// What a revision becomes with another image, before it is registered: what stands in has neither the container nor the
/// secrets of what follows it.
pub async fn ahead(
    context: &Context,
    service_context: &ServiceContext,
    runs: &Described,
    image: &str,
) -> Result<Described> {
    let mut ahead = runs.clone();
    if stands_in(runs) {
        let container = container(&first(context, service_context, image).await?)?;
        ahead.definition.container_definitions = Some(vec![container]);
    }
    Ok(ahead)
}

/// What the first image runs as.
async fn first(context: &Context, service_context: &ServiceContext, image: &str) -> Result<Spec> {
    let config = &service_context.slice_context.config;
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
        secrets: applied_secrets(context, service_context).await?,
        ..service_context.slice_context.spec(TASK_DEFINITION)?
    })
}
