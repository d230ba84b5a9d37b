//! What a command of rd-ecs works with: the applied service, its cluster and its revisions.

use crate::clients::Clients;
use crate::names::{CLUSTER, SERVICE, last};
use crate::read::TaggedRevision;
use crate::slice::Ecs;
use aws_sdk_ecs::types::Service;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::{Ctx, Error, Result};

/// The context of a command that works on the service.
pub struct ServiceContext {
    /// Settings, access to AWS, and state.
    pub slice: SliceContext<Ecs>,
    /// The name of the cluster.
    pub cluster: String,
    /// The ARN of the service.
    pub arn: String,
    /// The name of the service.
    pub name: String,
    /// The family of the task definition.
    pub family: String,
}

impl ServiceContext {
    /// Loads settings and state, and connects to AWS. Fails if there is no service yet.
    pub async fn open(context: &Context) -> Result<Self> {
        let slice = SliceContext::<Ecs>::open(context).await?;
        let (_, cluster) = slice.resource(CLUSTER)?;
        let (_, arn) = slice.resource(SERVICE)?;
        Ok(Self {
            cluster: cluster.to_owned(),
            arn: arn.to_owned(),
            name: last(arn).to_owned(),
            family: slice.ctx.clients.names.family.clone(),
            slice,
        })
    }

    /// The clients, stack and clock, as the kinds get them.
    pub fn ctx(&self) -> &Ctx<Clients> {
        &self.slice.ctx
    }

    /// Reads the service from ECS.
    pub async fn read(&self) -> Result<Service> {
        let read = self
            .ctx()
            .clients
            .reads
            .service(&self.cluster, &self.name)
            .await?;
        read.ok_or_else(|| {
            Error::failed(format!("the service {} does not exist", self.name))
                .hint("run rd-ecs apply to create it again")
        })
    }

    /// Reads the revision that the service runs.
    pub async fn running_revision(&self, service: &Service) -> Result<TaggedRevision> {
        let arn = service.task_definition().unwrap_or_default();
        self.revision(arn).await
    }

    /// Reads a revision by its ARN, or by `family:number`.
    pub async fn revision(&self, arn: &str) -> Result<TaggedRevision> {
        let read = self.ctx().clients.reads.definition(arn).await?;
        read.ok_or_else(|| {
            Error::failed(format!("the revision {} does not exist", last(arn)))
                .hint("rd-ecs revisions lists the revisions")
        })
    }
}
