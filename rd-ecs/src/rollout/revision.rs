//! The revision for an image: a copy of the running one with another image, or, for the first image, one from the
//! settings.

use super::applied_secrets::applied_secrets;
use crate::kinds::task_definition::model::Spec;
use crate::kinds::task_definition::register::{container, register, register_like};
use crate::names::{COMMIT_TAG, NO_IMAGE_TAG, Names, PLACEHOLDER, TASK_DEFINITION};
use crate::read::TaggedRevision;
use crate::service_context::ServiceContext;
use aws_sdk_ecs::types::ContainerDefinition;
use rd_common::context::Context;
use rd_common::resource::patience::MAX_ATTEMPTS;
use rd_common::resource::wait::backoff;
use rd_common::{Error, Result, Retry};

/// The container of the application.
fn application_container<'a>(
    names: &Names,
    described: &'a TaggedRevision,
) -> Option<&'a ContainerDefinition> {
    names.application(described.definition.container_definitions())
}

/// The ARN of a revision with this image: the running one if it has the image, the newest if an interrupted run has
/// registered it, otherwise a new one. `commit` is what the image was built from, where it is known.
pub async fn with_image(
    context: &Context,
    service: &ServiceContext,
    running: &TaggedRevision,
    image: &str,
    commit: Option<&str>,
) -> Result<String> {
    let ctx = service.ctx();
    if has_image(&ctx.clients.names, running, image) {
        return Ok(arn(running));
    }
    for attempt in 0..MAX_ATTEMPTS {
        if let Some(existing) = already_registered(service, running, image).await? {
            return Ok(existing);
        }
        let result = match is_placeholder(&ctx.clients.names, running) {
            // The placeholder has its own command and no secrets: the first image gets those of the settings.
            true => {
                let spec = first_image_spec(context, service, image).await?;
                let mut tags = ctx.stack.tags_for(TASK_DEFINITION);
                tags.extend(commit.map(|commit| (COMMIT_TAG.to_owned(), commit.to_owned())));
                register(ctx, &spec, &tags).await
            }
            false => register_like(ctx, running, image, commit).await,
        };
        match result {
            // The next attempt first checks whether this one registered it.
            Err(error) if error.retry != Retry::Never && attempt + 1 < MAX_ATTEMPTS => {
                ctx.pause(backoff(attempt)).await?;
            }
            done => return done,
        }
    }
    Err(Error::interrupted())
}

/// The newest revision, if it equals the one to register.
async fn already_registered(
    service: &ServiceContext,
    running: &TaggedRevision,
    image: &str,
) -> Result<Option<String>> {
    let newest = service
        .ctx()
        .clients
        .reads
        .definition(&service.family)
        .await?;
    let names = &service.ctx().clients.names;
    let newest = newest.filter(|newest| {
        has_image(names, newest, image)
            && (is_placeholder(names, running) || differ_only_in_image(running, newest))
    });
    Ok(newest.map(|newest| arn(&newest)))
}

fn arn(one: &TaggedRevision) -> String {
    let arn = one.definition.task_definition_arn();
    arn.unwrap_or_default().to_owned()
}

/// Whether a revision has this image.
pub fn has_image(names: &Names, one: &TaggedRevision, image: &str) -> bool {
    application_container(names, one).is_some_and(|container| container.image() == Some(image))
}

/// Whether a revision is the placeholder that runs before the first image.
pub fn is_placeholder(names: &Names, one: &TaggedRevision) -> bool {
    application_container(names, one)
        .and_then(ContainerDefinition::image)
        .is_some_and(|image| image == PLACEHOLDER || image.ends_with(NO_IMAGE_TAG))
}

fn differ_only_in_image(running: &TaggedRevision, newest: &TaggedRevision) -> bool {
    let without_image = |one: &TaggedRevision| {
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
    without_image(running) == without_image(newest)
}

/// The revision that a deployment of the image would register, for checks before it. The placeholder gets the container
/// and the secrets of the first image.
pub async fn preview(
    context: &Context,
    service: &ServiceContext,
    running: &TaggedRevision,
    image: &str,
) -> Result<TaggedRevision> {
    let mut preview = running.clone();
    if is_placeholder(&service.ctx().clients.names, running) {
        let container = container(&first_image_spec(context, service, image).await?)?;
        preview.definition.container_definitions = Some(vec![container]);
    }
    Ok(preview)
}

/// The settings of the revision for the first image.
async fn first_image_spec(
    context: &Context,
    service: &ServiceContext,
    image: &str,
) -> Result<Spec> {
    let config = &service.slice.config;
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
        secrets: applied_secrets(context, service).await?,
        ..service.slice.spec(TASK_DEFINITION)?
    })
}
