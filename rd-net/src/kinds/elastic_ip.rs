//! `elastic_ip`: the public address of a NAT gateway.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Address.html>

use crate::clients::Clients;
use crate::ec2::delete_errors::deleted;
use crate::ec2::incomplete_answer;
use crate::ec2::{find, holders, tags};
use aws_sdk_ec2::types::{DomainType, ResourceType};
use rd_common::aws::Explain;
use rd_common::{Change, CreateRequest, Ctx, Deletion, Found, Kind, Result, Tags, Wanted};
use serde::{Deserialize, Serialize};

/// The kind `elastic_ip`, whose id is the allocation id.
pub struct ElasticIp;

/// The desired address, which has no settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {}

/// The address as AWS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The public IPv4 address.
    pub public_ip: String,
}

impl Kind for ElasticIp {
    const NAME: &'static str = "elastic_ip";
    const NO_UNIQUE_NAME: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let addresses = ctx
            .clients
            .describe
            .addresses
            .ask(find::query(ctx, wanted, "allocation-id"))
            .await?;
        Ok(find::found(
            ctx,
            wanted,
            &addresses,
            aws_sdk_ec2::types::Address::allocation_id,
            |a| a.tags(),
            |a| Live {
                public_ip: a.public_ip().unwrap_or_default().to_owned(),
            },
        ))
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let answer = ctx
            .clients
            .ec2
            .allocate_address()
            .domain(DomainType::Vpc)
            .tag_specifications(tags::specification(ResourceType::ElasticIp, request.tags))
            .send()
            .await
            .doing("allocate an elastic IP address")?;
        answer
            .allocation_id
            .ok_or_else(|| incomplete_answer("address allocation id"))
    }

    async fn update(_: &Ctx<Clients>, _: &str, _: &Live, _: &Spec, _: &[Change]) -> Result<()> {
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let answer = ctx
            .clients
            .ec2
            .release_address()
            .allocation_id(id)
            .send()
            .await;
        deleted(
            answer.doing("release the elastic IP address"),
            &["InvalidAllocationID.NotFound"],
        )
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        tags::change(ctx, id, set, remove).await
    }

    fn diff(_: &Spec, _: &Live, _: Option<&Spec>) -> Vec<Change> {
        Vec::new()
    }

    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        holders::of_address(ctx, id).await
    }
}
