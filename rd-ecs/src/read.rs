//! Reads of ECS that several need: each made once for everybody who asks at the same time, and what was read before
//! anybody asked serves the first who do.

use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{Service, ServiceField, Tag, TaskDefinition, TaskDefinitionField};
use rd_common::aws::Explain;
use rd_common::{Batch, Result, Tags};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A task definition with its tags.
#[derive(Clone, Debug)]
pub struct Described {
    /// It.
    pub definition: TaskDefinition,
    /// Its tags.
    pub tags: Tags,
}

/// A cluster and a service in it, by their names.
type Name = (String, String);
type Services = BTreeMap<Name, Service>;
type Definitions = BTreeMap<String, Described>;

/// The reads.
pub struct Reads {
    services: Rc<Batch<Name, Services>>,
    definitions: Rc<Batch<String, Definitions>>,
    services_ahead: Rc<RefCell<Services>>,
    definitions_ahead: Rc<RefCell<Definitions>>,
}

impl Reads {
    /// Reads with this client.
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

    /// A service that is there, or on its way out.
    pub async fn service(&self, cluster: &str, name: &str) -> Result<Option<Service>> {
        let name = (cluster.to_owned(), name.to_owned());
        Ok(self.services.ask(name.clone()).await?.get(&name).cloned())
    }

    /// The same, and the answer is also for the next who ask.
    pub async fn service_ahead(&self, cluster: &str, name: &str) -> Result<Option<Service>> {
        let read = self.service(cluster, name).await?;
        let kept = read.clone();
        let name = (cluster.to_owned(), name.to_owned());
        self.services_ahead
            .borrow_mut()
            .extend(kept.map(|kept| (name, kept)));
        Ok(read)
    }

    /// A revision by its ARN, or the newest active one of a family.
    pub async fn definition(&self, name: &str) -> Result<Option<Described>> {
        let all = self.definitions.ask(name.to_owned()).await?;
        Ok(all.get(name).cloned())
    }

    /// The same, and the answer is also for the next who ask.
    pub async fn definition_ahead(&self, name: &str) -> Result<Option<Described>> {
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
    // One that was deleted can be read for a while.
    let mut there = services
        .into_iter()
        .filter(|service| service.status() != Some("INACTIVE"));
    Ok(there.next())
}

async fn definition(ecs: &Client, name: &str) -> Result<Option<Described>> {
    let call = ecs.describe_task_definition().task_definition(name);
    let answer = call.include(TaskDefinitionField::Tags).send().await;
    let answer = match answer.doing("read the task definition") {
        // AWS's way to say that there is none.
        Err(error) if error.is(&["ClientException"]) => return Ok(None),
        other => other?,
    };
    let tags = tags_of(answer.tags());
    Ok(answer
        .task_definition
        .map(|definition| Described { definition, tags }))
}

/// Tags as ECS gives them.
pub fn tags_of(tags: &[Tag]) -> Tags {
    tags.iter()
        .filter_map(|tag| {
            Some((
                tag.key()?.to_owned(),
                tag.value().unwrap_or_default().to_owned(),
            ))
        })
        .collect()
}

/// Tags as ECS takes them.
pub fn tag_list(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}

/// Sets and removes tags of something of ECS.
pub async fn retag(ecs: &Client, arn: &str, set: &Tags, remove: &[String]) -> Result<()> {
    if !set.is_empty() {
        let call = ecs.tag_resource().resource_arn(arn);
        let call = call.set_tags(Some(tag_list(set))).send();
        call.await.doing("set the tags")?;
    }
    if !remove.is_empty() {
        let call = ecs.untag_resource().resource_arn(arn);
        let call = call.set_tag_keys(Some(remove.to_vec())).send();
        call.await.doing("remove the tags")?;
    }
    Ok(())
}
