//! The slice `ecs`: the resource list, what it needs from other slices, and its checks before a destroy.

mod autoscaling;
pub mod container_secrets;
pub mod discover;
pub mod kms_key;
mod outputs;
pub mod parameter_access;
pub mod role_documents;
pub mod roles;
mod service_spec;
pub mod task_spec;

use crate::clients::Clients;
use crate::config::Config;
use crate::kinds::cluster::{self, Cluster, PROVIDERS};
use crate::kinds::parameter::Parameter;
use crate::kinds::repository::{self, Repository, images, lifecycle::lifecycle};
use crate::kinds::scalable_target::ScalableTarget;
use crate::kinds::scaling_policy::ScalingPolicy;
use crate::kinds::scheduled_action::ScheduledAction;
use crate::kinds::service::Service;
use crate::kinds::task_definition::TaskDefinition;
use crate::names::REPOSITORY;
use crate::permissions;
use crate::scan;
use crate::tasks::stop_tasks;
use container_secrets::secrets;
use discover::Discovered;
use outputs::Resources;
use rd_common::aws::Aws;
use rd_common::outputs::SliceInputs;
use rd_common::permissions::{Call, OF_EVERY_PROGRAM, Resources as Arns};
use rd_common::{
    Ctx, DeleteTarget, Document, Error, ExternalOutputs, Kinds, Note, Parts, Problem, Result,
    ScanRequest, Slice, Stack, TerraformResources,
};
use rd_iam::role::Role;
use rd_iam::role_policy::RolePolicy;
use rd_log_group::LogGroup;
use serde_json::Value;

/// The slice of the ECS service and everything that belongs to it.
pub struct Ecs;

/// The flags of `rd-ecs destroy` beyond the shared ones.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct DestroyArgs {
    /// Delete all images in the repository first
    #[arg(long)]
    delete_images: bool,
}

impl Slice for Ecs {
    const NAME: &'static str = "ecs";
    type Config = Config;
    type Clients = Clients;
    type Discovered = Discovered;
    type DestroyArgs = DestroyArgs;

    const CALLS: &'static [&'static [Call]] = &[
        permissions::CALLS,
        rd_iam::permissions::ROLES,
        rd_iam::permissions::SCANNED_ROLES,
        rd_iam::permissions::SERVICE_LINKED_ROLES,
        rd_log_group::permissions::CALLS,
        OF_EVERY_PROGRAM,
    ];

    fn resources(stack: &Stack, config: &Config) -> Arns {
        permissions::resources(stack, config)
    }

    const REQUIRED_INPUTS: &'static [SliceInputs] = &discover::REQUIRED_INPUTS;

    fn check(config: &Config, stack: &Stack) -> Vec<Problem> {
        let mut problems = config.problems(stack);
        problems.extend(parameter_access::problem(stack, config));
        problems
    }

    fn clients(aws: &Aws, stack: &Stack, config: &Config) -> Clients {
        Clients::new(aws, config.names(stack))
    }

    fn kinds() -> Kinds<Clients> {
        Kinds::new()
            .with::<Repository>()
            .with::<LogGroup<Clients>>()
            .with::<Role<Clients>>()
            .with::<RolePolicy<Clients>>()
            .with::<Parameter>()
            .with::<Cluster>()
            .with::<TaskDefinition>()
            .with::<Service>()
            .with::<ScalableTarget>()
            .with::<ScalingPolicy>()
            .with::<ScheduledAction>()
    }

    async fn discover(
        clients: Option<&Clients>,
        _: &Stack,
        _: &Config,
        state: &Document,
        seen: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<Discovered> {
        discover::find(clients, state, seen).await
    }

    fn use_outputs(discovered: &mut Discovered, others: &ExternalOutputs) {
        discovered.use_outputs(others);
    }

    fn parts(stack: &Stack, config: &Config, discovered: &Discovered) -> Parts {
        let mut parts = Parts::new(Self::NAME);
        let names = config.names(stack);
        let repository = parts.add::<Repository>(
            "api",
            repository::Spec {
                name: names.repository.clone(),
                scan_on_push: config.scan_on_push,
                immutable_tags: config.immutable_tags,
                kms_key: config.kms_key.clone(),
                lifecycle: lifecycle(config.untagged_days, config.keep_images),
            },
        );
        let logs = parts.add::<LogGroup<Clients>>(
            "api",
            rd_log_group::Spec {
                name: names.log_group.clone(),
                retention_days: config.retention_days,
                kms_key: config.log_kms_key.clone(),
            },
        );
        let secrets = secrets(&mut parts, stack, config);
        let roles = roles::roles(&mut parts, stack, config, discovered, &secrets);
        let cluster = parts.add::<Cluster>(
            "main",
            cluster::Spec {
                name: names.cluster.clone(),
                container_insights: config.container_insights(stack),
                capacity_providers: PROVIDERS.map(str::to_owned).to_vec(),
                default_capacity_provider: config.capacity(stack).to_owned(),
            },
        );
        let definition = parts.add::<TaskDefinition>(
            "api",
            task_spec::task_spec(stack, &names, config, discovered, &secrets, roles.arns()),
        );
        parts.after(&definition, &logs);
        let service = parts.add::<Service>(
            "api",
            service_spec::service_spec(stack, &names, config, discovered, &cluster, &definition),
        );
        // Tasks need the roles to start and to stop: ECS never finishes deleting a service whose role is missing.
        for first in &roles.parts {
            parts.after(&service, first);
        }
        autoscaling::autoscaling(&mut parts, stack, &names, config, &service);
        outputs::outputs(
            &mut parts,
            stack,
            config,
            &Resources {
                repository,
                logs,
                cluster,
                service,
                roles,
            },
        );
        parts
    }

    fn notes(stack: &Stack, config: &Config, discovered: &Discovered, _: &Document) -> Vec<Note> {
        let mut notes: Vec<Note> = parameter_access::note(stack, config).into_iter().collect();
        if discovered.image.is_some() {
            return notes;
        }
        notes.push(Note {
            summary: "no image has been deployed yet: the service runs a placeholder, or no tasks"
                .to_owned(),
            hint: format!(
                "push one to {} (rd-ecs push IMAGE.tar, or docker push after rd-ecs login), then rd-ecs deploy --tag TAG",
                config.names(stack).repository_url(stack)
            ),
        });
        notes
    }

    async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
        scan::scan(ctx, request).await
    }

    async fn check_destroy(
        ctx: &Ctx<Clients>,
        targets: &[DeleteTarget],
        args: &DestroyArgs,
    ) -> Result<()> {
        for DeleteTarget { id, .. } in targets.iter().filter(|one| one.address == REPOSITORY) {
            let images = images::list(ctx, id).await?.len();
            if images > 0 && !args.delete_images {
                return Err(Error::refused(format!(
                    "the repository {id} still has {images} images"
                ))
                .hint("rd-ecs images lists them; destroy --delete-images deletes all of them permanently"));
            }
        }
        Ok(())
    }

    async fn before_destroy(
        ctx: &Ctx<Clients>,
        targets: &[DeleteTarget],
        args: &DestroyArgs,
    ) -> Result<()> {
        for one in targets {
            match one.kind.as_str() {
                "repository" if args.delete_images => images::delete_all(ctx, &one.id).await?,
                "cluster" => stop_tasks::stop_tasks(ctx, &one.id).await?,
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_kinds_are_in_the_schema() {
        rd_testkit::kinds::assert_listed(Ecs::NAME, Ecs::kinds().all().map(|(name, _)| name));
    }
}
