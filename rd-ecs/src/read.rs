//! Shared reads of services and task definitions: callers that ask at the same time share one call. A read of `discover`
//! also serves the first reads of the kinds.

use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{Service, ServiceField, Tag, TaskDefinition, TaskDefinitionField};
use rd_common::aws::Explain;
use rd_common::{Batch, Result, Tags, sdk_tags, tags_from_sdk};
use std::cell::RefCell;
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
    services_ahead: Rc<RefCell<Services>>,
    definitions_ahead: Rc<RefCell<Definitions>>,
}

impl Reads {
    /// Creates the shared reads with this client.
    pub fn new(ecs: &Client) -> Self {
        let services_ahead: Rc<RefCell<Services>> = Rc::default();
        let definitions_ahead: Rc<RefCell<Definitions>> = Rc::default();
        let (client, ahead) = (ecs.clone(), services_ahead.clone());
        let services = Batch::new(move |names: Vec<Name>| {
            let (client, ahead) = (client.clone(), ahead.clone());
            Box::pin(async move {
                let mut found = Services::new();
                for name in names.into_iter().collect::<BTreeSet<_>>() {
                    let read = ahead.borrow_mut().remove(&name);
                    let read = match read {
                        Some(read) => Some(read),
                        None => service(&client, &name).await?,
                    };
                    found.extend(read.map(|read| (name, read)));
                }
                Ok(found)
            })
        });
        let (client, ahead) = (ecs.clone(), definitions_ahead.clone());
        let definitions = Batch::new(move |names: Vec<String>| {
            let (client, ahead) = (client.clone(), ahead.clone());
            Box::pin(async move {
                let mut found = Definitions::new();
                for name in names.into_iter().collect::<BTreeSet<_>>() {
                    let read = ahead.borrow_mut().remove(&name);
                    let read = match read {
                        Some(read) => Some(read),
                        None => definition(&client, &name).await?,
                    };
                    found.extend(read.map(|read| (name, read)));
                }
                Ok(found)
            })
        });
        Self {
            services,
            definitions,
            services_ahead,
            definitions_ahead,
        }
    }

    /// Reads a service; also one that is still draining after its deletion.
    pub async fn service(&self, cluster: &str, name: &str) -> Result<Option<Service>> {
        let name = (cluster.to_owned(), name.to_owned());
        Ok(self.services.ask(name.clone()).await?.get(&name).cloned())
    }

    /// Like [`Reads::service`], and keeps the result for the next caller.
    pub async fn service_ahead(&self, cluster: &str, name: &str) -> Result<Option<Service>> {
        let read = self.service(cluster, name).await?;
        let kept = read.clone();
        let name = (cluster.to_owned(), name.to_owned());
        self.services_ahead
            .borrow_mut()
            .extend(kept.map(|kept| (name, kept)));
        Ok(read)
    }

    /// Reads a revision by its ARN, or the newest active one of a family.
    pub async fn definition(&self, name: &str) -> Result<Option<TaggedRevision>> {
        let all = self.definitions.ask(name.to_owned()).await?;
        Ok(all.get(name).cloned())
    }

    /// Like [`Reads::definition`], and keeps the result for the next caller.
    pub async fn definition_ahead(&self, name: &str) -> Result<Option<TaggedRevision>> {
        let read = self.definition(name).await?;
        let kept = read.clone().map(|kept| (name.to_owned(), kept));
        self.definitions_ahead.borrow_mut().extend(kept);
        Ok(read)
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
