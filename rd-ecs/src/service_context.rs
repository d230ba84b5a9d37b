//! Where the verbs of this program work: the service that was applied, with what belongs to it.

use crate::clients::Clients;
use crate::names::{self, CLUSTER, SERVICE};
use crate::read::Described;
use crate::slice::Ecs;
use aws_sdk_ecs::types::Service;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::{Ctx, Error, Result};

/// The site.
pub struct ServiceContext {
    /// Settings, access, state.
    pub slice_context: SliceContext<Ecs>,
    /// The cluster's name.
    pub cluster: String,
    /// The service's ARN.
    pub service: String,
    /// The task definition's family, which is the service's and the repository's name, too.
    pub family: String,
}

impl ServiceContext {
    /// Opens it. Fails where there is no service yet.
    pub async fn open(context: &Context) -> Result<Self> {
        let slice_context = SliceContext::<Ecs>::open(context).await?;
        let (_, cluster) = slice_context.resource(CLUSTER)?;
        let (_, service) = slice_context.resource(SERVICE)?;
        Ok(Self {
            cluster: cluster.to_owned(),
            service: service.to_owned(),
            family: names::api(&slice_context.ctx.stack),
            slice_context,
        })
    }

    /// The context.
    pub fn ctx(&self) -> &Ctx<Clients> {
        &self.slice_context.ctx
    }

    /// The service as it is now.
    pub async fn read(&self) -> Result<Service> {
        let read = self
            .ctx()
            .clients
            .reads
            .service(&self.cluster, &self.family)
            .await?;
        read.ok_or_else(|| {
            Error::failed(format!("the service {} is gone", self.family))
                .hint("run rd-ecs apply to make it again")
        })
    }

    /// The revision that the service runs.
    pub async fn runs(&self, service: &Service) -> Result<Described> {
        let arn = service.task_definition().unwrap_or_default();
        self.revision(arn).await
    }

    /// A revision, by its ARN.
    pub async fn revision(&self, arn: &str) -> Result<Described> {
        let read = self.ctx().clients.reads.definition(arn).await?;
        read.ok_or_else(|| {
            Error::failed(format!("the revision {} is gone", names::last(arn)))
                .hint("rd-ecs revisions lists those that are there")
        })
    }
}
