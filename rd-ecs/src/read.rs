//! Shared reads of services and task definitions: callers that ask at the same time share one call.

use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{Service, ServiceField, Tag, TaskDefinition, TaskDefinitionField};
use futures_util::future::try_join_all;
use rd_common::aws::Explain;
use rd_common::{Batch, Result, Tags, sdk_tags, tags_from_sdk};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A revision of a task definition, with its tags.
#[derive(Clone, Debug)]
pub struct TaggedRevision {
    /// The revision as ECS describes it.
    pub definition: TaskDefinition,
    /// The tags of the revision.
    pub tags: Tags,
}

/// A cluster and a service in it, by their names.
type Name = (String, String);
type Services = BTreeMap<Name, Service>;
type Definitions = BTreeMap<String, TaggedRevision>;

/// Reads of services and task definitions, shared by all kinds and commands.
pub struct Reads {
    services: Rc<Batch<Name, Services>>,
    definitions: Rc<Batch<String, Definitions>>,
}

impl Reads {
    /// Creates the shared reads with this client.
    pub fn new(ecs: &Client) -> Self {
        let client = ecs.clone();
        let services = Batch::new(move |names: Vec<Name>| {
            let client = client.clone();
            Box::pin(async move {
                let names: BTreeSet<Name> = names.into_iter().collect();
                let reads = names.into_iter().map(async |name| {
                    let read = service(&client, &name).await?;
                    Ok(read.map(|read| (name, read)))
                });
                Ok(try_join_all(reads).await?.into_iter().flatten().collect())
            })
        });
        let client = ecs.clone();
        let definitions = Batch::new(move |names: Vec<String>| {
            let client = client.clone();
            Box::pin(async move {
                let names: BTreeSet<String> = names.into_iter().collect();
                let reads = names.into_iter().map(async |name| {
                    let read = definition(&client, &name).await?;
                    Ok(read.map(|read| (name, read)))
                });
                Ok(try_join_all(reads).await?.into_iter().flatten().collect())
            })
        });
        Self {
            services,
            definitions,
        }
    }

    /// Reads a service; also one that is still draining after its deletion.
    pub async fn service(&self, cluster: &str, name: &str) -> Result<Option<Service>> {
        let name = (cluster.to_owned(), name.to_owned());
        Ok(self.services.ask(name.clone()).await?.get(&name).cloned())
    }

    /// Reads a revision by its ARN, or the newest active one of a family.
    pub async fn definition(&self, name: &str) -> Result<Option<TaggedRevision>> {
        let all = self.definitions.ask(name.to_owned()).await?;
        Ok(all.get(name).cloned())
    }
}

async fn service(ecs: &Client, (cluster, name): &Name) -> Result<Option<Service>> {
    let call = ecs.describe_services().cluster(cluster).services(name);
    let answer = call.include(ServiceField::Tags).send().await;
    let services = match answer.doing("read the service") {
        Err(error) if error.is(&["ClusterNotFoundException"]) => return Ok(None),
        other => other?.services.unwrap_or_default(),
    };
    // A deleted service stays readable for a while.
    let mut existing = services
        .into_iter()
        .filter(|service| service.status() != Some("INACTIVE"));
    Ok(existing.next())
}

async fn definition(ecs: &Client, name: &str) -> Result<Option<TaggedRevision>> {
    let call = ecs.describe_task_definition().task_definition(name);
    let answer = call.include(TaskDefinitionField::Tags).send().await;
    let answer = match answer.doing("read the task definition") {
        // AWS's error code for a missing task definition.
        Err(error) if error.is(&["ClientException"]) => return Ok(None),
        other => other?,
    };
    let tags = tags_from_sdk!(answer.tags());
    Ok(answer
        .task_definition
        .map(|definition| TaggedRevision { definition, tags }))
}

/// Sets and removes tags of an ECS resource, by its ARN.
pub async fn retag(ecs: &Client, arn: &str, set: &Tags, remove: &[String]) -> Result<()> {
    if !set.is_empty() {
        let call = ecs.tag_resource().resource_arn(arn);
        let call = call.set_tags(Some(sdk_tags!(Tag, set))).send();
        call.await.doing("set the tags")?;
    }
    if !remove.is_empty() {
        let call = ecs.untag_resource().resource_arn(arn);
        let call = call.set_tag_keys(Some(remove.to_vec())).send();
        call.await.doing("remove the tags")?;
    }
    Ok(())
}
